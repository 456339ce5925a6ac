"""What a client asks of somebody's phone: the parameters of `/auth`, checked one after the other.

The first two checks prove where an answer may go. Until they pass, an error is shown to the person and
nothing is sent anywhere; after them it goes back to the client with its `state` and our `iss` (RFC 6749
section 4.1.2.1, RFC 9207). Sources: OpenID Connect Core 3.1.2, RFC 7636 (S256 only), RFC 9101 (refused).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from apcv_backend.signin.provider.client_rules import PATIENT_SCOPES, PROFESSIONAL_SCOPES, Client, Grant
from apcv_backend.signin.provider.oauth_errors import (
    OAuthRefused,
    invalid_request,
    invalid_scope,
    unauthorized_client,
)
from cartes.cards import CardKind

ACR = "eidas1"
"""The one authentication context there is, named as Pro Sante Connect names it."""
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_JKT = re.compile(r"[A-Za-z0-9_-]{43}")
_DIGITS = re.compile(r"[0-9]{1,9}")
_LONGEST_STATE = 2_048
_LONGEST_NONCE = 512
PAGE_LANGUAGES = ("fr", "en")
"""What our pages are written in, French first."""
_PROMPTS = frozenset({"none", "login", "consent", "select_account"})


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request every check has passed: what the attempt, the code and the ID token will be held against."""

    client: Client
    redirect_uri: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_challenge: str = field(repr=False)
    scopes: tuple[str, ...]
    kind: CardKind
    acr: str
    purpose: str
    dpop_jkt: str
    language: str

    def told(self) -> dict[str, str]:
        """What the provider needs again when the phone has answered."""
        return {
            "redirect_uri": self.redirect_uri,
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": self.code_challenge,
            "dpop_jkt": self.dpop_jkt,
            "language": self.language,
        }


class RedirectedRefusal(OAuthRefused):
    """A refusal that goes back to the client, whose address is proven."""

    def __init__(self, refused: OAuthRefused, redirect_uri: str, state: str) -> None:
        self.redirect_uri = redirect_uri
        self.state = state
        super().__init__(refused.error, refused.description)


def proven_address(client: Client, args: Mapping[str, str]) -> str:
    """Where the answer may go: one of the registered addresses, to the character.

    Raises `OAuthRefused`, to be shown and not sent.
    """
    if not client.may(Grant.CODE):
        raise unauthorized_client("this client is not registered for the authorization code grant")
    redirect_uri = args.get("redirect_uri")
    if redirect_uri is None:
        raise invalid_request("redirect_uri is required")
    if redirect_uri not in client.redirect_uris:
        raise invalid_request("redirect_uri is not one of those registered for this client, to the character")
    return redirect_uri


def check_request(client: Client, redirect_uri: str, args: Mapping[str, str]) -> AuthorizationRequest:
    """Every other check, in the order a developer meets them. Raises `OAuthRefused`."""
    _refuse_objects(args)
    if args.get("response_type") != "code":
        word = "invalid_request" if "response_type" not in args else "unsupported_response_type"
        raise OAuthRefused(word, "response_type must be code")
    if args.get("response_mode", "query") != "query":
        raise invalid_request("response_mode must be query")
    scopes = parse_scopes(client, args.get("scope", ""))
    challenge = _pkce(args)
    _check_max_age(args)
    if _prompt(args) == "none":
        # There is no browser session here: every sign-in is a gesture on the phone.
        raise OAuthRefused(
            "login_required", "the person must approve on the phone: prompt=none cannot be met"
        )
    return AuthorizationRequest(
        client=client,
        redirect_uri=redirect_uri,
        state=_short(args, "state", _LONGEST_STATE),
        nonce=_short(args, "nonce", _LONGEST_NONCE),
        code_challenge=challenge,
        scopes=scopes,
        kind=kind_of(client, scopes),
        acr=chosen_acr(args),
        purpose=chosen_purpose(client, args),
        dpop_jkt=_jkt(args),
        language=chosen_language(args),
    )


def parse_scopes(client: Client, text: str) -> tuple[str, ...]:
    """The scopes asked, in their order, each registered for this client. Raises `OAuthRefused`."""
    scopes = tuple(dict.fromkeys(text.split(" "))) if text else ()
    if "openid" not in scopes:
        raise invalid_scope("scope must contain openid")
    if not set(scopes) <= client.scopes:
        raise invalid_scope("scope holds a word this client was not registered for")
    return scopes


def kind_of(client: Client, scopes: tuple[str, ...]) -> CardKind:
    """Which card must approve: the scopes say it, or the client has only one. Raises `OAuthRefused`."""
    patient, professional = PATIENT_SCOPES & {*scopes}, PROFESSIONAL_SCOPES & {*scopes}
    if patient and professional:
        raise invalid_scope("scope asks for a patient and for a professional at once")
    if patient or professional:
        return CardKind.APCV if patient else CardKind.ECPS
    if len(client.kinds) != 1:
        raise invalid_scope("scope must say who signs in: ins for a patient, scope_all or professional else")
    (only,) = client.kinds
    return only


def chosen_language(args: Mapping[str, str]) -> str:
    """The first of `ui_locales` that our pages are written in; empty leaves it to the browser.

    A wish, never a refusal (OpenID Connect Core 3.1.2.1): `fr-CA` asks for French.
    """
    asked = [tag.partition("-")[0].lower() for tag in args.get("ui_locales", "").split(" ")]
    return next((tag for tag in asked if tag in PAGE_LANGUAGES), "")


def chosen_acr(args: Mapping[str, str]) -> str:
    """The context: `eidas1`, the only one; asking for others alone is refused as Pro Sante Connect does."""
    asked = args.get("acr_values", ACR).split()
    if ACR not in asked:
        raise OAuthRefused(
            "unmet_authentication_requirements", "acr_values must be eidas1: there is no other"
        )
    return ACR


def chosen_purpose(client: Client, args: Mapping[str, str]) -> str:
    """Why the client asks: one of its declared purposes, the first when it does not say."""
    purpose = args.get("purpose", client.purposes[0])
    if purpose not in client.purposes:
        raise invalid_request("purpose is not one of those this client declared")
    return purpose


def _refuse_objects(args: Mapping[str, str]) -> None:
    if "request" in args:
        raise OAuthRefused("request_not_supported", "request objects are not supported: use PAR (RFC 9126)")
    if "request_uri" in args:
        raise OAuthRefused("request_uri_not_supported", "request_uri must come from our PAR endpoint")
    if "registration" in args:
        raise OAuthRefused("registration_not_supported", "clients are registered beforehand")


def _pkce(args: Mapping[str, str]) -> str:
    challenge = args.get("code_challenge")
    if challenge is None:
        raise invalid_request("code_challenge is required (PKCE, RFC 7636)")
    if args.get("code_challenge_method") != "S256":
        raise invalid_request("code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(challenge):
        raise invalid_request(
            "code_challenge must be 43 characters of base64url: the SHA-256 of the verifier"
        )
    return challenge


def _prompt(args: Mapping[str, str]) -> str:
    asked = frozenset(args.get("prompt", "login").split())
    if not asked <= _PROMPTS:
        raise invalid_request("prompt holds an unknown word")
    if "none" in asked and len(asked) > 1:
        raise invalid_request("prompt=none goes with no other word")
    return "none" if "none" in asked else "login"


def _check_max_age(args: Mapping[str, str]) -> None:
    """A number of seconds; whichever it is, every sign-in is a gesture made now, so none is too old."""
    if not _DIGITS.fullmatch(args.get("max_age", "0")):
        raise invalid_request("max_age must be a number of seconds")


def _jkt(args: Mapping[str, str]) -> str:
    jkt = args.get("dpop_jkt", "")
    if jkt and not _JKT.fullmatch(jkt):
        raise invalid_request("dpop_jkt must be a SHA-256 thumbprint in base64url (RFC 9449 section 10)")
    return jkt


def _short(args: Mapping[str, str], name: str, most: int) -> str:
    value = args.get(name, "")
    if len(value) > most or not value.isprintable():
        raise invalid_request(f"{name} is too long or not printable")
    return value
