"""A signing key in this process's memory, from a PEM file. For development and tests.

Whoever reads the process reads the key; a production issuer signs in a token. That is why opening one warns
with `DevelopmentOnlyWarning` unless the caller says, at the call, that it knows.

Signatures are deterministic (RFC 6979): the same message gives the same signature, and a broken source of
randomness cannot leak the key.
"""

from __future__ import annotations

import warnings
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from keys.errors import DevelopmentOnlyWarning, KeyFileUnusable
from keys.files import read_private
from keys.signer import Purpose, kid_of

_ES256 = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_COORDINATE_BYTES = 32


class SoftwareSigner:
    """An ES256 signer over a private key held in memory. Its `repr` shows the purpose and the `kid` only."""

    __slots__ = ("_kid", "_private_key", "_public_key", "_purpose")

    def __init__(
        self, private_key: ec.EllipticCurvePrivateKey, purpose: Purpose, *, acknowledged_development: bool
    ) -> None:
        if not isinstance(private_key.curve, ec.SECP256R1):
            raise KeyFileUnusable(purpose=purpose.value, why="not_a_p256_key")
        if not acknowledged_development:
            warnings.warn(
                f"the key for {purpose.value} is in this process's memory: development and tests only",
                DevelopmentOnlyWarning,
                stacklevel=2,
            )
        self._private_key = private_key
        self._purpose = purpose
        self._public_key = private_key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
        )
        self._kid = kid_of(self._public_key)

    @classmethod
    def open(
        cls,
        path: Path,
        purpose: Purpose,
        *,
        passphrase_file: Path | None = None,
        acknowledged_development: bool,
    ) -> SoftwareSigner:
        """Open a PEM PKCS #8 key, encrypted when `passphrase_file` is given and only then.

        Raises `KeyFileUnusable` or `KeyFileExposed`, for the passphrase file too.
        """
        pem = read_private(path)
        passphrase = read_private(passphrase_file).rstrip(b"\r\n") if passphrase_file is not None else None
        if not pem.lstrip().startswith(
            (b"-----BEGIN PRIVATE KEY-----", b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
        ):
            raise KeyFileUnusable(path=str(path), why="not_pkcs8_pem")
        try:
            private_key = serialization.load_pem_private_key(pem, password=passphrase)
        except TypeError as error:  # a passphrase is missing, or was given for a key that has none
            raise KeyFileUnusable(path=str(path), why="passphrase_mismatch") from error
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyFileUnusable(path=str(path), why="cannot_be_opened") from error
        if not isinstance(private_key, ec.EllipticCurvePrivateKey):
            raise KeyFileUnusable(path=str(path), why="not_a_p256_key")
        return cls(private_key, purpose, acknowledged_development=acknowledged_development)

    @property
    def purpose(self) -> Purpose:
        """What this key may sign."""
        return self._purpose

    @property
    def public_key(self) -> bytes:
        """The public point, compressed: 33 bytes."""
        return self._public_key

    @property
    def kid(self) -> str:
        """The key identifier, 8 hexadecimal digits."""
        return self._kid

    def sign(self, message: bytes) -> bytes:
        """ES256 over `message`: r||s on 64 bytes, deterministic (RFC 6979)."""
        r, s = decode_dss_signature(self._private_key.sign(message, _ES256))
        return r.to_bytes(_COORDINATE_BYTES, "big") + s.to_bytes(_COORDINATE_BYTES, "big")

    def __repr__(self) -> str:
        return f"SoftwareSigner({self._purpose.value}, {self._kid})"

    def __reduce__(self) -> str:
        raise TypeError("a signer is not copied out of its process")
