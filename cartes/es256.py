"""ES256: ECDSA on P-256 with SHA-256 (RFC 9053 section 2.1), the only signature on a card or over it.

Signatures are `r || s`, 64 bytes, and both numbers must lie strictly between 0 and the order of the curve
before anything else looks at them. `s` may be the high or the low half: (r, n - s) is the same signature to
everyone who checks it, so nobody may use a signature's bytes to recognise a presentation.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from cartes.errors import InvalidValue

SIGNATURE_SIZE: Final = 64
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ALGORITHM: Final = ec.ECDSA(hashes.SHA256())
_CURVE: Final = ec.SECP256R1()
_UNCOMPRESSED_SIZE: Final = 65


def holds(key: ec.EllipticCurvePublicKey, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (r || s) over SHA-256 of `message` is `key`'s."""
    if len(signature) != SIGNATURE_SIZE:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < ORDER and 0 < s < ORDER):
        return False
    try:
        key.verify(encode_dss_signature(r, s), message, _ALGORITHM)
    except InvalidSignature:
        return False
    return True


def public_key(point: bytes) -> ec.EllipticCurvePublicKey:
    """The key of a point (33 bytes compressed, or 65); `InvalidValue` when it is not on the curve."""
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
    except ValueError as refused:
        raise InvalidValue(what="public_key", why="not_on_curve") from refused


def compressed(point: bytes) -> bytes:
    """The 33 bytes of a point given as 65 (`04 || x || y`), which is checked to be on the curve."""
    if len(point) != _UNCOMPRESSED_SIZE or point[0] != 4:  # noqa: PLR2004 - SEC 1 section 2.3.3
        raise InvalidValue(what="public_key", why="not_uncompressed")
    public_key(point)
    return bytes((2 + (point[-1] & 1),)) + point[1:33]


def from_der(signature: bytes) -> bytes:
    """The 64 bytes `r || s` of a DER signature, as WebAuthn gives it; `InvalidValue` when it is none."""
    try:
        r, s = decode_dss_signature(signature)
    except ValueError as refused:
        raise InvalidValue(what="signature", why="not_der") from refused
    if not (0 < r < ORDER and 0 < s < ORDER):
        raise InvalidValue(what="signature", why="out_of_range")
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")
