"""npm `openid-client`, a certified relying party, drives whole sign-ins against a provider that runs.

Every test here asks for what the library checks by itself: metadata, signatures, `iss`, `nonce`, `at_hash`,
DPoP proofs and nonces, the words of refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.clients.openid_client import OpenidClient, require_openid_client
from tests.simulators.running_provider import Browser, RunningProvider

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("clients")]

CALLBACK = "http://localhost:9/retour"  # nobody listens: the browser stops there
GOODBYE = "http://localhost:9/adieu"
CIBA = "urn:openid:params:grant-type:ciba"
KARIM = "899700900147"
LAURE = "899700900154"

Relying = Callable[..., OpenidClient]


@pytest.fixture
def relying(provider: RunningProvider, request: pytest.FixtureRequest) -> Iterator[Relying]:
    """Makes a relying party, registered now with `document`; `settings` go to the library."""
    require_openid_client()
    made: list[OpenidClient] = []

    def make(settings: dict[str, object] | None = None, **document: object) -> OpenidClient:
        client_id = request.node.name.replace("_", "-").replace("[", ".").replace("]", "").lower()[:60]
        told: dict[str, Any] = {
            "redirect_uris": [CALLBACK],
            "post_logout_redirect_uris": [GOODBYE],
            "scopes": ["openid", "scope_all"],
        }
        told |= document
        secret = provider.client(client_id, **told)
        scope = " ".join(told["scopes"])
        given = {"issuer": provider.issuer, "client_id": client_id, "secret": secret, "scope": scope}
        made.append(OpenidClient({**given, "redirect_uri": CALLBACK, **(settings or {})}))
        return made[-1]

    yield make
    for one in made:
        one.close()


def sign_in(
    client: OpenidClient, provider: RunningProvider, browser: Browser, person: str = "karim", **begun: object
) -> dict[str, Any]:
    """From the library's first step to its last; what it understood."""
    asked = client.step("begin", **begun)
    landed = provider.pass_by_phone(browser, asked["url"], provider.phones[person], CALLBACK)
    told = client.step("finish", url=landed)
    assert "error" not in told, told
    return told


def test_code_and_pkce(provider: RunningProvider, relying: Relying, browser: Browser) -> None:
    """A doctor signs in; the library believes the ID token and reads the userinfo of Pro Santé Connect."""
    client = relying()

    told = sign_in(client, provider, browser)
    who = client.step("userinfo")["userinfo"]

    assert told["claims"]["acr"] == "eidas1"
    assert who["SubjectNameID"] == KARIM
    assert len({one["raisonSocialeSite"] for one in _activities(who)}) == 2


def _activities(who: dict[str, Any]) -> list[dict[str, str]]:
    return [one for exercice in who["SubjectRefPro"]["exercices"] for one in exercice["activities"]]


def test_the_exercice_chosen_on_the_phone_is_the_one_told(
    provider: RunningProvider, relying: Relying, browser: Browser
) -> None:
    """Two structures, two sign-ins, two organisations."""
    client, told = relying(), []

    for exercice in (0, 1):
        url = client.step("begin")["url"]
        landed = provider.pass_by_phone(browser, url, provider.phones["karim"], CALLBACK, exercice)
        client.step("finish", url=landed)
        told.append(client.step("userinfo")["userinfo"]["SubjectOrganization"])

    assert len(set(told)) == 2
    assert all(told)


def test_pushed_request_with_dpop(provider: RunningProvider, relying: Relying, browser: Browser) -> None:
    """PAR and DPoP together: tokens bound to the library's key, refreshed and shown with proofs."""
    client = relying({"dpop": True}, par_required=True, dpop_required=True)

    told = sign_in(client, provider, browser, "laure", par=True)

    assert told["tokens"]["token_type"] == "dpop"
    assert client.step("userinfo")["userinfo"]["SubjectNameID"] == LAURE
    assert client.step("refresh")["tokens"]["token_type"] == "dpop"


def test_private_key_jwt(provider: RunningProvider, relying: Relying, browser: Browser) -> None:
    """No shared secret: the library signs its assertion, at PAR, token, introspection and revocation."""
    private = jwt.algorithms.ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()), as_dict=True)
    private |= {"kid": "portail-1", "alg": "ES256"}
    public = {name: value for name, value in private.items() if name not in {"d", "key_ops"}}
    client = relying(
        {"auth": "private_key_jwt", "jwk": private}, auth_method="private_key_jwt", jwks={"keys": [public]}
    )

    sign_in(client, provider, browser, par=True)

    assert client.step("introspect")["introspection"]["active"] is True
    assert client.step("revoke") == {}
    assert client.step("introspect")["introspection"]["active"] is False


@pytest.mark.parametrize(("auth", "alg"), [("client_secret_post", "RS256"), ("client_secret_basic", "ES256")])
def test_a_shared_secret(
    provider: RunningProvider, relying: Relying, browser: Browser, auth: str, alg: str
) -> None:
    """Basic and post, RS256 and ES256."""
    client = relying({"auth": auth, "id_token_alg": alg}, auth_method=auth, id_token_alg=alg)

    told = sign_in(client, provider, browser)

    assert jwt.get_unverified_header(told["tokens"]["id_token"])["alg"] == alg


def test_refreshed_then_revoked(provider: RunningProvider, relying: Relying, browser: Browser) -> None:
    """A refresh gives the next tokens; revoked, the session is over for the owner's phone too."""
    client, phone = relying(name="Portail qui révoque"), provider.phones["laure"]
    first = sign_in(client, provider, browser, "laure")

    second = client.step("refresh")

    assert second["tokens"]["refresh_token"] != first["tokens"]["refresh_token"]
    assert "Portail qui révoque" in phone.sessions()
    client.step("revoke")
    assert client.step("refresh")["error"] == "invalid_grant"
    assert "Portail qui révoque" not in phone.sessions()


def test_logged_out_by_the_client(provider: RunningProvider, relying: Relying, browser: Browser) -> None:
    """RP-initiated logout: the browser comes back with the state, and the token is dead."""
    client = relying()
    sign_in(client, provider, browser)
    asked = {"post_logout_redirect_uri": GOODBYE, "state": "fini"}

    answer = browser.get(client.step("logout", parameters=asked)["url"])

    assert answer.headers["Location"] == f"{GOODBYE}?state=fini"
    assert client.step("introspect")["introspection"] == {"active": False}


def test_closed_from_the_phone(provider: RunningProvider, relying: Relying, browser: Browser) -> None:
    """The owner signs out everywhere: the client's next question finds nobody."""
    client = relying()
    sign_in(client, provider, browser)

    provider.phones["karim"].close_sessions()

    assert client.step("introspect")["introspection"]["active"] is False
    assert client.step("refresh")["error"] == "invalid_grant"


def test_a_patient_signs_in(provider: RunningProvider, relying: Relying, browser: Browser) -> None:
    """Scope `ins`: the apCV approves, the sub is pairwise, the matricule is under the test OID."""
    client = relying(scopes=["openid", "profile", "ins"], kinds=["apcv"])

    told = sign_in(client, provider, browser, "ange")
    who = client.step("userinfo")["userinfo"]

    assert told["claims"]["sub"] == who["sub"]
    assert "158032A99904296"[:13] not in str(who["sub"])
    assert who["ins"]["oid"] == "1.2.250.1.213.1.4.10"


def test_ciba_poll_approved(provider: RunningProvider, relying: Relying) -> None:
    """No browser: the phone is asked, its owner types the service's digits, the poll gets tokens."""
    client = relying(grant_types=[CIBA, "refresh_token"], redirect_uris=[], post_logout_redirect_uris=[])
    asked = {"login_hint": LAURE, "binding_message": "42"}
    begun = client.step("ciba", parameters=asked)
    assert "error" not in begun, begun
    phone = provider.phones["laure"]

    client.start("poll")
    phone.approve(phone.waiting(), "42")
    told = client.answer()

    assert "error" not in told, told
    assert client.step("userinfo")["userinfo"]["SubjectNameID"] == LAURE


def test_ciba_poll_refused(provider: RunningProvider, relying: Relying) -> None:
    """No on the phone is access_denied in the library."""
    client = relying(grant_types=[CIBA], redirect_uris=[], post_logout_redirect_uris=[])
    client.step("ciba", parameters={"login_hint": KARIM, "binding_message": "17"})
    phone = provider.phones["karim"]

    client.start("poll")
    phone.refuse(phone.waiting())

    assert client.answer()["error"] == "access_denied"


def test_the_library_hears_why_it_is_refused(
    provider: RunningProvider, relying: Relying, browser: Browser
) -> None:
    """A scope it was not given goes back to its address with the word of the specification, and the state."""
    client = relying()

    url = client.step("begin", parameters={"scope": "openid ins"})["url"]
    answer = browser.get(url)
    told = client.step("finish", url=answer.headers["Location"])

    assert parse_qs(urlsplit(answer.headers["Location"]).query)["iss"] == [provider.issuer]
    assert told["error"] == "invalid_scope"
