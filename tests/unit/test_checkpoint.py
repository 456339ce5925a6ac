"""Signed heads: read back as signed, and refused when anything of them changed."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cartes.checkpoint import HeadRefused, LogKey, TreeHead, check_cosigned, cosign, open_head, sign_head
from keys.signer import Purpose
from keys.software import SoftwareSigner
from tests.simulators.clock import MORNING

ORIGIN = "cartes.example/journal"
SIGNER = SoftwareSigner(ec.generate_private_key(ec.SECP256R1()), Purpose.LOG, acknowledged_development=True)
KEY = LogKey.of_point(ORIGIN, SIGNER.public_key)
HEAD = TreeHead(ORIGIN, 12, bytes(range(32)), MORNING)
NOTE = sign_head(HEAD, KEY, SIGNER.sign)


def test_a_head_reads_back_as_it_was_signed() -> None:
    """Name, size, root and the second it was signed at."""
    assert open_head(NOTE, (KEY,)) == HEAD


def test_a_key_reads_back_from_its_text() -> None:
    """What a witness is given on paper leads to the same key."""
    assert open_head(NOTE, (LogKey.parse(KEY.text),)) == HEAD
    with pytest.raises(HeadRefused):
        LogKey.parse(KEY.text.replace("+", "+0", 1))
    with pytest.raises(HeadRefused):
        LogKey.parse("nothing")


@pytest.mark.parametrize(
    ("old", "new"),
    [("\n12\n", "\n13\n"), ("\n12\n", "\n012\n"), ("signed-at 1", "signed-at 2"), ("AAEC", "AAED")],
)
def test_a_changed_head_is_refused(old: str, new: str) -> None:
    """The size, its spelling, the moment, the root."""
    assert old in NOTE

    with pytest.raises(HeadRefused):
        open_head(NOTE.replace(old, new, 1), (KEY,))


def test_a_head_of_another_log_or_by_a_stranger_is_refused() -> None:
    """A name is not enough, nor a signature under another name."""
    stranger = SoftwareSigner(
        ec.generate_private_key(ec.SECP256R1()), Purpose.LOG, acknowledged_development=True
    )
    forged = sign_head(HEAD, LogKey.of_point(ORIGIN, stranger.public_key), stranger.sign)

    with pytest.raises(HeadRefused, match="unsigned"):
        open_head(forged, (KEY,))
    with pytest.raises(HeadRefused, match="origin"):
        open_head(NOTE, (LogKey.of_point("other.example/journal", SIGNER.public_key),))


@pytest.mark.parametrize(
    "note", ["", "\n\n", "a\nb\n", NOTE[:-1], NOTE + "rest", NOTE.replace("\u2014", "-"), "x" * 20_000]
)
def test_what_is_no_note_is_refused(note: str) -> None:
    """Anything else is one refusal, never a traceback."""
    with pytest.raises(HeadRefused):
        open_head(note, (KEY,))


@pytest.mark.parametrize("second", [253_402_300_800, 999_999_999_999])
def test_a_moment_no_calendar_has_is_no_head(second: int) -> None:
    """A log that signs the year 33658 is refused, and stops no witness by it."""
    body = HEAD.body.replace(str(int(MORNING.timestamp())), str(second))
    rs = SIGNER.sign(body.encode())
    der = encode_dss_signature(int.from_bytes(rs[:32], "big"), int.from_bytes(rs[32:], "big"))
    note = f"{body}\n\u2014 {ORIGIN} {base64.b64encode(KEY.key_id + der).decode()}\n"

    with pytest.raises(HeadRefused, match="shape"):
        open_head(note, (KEY,))


def test_a_key_on_a_curve_nobody_knows_is_refused() -> None:
    """As every other text that is no key of a log."""
    spki = bytes.fromhex("301a301306072a8648ce3d020106082a8648ce3d03017f0303000000")
    with pytest.raises(HeadRefused, match="key"):
        LogKey.parse(f"{ORIGIN}+00000000+{base64.b64encode(bytes([2]) + spki).decode()}")


def test_a_cosignature_dated_beyond_every_calendar_is_refused() -> None:
    """Eight bytes hold moments that no date does."""
    key = ed25519.Ed25519PrivateKey.generate()
    second = (1 << 64) - 1
    signed = f"cosignature/v1\ntime {second}\n{NOTE.split(chr(10) + chr(10))[0]}\n".encode()
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    identity = hashlib.sha256(b"temoin" + b"\n" + b"\x04" + raw).digest()[:4]
    line = base64.b64encode(identity + second.to_bytes(8, "big") + key.sign(signed)).decode()

    with pytest.raises(HeadRefused, match="shape"):
        check_cosigned(f"{NOTE}\u2014 temoin {line}\n", "temoin", key.public_key())


def test_a_witness_dates_what_it_saw() -> None:
    """Its line verifies under its key and for that head alone; the log's own signature stays readable."""
    key = ed25519.Ed25519PrivateKey.generate()
    seen: datetime = MORNING
    cosigned = cosign(NOTE, "witness.example", key, seen)

    assert check_cosigned(cosigned, "witness.example", key.public_key()) == seen
    assert open_head(cosigned, (KEY,)) == HEAD
    with pytest.raises(HeadRefused):
        check_cosigned(NOTE, "witness.example", key.public_key())
    with pytest.raises(HeadRefused):
        check_cosigned(cosigned.replace("\n12\n", "\n13\n"), "witness.example", key.public_key())


def test_a_cosignature_has_the_bytes_of_its_specification() -> None:
    """C2SP `tlog-cosignature`, version 1: identifier, date and what is signed are rebuilt by hand here."""
    key = ed25519.Ed25519PrivateKey.generate()
    cosigned = cosign(NOTE, "w", key, MORNING)
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    data = base64.b64decode(cosigned.rstrip("\n").rsplit(" ", 1)[1])
    second = int(MORNING.timestamp())

    assert data[:4] == hashlib.sha256(b"w\n\x04" + raw).digest()[:4]
    assert data[4:12] == second.to_bytes(8, "big")
    key.public_key().verify(data[12:], f"cosignature/v1\ntime {second}\n{HEAD.body}".encode())
