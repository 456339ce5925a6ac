"""What the doors of this room say alike: who is refused, a WebAuthn exchange, a colleague."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apcv_backend.staff.registration import Begun
from apcv_backend.staff.rules import Member

NOT_STAFF: Mapping[int, str] = {
    401: "Pas de session, ou session expirée ; ou changement sans l'en-tête `X-Staff-Csrf`.",
    403: "La session tient, mais son rôle n'ouvre pas cette porte.",
}


def begun_words(begun: Begun) -> dict[str, Any]:
    """A WebAuthn exchange, as its schema says it."""
    return {
        "ceremony_id": begun.ceremony_id,
        "expires_at": begun.expires_at,
        "public_key": begun.public_key,
    }


def member_words(member: Member, *, has_key: bool) -> dict[str, Any]:
    """A colleague, as their schema says it."""
    return {
        "member_id": member.member_id,
        "name": member.name,
        "role": member.post.role.value,
        "structure": member.post.structure,
        "place": member.post.place,
        "daily_codes": member.daily_codes,
        "has_key": has_key,
    }
