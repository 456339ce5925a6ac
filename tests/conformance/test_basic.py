"""`oidcc-basic-certification-test-plan`: the code flow, as a client that knows only the standard sees it."""

from __future__ import annotations

import jwt
import pytest

from apcv_backend.signin.provider.client_service import ClientDocumentRefused
from apcv_backend.signin.provider.tokens import half_hash
from cartes.wire import base64url
from tests.simulators.portal import BASE, CALLBACK, VERIFIER, Portal, ProviderStage, challenge_of
from tests.simulators.signin_stage import SigninPhone


def _error(portal: Portal, **changes: str | None) -> str:
    """The refusal a request brings back to the client's address."""
    return portal.landed(portal.begin(**changes))["error"]


def _is_asked(portal: Portal, **changes: str | None) -> bool:
    """Whether a request leads to the page that waits for the phone."""
    answer = portal.begin(**changes)
    return answer.status_code == 303 and answer.location.startswith("/signin/")


def test_oidcc_server(portal: Portal, phone: SigninPhone) -> None:
    """The happy flow: `state` and `iss` come back, tokens are bearer, every claim of the ID token holds."""
    landed = portal.landed(portal.finish(portal.approve(portal.begin(), phone)))
    answer = portal.exchange(landed["code"])
    told = answer.get_json()
    claims = portal.claims(told["id_token"])
    who = portal.userinfo(told["access_token"]).get_json()
    now = int(portal.signin.clock().timestamp())

    assert (landed["state"], landed["iss"]) == ("etat-1", portal.issuer)
    assert answer.mimetype == "application/json"
    assert told["token_type"] == "Bearer"
    assert (claims["iss"], claims["aud"], claims["azp"]) == (portal.issuer, "portail-demo", "portail-demo")
    assert claims["iat"] <= now < claims["exp"]
    assert claims["nonce"] == "nonce-1"
    assert claims["at_hash"] == half_hash(told["access_token"])
    assert 0 < len(claims["sub"]) <= 255
    assert who["sub"] == claims["sub"]


def test_oidcc_response_type_missing(portal: Portal) -> None:
    """Without `response_type`: invalid_request, back to the client."""
    assert _error(portal, response_type=None) == "invalid_request"


def test_oidcc_idtoken_signature(portal: Portal, phone: SigninPhone) -> None:
    """The header names a published key and its algorithm, and the signature verifies with it."""
    header = jwt.get_unverified_header(portal.tokens(phone)["id_token"])

    keys = portal.browser.get(f"{BASE}/certs").get_json()["keys"]

    assert [key["alg"] for key in keys if key["kid"] == header["kid"]] == [header["alg"]]
    assert header["alg"] == "ES256"


def test_no_client_is_registered_for_unsigned_tokens(stage: ProviderStage) -> None:
    """`oidcc-idtoken-unsigned` does not apply: this is why."""
    with pytest.raises(ClientDocumentRefused):
        stage.portal("portail-none", id_token_alg="none")


def test_oidcc_userinfo_get(portal: Portal, phone: SigninPhone) -> None:
    """GET with the token in the header: JSON about the same `sub`."""
    tokens = portal.tokens(phone)

    answer = portal.userinfo(tokens["access_token"])

    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.get_json()["sub"] == portal.claims(tokens["id_token"])["sub"]


def test_oidcc_userinfo_post_header(portal: Portal, phone: SigninPhone) -> None:
    """POST with the token in the header."""
    token = portal.tokens(phone)["access_token"]

    answer = portal.browser.post(f"{BASE}/userinfo", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 200
    assert answer.get_json()["SubjectNameID"] == "899700900147"


def test_oidcc_userinfo_post_body(portal: Portal, phone: SigninPhone) -> None:
    """POST with the token in the form (RFC 6750 2.2); in two places at once it is refused."""
    token = portal.tokens(phone)["access_token"]
    form = {"access_token": token}

    answer = portal.browser.post(f"{BASE}/userinfo", data=form)
    twice = portal.post("userinfo", form, Authorization=f"Bearer {token}")
    nonsense = portal.browser.post(f"{BASE}/userinfo", data={"access_token": "x"})

    assert answer.get_json()["SubjectNameID"] == "899700900147"
    assert (twice.status_code, twice.get_json()["error"]) == (400, "invalid_request")
    assert (nonsense.status_code, nonsense.get_json()["error"]) == (401, "invalid_token")


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(
    portal: Portal, phone: SigninPhone
) -> None:
    """No `nonce` asked: none in the ID token."""
    tokens = portal.tokens(phone, nonce=None)

    assert "nonce" not in portal.claims(tokens["id_token"])


def _standard(stage: ProviderStage) -> Portal:
    return stage.portal("portail-clair", mode="standard", scopes=["openid", "profile"])


def test_oidcc_scope_profile(stage: ProviderStage, phone: SigninPhone) -> None:
    """The names of OpenID Connect Core 5.1, at userinfo, for a client in standard mode."""
    portal = _standard(stage)

    who = portal.userinfo(portal.tokens(phone, scope="openid profile")["access_token"]).get_json()

    assert set(who) == {"sub", "name", "given_name", "family_name"}
    assert who["family_name"] == "HADDAD-TEST"


def test_oidcc_ensure_other_scope_order_succeeds(stage: ProviderStage, phone: SigninPhone) -> None:
    """`openid` need not come first."""
    portal = _standard(stage)

    assert portal.tokens(phone, scope="profile openid")["scope"].split() == ["profile", "openid"]


def test_oidcc_display_page(portal: Portal) -> None:
    """`display=page` is understood as what we do anyway."""
    assert _is_asked(portal, display="page")


def test_oidcc_display_popup(portal: Portal) -> None:
    """`display=popup` is no error: the same page."""
    assert _is_asked(portal, display="popup")


def test_oidcc_prompt_login(portal: Portal, phone: SigninPhone) -> None:
    """Asked again in the same browser, the person approves again: a later `auth_time`."""
    first = portal.claims(portal.tokens(phone)["id_token"])
    portal.signin.clock.advance(2)

    second = portal.claims(portal.tokens(phone, prompt="login")["id_token"])

    assert second["auth_time"] > first["auth_time"]
    assert second["sub"] == first["sub"]


def test_oidcc_prompt_none_not_logged_in(portal: Portal) -> None:
    """`prompt=none` with nobody there: login_required."""
    assert _error(portal, prompt="none") == "login_required"


def test_oidcc_max_age_1(portal: Portal, phone: SigninPhone) -> None:
    """A second after, `max_age=1` is a new approval; `auth_time` is told and true."""
    first = portal.claims(portal.tokens(phone)["id_token"])
    now = portal.signin.clock.advance(2)

    second = portal.claims(portal.tokens(phone, max_age="1")["id_token"])

    assert first["auth_time"] < second["auth_time"] == int(now.timestamp())


def test_oidcc_ensure_request_with_unknown_parameter_succeeds(portal: Portal) -> None:
    """What is not understood is ignored."""
    assert _is_asked(portal, extra="foobar")


def test_oidcc_login_hint(portal: Portal) -> None:
    """A hint nobody has is no error, and names nobody on the page."""
    answer = portal.begin(login_hint="buffy@example.com")
    page = portal.browser.get(answer.location)

    assert page.status_code == 200
    assert "buffy" not in page.get_data(as_text=True)


def test_oidcc_ui_locales(portal: Portal) -> None:
    """Languages asked are no error, and the first that the pages are written in is theirs."""
    spoken = [
        portal.browser.get(portal.begin(ui_locales=asked).location).headers["Content-Language"]
        for asked in ("se", "se en-GB fr", "fr-CA en", "&lang=en", "en")
    ]

    assert _is_asked(portal, ui_locales="se")
    assert spoken == ["fr", "en", "fr", "fr", "en"]


def test_oidcc_claims_locales(portal: Portal) -> None:
    """Languages asked for claims are no error."""
    assert _is_asked(portal, claims_locales="se")


def test_oidcc_ensure_request_with_acr_values_succeeds(portal: Portal, phone: SigninPhone) -> None:
    """One of the advertised contexts is the `acr` of the ID token, even asked after an unknown one."""
    tokens = portal.tokens(phone, acr_values="1 eidas1")

    assert portal.claims(tokens["id_token"])["acr"] == "eidas1"


def test_oidcc_codereuse(portal: Portal, phone: SigninPhone) -> None:
    """A code twice: invalid_grant, status 400."""
    code = portal.code(phone)
    assert portal.exchange(code).status_code == 200

    again = portal.exchange(code)

    assert (again.status_code, again.get_json()["error"]) == (400, "invalid_grant")


def test_oidcc_codereuse_30seconds(portal: Portal, phone: SigninPhone) -> None:
    """Thirty seconds later too, and what the first use gave is dead."""
    code = portal.code(phone)
    token = portal.exchange(code).get_json()["access_token"]
    portal.signin.clock.advance(30)

    assert portal.exchange(code).get_json()["error"] == "invalid_grant"
    assert portal.userinfo(token).status_code == 401


def test_oidcc_ensure_registered_redirect_uri(portal: Portal) -> None:
    """An address nobody registered: a page, and nobody is sent there."""
    answer = portal.begin(redirect_uri=CALLBACK + "/autre")

    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert "Location" not in answer.headers


def test_oidcc_ensure_post_request_succeeds(portal: Portal, phone: SigninPhone) -> None:
    """The authorization request by POST is the same request."""
    begun = portal.browser.post("/auth", data=portal.asks())
    code = portal.landed(portal.finish(portal.approve(begun, phone)))["code"]

    assert portal.exchange(code).status_code == 200


def test_oidcc_server_client_secret_post(stage: ProviderStage, phone: SigninPhone) -> None:
    """The happy flow with the secret in the form; in the header it is refused."""
    portal = stage.portal("portail-post", auth_method="client_secret_post")
    code = portal.code(phone)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }

    by_header = portal.post("token", form)
    given = {**form, "client_id": portal.client_id, "client_secret": portal.secret}
    by_form = portal.post("token", given, Authorization="")

    assert by_header.status_code == 401
    assert by_form.status_code == 200, by_form.get_json()


def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(portal: Portal) -> None:
    """An address of a request object: request_uri_not_supported, and it is never fetched."""
    told = _error(portal, request_uri="https://portail.example/demande.jwt")

    assert told == "request_uri_not_supported"


def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(portal: Portal) -> None:
    """A request object by value: request_not_supported."""
    header, claims = (base64url.encode(part) for part in (b'{"alg":"none"}', b"{}"))
    unsigned = f"{header}.{claims}."

    assert _error(portal, request=unsigned) == "request_not_supported"


def test_oidcc_refresh_token(stage: ProviderStage, portal: Portal, phone: SigninPhone) -> None:
    """It gives tokens about the same person, never a wider scope, and nothing to another client."""
    first = portal.tokens(phone)
    other = stage.portal("portail-autre")

    stolen = other.refresh(first["refresh_token"])
    second = portal.refresh(first["refresh_token"]).get_json()

    assert (stolen.status_code, stolen.get_json()["error"]) == (400, "invalid_grant")
    before, after = (portal.claims(one["id_token"]) for one in (first, second))
    assert {name: after[name] for name in ("iss", "sub", "aud", "auth_time", "azp")} == {
        name: before[name] for name in ("iss", "sub", "aud", "auth_time", "azp")
    }
    assert second["access_token"] != first["access_token"]


def test_oidcc_ensure_request_with_valid_pkce_succeeds(portal: Portal, phone: SigninPhone) -> None:
    """S256 with the right verifier gives tokens; with another one, nothing."""
    other = "another-verifier-0123456789-0123456789-0123"
    asked = {"code_challenge": challenge_of(other)}

    assert portal.exchange(portal.code(phone, **asked), code_verifier=other).status_code == 200
    refused = portal.exchange(portal.code(phone, **asked))
    assert refused.get_json()["error"] == "invalid_grant"
