"""Look at a card before keeping it: readable, of the kind asked for, for this phone's key, still alive?

The phone does not judge the seal: it has no trust list, and the workstation will. What it refuses here is
what would otherwise fail at the counter, in front of the owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cartes import fields
from cartes.apcv import ApcvCard
from cartes.cards import CardKind
from cartes.ecps import EcpsCard
from cartes.errors import CardRefused, InvalidValue
from cartes.wire import base64url, cose, strict_cbor
from mobile_mock.errors import BackendNonsense, CardNotMine
from mobile_mock.pocket_records import KeptCard

_EXP, _IAT, _CNF, _CARD = 4, 6, 8, -65537  # RFC 8392, RFC 8747, `docs/formats/qr.md`
_ODD, _EVEN = b"\x03", b"\x02"  # SEC 1, 2.3.3
_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class UnverifiedCard:
    """What a credential says of itself. Its seal was not looked at."""

    card: ApcvCard | EcpsCard
    holder_key: bytes
    issued_at: datetime
    expires_at: datetime


def read_unverified(credential: bytes, kind: CardKind) -> UnverifiedCard:
    """Read what a credential says, without believing it.

    Raises:
        CardNotMine: it is not a credential of this kind. `why` is `unreadable` or `kind`.
    """
    try:
        claims = strict_cbor.loads(cose.split(credential).payload)
        key = claims[_CNF][1]
        if claims[_CARD][2] != kind.wire:
            raise CardNotMine(why="kind")
        return UnverifiedCard(
            (ApcvCard if kind is CardKind.APCV else EcpsCard).from_claims(claims[_CARD]),
            (_ODD if key[-3] else _EVEN) + key[-2],
            fields.instant(claims[_IAT], "iat"),
            fields.instant(claims[_EXP], "exp"),
        )
    except (CardRefused, InvalidValue, KeyError, TypeError, IndexError) as error:
        raise CardNotMine(why="unreadable") from error


def check_received(entry: Mapping[str, Any], kind: CardKind, holder_key: bytes, at: datetime) -> KeptCard:
    """Check one member of `credentials` in the answer of an issuance.

    Args:
        entry: `{credential, shape | exercice, …}`.
        kind: what was asked for.
        holder_key: this phone's WebAuthn key, compressed point.
        at: now, aware UTC.

    Raises:
        CardNotMine: unreadable, another kind, another phone's key (`key`), another shape than announced
        (`shape`),
            expired, or from the future. BackendNonsense: the entry is not in the API's form.
    """
    credential, name = entry.get("credential"), entry.get("exercice", entry.get("shape"))
    if not isinstance(credential, str) or not isinstance(name, str):
        raise BackendNonsense(what="credentials")
    try:
        sealed = base64url.decode(credential)
    except InvalidValue as error:
        raise BackendNonsense(what="credential") from error
    said = read_unverified(sealed, kind)
    if said.holder_key != holder_key:
        raise CardNotMine(why="key")
    if isinstance(said.card, ApcvCard) and said.card.shape.word != name:
        raise CardNotMine(why="shape")
    if said.expires_at <= at:
        raise CardNotMine(why="expired")
    if said.issued_at > at + _SKEW:
        raise CardNotMine(why="not_yet_valid")
    return KeptCard(kind, name, sealed, said.issued_at, said.expires_at, said.card.as_of.astimezone(UTC))
