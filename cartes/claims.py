"""What an issuer signs: a card, the phone it is for and its dates, as a CWT claims set (RFC 8392).

`{4: exp, 6: iat, 8: {1: COSE_Key}, -65537: card}`. There is no issuer in it: the key identifier decides. The
holder's key is a compressed point in a confirmation claim (RFC 8747). `cartes.seal` alone calls this on
bytes from outside, once a signature over them holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from cartes import fields
from cartes.amc import AmcCard
from cartes.apcv import ApcvCard
from cartes.cards import CardKind, DraftCard
from cartes.ecps import EcpsCard
from cartes.errors import BadStructure
from cartes.wire import strict_cbor

_EXP: Final = 4
_IAT: Final = 6
_CNF: Final = 8
_CARD: Final = -65537
_CLAIMS: Final = {_EXP, _IAT, _CNF, _CARD}
_COSE_KEY: Final = 1
_KTY, _CRV, _X, _Y = 1, -1, -2, -3
_KEY_MEMBERS: Final = {_KTY, _CRV, _X, _Y}
_EC2: Final = 2
_P256: Final = 1
_READERS: Final[dict[int, Callable[[list[Any]], ApcvCard | EcpsCard | AmcCard]]] = {
    CardKind.APCV.wire: ApcvCard.from_claims,
    CardKind.ECPS.wire: EcpsCard.from_claims,
    CardKind.AMC.wire: AmcCard.from_claims,
}
_KIND_AT: Final = 2


def write(draft: DraftCard) -> bytes:
    """The payload an issuer signs; `InvalidValue` for a value no card can carry."""
    sign, x = draft.holder_key[0], draft.holder_key[1:]
    # cnf, RFC 8747; a COSE_Key with a compressed point, RFC 9053 section 7.1.1.
    key = {_KTY: _EC2, _CRV: _P256, _X: x, _Y: sign == 3}  # noqa: PLR2004 - SEC 1: 03 is the odd y
    return strict_cbor.dumps(
        {
            _EXP: fields.unix(draft.expires_at),
            _IAT: fields.unix(draft.issued_at),
            _CNF: {_COSE_KEY: key},
            _CARD: draft.card.to_claims(),
        }
    )


def read(payload: bytes) -> DraftCard:
    """Read a payload back to what the issuer drafted; `BadCbor` or `BadStructure` names what is wrong."""
    claims = strict_cbor.loads(payload)
    if type(claims) is not dict or claims.keys() != _CLAIMS:
        raise BadStructure(part="claims")
    issued_at = fields.instant(claims[_IAT], "iat")
    expires_at = fields.instant(claims[_EXP], "exp")
    if expires_at <= issued_at:
        raise BadStructure(field="exp")
    card = claims[_CARD]
    if type(card) is not list or len(card) <= _KIND_AT:
        raise BadStructure(part="card")
    read = _READERS.get(fields.uint(card[_KIND_AT], "kind", 0xFF))
    if read is None:
        raise BadStructure(field="kind")
    return DraftCard(read(card), _holder_key(claims[_CNF]), issued_at, expires_at)


def _holder_key(cnf: Any) -> bytes:
    """The compressed point inside `cnf`; whether it is on the curve is check 8, after revocation."""
    if type(cnf) is not dict or cnf.keys() != {_COSE_KEY}:
        raise BadStructure(part="cnf")
    key = cnf[_COSE_KEY]
    if type(key) is not dict or key.keys() != _KEY_MEMBERS:
        raise BadStructure(part="cnf")
    x = key[_X]
    if fields.uint(key[_KTY], "kty", _EC2) != _EC2 or fields.uint(key[_CRV], "crv", _P256) != _P256:
        raise BadStructure(part="cnf")
    if type(x) is not bytes or len(x) != 32:  # noqa: PLR2004 - a P-256 coordinate
        raise BadStructure(part="cnf")
    return (b"\x03" if fields.boolean(key[_Y], "cnf") else b"\x02") + x
