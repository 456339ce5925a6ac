"""Heads of a log as signed text, and the signatures of those who watched it grow.

A head is a checkpoint of C2SP `tlog-checkpoint` inside a `signed-note`: three lines (which log, how many
entries, the root in base64), one line of ours with the second it was signed at, a blank line, and one line a
signature. The log signs with its P-256 key (signature type 0x02: ECDSA over SHA-256, DER; the key identifier
is the beginning of SHA-256 of the key's SubjectPublicKeyInfo). Witnesses sign with Ed25519, dated
(`tlog-cosignature`, type 0x04). What is not in this form is refused; signatures of strangers are passed over.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from cartes.errors import CarteError
from cartes.merkle import HASH_BYTES

LARGEST_NOTE = 16_384
_ECDSA, _COSIGNATURE = b"\x02", b"\x04"
_ID_BYTES = 4
_NAME = re.compile(r"[\x21-\x2a\x2c-\x7e]{1,200}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")
_TIME = re.compile(r"signed-at ([1-9][0-9]{0,11})")
_BODY_LINES = 4
_MOST_SIGNATURES = 32


class HeadRefused(CarteError):
    """A head of a log cannot be believed. `why`: shape, origin, unsigned, signature."""

    code = "log_head_refused"


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What a log says of itself at one instant: its name, its size, its root."""

    origin: str
    size: int
    root: bytes
    at: datetime

    @property
    def body(self) -> str:
        """The text that is signed."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\nsigned-at {int(self.at.timestamp())}\n"


@dataclass(frozen=True, slots=True)
class LogKey:
    """The key of a log, by its name: what a person who checks one is given beforehand."""

    origin: str
    public_key: ec.EllipticCurvePublicKey

    @classmethod
    def of_point(cls, origin: str, compressed: bytes) -> LogKey:
        """From the compressed point on P-256."""
        return cls(origin, ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), compressed))

    @classmethod
    def parse(cls, text: str) -> LogKey:
        """Read `name+id+base64` (a verifier key of C2SP `signed-note`). Raises `HeadRefused`."""
        try:
            name, given_id, data = text.strip().split("+", 2)
            raw = base64.b64decode(data, validate=True)
            key = load_der_public_key(raw[1:])
        except (ValueError, UnsupportedAlgorithm) as error:
            raise HeadRefused(why="key") from error
        if raw[:1] != _ECDSA or not isinstance(key, ec.EllipticCurvePublicKey) or not _NAME.fullmatch(name):
            raise HeadRefused(why="key")
        parsed = cls(name, key)
        if given_id != parsed.key_id.hex() or not isinstance(key.curve, ec.SECP256R1):
            raise HeadRefused(why="key")
        return parsed

    @property
    def key_id(self) -> bytes:
        """The four bytes that name this key in a signature line."""
        return hashlib.sha256(self._spki()).digest()[:_ID_BYTES]

    @property
    def text(self) -> str:
        """The key as `parse` reads it."""
        return f"{self.origin}+{self.key_id.hex()}+{base64.b64encode(_ECDSA + self._spki()).decode()}"

    def _spki(self) -> bytes:
        return self.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def sign_head(head: TreeHead, key: LogKey, sign: Callable[[bytes], bytes]) -> str:
    """The signed note of `head`. `sign` gives r||s of ES256 over a message, by the key `key` is public of."""
    rs = sign(head.body.encode())
    half = len(rs) // 2
    der = encode_dss_signature(int.from_bytes(rs[:half], "big"), int.from_bytes(rs[half:], "big"))
    return f"{head.body}\n{_line(key.origin, key.key_id + der)}"


def open_head(unverified_note: str, keys: tuple[LogKey, ...]) -> TreeHead:
    """The head in a note that one of `keys` signed.

    Raises:
        HeadRefused: it is no such note, of another log, not signed by any of them, or wrongly.
    """
    body, signatures = _split(unverified_note)
    lines = body.split("\n")
    if len(lines) != _BODY_LINES + 1 or not _SIZE.fullmatch(lines[1]):
        raise HeadRefused(why="shape")
    time = _TIME.fullmatch(lines[3])
    root = _decoded(lines[2])
    if time is None or len(root) != HASH_BYTES:
        raise HeadRefused(why="shape")
    at = _moment(int(time[1]))
    if lines[0] not in {key.origin for key in keys}:
        raise HeadRefused(why="origin")
    for name, signature in signatures:
        for key in keys:
            if (name, signature[:_ID_BYTES]) == (key.origin, key.key_id):
                try:
                    key.public_key.verify(signature[_ID_BYTES:], body.encode(), ec.ECDSA(hashes.SHA256()))
                except InvalidSignature as error:
                    raise HeadRefused(why="signature") from error
                return TreeHead(lines[0], int(lines[1]), root, at)
    raise HeadRefused(why="unsigned")


def cosign(note: str, name: str, key: ed25519.Ed25519PrivateKey, at: datetime) -> str:
    """`note` with one more line: `name` saw this head at `at`, after every earlier one, and they agree."""
    body, _ = _split(note)
    second = int(at.timestamp())
    signature = key.sign(_cosigned(body, second))
    return note + _line(name, _witness_id(name, key.public_key()) + second.to_bytes(8, "big") + signature)


def check_cosigned(note: str, name: str, key: ed25519.Ed25519PublicKey) -> datetime:
    """When the witness `name` saw this head. Raises `HeadRefused` when its line is not there or is wrong."""
    body, signatures = _split(note)
    for signer, signature in signatures:
        if (signer, signature[:_ID_BYTES]) == (name, _witness_id(name, key)):
            second = int.from_bytes(signature[_ID_BYTES : _ID_BYTES + 8], "big")
            try:
                key.verify(signature[_ID_BYTES + 8 :], _cosigned(body, second))
            except InvalidSignature as error:
                raise HeadRefused(why="signature") from error
            return _moment(second)
    raise HeadRefused(why="unsigned")


def _moment(second: int) -> datetime:
    """A second as an instant; one that no calendar has is refused, whoever signed it."""
    try:
        return datetime.fromtimestamp(second, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise HeadRefused(why="shape") from error


def _cosigned(body: str, second: int) -> bytes:
    return f"cosignature/v1\ntime {second}\n{body}".encode()


def _witness_id(name: str, key: ed25519.Ed25519PublicKey) -> bytes:
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(name.encode() + b"\n" + _COSIGNATURE + raw).digest()[:_ID_BYTES]


def _line(name: str, signature: bytes) -> str:
    return f"\u2014 {name} {base64.b64encode(signature).decode()}\n"


def _split(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a note, and its signatures by name; nothing is verified."""
    body, blank, lines = note.partition("\n\n")
    if not blank or len(note) > LARGEST_NOTE or not lines.endswith("\n"):
        raise HeadRefused(why="shape")
    signatures = []
    for line in lines[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, data = rest.partition(" ")
        raw = _decoded(data)
        if dash != "\u2014" or not _NAME.fullmatch(name) or len(raw) <= _ID_BYTES:
            raise HeadRefused(why="shape")
        signatures.append((name, raw))
    if len(signatures) > _MOST_SIGNATURES:
        raise HeadRefused(why="shape")
    return body + "\n", signatures


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise HeadRefused(why="shape") from error
