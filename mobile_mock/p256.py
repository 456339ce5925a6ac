"""P-256 keys as this phone makes and writes them down.

Keys are drawn from the `random` the caller gives, so that a test can make the same phone twice; on a real
run that is the operating system's (`secrets.token_bytes`).
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cartes.wire import base64url

# Order of the group P-256 (SEC 2, 2.4.2).
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def new_key(random: Callable[[int], bytes]) -> ec.EllipticCurvePrivateKey:
    """A private key: 48 random bytes reduced modulo the order (FIPS 186-5, A.2.1, extra random bits)."""
    secret = int.from_bytes(random(48), "big") % (ORDER - 1) + 1
    return ec.derive_private_key(secret, ec.SECP256R1())


def coordinates(key: ec.EllipticCurvePublicKey) -> tuple[bytes, bytes]:
    """The coordinates x and y, 32 bytes each."""
    numbers = key.public_numbers()
    return numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")


def compressed(key: ec.EllipticCurvePublicKey) -> bytes:
    """The 33 bytes of the compressed point (SEC 1, 2.3.3), as the cards carry it."""
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)


def cose(key: ec.EllipticCurvePublicKey) -> bytes:
    """The COSE_Key of WebAuthn (RFC 9053, 7.1): {1: 2, 3: -7, -1: 1, -2: x, -3: y} in canonical CBOR."""
    x, y = coordinates(key)
    return bytes.fromhex("a5010203262001215820") + x + bytes.fromhex("225820") + y


def jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """The public JWK (RFC 7518, 6.2.1), without optional members."""
    x, y = coordinates(key)
    return {"kty": "EC", "crv": "P-256", "x": base64url.encode(x), "y": base64url.encode(y)}


def to_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """PKCS #8 PEM, unencrypted: it only ever lies in a file that its owner alone can read."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def from_pem(text: str) -> ec.EllipticCurvePrivateKey:
    """The key of a PEM made by `to_pem`. Raises ValueError on anything else."""
    key = serialization.load_pem_private_key(text.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("not a P-256 key")  # noqa: TRY004 - the content is wrong, not the Python type
    return key
