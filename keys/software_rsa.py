"""The one RSA key of the house: RS256 for ID tokens, where a client can verify nothing else.

LemonLDAP::NG 2.16, which French hospitals run, verifies RS and HS only. The key lives in a PEM file; a token
for it is not opened yet. Its public half stands in the manifest as a DER SubjectPublicKeyInfo (RFC 5280).
"""

from __future__ import annotations

import warnings
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from keys.errors import DevelopmentOnlyWarning, KeyFileUnusable
from keys.files import read_private
from keys.signer import Purpose, kid_of

BITS = 3_072


def new_rsa_key() -> rsa.RSAPrivateKey:
    """A new key of 3072 bits (about 128 bits of strength, NIST SP 800-57)."""
    return rsa.generate_private_key(65_537, BITS)


def public_der(key: rsa.RSAPublicKey) -> bytes:
    """The public half, as the manifest keeps it."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def parse_public_der(data: bytes) -> rsa.RSAPublicKey:
    """The public half from the manifest. Raises `ValueError` unless it is RSA, of 3072 bits or more."""
    key = serialization.load_der_public_key(data)
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < BITS or public_der(key) != data:
        raise ValueError("not an RSA key of 3072 bits in canonical DER")
    return key


class RsaSoftwareSigner:
    """An RS256 signer over a private key held in memory. Its `repr` shows the purpose and the `kid` only."""

    __slots__ = ("_kid", "_private_key", "_public_key", "_purpose")

    def __init__(
        self, private_key: rsa.RSAPrivateKey, purpose: Purpose, *, acknowledged_development: bool
    ) -> None:
        if private_key.key_size < BITS:
            raise KeyFileUnusable(purpose=purpose.value, why="rsa_key_too_short")
        if not acknowledged_development:
            warnings.warn(
                f"the key for {purpose.value} is in this process's memory: development and tests only",
                DevelopmentOnlyWarning,
                stacklevel=2,
            )
        self._private_key = private_key
        self._purpose = purpose
        self._public_key = public_der(private_key.public_key())
        self._kid = kid_of(self._public_key)

    @classmethod
    def open(
        cls,
        path: Path,
        purpose: Purpose,
        *,
        passphrase_file: Path | None = None,
        acknowledged_development: bool,
    ) -> RsaSoftwareSigner:
        """Open a PEM PKCS #8 key, encrypted when `passphrase_file` is given. Raises as `SoftwareSigner`."""
        pem = read_private(path)
        passphrase = read_private(passphrase_file).rstrip(b"\r\n") if passphrase_file is not None else None
        try:
            private_key = serialization.load_pem_private_key(pem, password=passphrase)
        except (TypeError, ValueError, UnsupportedAlgorithm) as error:
            raise KeyFileUnusable(path=str(path), why="cannot_be_opened") from error
        if not isinstance(private_key, rsa.RSAPrivateKey):
            raise KeyFileUnusable(path=str(path), why="not_an_rsa_key")
        return cls(private_key, purpose, acknowledged_development=acknowledged_development)

    @property
    def purpose(self) -> Purpose:
        """What this key may sign."""
        return self._purpose

    @property
    def public_key(self) -> bytes:
        """The public half, DER SubjectPublicKeyInfo."""
        return self._public_key

    @property
    def kid(self) -> str:
        """The key identifier, 8 hexadecimal digits."""
        return self._kid

    def sign(self, message: bytes) -> bytes:
        """RS256 over `message` (RFC 7518 section 3.3)."""
        return self._private_key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def __repr__(self) -> str:
        return f"RsaSoftwareSigner({self._purpose.value}, {self._kid})"

    def __reduce__(self) -> str:
        raise TypeError("a signer is not copied out of its process")
