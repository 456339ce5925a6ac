"""Look at a card before keeping it: readable, of the kind asked for, for this phone's key, still alive?

The phone does not judge the seal: it has no trust list, and the workstation will. What it refuses here is
what would otherwise fail at the counter, in front of the owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cartes import claims
from cartes.apcv import ApcvCard
from cartes.cards import CardKind, DraftCard
from cartes.errors import CardRefused, InvalidValue
from cartes.wire import base64url, cose
from mobile_mock.errors import BackendNonsense, CardNotMine
from mobile_mock.pocket_records import KeptCard

_SKEW = timedelta(minutes=5)


def read_unverified(credential: bytes, kind: CardKind) -> DraftCard:
    """Read what a credential says of itself, without looking at its seal.

    Raises:
        CardNotMine: it is not a credential of this kind. `why` is `unreadable` or `kind`.
    """
    try:
        said = claims.read(cose.split(credential).payload)
    except (CardRefused, InvalidValue) as error:
        raise CardNotMine(why="unreadable") from error
    if said.card.kind is not kind:
        raise CardNotMine(why="kind")
    return said


def check_received(
    entry: Mapping[str, Any], kind: CardKind, holder_key: bytes, at: datetime, represents: str = ""
) -> KeptCard:
    """Check one member of `credentials` in the answer of an issuance.

    Args:
        entry: `{credential, shape | exercice, …}`.
        kind: what was asked for.
        holder_key: this phone's WebAuthn key, compressed point.
        at: now, aware UTC.
        represents: the delegation the card was asked for, empty for one's own.

    Raises:
        CardNotMine: unreadable, another kind, another phone's key (`key`), another shape than announced
        (`shape`), somebody else's where one's own was asked for or the reverse (`delegate`),
            expired, or from the future. BackendNonsense: the entry is not in the API's form.
    """
    named = [entry[word] for word in ("exercice", "contract", "shape") if word in entry]
    credential, name = entry.get("credential"), named[0] if named else None
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
    if isinstance(said.card, ApcvCard) and (said.card.delegate is not None) != bool(represents):
        raise CardNotMine(why="delegate")
    if said.expires_at <= at:
        raise CardNotMine(why="expired")
    if said.issued_at > at + _SKEW:
        raise CardNotMine(why="not_yet_valid")
    as_of = said.card.as_of.astimezone(UTC)
    return KeptCard(kind, name, sealed, said.issued_at, said.expires_at, as_of, represents)
