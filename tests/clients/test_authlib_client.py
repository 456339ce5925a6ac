"""Authlib's client (on `requests`) drives whole sign-ins: what a Python portal is written with."""

from __future__ import annotations

from typing import Any

import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from joserfc import jwk, jwt

from tests.simulators.running_provider import Browser, RunningProvider

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("clients")]

CALLBACK = "http://localhost:9/authlib"
VERIFIER = "authlib-verifier-0123456789-0123456789-0123456789"


def session(provider: RunningProvider, client_id: str, secret: Any, **settings: Any) -> OAuth2Session:
    """Authlib's session for a client, with our metadata's addresses."""
    opened = OAuth2Session(
        client_id, secret, scope="openid scope_all", redirect_uri=CALLBACK, code_challenge_method="S256",
        **settings,
    )  # fmt: skip
    opened.trust_env = False
    return opened


def test_a_sign_in_believed_by_authlib(provider: RunningProvider, browser: Browser) -> None:
    """Code and PKCE, the ID token verified with our key set, userinfo, refresh, revocation."""
    secret = provider.client("authlib-basic", redirect_uris=[CALLBACK])
    with session(provider, "authlib-basic", secret) as client:
        told = browser.get(f"{provider.issuer}/.well-known/openid-configuration").json()
        url, state = client.create_authorization_url(
            told["authorization_endpoint"], code_verifier=VERIFIER, nonce="n-1", acr_values="eidas1"
        )
        landed = provider.pass_by_phone(browser, url, provider.phones["laure"], CALLBACK)

        tokens = client.fetch_token(
            told["token_endpoint"], authorization_response=landed, state=state, code_verifier=VERIFIER
        )

        keys = jwk.KeySet.import_key_set(browser.get(told["jwks_uri"]).json())
        opened = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"])
        claims = CodeIDToken(
            opened.claims,
            opened.header,
            {"iss": {"value": provider.issuer}, "aud": {"value": "authlib-basic"}},
            {"nonce": "n-1", "client_id": "authlib-basic", "access_token": tokens["access_token"]},
        )
        claims.validate()
        who = client.get(told["userinfo_endpoint"]).json()
        again = client.refresh_token(told["token_endpoint"])
        revoked = client.revoke_token(told["revocation_endpoint"], again["refresh_token"])
        seen = client.introspect_token(told["introspection_endpoint"], again["access_token"])

    assert who["SubjectNameID"] == "899700900154"
    assert who["sub"] == claims["sub"]
    assert again["access_token"] != tokens["access_token"]
    assert revoked.status_code == 200
    assert seen.json() == {"active": False}


def test_authlib_signs_its_assertion(provider: RunningProvider, browser: Browser) -> None:
    """`private_key_jwt` as Authlib writes it: the audience is the token endpoint."""
    key = jwk.ECKey.generate_key("P-256", {"kid": "authlib-1", "alg": "ES256", "use": "sig"}, private=True)
    public = {"keys": [key.as_dict(private=False)]}
    provider.client("authlib-keys", redirect_uris=[CALLBACK], auth_method="private_key_jwt", jwks=public)
    endpoint = f"{provider.issuer}/protocol/openid-connect/token"
    with session(provider, "authlib-keys", key, token_endpoint_auth_method="private_key_jwt") as client:
        client.register_client_auth_method(PrivateKeyJWT(endpoint, headers={"kid": "authlib-1"}, alg="ES256"))
        url, state = client.create_authorization_url(f"{provider.issuer}/auth", code_verifier=VERIFIER)
        landed = provider.pass_by_phone(browser, url, provider.phones["laure"], CALLBACK)

        tokens = client.fetch_token(
            endpoint, authorization_response=landed, state=state, code_verifier=VERIFIER
        )

    assert tokens["expires_in"] == 300
