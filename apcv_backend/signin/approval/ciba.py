"""CIBA without a browser (OpenID CIBA Core 1.0): a service names a professional, whose phone is asked.

What we ask beyond the specification: the hint is a national number (`login_hint`), and `binding_message` is
two digits, which the service shows and the professional types; a service that shows none has nothing to
match, and is refused. What we do not tell: whether the number is anybody's here, has a phone, or had too
many requests. The answer is an `auth_req_id` all the same, and then silence until it expires (section 13
allows `unknown_user_id`; it is kept for what is no number at all). A list of numbers can be tried against
us without learning one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.signin.approval.attempt_rules import POLL_INTERVAL, AttemptOrder
from apcv_backend.signin.approval.attempt_service import AttemptDesk
from apcv_backend.signin.provider.authorization_request import (
    chosen_acr,
    chosen_purpose,
    kind_of,
    parse_scopes,
)
from apcv_backend.signin.provider.client_rules import Client, Delivery, Grant
from apcv_backend.signin.provider.discovery import CIBA_PATH
from apcv_backend.signin.provider.oauth_errors import OAuthRefused, invalid_request, unauthorized_client
from cartes.cards import CardKind
from cartes.errors import CarteError
from cartes.identifiers.mode import Mode

_HINTS = ("login_hint", "id_token_hint", "login_hint_token")
_DIGITS = re.compile(r"[0-9]{2}")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{16,1024}")  # RFC 6750 section 2.1, long enough to be a secret
_SECONDS = re.compile(r"[1-9][0-9]{0,5}")
_LEAST_EXPIRY_S = 10


class Authenticate(Protocol):
    """Proves clients (the provider's half of this room)."""

    def __call__(
        self, form: Mapping[str, str], authorization: str, path: str, at: datetime, *, certificate: str = ""
    ) -> Client:
        """The client behind a form, an Authorization header and a path at `at`; raises `OAuthRefused`."""
        ...


class CibaDesk:
    """Opens requests without a browser."""

    def __init__(self, authenticate: Authenticate, attempts: AttemptDesk) -> None:
        self._authenticate = authenticate
        self._attempts = attempts

    def begin(
        self, form: Mapping[str, str], authorization: str, at: datetime, *, certificate: str = ""
    ) -> Mapping[str, Any]:
        """The answer of section 7.3: `auth_req_id`, `expires_in`, `interval`.

        Raises:
            OAuthRefused: the words of sections 7.2 and 13.
        """
        # 1. Which client, and may it?
        client = self._authenticate(form, authorization, CIBA_PATH, at, certificate=certificate)
        if not client.may(Grant.CIBA):
            raise unauthorized_client("this client is not registered for CIBA")
        if "request" in form:
            raise invalid_request("signed authentication requests are not supported")
        # 2. What is asked, of whom, with which digits?
        scopes = parse_scopes(client, form.get("scope", ""))
        kind = kind_of(client, scopes)
        order = AttemptOrder(
            kind=kind,
            client_id=client.client_id,
            client_name=client.name,
            client_place=client.place,
            scopes=scopes,
            acr=chosen_acr(form),
            purpose=chosen_purpose(client, form),
            origin="ciba",
            login_hint=_hint(form, kind),
            binding_message=_digits(form),
        )
        # 3. For how long, and how will the client know?
        attempt = self._attempts.open(order, None, at, lifetime=_lifetime(form), ping=_ping(client, form))
        return {
            "auth_req_id": attempt.attempt_id,
            "expires_in": int((attempt.expires_at - at).total_seconds()),
            "interval": int(POLL_INTERVAL.total_seconds()),
        }


def _hint(form: Mapping[str, str], kind: CardKind) -> str:
    """The national number; that it has the shape of one is all that is ever told about it."""
    given = [name for name in _HINTS if name in form]
    if len(given) != 1:
        raise invalid_request("exactly one hint is required: login_hint, the national number of the person")
    if given != ["login_hint"]:
        raise invalid_request("only login_hint is supported: the national number of the person")
    try:
        PersonKey.parse(kind, form["login_hint"], Mode.LENIENT)
    except CarteError as error:
        raise OAuthRefused("unknown_user_id", "login_hint is not a national number") from error
    return form["login_hint"]


def _digits(form: Mapping[str, str]) -> str:
    message = form.get("binding_message", "")
    if not _DIGITS.fullmatch(message):
        raise OAuthRefused(
            "invalid_binding_message",
            "binding_message must be the two digits you show: the person types them on the phone",
        )
    return message


def _lifetime(form: Mapping[str, str]) -> timedelta | None:
    """What the client asks; never longer than our own limit, which `open` holds."""
    asked = form.get("requested_expiry")
    if asked is None:
        return None
    if not _SECONDS.fullmatch(asked) or int(asked) < _LEAST_EXPIRY_S:
        raise invalid_request("requested_expiry must be a number of seconds, ten at least")
    return timedelta(seconds=int(asked))


def _ping(client: Client, form: Mapping[str, str]) -> tuple[str, str] | None:
    """Where and with which token the client is told; None when it polls."""
    if client.ciba_delivery is not Delivery.PING:
        return None
    token = form.get("client_notification_token", "")
    if not _TOKEN.fullmatch(token):
        raise invalid_request(
            "client_notification_token is required in ping mode: 16 to 1024 characters of a bearer token"
        )
    return client.ciba_notification_endpoint, token
