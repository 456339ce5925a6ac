"""What every signer promises, wherever its key is: a file of this machine, or a token that keeps it."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from cartes import es256, seal
from cartes.cards import CardKind
from cartes.trust import IssuerKey
from keys.errors import KeyRefused
from keys.files import write_private
from keys.making import make_key
from keys.signer import Purpose, Signer, kid_of, signer_from_uri
from tests.simulators import issuing
from tests.simulators.token import soft_token


@dataclass
class Bench:
    """Keys of one kind, in one folder."""

    directory: Path
    like: str
    made: int = 0

    def reference(self) -> tuple[str, bytes]:
        """A new key: its reference and its public point."""
        self.made += 1
        new = make_key(self.like, f"apcv-{self.made}", self.directory)
        return new.uri, new.public_key

    def open(self, uri: str, purpose: Purpose = Purpose.APCV) -> Signer:
        return signer_from_uri(uri, purpose, directory=self.directory, acknowledged_development=True)


def _files(folder: Path, _: pytest.MonkeyPatch) -> Bench:
    return Bench(folder, "file:any.pem")


def _tokens(folder: Path, patch: pytest.MonkeyPatch) -> Bench:
    token = soft_token(folder / "hsm", patch)
    return Bench(folder, token.place(folder).uri_of("any"))


@pytest.fixture(params=[_files, _tokens], ids=["file", "pkcs11"])
def bench(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    make: Callable[[Path, pytest.MonkeyPatch], Bench] = request.param
    return make(tmp_path, monkeypatch)


def verify(public_key: bytes, signature: bytes, message: bytes) -> None:
    assert len(signature) == 64
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    point.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))


def test_it_signs_as_the_public_key_checks(bench: Bench) -> None:
    """ES256, r||s on 64 bytes, over any message, under the point that was told when the key was made."""
    uri, public_key = bench.reference()
    signer = bench.open(uri)

    for message in (b"", b"message", bytes(100_000)):
        signature = signer.sign(message)

        verify(public_key, signature, message)
        with pytest.raises(InvalidSignature):
            verify(public_key, signature, message + b"!")
    assert es256.holds(es256.public_key(public_key), signer.sign(b"message"), b"message")


def test_it_says_who_it_is(bench: Bench) -> None:
    """Its purpose, its point and its identifier; the same key opened again is the same."""
    uri, public_key = bench.reference()

    signer = bench.open(uri, Purpose.ECPS)

    assert (signer.purpose, signer.public_key) == (Purpose.ECPS, public_key)
    assert signer.kid == kid_of(public_key)
    assert bench.open(uri).public_key == public_key


def test_two_keys_are_two(bench: Bench) -> None:
    """A second key of the same place is another key, and each reference keeps naming its own."""
    (first_uri, first), (second_uri, second) = bench.reference(), bench.reference()

    assert first != second
    assert first_uri != second_uri
    assert bench.open(first_uri).public_key == first
    assert bench.open(second_uri).public_key == second


def test_a_key_is_never_made_over_another(bench: Bench) -> None:
    """The name is taken: refused, and the first key still signs."""
    uri, public_key = bench.reference()
    bench.made -= 1

    with pytest.raises(KeyRefused, match=r"label_taken|name_taken"):
        bench.reference()

    verify(public_key, bench.open(uri).sign(b"still here"), b"still here")


def test_it_never_shows_itself(bench: Bench) -> None:
    """Its `repr` is public, and it does not leave its process in a pickle."""
    uri, _ = bench.reference()
    signer = bench.open(uri)

    assert repr(signer).endswith(f"Signer(apcv, {signer.kid})")
    with pytest.raises(TypeError):
        pickle.dumps(signer)


def test_threads_may_share_it(bench: Bench) -> None:
    """Eight threads sign at once: each gets the signature of its own message."""
    uri, public_key = bench.reference()
    signer = bench.open(uri)
    signed: list[tuple[bytes, bytes]] = []

    def work(number: int) -> None:
        for turn in range(20):
            message = f"{number}-{turn}".encode()
            signed.append((message, signer.sign(message)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(signed) == 160
    for message, signature in signed:
        verify(public_key, signature, message)


def test_a_card_it_seals_is_opened_by_a_till(bench: Bench) -> None:
    """The very bytes a till reads: lint, seal, open, under a trust list that names the key."""
    uri, public_key = bench.reference()
    linted = seal.lint(issuing.draft(issuing.apcv()), issuing.policy())

    credential = seal.seal(linted, bench.open(uri))

    listed = issuing.issuer(public_key=public_key, kinds=frozenset({CardKind.APCV}))
    assert isinstance(listed, IssuerKey)
    opened = seal.open_seal(credential, issuing.trust(listed), issuing.NOW, expected=CardKind.APCV)
    assert opened.card == issuing.apcv()


def test_nothing_of_it_is_readable_by_others(bench: Bench) -> None:
    """Whatever the vault wrote for the key, its owner alone reads."""
    bench.reference()

    for path in bench.directory.rglob("*.p*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_private_file_is_written_once(tmp_path: Path) -> None:
    """What files rest on: a second writing refuses."""
    write_private(tmp_path / "x.pem", b"x")

    with pytest.raises(FileExistsError):
        write_private(tmp_path / "x.pem", b"y")
