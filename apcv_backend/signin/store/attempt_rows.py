"""A row of `signin_attempts` turned into values, and an order turned into the envelope it is kept in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from apcv_backend.signin.approval.attempt_ports import KeptAttempt
from apcv_backend.signin.approval.attempt_rules import Attempt, AttemptOrder, AttemptState
from apcv_backend.vault import PersonErased, Vault
from cartes.cards import CardKind
from cartes.wire import strict_json

_WORDS = (
    "client_id",
    "client_name",
    "client_place",
    "acr",
    "purpose",
    "origin",
    "login_hint",
    "binding_message",
)


def place_of(column: str, attempt_id: str) -> str:
    """Where an envelope of an attempt belongs."""
    return f"signin_attempts|{column}|{attempt_id}"


def seal_order(
    vault: Vault, tx: Connection, order: AttemptOrder, attempt_id: str, subject_id: str | None
) -> bytes:
    """The envelope of an order: it may name a person by a NIR, and is sealed under that person's own key.

    `subject_id` is whom it names, None for nobody we know: nobody can be erased whom we do not know.
    """
    told: dict[str, object] = {word: getattr(order, word) for word in _WORDS}
    told |= {
        "kind": order.kind.value,
        "scopes": list(order.scopes),
        "session_hint": dict(order.session_hint),
    }
    plain, place = strict_json.canonical(told), place_of("sealed_order", attempt_id)
    if subject_id is None:
        return vault.seal_bytes(plain, place=place)
    return vault.seal_for(tx, subject_id, plain, place=place)


def readable(vault: Vault, row: Any) -> KeptAttempt | None:
    """The attempt of a row, or None when the person it names was erased: nobody is left to be asked."""
    try:
        return attempt_of(vault, row)
    except PersonErased:
        return None


def attempt_of(vault: Vault, row: Any) -> KeptAttempt:
    """The attempt of a row; its envelope is opened."""
    sealed = vault.open_bytes(row.sealed_order, place=place_of("sealed_order", row.attempt_id))
    told = strict_json.loads(sealed)
    order = AttemptOrder(
        kind=CardKind(told["kind"]),
        scopes=tuple(told["scopes"]),
        session_hint=told["session_hint"],
        **{word: told[word] for word in _WORDS},
    )
    attempt = Attempt(
        attempt_id=row.attempt_id,
        order=order,
        state=AttemptState(row.state),
        digits=row.digits,
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        errors=row.errors,
    )
    return KeptAttempt(
        attempt=attempt,
        was_named=row.person_index is not None,
        subject_id=row.subject_id,
        is_reached=row.reached_at is not None,
        browser_mac=row.browser_mac,
        return_due=row.return_mac is not None,
        exercice_due=row.exercice_due,
    )
