"""HPKE written a second time from RFC 9180, base mode, P-256 and AES-128-GCM, so that two can be compared.

Unlike the library it takes the ephemeral key and the additional data, so that it can make the RFC's own
vectors and golden files that never change. For tests only.
"""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEM = b"KEM\x00\x10"
_SUITE = b"HPKE\x00\x10\x00\x01\x00\x01"


def _mac(key: bytes, data: bytes) -> bytes:
    made = hmac.HMAC(key, hashes.SHA256())
    made.update(data)
    return made.finalize()


def _extract(suite: bytes, salt: bytes, label: bytes, secret: bytes) -> bytes:
    return _mac(salt or bytes(32), b"HPKE-v1" + suite + label + secret)


def _expand(suite: bytes, key: bytes, label: bytes, info: bytes, size: int) -> bytes:
    labelled = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return _mac(key, labelled + b"\x01")[:size]  # 32 bytes at most are ever asked for: one block


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """SerializePublicKey of section 7.1.1: the uncompressed point."""
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _aead(dh: bytes, enc: bytes, receiver: bytes, info: bytes) -> tuple[AESGCM, bytes]:
    eae = _extract(_KEM, b"", b"eae_prk", dh)
    shared = _expand(_KEM, eae, b"shared_secret", enc + receiver, 32)
    context = b"\x00" + _extract(_SUITE, b"", b"psk_id_hash", b"") + _extract(_SUITE, b"", b"info_hash", info)
    secret = _extract(_SUITE, shared, b"secret", b"")
    key = _expand(_SUITE, secret, b"key", context, 16)
    return AESGCM(key), _expand(_SUITE, secret, b"base_nonce", context, 12)


def seal(
    receiver: ec.EllipticCurvePublicKey,
    ephemeral: ec.EllipticCurvePrivateKey,
    info: bytes,
    plaintext: bytes,
    aad: bytes = b"",
) -> bytes:
    """`enc || ciphertext` of one message."""
    enc, dh = point_of(ephemeral.public_key()), ephemeral.exchange(ec.ECDH(), receiver)
    aead, nonce = _aead(dh, enc, point_of(receiver), info)
    return enc + aead.encrypt(nonce, plaintext, aad)


def open_sealed(sealed: bytes, receiver: ec.EllipticCurvePrivateKey, info: bytes, aad: bytes = b"") -> bytes:
    """The plaintext; raises what the curve or the cipher raises."""
    enc = sealed[:65]
    sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), enc)
    aead, nonce = _aead(receiver.exchange(ec.ECDH(), sender), enc, point_of(receiver.public_key()), info)
    return aead.decrypt(nonce, sealed[65:], aad)
