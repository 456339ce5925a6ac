"""Sign-in requests, seen from the phone: who asks, from where, for what; the answer; the sessions left open.

The phone does not know the two digits: its owner types what the other screen shows, and they are signed
with the rest (`cartes.signin_challenge`). Every request is proven by the app key; only an approval takes a
gesture.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from cartes.cards import CardKind
from cartes.signin_challenge import SigninStatement
from mobile_mock.answer_members import moment_of, text_of
from mobile_mock.backend_client import BackendClient
from mobile_mock.errors import BackendNonsense, SigninCodeUnreadable
from mobile_mock.pocket import Pocket
from mobile_mock.pocket_records import Device

_CODE = re.compile(r"[A-Za-z0-9_-]{22}")
_PATH = "/v1/signin-requests"

Gesture = Callable[[Device, bytes], dict[str, Any]]
"""The owner unlocks the phone over a challenge, on the page of the device's card."""


@dataclass(frozen=True, slots=True)
class Exercice:
    """One exercice the professional may sign in as."""

    exercice_id: str
    label: str


@dataclass(frozen=True, slots=True)
class SigninRequest:
    """What the owner is shown. `unsolicited`: the service named them, and they scanned nothing."""

    attempt_id: str
    client_id: str
    client_name: str
    client_place: str
    purpose: str
    scopes: tuple[str, ...]
    scopes_in_words: tuple[str, ...]
    acr: str
    unsolicited: bool
    tries_left: int
    expires_at: datetime
    exercices: tuple[Exercice, ...]

    @classmethod
    def parse(cls, members: Mapping[str, Any]) -> SigninRequest:
        """One request, as the backend tells it. Raises BackendNonsense."""
        tries = members.get("tries_left")
        exercices = members.get("exercices")
        if not isinstance(tries, int) or not isinstance(exercices, list):
            raise BackendNonsense(what="signin_request")
        return cls(
            attempt_id=text_of(members, "attempt_id"),
            client_id=text_of(members, "client_id"),
            client_name=text_of(members, "client_name"),
            client_place=text_of(members, "client_place"),
            purpose=text_of(members, "purpose"),
            scopes=_texts(members, "scopes"),
            scopes_in_words=_texts(members, "scopes_in_words"),
            acr=text_of(members, "acr"),
            unsolicited=members.get("unsolicited") is True,
            tries_left=tries,
            expires_at=moment_of(members.get("expires_at")),
            exercices=tuple(
                Exercice(text_of(one, "exercice_id"), text_of(one, "label")) for one in exercices
            ),
        )


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Where the owner is signed in, and since when."""

    session_id: str
    client_name: str
    client_place: str
    opened_at: datetime
    last_used_at: datetime

    @classmethod
    def parse(cls, members: Mapping[str, Any]) -> OpenSession:
        """One session. Raises BackendNonsense."""
        return cls(
            text_of(members, "session_id"),
            text_of(members, "client_name"),
            text_of(members, "client_place"),
            moment_of(members.get("opened_at")),
            moment_of(members.get("last_used_at")),
        )


class Signins:
    """Sign-ins of the person who holds this phone, for one kind of card at a time."""

    def __init__(
        self, pocket: Pocket, backend: BackendClient, *, random: Callable[[int], bytes], gesture: Gesture
    ) -> None:
        self._pocket = pocket
        self._backend = backend
        self._random = random
        self._gesture = gesture

    def requests(self, kind: CardKind, at: datetime) -> tuple[SigninRequest, ...]:
        """What waits for an answer, oldest first. Raises NotEnrolled, BackendRefused, BackendUnreachable."""
        device = self._pocket.device(kind)
        told = self._backend.read_list(_PATH, lambda: self._proof(device, "GET", _PATH, at))
        return tuple(SigninRequest.parse(one) for one in told)

    def scan(self, text: str, kind: CardKind, at: datetime) -> SigninRequest:
        """Take the request whose QR the owner scanned, on a page of this very backend.

        Raises:
            SigninCodeUnreadable: not such a code, or another server's: its request is not ours to answer.
            NotEnrolled, BackendRefused, BackendUnreachable.
        """
        device = self._pocket.device(kind)
        code = self._code(text)
        proof = self._proof(device, "POST", _PATH, at)
        return SigninRequest.parse(self._backend.send(_PATH, {"code": code}, proof))

    def approve(
        self, request: SigninRequest, digits: str, kind: CardKind, at: datetime, *, exercice: str = ""
    ) -> None:
        """Approve, with the digits the owner typed; one gesture.

        Raises:
            NotEnrolled, NoSuchKey, BackendRefused (`signin_digits_wrong`: try again), BackendUnreachable.
        """
        device = self._pocket.device(kind)
        statement = SigninStatement(
            attempt_id=request.attempt_id,
            client_id=request.client_id,
            scopes=request.scopes,
            acr=request.acr,
            digits=digits,
            exercice=exercice,
            t=int(at.timestamp()),
        )
        credential = self._gesture(device, statement.challenge())
        body = {"credential": credential, "digits": digits, "exercice": exercice, "t": statement.t}
        path = f"{_PATH}/{quote(request.attempt_id, safe='')}/approval"
        self._backend.send(path, body, self._proof(device, "POST", path, at))

    def refuse(self, attempt_id: str, kind: CardKind, at: datetime) -> None:
        """No."""
        self._end(attempt_id, "refusal", kind, at)

    def report(self, attempt_id: str, kind: CardKind, at: datetime) -> None:
        """It was not me: the sessions at that service are closed."""
        self._end(attempt_id, "report", kind, at)

    def sessions(self, kind: CardKind, at: datetime) -> tuple[OpenSession, ...]:
        """Where the owner is signed in."""
        path = "/v1/sessions"
        device = self._pocket.device(kind)
        told = self._backend.read_list(path, lambda: self._proof(device, "GET", path, at))
        return tuple(OpenSession.parse(one) for one in told)

    def close_session(self, kind: CardKind, at: datetime, session_id: str = "") -> None:
        """Sign out of one service, or of all."""
        path = f"/v1/sessions/{quote(session_id, safe='')}" if session_id else "/v1/sessions"
        self._backend.delete(path, self._proof(self._pocket.device(kind), "DELETE", path, at))

    def _end(self, attempt_id: str, how: str, kind: CardKind, at: datetime) -> None:
        path = f"{_PATH}/{quote(attempt_id, safe='')}/{how}"
        device = self._pocket.device(kind)
        self._backend.send(path, None, self._proof(device, "POST", path, at))

    def _code(self, text: str) -> str:
        """`https://issuer/s#code`, of our own issuer; or the code alone, typed."""
        if _CODE.fullmatch(text):
            return text
        try:
            parts = urlsplit(text)
        except ValueError as error:
            raise SigninCodeUnreadable from error
        own = f"{parts.scheme}://{parts.netloc}" == self._backend.address.public_url
        if not own or parts.path != "/s" or not _CODE.fullmatch(parts.fragment):
            raise SigninCodeUnreadable
        return parts.fragment

    def _proof(self, device: Device, method: str, path: str, at: datetime) -> str:
        return device.app_key.proof(method, self._backend.url(path), at, random=self._random)


def _texts(members: Mapping[str, Any], name: str) -> tuple[str, ...]:
    told = members.get(name)
    if not isinstance(told, list) or not all(isinstance(one, str) for one in told):
        raise BackendNonsense(what=name)
    return tuple(told)
