"""A token's door: one logged-in session a process, opened after the fork, one caller at a time.

A token is a security module or a part of one, reached through a PKCS #11 library. Such libraries, and SoftHSM
most of all, are lost in three ways that this module closes:

* several processes that initialise at the same instant fail, and the failure stays in the process: a file
  lock on the keyring's folder lets one in at a time, and a failed start is begun again from nothing;
* a session does not survive `fork`: a child forgets what it inherited and opens its own (PKCS #11 v2.40,
  section 2.5.2), and nobody forks while a thread is inside the library;
* a session that was lost (card pulled, module restarted) is opened again once before anybody is refused.

A wrong PIN is never tried twice: tokens lock themselves.

`python-pkcs11` is imported when a token is first opened: a vault of files works without it.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, quote_from_bytes

from keys.errors import BadKeyUri, Pkcs11NotAvailable, TokenUnusable
from keys.files import read_private
from keys.signer import Pkcs11Uri

if TYPE_CHECKING:
    from types import ModuleType

    from pkcs11 import Session

_Result = TypeVar("_Result")

_STARTS = 3
_LOCK_PATIENCE_S = 60.0
_LOCK_PAUSE_S = 0.02
_MATCHED = frozenset({"token", "serial", "manufacturer", "model"})
_OF_THE_KEY = frozenset({"object", "id", "type"})


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """Which token, through which library, opened with the PIN of which file.

    `directory` is the keyring's folder: whoever opens the token holds a lock on it meanwhile. The other
    attributes are those of RFC 7512 section 2.3, each of which the token must match.
    """

    module: Path
    pin_file: Path
    directory: Path
    token: str
    serial: bytes | None = None
    manufacturer: str | None = None
    model: str | None = None

    @classmethod
    def of(cls, reference: Pkcs11Uri, directory: Path) -> TokenPlace:
        """The place a reference speaks of. Raises `BadKeyUri`; opens nothing.

        An attribute this driver cannot compare is refused rather than passed over: RFC 7512 section 2.3 asks
        that every one of them match.
        """
        unused = reference.path.keys() - _MATCHED - _OF_THE_KEY
        if unused or "module-name" in reference.query:
            raise BadKeyUri(what="attribute_not_compared", name=min(unused, default="module-name"))
        if "token" not in reference.path:
            raise BadKeyUri(what="token")
        module = Path(reference.query.get("module-path", ""))
        if not module.is_absolute():
            raise BadKeyUri(what="module-path")
        pin = reference.query.get("pin-source", "")
        path = pin.removeprefix("file:")
        if path.startswith("///"):  # an empty authority (RFC 8089)
            path = path[2:]
        # RFC 7512 lets `|command` run a program: a reference never does that here.
        if not path or path.startswith(("|", "//")):
            raise BadKeyUri(what="pin-source")
        return cls(
            module=module,
            pin_file=directory / path,
            directory=directory,
            token=_text(reference, "token") or "",
            serial=reference.path.get("serial"),
            manufacturer=_text(reference, "manufacturer"),
            model=_text(reference, "model"),
        )

    def uri_of(self, label: str) -> str:
        """The reference of the private key of this label in this token. No PIN is in it."""
        told = [("token", quote(self.token, safe=""))]
        if self.manufacturer is not None:
            told.append(("manufacturer", quote(self.manufacturer, safe="")))
        if self.model is not None:
            told.append(("model", quote(self.model, safe="")))
        if self.serial is not None:
            told.append(("serial", quote_from_bytes(self.serial, safe="")))
        told += [("object", quote(label, safe="")), ("type", "private")]
        path = ";".join(f"{name}={value}" for name, value in told)
        pin = self.pin_file
        if pin.is_relative_to(self.directory):
            pin = pin.relative_to(self.directory)
        return f"pkcs11:{path}?module-path={quote(str(self.module))}&pin-source=file:{quote(str(pin))}"


def _text(reference: Pkcs11Uri, name: str) -> str | None:
    value = reference.path.get(name)
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadKeyUri(what=name) from error


class _Process:
    """What this process, and no other, holds open."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.modules: dict[Path, Any] = {}
        self.sessions: dict[TokenPlace, Session] = {}
        self.found: dict[tuple[TokenPlace, object], Any] = {}

    def forget(self, module: Path) -> None:
        """Forget every session of a module; they are opened again when asked for."""
        self.modules.pop(module, None)
        for place in [place for place in self.sessions if place.module == module]:
            del self.sessions[place]
        for key in [key for key in self.found if key[0].module == module]:
            del self.found[key]


_here = _Process()


def _hold_still() -> None:
    _here.lock.acquire()


def _go_on() -> None:
    _here.lock.release()


def _begin_anew() -> None:
    global _here  # noqa: PLW0603 - a child begins with nothing of its parent's, lock included
    _here = _Process()


os.register_at_fork(before=_hold_still, after_in_parent=_go_on, after_in_child=_begin_anew)


def use(place: TokenPlace, work: Callable[[Session], _Result], *, writes: bool = False) -> _Result:
    """Do `work` in this process's session with a token, alone; open the session first when there is none.

    With `writes`, in a session that may make keys, closed again afterwards. Work that only reads is done
    again once when the session turns out to be lost, and must bear that.

    Raises `Pkcs11NotAvailable`, `TokenUnusable`, or what reading the PIN file raises.
    """
    errors = _library().exceptions
    with _here.lock:
        try:
            if writes:
                return _write(place, work)
            try:
                return work(_session(place))
            except (errors.PinIncorrect, errors.PinLocked, errors.PinExpired):
                raise
            except errors.PKCS11Error:
                _here.forget(place.module)
                return work(_session(place))
        except errors.PKCS11Error as error:
            _here.forget(place.module)
            raise TokenUnusable(token=place.token, why=_snake(type(error).__name__)) from error


def remembered(place: TokenPlace, name: object, find: Callable[[], Any]) -> Any:
    """What `find` gave in the session now open, asked once a session. Call it inside `use`."""
    known = _here.found.get((place, name))
    if known is None:
        known = _here.found[place, name] = find()
    return known


def _write(place: TokenPlace, work: Callable[[Session], _Result]) -> _Result:
    # Login is the process's, not the session's: the reading session is closed before another logs in.
    open_now = _here.sessions.pop(place, None)
    for key in [key for key in _here.found if key[0] == place]:
        del _here.found[key]
    if open_now is not None:
        with suppress(_library().exceptions.PKCS11Error):
            open_now.close()
    session = _open(place, rw=True)
    try:
        return work(session)
    finally:
        session.close()


def _session(place: TokenPlace) -> Session:
    session = _here.sessions.get(place)
    if session is None:
        session = _here.sessions[place] = _open(place, rw=False)
    return session


def _open(place: TokenPlace, *, rw: bool) -> Session:
    errors = _library().exceptions
    pin = _pin(place.pin_file)
    with _alone(place):
        for left in reversed(range(_STARTS)):
            try:
                return _logged_in(_token(place), pin, rw=rw)
            except (errors.GeneralError, errors.NoSuchToken, errors.FunctionFailed, errors.DeviceError):
                # A start that failed stays failed in this process, until it begins again from nothing.
                _here.forget(place.module)
                if not left:
                    raise
    raise AssertionError("unreachable")  # the loop returns or raises


def _logged_in(found: Any, pin: str, *, rw: bool) -> Session:
    session: Session
    try:
        session = found.open(rw=rw, user_pin=pin)
    except _library().exceptions.UserAlreadyLoggedIn:
        # Another reference to the same token: login is the process's.
        session = found.open(rw=rw)
    return session


def _token(place: TokenPlace) -> Any:
    pkcs11 = _library()
    module = _here.modules.get(place.module)
    if module is None:
        if not place.module.is_file():
            raise TokenUnusable(token=place.token, why="no_such_module")
        try:
            module = pkcs11.lib(str(place.module))
        except (RuntimeError, OSError) as error:
            raise TokenUnusable(token=place.token, why="no_such_module") from error
        # Whatever an earlier start, or the parent before the fork, left in the library is of no use here.
        module.reinitialize()
        _here.modules[place.module] = module
    found = [token for token in module.get_tokens() if _matches(token, place)]
    if not found:
        raise pkcs11.exceptions.NoSuchToken
    if len(found) > 1:
        raise TokenUnusable(token=place.token, why="several_tokens")
    return found[0]


def _matches(token: Any, place: TokenPlace) -> bool:
    return (
        token.label == place.token
        and place.serial in {None, token.serial}
        and place.manufacturer in {None, token.manufacturer_id}
        and place.model in {None, token.model}
    )


def _pin(path: Path) -> str:
    try:
        return read_private(path).rstrip(b"\r\n").decode("utf-8")
    except UnicodeDecodeError as error:
        raise TokenUnusable(why="pin_not_text") from error


@contextmanager
def _alone(place: TokenPlace) -> Iterator[None]:
    """Hold the lock of the keyring's folder: no other process starts the library meanwhile."""
    try:
        descriptor = os.open(place.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise TokenUnusable(token=place.token, why="no_keyring_folder") from error
    try:
        until = time.monotonic() + _LOCK_PATIENCE_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as busy:
                if time.monotonic() > until:
                    raise TokenUnusable(token=place.token, why="busy") from busy
                time.sleep(_LOCK_PAUSE_S)
        yield
    finally:
        os.close(descriptor)


def _library() -> ModuleType:
    try:
        import pkcs11
        import pkcs11.exceptions
    except ImportError as error:
        raise Pkcs11NotAvailable(scheme="pkcs11", install="python-pkcs11") from error
    return pkcs11


def _snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")
