"""A phone's answer in the two-way mode: an SQ1 presentation that only the till which asked can read.

HPKE (RFC 9180), base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM; `info` is the `ctx` of the
request, so an answer opens for one request only. What travels is `enc || ciphertext`: 65 bytes and 16
more than the presentation. This is the only place that calls `cryptography`'s HPKE, imported when it is used.

Sealing says nothing about who sealed: the presentation inside does, and its proof carries the same `ctx`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cartes import es256
from cartes.errors import AnswerUnreadable
from cartes.wire import qr

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hpke import Suite

ENC_SIZE: Final = 65  # an uncompressed point (RFC 9180 section 7.1.1)
TAG_SIZE: Final = 16
OVERHEAD: Final = ENC_SIZE + TAG_SIZE

ANSWER: Final = qr.Form(3, qr.MIN_BYTES + OVERHEAD, qr.MAX_BYTES + OVERHEAD)
"""A sealed answer: `complet` of the largest persona takes 457 bytes, 1102 digits."""


def seal_answer(presentation: bytes, epk: bytes, ctx: bytes) -> bytes:
    """Seal SQ1 bytes to a request's ephemeral key (a compressed point), for that request alone."""
    return _suite().encrypt(presentation, es256.public_key(epk), info=ctx)


def open_answer(answer: bytes, private_key: ec.EllipticCurvePrivateKey, ctx: bytes) -> bytes:
    """The SQ1 bytes in an answer to the request `ctx`. Raises `AnswerUnreadable`; nothing is proven yet."""
    from cryptography.exceptions import InvalidTag

    try:
        return _suite().decrypt(answer, private_key, info=ctx)
    except (InvalidTag, ValueError) as refused:
        raise AnswerUnreadable from refused


def answer_text(answer: bytes) -> str:
    """The digits of its code."""
    return qr.pack(answer, ANSWER)


def read_answer(text: str) -> bytes:
    """The bytes of an answer, sealed as they are: check 1. Raises `NotSq1` or `BadTransport`."""
    return qr.unpack(text, ANSWER)


def _suite() -> Suite:
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

    return Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
