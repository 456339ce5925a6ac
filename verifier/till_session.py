"""What a till keeps of the two-way mode: its key, who authorised it and until when, the requests waiting.

Two private files (mode 0600) in `two-way/` beside the trust data, each written whole or not at all; commands
take turns by a lock. A file that is damaged, or that others may read, is not used: the session starts again
with a new key, which costs the professional one gesture.

A waiting request holds the ephemeral key its answer is sealed to. It is taken out of the file before the
answer is judged, so that one request has one answer whatever happens next, and forgotten after two minutes.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

from cartes.errors import CarteError
from cartes.till_request import TillOffer
from cartes.wire import base64url, strict_json
from verifier.durable import locked, sync_directory
from verifier.own_key import OwnKey

WAITS: Final = timedelta(minutes=2)
"""How long a request may be answered: a minute to be read, a minute for the proof."""
MOST_WAITING: Final = 32
_OTHERS: Final = 0o077
_LARGEST: Final = 1 << 16
_SESSION: Final = "session.json"
_WAITING: Final = "waiting.json"
_Kept = TypeVar("_Kept")


class TwoWayRefused(CarteError):
    """The till cannot ask; the leaf says why. Nothing was shown to anybody."""

    code: ClassVar[str] = "two_way_refused"


class TillNotAuthorised(TwoWayRefused):
    """No professional has authorised this till's key."""

    code = "till_not_authorised"


class TillSessionUnusable(TwoWayRefused):
    """The files of the session cannot be read or written, or others may read them."""

    code = "till_session_unusable"


@dataclass(frozen=True, slots=True)
class Session:
    """A till's key with the hours asked for, and the e-CPS presentation that authorised it, or None yet."""

    key: OwnKey
    offer: TillOffer
    presentation: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request shown to a patient: its context, the key its answer is sealed to, and when it was made."""

    ctx: bytes
    key: OwnKey
    asked_at: datetime


class TillSession:
    """The folder `two-way/` of one till."""

    def __init__(self, store: Path) -> None:
        self._folder = store / "two-way"

    def begin(self, until: datetime, random: Callable[[int], bytes]) -> TillOffer:
        """Make a new key, not authorised yet; the session before it, and all its requests, are over."""
        key = OwnKey.make(random)
        offer = TillOffer(key.public_key, until)
        with self._alone():
            self._write(_WAITING, [])
            self._keep(Session(key, offer))
        return offer

    def authorised(self, presentation: bytes, till_key: bytes) -> None:
        """Note what authorised the key. Raises `TillNotAuthorised` if another key came since."""
        with self._alone():
            session = self._session()
            if session is None or session.offer.till_key != till_key:
                raise TillNotAuthorised(why="another_session_began")
            self._keep(replace(session, presentation=presentation))

    def session(self) -> Session | None:
        """The session in force, authorised or not; None when there is none."""
        if not self._folder.is_dir():
            return None
        with self._alone():
            return self._session()

    def wait_for(self, request: Waiting) -> None:
        """Remember a request before it is shown."""
        with self._alone():
            still = [one for one in self._waiting() if one.asked_at + WAITS >= request.asked_at]
            self._write(_WAITING, [_waiting_members(one) for one in [*still, request][-MOST_WAITING:]])

    def waiting(self, at: datetime) -> tuple[Waiting, ...]:
        """The requests that may still be answered at `at`, oldest first."""
        if not self._folder.is_dir():
            return ()
        with self._alone():
            return tuple(one for one in self._waiting() if one.asked_at + WAITS >= at)

    def take(self, ctx: bytes) -> bool:
        """Take a request out: true for the one who may judge its answer, false when somebody else did."""
        with self._alone():
            before = self._waiting()
            after = [one for one in before if one.ctx != ctx]
            self._write(_WAITING, [_waiting_members(one) for one in after])
            return len(after) < len(before)

    # --- the files

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with contextlib.ExitStack() as held:
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                held.enter_context(locked(self._folder / ".lock"))
            except OSError as error:
                raise TillSessionUnusable(why=type(error).__name__) from error
            yield

    def _keep(self, session: Session) -> None:
        shown = session.presentation
        self._write(
            _SESSION,
            {
                "secret": base64url.encode(session.key.secret),
                "until": int(session.offer.until.timestamp()),
                "presentation": None if shown is None else base64url.encode(shown),
            },
        )

    def _session(self) -> Session | None:
        def read(members: Any) -> Session:
            key = OwnKey.read(base64url.decode(members["secret"]))
            shown = members["presentation"]
            offer = TillOffer(key.public_key, datetime.fromtimestamp(members["until"], UTC))
            return Session(key, offer, None if shown is None else base64url.decode(shown))

        members = self._read(_SESSION)
        return None if members is None else _read_as(_SESSION, read, members)

    def _waiting(self) -> list[Waiting]:
        def read(members: Any) -> Waiting:
            return Waiting(
                base64url.decode(members["ctx"]),
                OwnKey.read(base64url.decode(members["secret"])),
                datetime.fromtimestamp(members["asked_at"], UTC),
            )

        kept = self._read(_WAITING)
        if kept is not None and not isinstance(kept, list):
            raise TillSessionUnusable(file=_WAITING, why="damaged")
        return [_read_as(_WAITING, read, one) for one in kept or ()]

    def _read(self, name: str) -> Any:
        path = self._folder / name
        try:
            exposed = os.name == "posix" and path.stat().st_mode & _OTHERS
            kept = None if exposed else strict_json.loads(path.read_bytes(), _LARGEST)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise TillSessionUnusable(file=name, why=type(error).__name__) from error
        except CarteError as error:
            raise TillSessionUnusable(file=name, why="damaged") from error
        if exposed:
            raise TillSessionUnusable(file=name, why="others_may_read")
        return kept

    def _write(self, name: str, value: object) -> None:
        beside = self._folder / f".{name}.new"
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(strict_json.canonical(value))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._folder / name)
            sync_directory(self._folder)
        except OSError as error:
            raise TillSessionUnusable(file=name, why=type(error).__name__) from error


def _read_as(name: str, read: Callable[[Any], _Kept], members: Any) -> _Kept:
    try:
        return read(members)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, CarteError) as error:
        raise TillSessionUnusable(file=name, why="damaged") from error


def _waiting_members(waiting: Waiting) -> dict[str, object]:
    return {
        "ctx": base64url.encode(waiting.ctx),
        "secret": base64url.encode(waiting.key.secret),
        "asked_at": int(waiting.asked_at.timestamp()),
    }
