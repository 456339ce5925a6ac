"""A client of the sign-in: who it is, where it may send people back, what it may ask, under which law.

Built from a registration document and never from a request. Addresses are compared as they were written, to
the character (RFC 9700 section 2.1): https, or http on this very machine in development. A client declares
its purposes and the legal basis it acts on; the scopes it is given are all it can ever ask.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from apcv_backend.signin.provider.key_sets import ClientKey, parse_certificates, parse_jwks
from cartes.cards import CardKind
from cartes.errors import InvalidValue

_Word = TypeVar("_Word", bound=enum.Enum)

_CLIENT_ID = re.compile(r"[a-z0-9][a-z0-9._-]{2,63}")
_SCOPE = re.compile(r"[a-z][a-z0-9_.:-]{0,39}")
_PURPOSE = re.compile(r"[a-z][a-z0-9_-]{1,39}")
_ORGANISATION = re.compile(r"[0-9A-Z]{0,20}")
_MOST_ADDRESSES = 20
_LONGEST_ADDRESS = 1_000
_LONGEST_LINE = 120

PROFESSIONAL_SCOPES = frozenset({"scope_all", "professional", "identity"})
PATIENT_SCOPES = frozenset({"ins"})
IDENTITY_SCOPES = PROFESSIONAL_SCOPES | PATIENT_SCOPES | {"openid", "profile", "offline_access"}


class AuthMethod(enum.Enum):
    """How a client proves itself (OpenID Connect Core section 9, RFC 8705 section 2.2)."""

    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    PRIVATE_KEY_JWT = "private_key_jwt"
    TLS = "self_signed_tls_client_auth"
    """By a certificate it registered itself, whoever signed it (decision 0030)."""

    @property
    def has_secret(self) -> bool:
        """Whether it proves itself by a secret of ours."""
        return self in {AuthMethod.BASIC, AuthMethod.POST}


class Grant(enum.Enum):
    """For what a client may come to the token endpoint."""

    CODE = "authorization_code"
    REFRESH = "refresh_token"
    CLIENT = "client_credentials"
    CIBA = "urn:openid:params:grant-type:ciba"


class Mode(enum.Enum):
    """The shape of claims: Pro Santé Connect's, or standard ones."""

    PSC = "psc"
    STANDARD = "standard"


class Delivery(enum.Enum):
    """How a CIBA client learns that its request was answered."""

    POLL = "poll"
    PING = "ping"


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client, proven to be nobody yet. `organisation`: its own number (AMC, FINESS) or empty.

    `certificates` are the thumbprints (`x5t#S256`) of those it proves itself by; `certificate_bound`: its
    access tokens are good for nothing without the certificate they were asked with (RFC 8705 section 3).
    """

    client_id: str
    name: str
    place: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    purposes: tuple[str, ...]
    legal_basis: str
    organisation: str
    grant_types: frozenset[Grant]
    auth_method: AuthMethod
    keys: tuple[ClientKey, ...] = field(repr=False)
    certificates: tuple[str, ...]
    id_token_alg: str
    mode: Mode
    kinds: frozenset[CardKind]
    sector: str
    dpop_required: bool
    certificate_bound: bool
    par_required: bool
    introspects: bool
    backchannel_logout_uri: str
    ciba_delivery: Delivery
    ciba_notification_endpoint: str

    def may(self, grant: Grant) -> bool:
        """Whether this client was registered for the grant."""
        return grant in self.grant_types


MEMBERS: Mapping[str, object] = {
    "client_id": "",
    "name": "",
    "place": "",
    "redirect_uris": [],
    "post_logout_redirect_uris": [],
    "scopes": ["openid"],
    "purposes": [],
    "legal_basis": "",
    "organisation": "",
    "grant_types": [Grant.CODE.value, Grant.REFRESH.value],
    "auth_method": AuthMethod.BASIC.value,
    "jwks": None,
    "id_token_alg": "ES256",
    "mode": Mode.PSC.value,
    "kinds": [CardKind.ECPS.value],
    "sector": "",
    "dpop_required": False,
    "tls_client_certificate_bound_access_tokens": False,
    "par_required": False,
    "introspects": False,
    "backchannel_logout_uri": "",
    "ciba_delivery": Delivery.POLL.value,
    "ciba_notification_endpoint": "",
}
"""The members of a registration document, with what stands for one that is left out."""


def complete(unverified: Mapping[str, Any]) -> dict[str, Any]:
    """The document with every member; `InvalidValue` for one nobody knows."""
    unknown = sorted(set(unverified) - set(MEMBERS))
    if unknown:
        raise InvalidValue(what="client", why="unknown_member")
    return {name: unverified.get(name, default) for name, default in MEMBERS.items()}


def parse_client(unverified: Mapping[str, Any], *, loopback: bool) -> Client:
    """A client from its registration document (`MEMBERS`); `loopback` lets http://localhost in.

    Raises `InvalidValue` with `what` `client` and `why` the member at fault.
    """
    told = complete(unverified)
    address = _Addresses(loopback=loopback)
    grants = frozenset(_word(Grant, one, "grant_types") for one in _list(told, "grant_types"))
    method = _word(AuthMethod, told["auth_method"], "auth_method")
    client = Client(
        client_id=_matching(_CLIENT_ID, told["client_id"], "client_id"),
        name=_line(told["name"], "name"),
        place=_line(told["place"], "place"),
        redirect_uris=address.many(told, "redirect_uris"),
        post_logout_redirect_uris=address.many(told, "post_logout_redirect_uris"),
        scopes=frozenset(_matching(_SCOPE, one, "scopes") for one in _list(told, "scopes")),
        purposes=tuple(_matching(_PURPOSE, one, "purposes") for one in _list(told, "purposes")),
        legal_basis=_line(told["legal_basis"], "legal_basis"),
        organisation=_matching(_ORGANISATION, told["organisation"], "organisation"),
        grant_types=grants,
        auth_method=method,
        keys=_keys(told["jwks"]) if told["jwks"] is not None and method is not AuthMethod.TLS else (),
        certificates=_certificates(told["jwks"]) if method is AuthMethod.TLS else (),
        id_token_alg=_one_of(told["id_token_alg"], ("ES256", "RS256"), "id_token_alg"),
        mode=_word(Mode, told["mode"], "mode"),
        kinds=frozenset(_word(CardKind, one, "kinds") for one in _list(told, "kinds")),
        sector=_host(told) if told["sector"] == "" else _line(told["sector"], "sector"),
        dpop_required=_flag(told, "dpop_required"),
        certificate_bound=_flag(told, "tls_client_certificate_bound_access_tokens")
        or method is AuthMethod.TLS,
        par_required=_flag(told, "par_required"),
        introspects=_flag(told, "introspects"),
        backchannel_logout_uri=address.one(told["backchannel_logout_uri"], "backchannel_logout_uri"),
        ciba_delivery=_word(Delivery, told["ciba_delivery"], "ciba_delivery"),
        ciba_notification_endpoint=address.one(
            told["ciba_notification_endpoint"], "ciba_notification_endpoint"
        ),
    )
    _check_whole(client)
    return client


def _check_whole(client: Client) -> None:
    """What no member shows alone."""
    if not client.purposes:
        raise InvalidValue(what="client", why="purposes")
    if not client.grant_types:
        raise InvalidValue(what="client", why="grant_types")
    if client.may(Grant.CODE) != bool(client.redirect_uris):
        raise InvalidValue(what="client", why="redirect_uris")
    if (client.auth_method is AuthMethod.PRIVATE_KEY_JWT) != bool(client.keys):
        raise InvalidValue(what="client", why="jwks")
    people = client.grant_types - {Grant.CLIENT}
    if people and ("openid" not in client.scopes or not client.kinds):
        raise InvalidValue(what="client", why="scopes")
    if client.scopes & PATIENT_SCOPES and CardKind.APCV not in client.kinds:
        raise InvalidValue(what="client", why="kinds")
    if client.scopes & PROFESSIONAL_SCOPES and CardKind.ECPS not in client.kinds:
        raise InvalidValue(what="client", why="kinds")
    if client.ciba_delivery is Delivery.PING and not client.ciba_notification_endpoint:
        raise InvalidValue(what="client", why="ciba_notification_endpoint")


@dataclass(frozen=True, slots=True)
class _Addresses:
    loopback: bool

    def one(self, value: object, member: str) -> str:
        if value == "":
            return ""
        if not isinstance(value, str) or len(value) > _LONGEST_ADDRESS or not value.isascii():
            raise InvalidValue(what="client", why=member)
        try:
            parts = urlsplit(value)
            port_reads = parts.port is None or parts.port > 0
        except ValueError as error:
            raise InvalidValue(what="client", why=member) from error
        local = self.loopback and _is_this_machine(parts.hostname or "")
        plain = parts.scheme == "https" or (parts.scheme == "http" and local)
        strange = "*" in value or "#" in value or "\\" in value or not value.isprintable() or " " in value
        if not plain or not parts.hostname or parts.username or strange or not port_reads:
            raise InvalidValue(what="client", why=member)
        return value

    def many(self, told: Mapping[str, Any], member: str) -> tuple[str, ...]:
        found = tuple(self.one(value, member) for value in _list(told, member))
        if len(found) > _MOST_ADDRESSES or "" in found:
            raise InvalidValue(what="client", why=member)
        return found


def _is_this_machine(host: str) -> bool:
    return host in {"127.0.0.1", "::1", "localhost"} or host.endswith(".localhost")


def _keys(value: object) -> tuple[ClientKey, ...]:
    try:
        return parse_jwks(value)
    except InvalidValue as error:
        raise InvalidValue(what="client", why="jwks") from error


def _certificates(value: object) -> tuple[str, ...]:
    try:
        return parse_certificates(value)
    except InvalidValue as error:
        raise InvalidValue(what="client", why="jwks") from error


def _host(told: Mapping[str, Any]) -> str:
    """The sector of a pairwise `sub` (OpenID Connect Core 8.1): the host people come back to."""
    addresses = told["redirect_uris"]
    host = urlsplit(addresses[0]).hostname if isinstance(addresses, list) and addresses else None
    return host or str(told["client_id"])


def _line(value: object, member: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= _LONGEST_LINE or not value.isprintable():
        raise InvalidValue(what="client", why=member)
    return value.strip()


def _matching(pattern: re.Pattern[str], value: object, member: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise InvalidValue(what="client", why=member)
    return value


def _list(told: Mapping[str, Any], member: str) -> list[Any]:
    value = told[member]
    if not isinstance(value, list):
        raise InvalidValue(what="client", why=member)
    return value


def _flag(told: Mapping[str, Any], member: str) -> bool:
    value = told[member]
    if not isinstance(value, bool):
        raise InvalidValue(what="client", why=member)
    return value


def _one_of(value: object, words: tuple[str, ...], member: str) -> str:
    if value not in words:
        raise InvalidValue(what="client", why=member)
    return str(value)


def _word(kind: type[_Word], value: object, member: str) -> _Word:
    try:
        return kind(value)
    except ValueError as error:
        raise InvalidValue(what="client", why=member) from error
