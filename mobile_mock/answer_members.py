"""Members of the backend's answers, read or refused: a text, an instant, bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cartes.errors import InvalidValue
from cartes.wire import base64url
from mobile_mock.errors import BackendNonsense


def text_of(members: Any, name: str) -> str:
    """The text member `name` of an object. Raises BackendNonsense."""
    value = members.get(name) if isinstance(members, dict) else None
    if not isinstance(value, str):
        raise BackendNonsense(what=name)
    return value


def moment_of(text: object) -> datetime:
    """An ISO 8601 instant, in UTC. Raises BackendNonsense; an instant without a zone is refused."""
    try:
        read = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise BackendNonsense(what="date") from error
    if read.tzinfo is None:
        raise BackendNonsense(what="date")
    return read.astimezone(UTC)


def bytes_of(text: object, what: str) -> bytes:
    """The bytes of unpadded base64url. Raises BackendNonsense, naming `what`."""
    try:
        return base64url.decode(str(text))
    except InvalidValue as error:
        raise BackendNonsense(what=what) from error
