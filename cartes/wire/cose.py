"""COSE_Sign1 (RFC 9052 section 4.2) as SQ1 writes it: the bare array of four, without its tag.

One algorithm, ES256 (-7), said in the protected header and nowhere else; one key identifier of four bytes; an
empty unprotected header; no external data. This module cuts and joins bytes; `cartes.seal` checks signatures.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cartes.errors import AlgNotAllowed, BadStructure
from cartes.wire import strict_cbor

ES256: Final = -7
KID_SIZE: Final = 4
SIGNATURE_SIZE: Final = 64
_ALG: Final = 1
_KID: Final = 4
_PARTS: Final = 4
# ["Signature1", protected, external_aad, payload]: RFC 9052 section 4.4, external_aad being the empty string.
_SIG_STRUCTURE: Final = b"\x84\x6aSignature1"
_NO_EXTERNAL_AAD: Final = b"\x40"


@dataclass(frozen=True, slots=True)
class UnverifiedSign1:
    """The parts of a COSE_Sign1 whose signature nobody has checked yet. `signed` is what was signed."""

    kid: bytes
    payload: bytes
    signature: bytes
    signed: bytes


def split(data: bytes) -> UnverifiedSign1:
    """Cut a credential into its parts: checks 2 and 3.

    Raises `BadCbor` or `BadStructure` on a wrong shape, `AlgNotAllowed` unless the protected header says
    ES256 and no other place says anything. The payload is not looked into.
    """
    parts = strict_cbor.loads(data)
    if type(parts) is not list or len(parts) != _PARTS:
        raise BadStructure(part="sign1")
    protected, unprotected, payload, signature = parts
    if type(protected) is not bytes or type(payload) is not bytes or type(unprotected) is not dict:
        raise BadStructure(part="sign1")
    if type(signature) is not bytes or len(signature) != SIGNATURE_SIZE:
        raise BadStructure(part="signature")
    if unprotected:
        if _ALG in unprotected:
            raise AlgNotAllowed(why="outside_protected_header")
        raise BadStructure(part="unprotected_header")
    return UnverifiedSign1(_kid(protected), payload, signature, to_be_signed(protected, payload))


def join(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    """Write the array of four."""
    return strict_cbor.dumps([protected, {}, payload, signature])


@lru_cache(maxsize=64)  # an issuer has few keys
def protected_header(kid: bytes) -> bytes:
    """Write the protected header {1: -7, 4: kid}."""
    return strict_cbor.dumps({_ALG: ES256, _KID: kid})


def to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """The bytes an issuer signs: Sig_structure of RFC 9052 section 4.4, written out by hand for speed."""
    return _SIG_STRUCTURE + _bstr(protected) + _NO_EXTERNAL_AAD + _bstr(payload)


def _bstr(data: bytes) -> bytes:
    size = len(data)
    if size < 24:  # noqa: PLR2004 - the limits of RFC 8949 section 3
        return bytes((0x40 + size,)) + data
    if size < 1 << 8:
        return bytes((0x58, size)) + data
    if size < 1 << 16:
        return b"\x59" + size.to_bytes(2, "big") + data
    return b"\x5a" + size.to_bytes(4, "big") + data


@lru_cache(maxsize=64)  # an issuer's header is always the same ten bytes
def _kid(protected: bytes) -> bytes:
    """Check 3 on the protected header, and the key identifier it carries."""
    header: Any = strict_cbor.loads(protected, max_size=64) if protected else {}
    if type(header) is not dict:
        raise BadStructure(part="protected_header")
    if header.get(_ALG) != ES256:
        raise AlgNotAllowed(why="not_es256")
    kid = header.get(_KID)
    if len(header) != 2 or type(kid) is not bytes or len(kid) != KID_SIZE:  # noqa: PLR2004 - alg and kid
        raise BadStructure(part="protected_header")
    return kid
