"""From a client's request to a code: an attempt is opened, a phone answers, the browser comes back.

    begin:  who asks, where may the answer go, is the request right   -> an attempt of this browser
    finish: the phone approved, and this is the browser that began    -> one code, for one minute

What is written at the end is one transaction: the approval is taken, the session opened, the code kept. A
code is bound to its client, its address, its PKCE challenge, and to a DPoP key when the client named one.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from apcv_backend.signin.approval.attempt_refusals import AttemptNotFound
from apcv_backend.signin.approval.attempt_rules import Approved, Attempt, AttemptOrder, AttemptState
from apcv_backend.signin.provider import authorization_request as requests
from apcv_backend.signin.provider.authorization_request import AuthorizationRequest, RedirectedRefusal
from apcv_backend.signin.provider.client_rules import Client
from apcv_backend.signin.provider.judging import SessionJudge
from apcv_backend.signin.provider.oauth_errors import OAuthRefused, invalid_request
from apcv_backend.signin.provider.provider_ports import (
    Attempts,
    Clients,
    Macs,
    NewCode,
    ProviderRegister,
    ProviderRegisters,
)
from apcv_backend.signin.provider.pushed_requests import REQUEST_URI, PushedRequests
from apcv_backend.signin.provider.session_rules import CODE_LIFE, SESSION_LIFE, Session
from cartes.wire import base64url

_CODE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the browser goes with what: the registered address, and parameters for its query."""

    redirect_uri: str
    parameters: Mapping[str, str] = field(repr=False)

    @property
    def url(self) -> str:
        """The address to send the browser to."""
        joint = "&" if "?" in self.redirect_uri else "?"
        return f"{self.redirect_uri}{joint}{urlencode(self.parameters)}"


class AuthorizationDesk:
    """See the module's story."""

    def __init__(
        self,
        *,
        clients: Clients,
        attempts: Attempts,
        registers: ProviderRegisters,
        pushed: PushedRequests,
        judge: SessionJudge,
        macs: Macs,
        issuer: str,
        random: Callable[[int], bytes],
    ) -> None:
        self._clients = clients
        self._attempts = attempts
        self._registers = registers
        self._pushed = pushed
        self._judge = judge
        self._macs = macs
        self._issuer = issuer
        self._random = random

    def begin(self, args: Mapping[str, str], browser_secret: bytes, at: datetime) -> Attempt:
        """Open an attempt for the parameters of `/auth` (from `parse_parameters`), bound to this browser.

        Raises:
            OAuthRefused: to be shown to the person, since no address is proven.
            RedirectedRefusal: to be sent back, with its state.
        """
        # 1. Who asks? An unknown client is never told anything at an address it gives.
        client = self._open_client(args.get("client_id"))
        # 2. A pushed request stands for every other parameter, once.
        args = self._whole_request(client, args, at)
        # 3. Where may the answer go?
        redirect_uri = requests.proven_address(client, args)
        # 4. From here on errors go back to the client.
        try:
            asked = requests.check_request(client, redirect_uri, args)
        except OAuthRefused as refused:
            raise RedirectedRefusal(refused, redirect_uri, args.get("state", "")) from refused
        # 5. Put it before a phone.
        return self._attempts.open(self._order(asked), browser_secret, at)

    def finish(self, attempt_id: str, browser_secret: bytes | None, at: datetime) -> str:
        """Where to send the browser now that the attempt has ended: with a code, or with why not.

        Raises `AttemptNotFound` when there is none in this browser, it is pending, or was finished before.
        """
        attempt = self._attempts.get(attempt_id, at)
        if attempt is None or attempt.order.origin != "browser" or browser_secret is None:
            raise AttemptNotFound
        hint = attempt.order.session_hint
        if attempt.state is AttemptState.PENDING:
            raise AttemptNotFound
        refusal = _REFUSALS.get(attempt.state)
        if refusal is not None:
            return self._answer(hint, {"error": refusal[0], "error_description": refusal[1]}).url
        mac = self._attempts.browser_mac(attempt_id, browser_secret)
        code = base64url.encode(self._random(_CODE_BYTES))
        session_id = str(uuid.UUID(bytes=self._random(16), version=4))
        given = self._registers.run(lambda register: self._give(register, attempt, mac, code, session_id, at))
        if given is None:
            raise AttemptNotFound
        if given:
            told = {"error": "access_denied", "error_description": f"the person may not sign in: {given}"}
            return self._answer(hint, told).url
        return self._answer(hint, {"code": code}).url

    def refusal_url(self, refused: RedirectedRefusal) -> str:
        """Where to send the browser with a refusal whose address is proven."""
        hint = {"redirect_uri": refused.redirect_uri, "state": refused.state}
        return self._answer(hint, refused.document()).url

    def _give(
        self,
        register: ProviderRegister,
        attempt: Attempt,
        browser_mac: bytes,
        code: str,
        session_id: str,
        at: datetime,
    ) -> str | None:
        """Take the approval and keep a code: the empty text; why not, in a word; None when none to take."""
        order, hint = attempt.order, attempt.order.session_hint
        approved = register.take_approved(attempt.attempt_id, browser_mac, order.client_id, at)
        if approved is None:
            return None
        session = open_session(register, approved, order, session_id, at)
        sight = register.sight(session_id)
        assert sight is not None  # written just now, in this transaction
        dead = self._judge.why_dead(sight, at)
        if dead:
            register.end_session(session_id, dead, at)
            return dead
        register.keep_code(
            NewCode(
                code_mac=self._macs.code_mac("code", code, "authorization-code"),
                client_id=session.client_id,
                session_id=session_id,
                redirect_uri=hint["redirect_uri"],
                code_challenge=hint["code_challenge"],
                dpop_jkt=hint["dpop_jkt"],
                expires_at=at + CODE_LIFE,
            )
        )
        return ""

    def _open_client(self, client_id: str | None) -> Client:
        kept = None if client_id is None else self._clients.get(client_id)
        if kept is None or kept.closed_at is not None:
            raise OAuthRefused("invalid_client", "client_id is missing or names no open client")
        return kept.client

    def _whole_request(self, client: Client, args: Mapping[str, str], at: datetime) -> Mapping[str, str]:
        request_uri = args.get("request_uri", "")
        if request_uri.startswith(REQUEST_URI):
            return self._pushed.take(client, request_uri, at)
        if client.par_required:
            raise invalid_request("this client must push its request first (RFC 9126)")
        return args

    @staticmethod
    def _order(asked: AuthorizationRequest) -> AttemptOrder:
        client = asked.client
        return AttemptOrder(
            kind=asked.kind,
            client_id=client.client_id,
            client_name=client.name,
            client_place=client.place,
            scopes=asked.scopes,
            acr=asked.acr,
            purpose=asked.purpose,
            origin="browser",
            session_hint=asked.told(),
        )

    def _answer(self, hint: Mapping[str, str], parameters: Mapping[str, str]) -> Answer:
        told = dict(parameters)
        if hint["state"]:
            told["state"] = hint["state"]
        told["iss"] = self._issuer  # RFC 9207: from whom, so that two providers are never mixed up
        return Answer(hint["redirect_uri"], told)


def open_session(
    register: ProviderRegister, approved: Approved, order: AttemptOrder, session_id: str, at: datetime
) -> Session:
    """Open the session an approval gives, with its line in the journal, in `register`'s transaction."""
    represented = approved.acts_for
    session = Session(
        session_id=session_id,
        kind=order.kind,
        subject_id=approved.subject_id,
        client_id=order.client_id,
        device_id=approved.device_id,
        exercice_id=approved.exercice_id,
        structure=approved.structure,
        acts_for="" if represented is None else register.subject_of(represented, at),
        scopes=order.scopes,
        acr=approved.acr,
        amr=approved.amr,
        auth_time=approved.auth_time,
        place=order.client_place,
        purpose=order.purpose,
        nonce=str(order.session_hint.get("nonce", "")),
        opened_at=at,
        expires_at=at + SESSION_LIFE,
    )
    register.open_session(session)
    register.note(
        "signin.session_opened",
        actor=f"client:{order.client_id}",
        subject=approved.subject_id,
        facts=_told(session, order),
        at=at,
    )
    if session.acts_for:
        # Whom it was done for reads it too.
        register.note(
            "signin.session_opened_for_you",
            actor=f"client:{order.client_id}",
            subject=session.acts_for,
            facts={**_told(session, order), "delegate": session.subject_id},
            at=at,
        )
    return session


def _told(session: Session, order: AttemptOrder) -> dict[str, str]:
    return {
        "session": session.session_id,
        "client": order.client_id,
        "purpose": order.purpose,
        "origin": order.origin,
    }


_REFUSALS = {
    AttemptState.REFUSED: ("access_denied", "the person refused on the phone"),
    AttemptState.REPORTED: ("access_denied", "the person refused on the phone"),
    AttemptState.LOCKED: ("access_denied", "too many wrong digits were typed"),
    AttemptState.EXPIRED: ("access_denied", "nobody approved in time"),
}
