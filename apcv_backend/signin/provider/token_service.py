"""The token endpoint: a grant, a proven client, and what they give; whole or not at all.

    1. who is the client, and does its proof (DPoP) hold      no transaction
    2. take what the grant names, once, and judge the session  one transaction
    3. sign                                                    no database

A code or a refresh token shown twice closes the session it gave (RFC 9700 sections 2.1.1 and 4.14). So that
this is written although the request is refused, step 2 tells a refusal as a value, and it is raised after the
commit. A wrong PKCE verifier burns the code.
"""

from __future__ import annotations

import hmac
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from apcv_backend.client_certificates import CertificateRefused, open_certificate
from apcv_backend.signin.approval.attempt_rules import PollAnswer
from apcv_backend.signin.provider.authorization import open_session
from apcv_backend.signin.provider.claims import ClaimsDesk
from apcv_backend.signin.provider.client_authentication import (
    ClientAuthenticator,
    ProvenClient,
    refused_certificate,
)
from apcv_backend.signin.provider.client_rules import IDENTITY_SCOPES, Client, Grant
from apcv_backend.signin.provider.dpop_proofs import DpopDoor
from apcv_backend.signin.provider.judging import SessionJudge
from apcv_backend.signin.provider.oauth_errors import (
    OAuthRefused,
    invalid_client,
    invalid_grant,
    invalid_request,
    invalid_scope,
    unauthorized_client,
)
from apcv_backend.signin.provider.provider_ports import (
    KeptRefresh,
    Macs,
    Polls,
    ProviderRegister,
    ProviderRegisters,
    UsedOnce,
)
from apcv_backend.signin.provider.session_rules import ACCESS_TOKEN_LIFE, REFRESH_GRACE, Sight
from apcv_backend.signin.provider.tokens import ACCESS, ID, TokenSmith
from cartes.wire import base64url

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_REFRESH_BYTES = 32


@dataclass(frozen=True, slots=True)
class TokenCall:
    """A request to the token endpoint as it arrived: form, its two credential headers, and the certificate.

    `certificate` is the `Client-Cert` of our own proxy, unread, or empty.
    """

    form: Mapping[str, str] = field(repr=False)
    authorization: str = field(repr=False)
    dpop: str = field(repr=False)
    certificate: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A call whose client and key are proven. `once` is spent in the transaction.

    The tokens will be bound to the DPoP key of thumbprint `jkt` and the certificate of `x5t`, if not empty.
    """

    client: Client
    form: Mapping[str, str] = field(repr=False)
    jkt: str
    x5t: str
    once: tuple[UsedOnce, ...]
    at: datetime

    @property
    def bound_to(self) -> dict[str, str]:
        """The `cnf` of the access token: RFC 9449 section 6.1, RFC 8705 section 3.1."""
        told = {"jkt": self.jkt, "x5t#S256": self.x5t}
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class _Granted:
    """What a transaction gave: a live session, and its refresh token in clear, if any."""

    sight: Sight
    refresh_token: str = field(repr=False)


class TokenDesk:
    """See the module's story."""

    def __init__(
        self,
        *,
        authenticator: ClientAuthenticator,
        dpop: DpopDoor,
        registers: ProviderRegisters,
        polls: Polls,
        judge: SessionJudge,
        claims: ClaimsDesk,
        smith: TokenSmith,
        macs: Macs,
        issuer: str,
        token_url: str,
        random: Callable[[int], bytes],
    ) -> None:
        self._authenticator = authenticator
        self._dpop = dpop
        self._registers = registers
        self._polls = polls
        self._judge = judge
        self._claims = claims
        self._smith = smith
        self._macs = macs
        self._issuer = issuer
        self._token_url = token_url
        self._random = random

    def answer(self, call: TokenCall, at: datetime) -> dict[str, Any]:
        """The JSON answer of RFC 6749 section 5.1. Raises `OAuthRefused`."""
        word = call.form.get("grant_type")
        if word is None:
            raise invalid_request("grant_type is required")
        proven = self._authenticator.prove(
            call.form, call.authorization, self._token_url, at, certificate=call.certificate
        )
        grant = _GRANTS.get(word)
        if grant is None:
            raise OAuthRefused("unsupported_grant_type", "grant_type is none of those of our metadata")
        if not proven.client.may(grant):
            raise unauthorized_client("this client is not registered for this grant_type")
        asked = self._asked(proven, call, at)
        if grant is Grant.CLIENT:
            return self._for_the_client_alone(asked)
        if grant is Grant.CIBA:
            self._refuse_idle_poll(asked)
        work = {Grant.CODE: self._by_code, Grant.REFRESH: self._by_refresh, Grant.CIBA: self._by_ciba}[grant]
        outcome = self._registers.run(lambda register: _spent(register, asked) or work(register, asked))
        if isinstance(outcome, OAuthRefused):
            raise outcome
        return self._told(asked, outcome)

    def _asked(self, proven: ProvenClient, call: TokenCall, at: datetime) -> _Asked:
        client = proven.client
        proof = self._dpop.check(call.dpop, self._token_url, "POST", at, required=client.dpop_required)
        once = proven.once if proof is None else (*proven.once, proof.once)
        x5t = _thumbprint(call.certificate, at) if client.certificate_bound else ""
        return _Asked(client, call.form, "" if proof is None else proof.jkt, x5t, once, at)

    # --- the grants: each runs in one transaction, and tells a refusal as a value

    def _by_code(self, register: ProviderRegister, asked: _Asked) -> _Granted | OAuthRefused:
        code, verifier = asked.form.get("code"), asked.form.get("code_verifier")
        if code is None:
            return invalid_request("code is required")
        mac = self._macs.code_mac("code", code, "authorization-code")
        taken = register.take_code(mac, asked.client.client_id, asked.at)
        if taken is None:
            given = register.session_of_used_code(mac)
            if given is not None and register.close_session(given, "code_reused", asked.at):
                _tell_theft(register, "signin.code_reused", given, asked)
            return invalid_grant("the code is unknown, expired, used, or another client's")
        if asked.form.get("redirect_uri") != taken.redirect_uri:
            return self._burn(register, taken.session_id, "redirect_uri is not the one of the request", asked)
        if verifier is None:
            return self._burn(register, taken.session_id, "code_verifier is required (PKCE)", asked)
        if not _answers(verifier, taken.code_challenge):
            return self._burn(
                register, taken.session_id, "code_verifier does not match code_challenge", asked
            )
        if taken.dpop_jkt and taken.dpop_jkt != asked.jkt:
            return self._burn(register, taken.session_id, "the code is bound to another DPoP key", asked)
        return self._begin(register, taken.session_id, asked)

    @staticmethod
    def _burn(register: ProviderRegister, session_id: str, why: str, asked: _Asked) -> OAuthRefused:
        """The code is used and gave nothing: so is the session it would have given."""
        register.close_session(session_id, "code_refused", asked.at)
        return invalid_grant(why)

    def _by_refresh(self, register: ProviderRegister, asked: _Asked) -> _Granted | OAuthRefused:
        token = asked.form.get("refresh_token")
        if token is None:
            return invalid_request("refresh_token is required")
        mac = self._macs.code_mac("refresh", token, "refresh-token")
        refused = invalid_grant("the refresh token is unknown, expired, revoked, used, or another client's")
        known = register.find_refresh(mac, asked.client.client_id)
        if known is None:
            return refused
        if known.jkt and not asked.jkt:
            return OAuthRefused("invalid_dpop_proof", "this refresh token was given with DPoP: send a proof")
        if known.replaced_at is not None:
            return self._asked_again(register, known, token, asked) or refused
        sight = self._alive(register, known.session_id, asked.at)
        if isinstance(sight, OAuthRefused):
            return sight
        if not set(asked.form.get("scope", "").split()) <= set(sight.session.scopes):
            return invalid_scope("scope is wider than what was granted")
        if register.take_refresh(mac, asked.client.client_id, asked.at) is None:
            again = register.find_refresh(mac, asked.client.client_id)
            return self._asked_again(register, again, token, asked) or refused
        register.touch(known.session_id, asked.at)
        return self._give(register, sight, asked, former=mac, token=self._successor(token), jkt=known.jkt)

    def _asked_again(
        self, register: ProviderRegister, known: KeptRefresh | None, token: str, asked: _Asked
    ) -> _Granted | OAuthRefused | None:
        """A replaced token: the same successor for ten seconds to whoever did not hear it; then, a theft."""
        if known is None or known.replaced_at is None:
            return None
        if not known.successor_used and asked.at - known.replaced_at <= REFRESH_GRACE:
            sight = self._alive(register, known.session_id, asked.at)
            return sight if isinstance(sight, OAuthRefused) else _Granted(sight, self._successor(token))
        if register.close_session(known.session_id, "refresh_reused", asked.at):
            _tell_theft(register, "signin.refresh_reused", known.session_id, asked)
        return None

    def _refuse_idle_poll(self, asked: _Asked) -> None:
        """Nearly every poll ends here: one row read, and nothing spent since nothing is given."""
        auth_req_id = asked.form.get("auth_req_id")
        if auth_req_id is None:
            raise invalid_request("auth_req_id is required")
        try:
            self._polls.check(auth_req_id, asked.client.client_id, asked.at)
        except PollAnswer as told:
            raise _poll_refusal(told) from told

    def _by_ciba(self, register: ProviderRegister, asked: _Asked) -> _Granted | OAuthRefused:
        auth_req_id = asked.form["auth_req_id"]
        try:
            approved, order = register.poll(auth_req_id, asked.client.client_id, asked.at)
        except PollAnswer as told:
            return _poll_refusal(told)
        session_id = str(uuid.UUID(bytes=self._random(16), version=4))
        open_session(register, approved, order, session_id, asked.at)
        return self._begin(register, session_id, asked)

    # --- what they give

    def _begin(self, register: ProviderRegister, session_id: str, asked: _Asked) -> _Granted | OAuthRefused:
        """The first tokens of a session, if it still lives."""
        sight = self._alive(register, session_id, asked.at)
        if isinstance(sight, OAuthRefused):
            return sight
        token = base64url.encode(self._random(_REFRESH_BYTES))
        return self._give(register, sight, asked, former=None, token=token, jkt=asked.jkt)

    def _give(
        self,
        register: ProviderRegister,
        sight: Sight,
        asked: _Asked,
        *,
        former: bytes | None,
        token: str,
        jkt: str,
    ) -> _Granted:
        """Keep the session's next refresh token, if the client may have one."""
        if not asked.client.may(Grant.REFRESH):
            return _Granted(sight, "")
        mac = self._macs.code_mac("refresh", token, "refresh-token")
        register.keep_refresh(mac, former, sight.session, jkt, asked.at)
        return _Granted(sight, token)

    def _alive(self, register: ProviderRegister, session_id: str, at: datetime) -> Sight | OAuthRefused:
        sight = register.sight(session_id)
        if sight is None:
            return invalid_grant("the session is over")
        dead = self._judge.why_dead(sight, at)
        if dead:
            if not sight.closed_why:
                register.end_session(session_id, dead, at)
            return invalid_grant(f"the session is over: {dead}")
        return sight

    def _successor(self, token: str) -> str:
        """The token after this one: the same whenever it is asked, and known to nobody but us."""
        return base64url.encode(self._macs.code_mac("refresh", token, "refresh-successor"))

    def _told(self, asked: _Asked, granted: _Granted) -> dict[str, Any]:
        client, sight, at = asked.client, granted.sight, asked.at
        jti = base64url.encode(self._random(16))
        access = self._smith.sign(
            self._claims.access_token(client, sight, jti, asked.bound_to, at), ACCESS, "ES256", at
        )
        identity = self._claims.id_token(client, sight, access, at)
        told: dict[str, Any] = {
            "access_token": access,
            "token_type": "DPoP" if asked.jkt else "Bearer",
            "expires_in": int(ACCESS_TOKEN_LIFE.total_seconds()),
            "scope": " ".join(sight.session.scopes),
            "id_token": self._smith.sign(identity, ID, client.id_token_alg, at),
        }
        if granted.refresh_token:
            told["refresh_token"] = granted.refresh_token
        return told

    def _for_the_client_alone(self, asked: _Asked) -> dict[str, Any]:
        """Client credentials: no person, no ID token, no refresh token; scopes of machines only."""
        client, at = asked.client, asked.at
        may = client.scopes - IDENTITY_SCOPES
        scopes = asked.form.get("scope", " ".join(sorted(may))).split()
        if not scopes or not set(scopes) <= may:
            raise invalid_scope("scope holds a word this client may not ask for itself")
        if asked.once and not self._registers.use_once(asked.once):
            raise _replayed()
        now = int(at.timestamp())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "sub": client.client_id,
            "aud": self._issuer,
            "client_id": client.client_id,
            "exp": now + int(ACCESS_TOKEN_LIFE.total_seconds()),
            "iat": now,
            "jti": base64url.encode(self._random(16)),
            "scope": " ".join(scopes),
        }
        if asked.bound_to:
            claims["cnf"] = asked.bound_to
        return {
            "access_token": self._smith.sign(claims, ACCESS, "ES256", at),
            "token_type": "DPoP" if asked.jkt else "Bearer",
            "expires_in": int(ACCESS_TOKEN_LIFE.total_seconds()),
            "scope": " ".join(scopes),
        }


def _thumbprint(unverified_certificate: str, at: datetime) -> str:
    """What the tokens of a certificate-bound client are bound to. Raises `OAuthRefused` without one."""
    try:
        return open_certificate(unverified_certificate, at).thumbprint
    except CertificateRefused as error:
        raise refused_certificate(error) from error


def _spent(register: ProviderRegister, asked: _Asked) -> OAuthRefused | None:
    """Spend the proofs of this request; a replayed one changes nothing, nor does a client just closed."""
    if not register.is_open_client(asked.client.client_id):
        return invalid_client("the client is unknown or does not authenticate this way")
    return None if not asked.once or register.use_once(asked.once) else _replayed()


def _poll_refusal(told: PollAnswer) -> OAuthRefused:
    return OAuthRefused(told.code, _POLL_WORDS.get(told.code, "there is nothing under this request"))


def _replayed() -> OAuthRefused:
    return invalid_client("this client assertion or DPoP proof has been used already (jti)")


def _tell_theft(register: ProviderRegister, event: str, session_id: str, asked: _Asked) -> None:
    """What was used twice closed a session: its owner reads so in their journal."""
    sight = register.sight(session_id)
    register.note(
        event,
        actor=f"client:{asked.client.client_id}",
        subject=f"session:{session_id}" if sight is None else sight.session.subject_id,
        facts={"session": session_id, "client": asked.client.client_id},
        at=asked.at,
    )


def _answers(verifier: str, challenge: str) -> bool:
    """Whether a PKCE verifier is the one behind the challenge (RFC 7636 section 4.6, S256)."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    return hmac.compare_digest(base64url.encode(sha256(verifier.encode()).digest()), challenge)


_GRANTS = {grant.value: grant for grant in Grant}
_POLL_WORDS = {
    "authorization_pending": "the person has not answered yet",
    "slow_down": "polled too soon: wait five seconds more between two polls",
    "expired_token": "nobody answered in time",
    "access_denied": "the person refused, or the request was locked",
    "transaction_failed": "the request cannot be answered any more",
    "invalid_grant": "auth_req_id is unknown, was used, or is another client's",
}
