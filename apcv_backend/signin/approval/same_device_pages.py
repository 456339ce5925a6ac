"""Approving on the very device one signs in from: a hop to the card's own host, and a hop back.

A card's key only answers on the card's own host (its RP identifier), which is not the issuer's, so the
cookie of the browser that began is not seen there. The page there proves the person, and hands a ticket
over in the fragment of the way back, which no server logs; the sign-in goes on only where ticket and cookie
meet. Whoever is lured here by somebody else's sign-in gives that somebody nothing: their browser has the
cookie, and this one the ticket.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from apcv_backend.config import RelyingParty
from apcv_backend.signin.approval.attempt_refusals import AttemptOver
from apcv_backend.signin.approval.gesture import UnverifiedApproval
from apcv_backend.signin.approval.page_answers import as_json, body, language, shown
from apcv_backend.signin.approval.phone_desk import PhoneDesk
from apcv_backend.signin.approval.scope_words import in_words, purpose_in_words
from cartes.cards import CardKind
from cartes.errors import BadJson
from cartes.wire import base64url

_TIMEOUT_MS = 60_000
_LATEST = 2**40
_SEE_OTHER = 303


class SameDeviceRoom(Protocol):
    """What these pages ask."""

    @property
    def phones(self) -> PhoneDesk:
        """The desk that answers phones."""
        ...


class Surroundings(Protocol):
    """Where these pages stand (`page_surroundings.PageSurroundings`)."""

    @property
    def public_url(self) -> str:
        """The issuer's address."""
        ...

    @property
    def relying_parties(self) -> Mapping[CardKind, RelyingParty]:
        """The host of each card."""
        ...

    def begin(self) -> datetime:
        """The instant of this request, counted."""
        ...

    def origin(self, kind: CardKind) -> str:
        """The card's own host."""
        ...


def add_same_device(pages: Blueprint, room: SameDeviceRoom, around: Surroundings) -> None:
    """The page on the card's own host, and the two requests its button makes."""

    @pages.get("/signin/here/<code>")
    def here(code: str) -> Response | BaseResponse:
        at = around.begin()
        try:
            order = room.phones.shown(code, at).attempt.order
        except AttemptOver:
            return shown("signin/ended.html", kind="expired", order=None)
        origin = around.origin(order.kind)
        if request.host != urlsplit(origin).netloc:
            return redirect(f"{origin}/signin/here/{code}", _SEE_OTHER)
        return shown(
            "signin/here.html",
            order=order,
            scopes=in_words(order.scopes, language()),
            purpose=purpose_in_words(order.purpose, language()),
            address=f"/signin/here/{code}",
        )

    @pages.post("/signin/here/<code>/options")
    def options(code: str) -> Response:
        at = around.begin()
        moment = int(at.timestamp())
        kind, challenge = room.phones.same_device_challenge(code, moment, at)
        asked = {
            "challenge": base64url.encode(challenge),
            "rpId": around.relying_parties[kind].rp_id,
            "userVerification": "required",
            "timeout": _TIMEOUT_MS,
        }
        return as_json({"t": moment, "public_key": asked})

    @pages.post("/signin/here/<code>/approval")
    def approval(code: str) -> Response:
        at = around.begin()
        sent = body()
        credential, moment = sent.get("credential"), sent.get("t")
        if not isinstance(credential, dict) or type(moment) is not int or not 0 <= moment < _LATEST:
            raise BadJson(why="members")
        unverified = UnverifiedApproval(credential, digits="", exercice="", acts_for="", t=moment)
        attempt_id, ticket = room.phones.approve_on_same_device(code, unverified, at)
        return as_json({"next": f"{around.public_url}/signin/{attempt_id}#r={ticket}"})
