"""Codes, refresh tokens and access tokens in the wrong hands, or shown twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from apcv_backend.bootstrap import Services
from tests.simulators.clock import SteerableClock
from tests.simulators.portal import BASE, CALLBACK, DpopKey, ProviderStage, challenge_of, open_provider_stage


@pytest.fixture
def stage(services: Services, app: Flask, clock: SteerableClock, attestation_dir: Path) -> ProviderStage:
    return open_provider_stage(services, app, clock, attestation_dir)


def test_a_code_shown_twice_revokes_what_it_gave(stage: ProviderStage) -> None:
    """The second use is refused, and the tokens of the first are dead."""
    portal, phone = stage.portal(), stage.phone()
    code = portal.code(phone)
    told = portal.exchange(code).get_json()

    again = portal.exchange(code)

    assert (again.status_code, again.get_json()["error"]) == (400, "invalid_grant")
    assert not portal.is_active(told["access_token"])
    assert portal.refresh(told["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert portal.userinfo(told["access_token"]).status_code == 401


def test_a_code_of_another_client_gives_nothing(stage: ProviderStage) -> None:
    """A thief with a client of their own gets nothing, and the owner still gets theirs."""
    portal, thief, phone = stage.portal(), stage.portal("autre-portail"), stage.phone()
    code = portal.code(phone)

    stolen = thief.exchange(code)

    assert stolen.get_json()["error"] == "invalid_grant"
    assert portal.exchange(code).status_code == 200


def test_a_code_lives_a_minute(stage: ProviderStage) -> None:
    """Sixty seconds (FAPI 2.0 5.3.2.1-11)."""
    portal = stage.portal()
    code = portal.code(stage.phone())
    stage.clock.advance(60)

    assert portal.exchange(code).get_json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": None},
        {"code_verifier": "another-verifier-0123456789-0123456789-abcdefg"},
        {"code_verifier": challenge_of("x")},
        {"code_verifier": "short"},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": None},
    ],
)
def test_a_stolen_code_without_its_secret_is_burnt(
    stage: ProviderStage, changes: dict[str, str | None]
) -> None:
    """No verifier, a wrong one, another address: refused, and the right one does not work afterwards."""
    portal = stage.portal()
    code = portal.code(stage.phone())

    refused = portal.exchange(code, "", **changes)

    assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_grant")
    assert portal.exchange(code).get_json()["error"] == "invalid_grant"


def test_a_refresh_token_used_twice_closes_the_session(stage: ProviderStage) -> None:
    """Once its successor was used, the former token is a theft: everything of the session is dead."""
    portal = stage.portal()
    first = portal.tokens(stage.phone())
    second = portal.refresh(first["refresh_token"]).get_json()
    third = portal.refresh(second["refresh_token"]).get_json()

    stolen = portal.refresh(first["refresh_token"])

    assert stolen.get_json()["error"] == "invalid_grant"
    assert portal.refresh(third["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert not portal.is_active(third["access_token"])


def test_a_lost_answer_may_be_asked_again_for_ten_seconds(stage: ProviderStage) -> None:
    """A client that did not hear the answer gets the same refresh token; later it is a theft."""
    portal = stage.portal()
    first = portal.tokens(stage.phone())
    second = portal.refresh(first["refresh_token"]).get_json()

    stage.clock.advance(10)
    again = portal.refresh(first["refresh_token"]).get_json()
    stage.clock.advance(1)
    late = portal.refresh(first["refresh_token"])

    assert again["refresh_token"] == second["refresh_token"]
    assert late.get_json()["error"] == "invalid_grant"
    assert portal.refresh(second["refresh_token"]).get_json()["error"] == "invalid_grant"


def test_a_refresh_token_of_another_client_is_nothing(stage: ProviderStage) -> None:
    """And its owner's still works."""
    portal, thief = stage.portal(), stage.portal("autre-portail")
    first = portal.tokens(stage.phone())

    assert thief.refresh(first["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert portal.refresh(first["refresh_token"]).status_code == 200


def test_a_revoked_token_is_dead(stage: ProviderStage) -> None:
    """An access token alone; a refresh token takes the session with it; another's token is left alone."""
    portal, other = stage.portal(), stage.portal("autre-portail")
    told = portal.tokens(stage.phone())

    other.post("revoke", {"token": told["access_token"]})
    assert portal.is_active(told["access_token"])

    assert portal.post("revoke", {"token": told["access_token"]}).status_code == 200
    assert not portal.is_active(told["access_token"])

    fresh = portal.refresh(told["refresh_token"]).get_json()
    portal.post("revoke", {"token": fresh["refresh_token"]})
    assert not portal.is_active(fresh["access_token"])
    assert portal.post("revoke", {"token": "no-such-token"}).status_code == 200


def test_nobody_asks_about_the_tokens_of_others(stage: ProviderStage) -> None:
    """Another client hears what it would of a forged token; a resource server hears the truth."""
    portal, other = stage.portal(), stage.portal("autre-portail")
    server = stage.portal("serveur", introspects=True)
    token = portal.tokens(stage.phone())["access_token"]

    assert not other.is_active(token)
    assert server.is_active(token)


def test_a_bound_token_needs_its_key(stage: ProviderStage) -> None:
    """A DPoP token as Bearer, with another key's proof, or with a proof used before: refused."""
    portal, key, other = stage.portal(dpop_required=True), DpopKey(stage.clock), DpopKey(stage.clock)
    token_url, url = f"{portal.issuer}{BASE}/token", f"{portal.issuer}{BASE}/userinfo"
    code = portal.code(stage.phone())
    assert portal.exchange(code).get_json()["error"] == "invalid_dpop_proof"
    told = portal.exchange(code, dpop=key.proof("POST", token_url)).get_json()
    token = told["access_token"]
    assert told["token_type"] == "DPoP"
    proof = key.proof("GET", url, token)

    assert portal.userinfo(token).status_code == 401
    assert portal.userinfo(token, "DPoP").status_code == 401
    assert portal.userinfo(token, "DPoP", DPoP=other.proof("GET", url, token)).status_code == 401
    assert portal.userinfo(token, "DPoP", DPoP=key.proof("POST", url, token)).status_code == 401
    assert portal.userinfo(token, "DPoP", DPoP=key.proof("GET", url)).status_code == 401
    assert portal.userinfo(token, "DPoP", DPoP=proof).status_code == 200
    assert portal.userinfo(token, "DPoP", DPoP=proof).status_code == 401


def test_a_code_bound_to_a_key_needs_it(stage: ProviderStage) -> None:
    """`dpop_jkt` (RFC 9449 section 10): the code is worth nothing with another key."""
    portal, other = stage.portal(), DpopKey(stage.clock)
    code = portal.code(stage.phone(), dpop_jkt="a" * 43)

    refused = portal.exchange(code, dpop=other.proof("POST", f"{portal.issuer}{BASE}/token"))

    assert refused.get_json()["error"] == "invalid_grant"


def test_an_id_token_is_no_access_token(stage: ProviderStage) -> None:
    """Each type is verified as itself (RFC 8725 section 3.11)."""
    portal = stage.portal()
    told = portal.tokens(stage.phone())

    assert portal.userinfo(told["id_token"]).status_code == 401
    assert not portal.is_active(told["id_token"])
