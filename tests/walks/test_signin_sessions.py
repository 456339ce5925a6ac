"""A session lives as long as what it stands on: the phone, the card, the exercice, the representation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from apcv_backend.bootstrap import Services
from apcv_backend.callers import CallerKind, UnverifiedCall
from apcv_backend.representation.rules import EndedBy
from apcv_backend.signin.provider.token_callers import TokenCallers
from apcv_backend.tables import practitioners
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, KARIM
from tests.simulators.portal import Portal, ProviderStage, open_provider_stage
from tests.simulators.representation_stage import BEBE, CAMILLE, open_for


@pytest.fixture
def stage(services: Services, app: Flask, clock: SteerableClock, attestation_dir: Path) -> ProviderStage:
    return open_provider_stage(services, app, clock, attestation_dir)


def patients(stage: ProviderStage, client_id: str = "portail-patients", **changes: Any) -> Portal:
    """A client of patients."""
    asked = {"scopes": ["openid", "profile", "ins"], "kinds": ["apcv"], **changes}
    return stage.portal(client_id, **asked)


def is_dead(portal: Portal, tokens: dict[str, Any]) -> bool:
    """Inactive, no userinfo, no refresh."""
    refreshed = portal.refresh(tokens["refresh_token"])
    shown = portal.userinfo(tokens["access_token"])
    return (
        not portal.is_active(tokens["access_token"])
        and shown.status_code == 401
        and refreshed.get_json()["error"] == "invalid_grant"
    )


def test_a_session_dies_with_its_phone(stage: ProviderStage) -> None:
    """Withdrawn by its owner: at that instant."""
    portal, phone = stage.portal(), stage.phone()
    tokens = portal.tokens(phone)

    phone.phone.withdraw()

    assert is_dead(portal, tokens)


def test_a_session_dies_with_its_exercice(stage: ProviderStage) -> None:
    """Closed in the directory: the other exercice is another session's."""
    portal, phone = stage.portal(), stage.phone()
    tokens = portal.tokens(phone)

    with stage.services.database.write() as tx:
        kept = tx.execute(
            select(practitioners.c.record).where(practitioners.c.id_national == KARIM.text)
        ).scalar_one()
        left = kept["exercices"][1:]  # the phone chose the first
        assert left
        tx.execute(
            update(practitioners)
            .where(practitioners.c.id_national == KARIM.text)
            .values(record={**kept, "exercices": left}, loaded_at=stage.clock.advance(1))
        )

    assert is_dead(portal, tokens)


def test_a_session_dies_after_a_working_day(stage: ProviderStage) -> None:
    """Ten hours, however often it was refreshed."""
    portal, phone = stage.portal(), stage.phone()
    tokens = portal.tokens(phone)
    stage.clock.advance(9 * 3600)
    tokens = portal.refresh(tokens["refresh_token"]).get_json()

    stage.clock.advance(3601)

    assert portal.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"


def test_a_patient_is_known_under_another_name_in_each_sector(stage: ProviderStage) -> None:
    """Pairwise `sub`; the matricule only with the scope `ins`, under the test OID; nothing else is there."""
    phone = stage.phone(ANGE)
    one, other = patients(stage), patients(stage, "portail-deux", sector="ailleurs.example")
    plain = patients(stage, "portail-sans-ins", scopes=["openid", "profile"])

    told = one.userinfo(one.tokens(phone, scope="openid profile ins")["access_token"]).get_json()
    elsewhere = other.userinfo(other.tokens(phone, scope="openid ins")["access_token"]).get_json()
    without = plain.userinfo(plain.tokens(phone, scope="openid profile")["access_token"]).get_json()

    assert told["sub"] != elsewhere["sub"]
    assert told["ins"] == {"matricule": "158032A99904296", "oid": "1.2.250.1.213.1.4.10"}
    assert set(elsewhere) == {"sub", "identity_status", "ins"}
    assert set(without) == {"sub", "name", "given_name", "family_name", "gender", "birthdate"}


def test_a_parent_acts_for_a_child_until_the_representation_ends(stage: ProviderStage) -> None:
    """`act` says who; the token is about the child; the representation over, so is the session."""
    opened = open_for(stage.signin.stage, BEBE, CAMILLE)
    portal, phone = patients(stage), stage.phone(CAMILLE)
    own = portal.claims(portal.tokens(phone, scope="openid ins")["id_token"])

    tokens = portal.exchange(_code_for(portal, phone, opened.reference)).get_json()
    claims = portal.claims(tokens["id_token"])
    who = portal.userinfo(tokens["access_token"]).get_json()

    assert claims["act"] == {"sub": own["sub"]}
    assert claims["sub"] == who["sub"] != own["sub"]
    assert "act" not in own
    stage.services.representation.end(
        opened.reference, EndedBy.AUTORITE, "desk:A. Martin@Corte", stage.clock()
    )
    assert is_dead(portal, tokens)


def _code_for(portal: Portal, phone: Any, reference: str) -> str:
    begun = portal.begin(scope="openid ins")
    return portal.landed(portal.finish(portal.approve(begun, phone, acts_for=reference)))["code"]


def test_callers_of_other_doors_are_who_signed_in(stage: ProviderStage) -> None:
    """`TokenCallers`: kind, purposes and scopes come from the token and the registration."""
    portal, phone = stage.portal(), stage.phone()
    token = portal.tokens(phone)["access_token"]
    callers = stage.services.callers
    assert isinstance(callers, TokenCallers)

    caller = callers.identify(UnverifiedCall("GET", "/v1/x", f"Bearer {token}", ""), stage.clock())

    assert caller.kind is CallerKind.PROFESSIONAL
    assert caller.client_id == "portail-demo"
    assert caller.purposes == {"soins"}
