"""The pages people look at while they sign in: waiting with the two digits, the exercice, the ends.

They live on the issuer's host, in the browser that began, which its cookie proves; `same_device_pages.py`
is the hop to the card's own host. No page runs a script of its own text, loads anything from elsewhere, or
may be framed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from apcv_backend.signin.approval.attempt_ports import KeptAttempt
from apcv_backend.signin.approval.attempt_refusals import AnotherBrowser, AttemptNotFound, AttemptOver
from apcv_backend.signin.approval.attempt_rules import AttemptState
from apcv_backend.signin.approval.attempt_service import AttemptDesk
from apcv_backend.signin.approval.exercice_words import exercice_told
from apcv_backend.signin.approval.page_answers import as_json, body, language, refuse_others, shown
from apcv_backend.signin.approval.page_surroundings import PageSurroundings
from apcv_backend.signin.approval.page_words import words_in
from apcv_backend.signin.approval.provider_half import FinishSignin
from apcv_backend.signin.approval.qr_picture import svg_of
from apcv_backend.signin.approval.same_device_pages import SameDeviceRoom, add_same_device
from apcv_backend.signin.approval.scope_words import in_words, purpose_in_words

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_SEE_OTHER = 303
_ENDS = {
    AttemptState.REFUSED: "refused",
    AttemptState.REPORTED: "refused",
    AttemptState.LOCKED: "locked",
    AttemptState.EXPIRED: "expired",
    AttemptState.TAKEN: "lost",
}


class PageRoom(SameDeviceRoom, Protocol):
    """What the pages ask."""

    @property
    def attempts(self) -> AttemptDesk:
        """Attempts, as the browser that began one sees them."""
        ...


def make_pages_blueprint(room: PageRoom, provider: FinishSignin, around: PageSurroundings) -> Blueprint:
    """The pages under `/signin/`, and `/s`, where a QR leads whoever opens it with a camera."""
    pages = Blueprint("signin_pages", __name__)

    @pages.after_request
    def _guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Frame-Options"] = "DENY"
        # Under `no-referrer` a browser says `Origin: null` for our own forms, and they would be refused.
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @pages.errorhandler(AttemptNotFound)
    def _lost(_error: AttemptNotFound) -> Response:
        return shown("signin/ended.html", 404, kind="lost", order=None)

    @pages.errorhandler(AnotherBrowser)
    def _elsewhere(_error: AnotherBrowser) -> Response:
        return shown("signin/ended.html", 403, kind="browser", order=None)

    @pages.get("/s")
    def scanned_with_a_camera() -> Response:
        around.begin()
        return shown("signin/ended.html", kind="scan", order=None)

    _add_waiting(pages, room, around)
    _add_answers(pages, room, provider, around)
    add_same_device(pages, room, around)
    return pages


def _add_waiting(pages: Blueprint, room: PageRoom, around: PageSurroundings) -> None:
    """The page that waits, and how it learns that the wait is over."""

    @pages.get("/signin/<attempt_id>")
    def waiting(attempt_id: str) -> Response | BaseResponse:
        at = around.begin()
        kept = room.attempts.watched(attempt_id, around.browser(), at)
        order, word, address = kept.attempt.order, _word(kept), f"/signin/{attempt_id}"
        if word in {"pending", "scanned"}:
            return _waiting(kept, word, room.attempts.claim_code(attempt_id), around, at)
        if word == "exercice":
            open_ones = room.attempts.exercices_to_choose(attempt_id, around.browser(), at)
            told = [exercice_told(one, language()) for one in open_ones]
            return shown("signin/exercice.html", order=order, address=address, exercices=told)
        if word == "approved":
            return redirect(f"{address}/finish", _SEE_OTHER)
        return shown("signin/ended.html", kind=word, order=None if word == "lost" else order, address=address)

    @pages.get("/signin/<attempt_id>/state")
    def state(attempt_id: str) -> Response:
        at = around.begin()
        return as_json({"state": _word(room.attempts.watched(attempt_id, around.browser(), at))})

    @pages.get("/signin/<attempt_id>/events")
    def events(attempt_id: str) -> Response:
        secret = around.browser()
        room.attempts.watched(attempt_id, secret, around.begin())  # refused before the stream begins

        def look() -> str:
            return _word(room.attempts.watched(attempt_id, secret, around.clock()))

        response = Response(around.watch.stream(look), content_type="text/event-stream; charset=utf-8")
        response.headers["X-Accel-Buffering"] = "no"  # a proxy that collects would wait for the end
        return response


def _add_answers(pages: Blueprint, room: PageRoom, provider: FinishSignin, around: PageSurroundings) -> None:
    """What the browser that began may do: come back, choose, give up, and go to the client."""

    @pages.post("/signin/<attempt_id>/return")
    def come_back(attempt_id: str) -> Response:
        at = around.begin()
        refuse_others(around.public_url)
        ticket = body().get("ticket")
        if not isinstance(ticket, str):
            raise AttemptNotFound
        try:
            room.attempts.come_back(attempt_id, around.browser(), ticket, at)
        except AttemptOver as over:
            return as_json({"state": over.facts["state"]}, 409)
        return as_json({"state": _word(room.attempts.watched(attempt_id, around.browser(), at))})

    @pages.post("/signin/<attempt_id>/cancel")
    def cancel(attempt_id: str) -> BaseResponse:
        at = around.begin()
        refuse_others(around.public_url)
        room.attempts.cancel(attempt_id, around.browser(), at)
        return redirect(f"/signin/{attempt_id}", _SEE_OTHER)

    @pages.post("/signin/<attempt_id>/exercice")
    def choose(attempt_id: str) -> Response:
        at = around.begin()
        refuse_others(around.public_url)
        kept = room.attempts.watched(attempt_id, around.browser(), at)
        room.attempts.choose_exercice(attempt_id, around.browser(), request.form.get("exercice", ""), at)
        # A page in between: a form may not lead to another host (form-action), and the client's is one.
        return shown("signin/done.html", order=kept.attempt.order, address=f"/signin/{attempt_id}")

    @pages.get("/signin/<attempt_id>/finish")
    def finish(attempt_id: str) -> BaseResponse:
        at = around.begin()
        room.attempts.watched(attempt_id, around.browser(), at)
        return redirect(provider.finish(attempt_id, around.browser(), at), _SEE_OTHER)


def _waiting(kept: KeptAttempt, word: str, code: str, around: PageSurroundings, at: datetime) -> Response:
    order, t = kept.attempt.order, words_in(language())
    return shown(
        "signin/waiting.html",
        order=order,
        scopes=in_words(order.scopes, language()),
        purpose=purpose_in_words(order.purpose, language()),
        state=word,
        named=kept.was_named,
        address=f"/signin/{kept.attempt.attempt_id}",
        digits=kept.attempt.digits,
        expires=int((kept.attempt.expires_at - at).total_seconds()),
        qr=svg_of(f"{around.public_url}/s#{code}", t("qr_label")),
        here=f"{around.origin(order.kind)}/signin/here/{code}?lang={language()}",
    )


def _word(kept: KeptAttempt) -> str:
    """Where an attempt stands, for the page that waits; whether a named person was reached is not told."""
    state = kept.attempt.state
    if state is AttemptState.APPROVED:
        if kept.return_due:
            return "scanned"  # approved on this device, in a page that is still on its way back
        return "exercice" if kept.exercice_due else "approved"
    if state is AttemptState.PENDING:
        return "scanned" if kept.is_reached and not kept.was_named else "pending"
    return _ENDS[state]
