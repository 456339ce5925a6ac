"""The words of a Token Status List (draft-ietf-oauth-status-list): one number a slot, for online verifiers.

An array of 1, 2, 4 or 8 bits a slot, the first slot in the lowest bits of the first byte, compressed by zlib
(RFC 1950), inside a signed token:

* a JWT, `typ` `statuslist+jwt`, claims `sub`, `iat`, `exp`, `ttl`, `status_list`;
* a CWT, tagged COSE_Sign1, protected header 16 `application/statuslist+cwt`, claims 2 (sub), 4 (exp),
  6 (iat), 65533 (status_list), 65534 (ttl).

The lists of this house take 2 bits: 0 valid, 1 invalid (revoked), 2 suspended. CBOR is written in its
deterministic form, whose order of keys is not that of the draft's examples; a map has no order.

Pure: numbers and a signer in, bytes out. Reading is strict, and never inflates more than it was told to take.
"""

from __future__ import annotations

import enum
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np

from cartes import fields
from cartes.errors import InvalidValue
from cartes.seal import Signer
from cartes.wire import base64url, cose, strict_cbor, strict_json

VALID: Final = 0
INVALID: Final = 1
SUSPENDED: Final = 2
BITS: Final = 2
"""How many bits a slot takes in the lists of this house."""

_WIDTHS: Final = frozenset({1, 2, 4, 8})
_LEVEL: Final = 9
_COSE_SIGN1_TAG: Final = b"\xd2"  # tag 18, RFC 9052 section 2
_ALG, _KID, _TYP = 1, 4, 16  # COSE header parameters; 16 is RFC 9596
_SUB, _EXP, _IAT = 2, 4, 6  # CWT claims, RFC 8392
_STATUS_LIST, _TTL = 65533, 65534


class TokenForm(enum.Enum):
    """The two forms a token travels in; the value is its media type."""

    JWT = "application/statuslist+jwt"
    CWT = "application/statuslist+cwt"


@dataclass(frozen=True, slots=True)
class TokenStatuses:
    """The statuses of slots numbered from 0, `bits` (1, 2, 4 or 8) each, packed."""

    bits: int
    packed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if type(self.bits) is not int or self.bits not in _WIDTHS:
            raise _refused("bits")

    @classmethod
    def of(cls, bits: int, size: int, marks: Iterable[tuple[int, Sequence[int]]]) -> TokenStatuses:
        """At least `size` slots, all 0 but the marked ones: each mark is a status and the slots that have it.

        Where two marks name a slot the last one holds. Raises `InvalidValue` for a slot or a status that the
        array cannot hold.
        """
        if bits not in _WIDTHS or size < 0:
            raise _refused("bits" if bits not in _WIDTHS else "size")
        per_byte, most = 8 // bits, (1 << bits) - 1
        array = np.zeros(-(-size // per_byte), dtype=np.uint8)
        for status, slots in marks:
            places = np.asarray(slots, dtype=np.int64)
            if not 0 <= status <= most:
                raise _refused("status")
            if len(places) and not (places.min() >= 0 and places.max() < size):
                raise _refused("slot")
            shifts = places % per_byte * bits
            np.bitwise_and.at(array, places // per_byte, (0xFF & ~(most << shifts)).astype(np.uint8))
            np.bitwise_or.at(array, places // per_byte, (status << shifts).astype(np.uint8))
        return cls(bits, array.tobytes())

    @classmethod
    def read(cls, unverified: Mapping[str, object], most: int) -> TokenStatuses:
        """The `status_list` of a token, decoded: `lst` is base64url text in JSON, bytes in CBOR.

        `most` is how many bytes the array may take. Raises `InvalidValue` for anything but `bits` and `lst`,
        and for a longer array, of which no more than that is ever inflated.
        """
        if set(unverified) != {"bits", "lst"}:
            raise _refused("members")
        bits, lst = unverified["bits"], unverified["lst"]
        if type(bits) is not int:
            raise _refused("bits")
        if type(lst) is str:
            return cls(bits, _inflated(base64url.decode(lst), most))
        if type(lst) is not bytes:
            raise _refused("lst")
        return cls(bits, _inflated(lst, most))

    def status(self, idx: int) -> int:
        """The status of a slot. Raises `InvalidValue` when the array has no such slot."""
        per_byte = 8 // self.bits
        if not 0 <= idx < len(self.packed) * per_byte:
            raise _refused("slot")
        return self.packed[idx // per_byte] >> idx % per_byte * self.bits & (1 << self.bits) - 1

    def compressed(self) -> bytes:
        """The array as a zlib stream, at the highest level."""
        return zlib.compress(self.packed, _LEVEL)


@dataclass(frozen=True, slots=True)
class StatusClaims:
    """What a token says. `lst` is `TokenStatuses.compressed()`; instants are UTC, told in whole seconds.

    `sub` is the address the list is asked at; `ttl_s` how many seconds a verifier may keep it.
    """

    sub: str
    issued_at: datetime
    expires_at: datetime
    ttl_s: int
    bits: int
    lst: bytes = field(repr=False)

    def json(self) -> dict[str, object]:
        """The claims of the JWT."""
        return {
            "sub": self.sub,
            "iat": fields.unix(self.issued_at),
            "exp": fields.unix(self.expires_at),
            "ttl": self.ttl_s,
            "status_list": {"bits": self.bits, "lst": base64url.encode(self.lst)},
        }

    def cbor(self) -> dict[int, object]:
        """The claims of the CWT."""
        return {
            _SUB: self.sub,
            _EXP: fields.unix(self.expires_at),
            _IAT: fields.unix(self.issued_at),
            _STATUS_LIST: {"bits": self.bits, "lst": self.lst},
            _TTL: self.ttl_s,
        }


def sign_jwt(claims: StatusClaims, signer: Signer, kid: str) -> bytes:
    """The token as a JWT (RFC 7519), signed with ES256 under the key identifier `kid`."""
    header = {"alg": "ES256", "kid": kid, "typ": "statuslist+jwt"}
    parts = (base64url.encode(strict_json.canonical(part)) for part in (header, claims.json()))
    signed = ".".join(parts).encode("ascii")
    return signed + b"." + base64url.encode(signer.sign(signed)).encode("ascii")


def sign_cwt(claims: StatusClaims, signer: Signer, kid: bytes) -> bytes:
    """The token as a CWT (RFC 8392), signed with ES256 under the key identifier `kid`."""
    protected = strict_cbor.dumps({_ALG: cose.ES256, _KID: kid, _TYP: TokenForm.CWT.value})
    payload = strict_cbor.dumps(claims.cbor())
    signature = signer.sign(cose.to_be_signed(protected, payload))
    return _COSE_SIGN1_TAG + cose.join(protected, payload, signature)


def _inflated(lst: bytes, most: int) -> bytes:
    stream = zlib.decompressobj()
    try:
        packed = stream.decompress(lst, most + 1)
    except zlib.error as refused:
        raise _refused("not_zlib") from refused
    if len(packed) > most:
        raise _refused("too_long")
    if not stream.eof or stream.unused_data:
        raise _refused("not_one_stream")
    return packed


def _refused(why: str) -> InvalidValue:
    return InvalidValue(what="token_status_list", why=why)
