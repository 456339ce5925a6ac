"""Tokens forged for our own doors: no algorithm, the wrong one, keys of the attacker's choice; and mix-up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask

from apcv_backend.bootstrap import Services
from cartes.wire import base64url
from tests.simulators.clock import SteerableClock
from tests.simulators.keyed_portal import ASSERTION_TYPE, ClientKey, KeyedPortal, keyed_portal
from tests.simulators.portal import BASE, CALLBACK, DpopKey, Portal, ProviderStage, open_provider_stage


@pytest.fixture
def stage(services: Services, app: Flask, clock: SteerableClock, attestation_dir: Path) -> ProviderStage:
    return open_provider_stage(services, app, clock, attestation_dir)


def _segments(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return ".".join(base64url.encode(json.dumps(part).encode()) for part in (header, claims))


def _unsigned(header: dict[str, Any], claims: dict[str, Any], _public: bytes) -> str:
    return _segments({**header, "alg": "none"}, claims) + "."


def _hmac(header: dict[str, Any], claims: dict[str, Any], public: bytes) -> str:
    """Signed with the public key as if it were a shared secret."""
    message = _segments({**header, "alg": "HS256"}, claims)
    return f"{message}.{base64url.encode(hmac.new(public, message.encode(), hashlib.sha256).digest())}"


def _own_key(header: dict[str, Any], claims: dict[str, Any], _public: bytes) -> str:
    """Signed by the attacker, under the name of our key."""
    return jwt.encode(claims, ec.generate_private_key(ec.SECP256R1()), "ES256", headers=header)


def _key_inside(header: dict[str, Any], claims: dict[str, Any], _public: bytes) -> str:
    """The attacker's key travels in the header."""
    key = ClientKey.make()
    return jwt.encode(claims, key.private, "ES256", headers={**header, "jwk": key.jwk})


def _kid_of(kid: object) -> Callable[[dict[str, Any], dict[str, Any], bytes], str]:
    def forge(header: dict[str, Any], claims: dict[str, Any], _public: bytes) -> str:
        message = _segments({**header, "alg": "ES256", "kid": kid}, claims)
        return f"{message}.{base64url.encode(bytes(64))}"

    return forge


def _key_at(header: dict[str, Any], claims: dict[str, Any], _public: bytes) -> str:
    """The header says where to fetch the key."""
    key = ec.generate_private_key(ec.SECP256R1())
    told = {**header, "jku": "http://127.0.0.1:9/jwks", "x5u": "http://127.0.0.1:9/x5u"}
    return jwt.encode(claims, key, "ES256", headers=told)


FORGERIES = {
    "alg none": _unsigned,
    "the public key as a secret": _hmac,
    "another key under our kid": _own_key,
    "a key in the header": _key_inside,
    "an address in the header": _key_at,
    "a path as kid": _kid_of("../../../../dev/null"),
    "a query as kid": _kid_of("x' UNION SELECT 'k"),
    "an object as kid": _kid_of({"$ne": ""}),
    "a null zero signature": _kid_of("\x00"),
}


def _public_key(portal: Portal) -> bytes:
    """Our public key as its PEM: what confusion takes for a secret."""
    (jwk, *_) = (k for k in portal.browser.get(f"{BASE}/certs").get_json()["keys"] if k["alg"] == "ES256")
    key = jwt.PyJWK(jwk).key
    return bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _split(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})


def test_a_forged_access_token_or_id_token_is_nothing(stage: ProviderStage) -> None:
    """At userinfo, at introspection and at log-out: the same claims under a forged signature open nothing."""
    portal = stage.portal()
    tokens = portal.tokens(stage.phone())
    public = _public_key(portal)

    for name, forge in FORGERIES.items():
        access, identity = (forge(*_split(tokens[one]), public) for one in ("access_token", "id_token"))
        shown = portal.userinfo(access)
        ended = portal.browser.get(f"{BASE}/logout?{urlencode({'id_token_hint': identity})}")
        assert (shown.status_code, shown.get_json()["error"]) == (401, "invalid_token"), name
        assert portal.post("token/introspect", {"token": access}).get_json() == {"active": False}, name
        assert ended.status_code == 400, name

    assert portal.is_active(tokens["access_token"]), "the session of the true tokens lives"


def test_a_forged_client_assertion_proves_nobody(stage: ProviderStage) -> None:
    """At the token endpoint: invalid_client, and the code is not spent by it."""
    portal = keyed_portal(stage)
    code = portal.code(stage.phone())
    public = portal.key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    for name, forge in FORGERIES.items():
        forged = forge(*_split(portal.assertion()), public)
        refused = portal.exchange(code, client_assertion=forged)
        assert (refused.status_code, refused.get_json()["error"]) == (401, "invalid_client"), name

    assert portal.exchange(code).status_code == 200


WRONG_CLAIMS: list[dict[str, Any]] = [
    {"aud": "https://other.example"},
    {"aud": ["http://cartes.localhost:8000", "https://other.example"]},
    {"aud": None},
    {"iss": "portail-autre"},
    {"sub": "portail-autre"},
    {"exp": None},
    {"exp": 1},
    {"exp": 9_999_999_999},
    {"jti": None},
    {"nbf": 9_999_999_999},
]


def test_an_assertion_made_for_another_place_or_time_is_refused(stage: ProviderStage) -> None:
    """Audience, issuer, dates and name: each must be right (RFC 7523 section 3)."""
    portal = keyed_portal(stage)

    for changes in WRONG_CLAIMS:
        answer = portal.post("par", {**portal.asks(), "client_assertion": portal.assertion(**changes)})
        assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client"), changes


def test_an_assertion_serves_once(stage: ProviderStage) -> None:
    """The same `jti` again is a replay, at another door too."""
    portal = keyed_portal(stage)
    told = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": portal.assertion()}

    first = portal.bare({**portal.asks(), **told}, "par")
    again = portal.bare({**portal.asks(), **told}, "par")

    assert first.status_code == 201, first.get_json()
    assert again.status_code == 401


def test_a_client_with_a_key_cannot_fall_back_to_a_secret(stage: ProviderStage) -> None:
    """Nor can two proofs be sent at once."""
    portal = keyed_portal(stage)
    basic = "Basic " + base64.b64encode(f"{portal.client_id}:x".encode()).decode()

    by_secret = portal.bare(
        {**portal.asks(), "client_id": portal.client_id, "client_secret": "x" * 43}, "par"
    )
    twice = portal.post("par", portal.asks(), Authorization=basic)

    assert by_secret.get_json()["error"] == "invalid_client"
    assert twice.get_json()["error"] == "invalid_request"


def test_a_dpop_proof_for_another_request_is_refused(stage: ProviderStage) -> None:
    """Another method, another address, another time, no name: no tokens; the code is not spent by it."""
    portal, key = stage.portal(), DpopKey(stage.clock)
    code, url = portal.code(stage.phone()), f"{portal.issuer}{BASE}/token"
    wrong: list[dict[str, Any]] = [{"htm": "GET"}, {"htu": f"{portal.issuer}/auth"}, {"iat": 1}, {"jti": ""}]

    for changes in wrong:
        refused = portal.exchange(code, key.proof("POST", url, **changes))
        assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_dpop_proof"), changes

    assert portal.exchange(code, key.proof("POST", url)).get_json()["token_type"] == "DPoP"


def test_pkce_is_never_negotiated_away(stage: ProviderStage) -> None:
    """`plain`, no method, no challenge, or no verifier later: refused; S256 is all there is."""
    portal = stage.portal()
    asked: list[dict[str, str | None]] = [
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": None, "code_challenge_method": None},
    ]

    words = {portal.landed(portal.begin(**changes))["error"] for changes in asked}

    assert words == {"invalid_request"}
    told = portal.exchange(portal.code(stage.phone()), code_verifier=None).get_json()
    assert told["error"] == "invalid_grant"


def test_a_client_of_two_providers_can_tell_them_apart(stage: ProviderStage) -> None:
    """Mix-up (RFC 9207): codes and errors carry our `iss`, the one of our metadata and of our ID tokens."""
    portal = stage.portal()
    metadata = portal.browser.get("/.well-known/openid-configuration").get_json()

    good = portal.landed(portal.finish(portal.approve(portal.begin(), stage.phone())))
    bad = portal.landed(portal.begin(scope="openid nothing"))

    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert {good["iss"], bad["iss"]} == {metadata["issuer"]}
    tokens = portal.exchange(good["code"]).get_json()
    assert portal.claims(tokens["id_token"])["iss"] == metadata["issuer"]


def test_no_page_of_the_sign_in_may_be_framed(stage: ProviderStage) -> None:
    """Clickjacking: every page, refusals included, says that nobody may frame it."""
    portal = stage.portal()
    waiting = portal.browser.get(portal.begin().location)
    refused = portal.browser.get("/auth?client_id=nobody")
    goodbye = portal.browser.get(f"{BASE}/logout")
    back = portal.browser.get(f"/auth?{urlencode({'redirect_uri': CALLBACK})}")

    for page in (waiting, refused, goodbye, back):
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["X-Frame-Options"] == "DENY"


def test_keys_are_only_those_registered(stage: ProviderStage) -> None:
    """A client's key does not prove another client, whose own works."""
    one, other = keyed_portal(stage), keyed_portal(stage, "portail-deux")
    stolen: KeyedPortal = KeyedPortal(stage.signin, stage.app, other.client_id, "", one.key)

    assert stolen.post("par", stolen.asks()).status_code == 401
    assert other.post("par", other.asks()).status_code == 201
