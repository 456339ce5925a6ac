"""Walk C: a doctor signs in to a third-party portal with the e-CPS, from the request to the userinfo."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from apcv_backend.bootstrap import Services
from tests.simulators.clock import SteerableClock
from tests.simulators.portal import ProviderStage, open_provider_stage


@pytest.fixture
def stage(services: Services, app: Flask, clock: SteerableClock, attestation_dir: Path) -> ProviderStage:
    return open_provider_stage(services, app, clock, attestation_dir)


def test_a_doctor_signs_in_to_a_portal(stage: ProviderStage) -> None:
    """Request, approval on the phone, code, tokens, userinfo: each step gives what the next one needs."""
    portal, phone = stage.portal(), stage.phone()

    landed = portal.landed(portal.finish(portal.approve(portal.begin(), phone)))
    answer = portal.exchange(landed["code"])
    told = answer.get_json()
    who = portal.userinfo(told["access_token"]).get_json()

    assert (landed["state"], landed["iss"]) == ("etat-1", portal.issuer)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 300)
    identity = portal.claims(told["id_token"])
    assert identity["nonce"] == "nonce-1"
    assert identity["acr"] == "eidas1"
    assert identity["sub"] == who["sub"]
    assert who["SubjectNameID"] == "899700900147"
    assert who["sub"].endswith(":899700900147")
    assert portal.is_active(told["access_token"])


def test_a_refresh_token_gives_the_next_ones(stage: ProviderStage) -> None:
    """Each refresh gives another pair, under the same session."""
    portal, phone = stage.portal(), stage.phone()
    first = portal.tokens(phone)
    stage.clock.advance(240)

    second = portal.refresh(first["refresh_token"]).get_json()

    assert second["refresh_token"] != first["refresh_token"]
    assert portal.claims(second["id_token"])["sid"] == portal.claims(first["id_token"])["sid"]
    assert portal.is_active(second["access_token"])
