"""What the database must not say: identifiers under keyed hashes and in sealed envelopes.

The space of NIRs is small (about 2.3e11): an unkeyed hash of one falls in seconds. So a person is found by a
blind index, HMAC-SHA-256 under a key the database does not hold, and read back from an AES-256-GCM envelope
whose associated data names the table, the column and the row: an envelope moved to another row does not open.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cartes.errors import CarteError

_NONCE_BYTES = 12
_VERSION = b"\x01"  # first byte of every envelope: which key and construction sealed it


class EnvelopeRefused(CarteError):
    """An envelope does not open: wrong key, wrong row, or its bytes were changed."""

    code = "envelope_refused"


@dataclass(frozen=True)
class Vault:
    """The symmetric keys of the town hall, each with one purpose, 32 bytes each."""

    codes: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    nir_index: bytes = field(repr=False)
    nir_at_rest: bytes = field(repr=False)
    audit: bytes = field(repr=False)
    random: Callable[[int], bytes] = field(repr=False)

    def code_mac(self, reference: str, secret: str, purpose: str) -> bytes:
        """The keyed hash under which a one-time secret is kept, 32 bytes."""
        return _mac(self.codes, f"{purpose}|{reference}|{secret}".encode())

    def nonce_mac(self, message: bytes) -> bytes:
        """The tag that makes a nonce self-contained, 32 bytes."""
        return _mac(self.nonce, message)

    def person_index(self, kind: str, person_key: str) -> bytes:
        """The blind index by which a person is found again, 32 bytes; same input, same index."""
        return _mac(self.nir_index, f"person-v1|{kind}|{person_key}".encode())

    def audit_mac(self, message: bytes) -> bytes:
        """The tag on a journal entry, 32 bytes."""
        return _mac(self.audit, message)

    def seal_bytes(self, plain: bytes, *, place: str) -> bytes:
        """Seal `plain` for `place` ("table|column|row"): version, nonce, ciphertext and tag."""
        nonce = self.random(_NONCE_BYTES)
        sealed = AESGCM(self.nir_at_rest).encrypt(nonce, plain, _VERSION + place.encode())
        return _VERSION + nonce + sealed

    def open_bytes(self, envelope: bytes, *, place: str) -> bytes:
        """Open what `seal_bytes` sealed for the same `place`.

        Raises:
            EnvelopeRefused: another key, another place, or changed bytes.
        """
        version, nonce, sealed = (
            envelope[:1],
            envelope[1 : 1 + _NONCE_BYTES],
            envelope[1 + _NONCE_BYTES :],
        )
        if version != _VERSION:
            raise EnvelopeRefused(place=place, why="version")
        try:
            return AESGCM(self.nir_at_rest).decrypt(nonce, sealed, version + place.encode())
        except (InvalidTag, ValueError) as error:
            raise EnvelopeRefused(place=place, why="tag") from error


def same(a: bytes, b: bytes) -> bool:
    """Compare two keyed hashes in constant time."""
    return hmac.compare_digest(a, b)


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")
