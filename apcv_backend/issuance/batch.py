"""What the register keeps of a batch, before and after the seal, as bytes for a sealed envelope.

Before: for each card its word and the claims about to be signed. After: the same with the credentials. Both
are deterministic CBOR, read back strictly; what does not read back is our own fault (`BatchUnreadable`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from apcv_backend.issuance.openid4vci import IssuedCard
from cartes.errors import CardRefused, CarteError
from cartes.wire import strict_cbor

_MAX_BYTES = 65_536


class BatchUnreadable(CarteError):
    """An issuance on record does not read back."""

    code = "batch_unreadable"


def write_intent(claims: Sequence[tuple[str, bytes]]) -> bytes:
    """The claims about to be signed, each with its word."""
    return strict_cbor.dumps([[label, signed] for label, signed in claims])


def read_intent(content: bytes) -> tuple[tuple[str, bytes], ...]:
    """What `write_intent` wrote. Raises `BatchUnreadable`."""
    return tuple((str(label), bytes(signed)) for label, signed in _rows(content, 2))


def write_cards(cards: Sequence[IssuedCard]) -> bytes:
    """The sealed cards, each with its word and dates."""
    return strict_cbor.dumps(
        [
            [card.label, card.credential, int(card.expires_at.timestamp()), int(card.as_of.timestamp())]
            for card in cards
        ]
    )


def read_cards(content: bytes) -> tuple[IssuedCard, ...]:
    """What `write_cards` wrote. Raises `BatchUnreadable`."""
    return tuple(
        IssuedCard(
            str(label),
            bytes(credential),
            datetime.fromtimestamp(expires, UTC),
            datetime.fromtimestamp(as_of, UTC),
        )
        for label, credential, expires, as_of in _rows(content, 4)
    )


def _rows(content: bytes, size: int) -> list[list[Any]]:
    try:
        rows = strict_cbor.loads(content, _MAX_BYTES)
    except CardRefused as unreadable:
        raise BatchUnreadable(why=unreadable.code) from unreadable
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == size for row in rows):
        raise BatchUnreadable(why="shape")
    return rows
