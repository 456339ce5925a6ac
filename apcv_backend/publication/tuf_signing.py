"""Our keys in the words of python-tuf: a signer that gives DER, and the key as TUF writes it.

The vault signs r||s on 64 bytes; TUF's `ecdsa-sha2-nistp256` wants DER (specification 1.0.33 section 4.2).
"""

from __future__ import annotations

from typing import NoReturn

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from apcv_backend.publication.tuf_words import Key, Signature, SSlibKey, TufSignerBase
from cartes.seal import Signer

_COORDINATE_BYTES = 32


class TufSigner(TufSignerBase):
    """One of our signers, for python-tuf."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), signer.public_key)
        # The key identifier is the hash of the key's own description: nobody chooses it.
        self._key = SSlibKey.from_crypto(point)

    @property
    def public_key(self) -> Key:
        """The public key as TUF writes it."""
        return self._key

    def sign(self, payload: bytes) -> Signature:
        """Sign in DER."""
        raw = self._signer.sign(payload)
        r = int.from_bytes(raw[:_COORDINATE_BYTES], "big")
        s = int.from_bytes(raw[_COORDINATE_BYTES:], "big")
        return Signature(self._key.keyid, encode_dss_signature(r, s).hex())

    @classmethod
    def from_priv_key_uri(cls, *_: object, **__: object) -> NoReturn:
        """Refused: keys come from the vault, never from an address python-tuf was given."""
        raise NotImplementedError("keys come from the vault")
