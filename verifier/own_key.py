"""A P-256 key this till makes for itself: its key of the session, or the ephemeral key of one request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cartes import es256
from cartes.errors import InvalidValue

_SECRET_SIZE: Final = 32
_DRAWN: Final = 48  # far more bits than the order has, so that the remainder leans nowhere
_ALGORITHM: Final = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


class OwnKey:
    """The key pair; a `seal.Signer`. Its secret is shown by no `repr`."""

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self.private_key = private_key
        self.public_key = private_key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
        )

    @classmethod
    def make(cls, random: Callable[[int], bytes]) -> OwnKey:
        """A new one."""
        secret = int.from_bytes(random(_DRAWN), "big") % (es256.ORDER - 1) + 1
        return cls(ec.derive_private_key(secret, ec.SECP256R1()))

    @classmethod
    def read(cls, secret: bytes) -> OwnKey:
        """The one whose `secret` was kept. Raises `InvalidValue`."""
        number = int.from_bytes(secret, "big")
        if len(secret) != _SECRET_SIZE or not 0 < number < es256.ORDER:
            raise InvalidValue(what="own_key", why="secret")
        return cls(ec.derive_private_key(number, ec.SECP256R1()))

    @property
    def secret(self) -> bytes:
        """32 bytes, for a private file of this till and for nothing else."""
        return self.private_key.private_numbers().private_value.to_bytes(_SECRET_SIZE, "big")

    def sign(self, message: bytes) -> bytes:
        """ES256 over SHA-256 of `message`: r || s."""
        return es256.from_der(self.private_key.sign(message, _ALGORITHM))
