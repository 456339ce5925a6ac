"""What takes two people, tried by one: the same person twice, a proposal too old, a proposer who has left."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services
from apcv_backend.ephemeral import MemoryEphemeral
from apcv_backend.staff.rules import MOST_DAILY_CODES, PROPOSAL_LIFE
from tests.simulators.clock import SteerableClock
from tests.simulators.staff_stage import PLACE, STRUCTURE, Colleague, StaffStage

KINDS = ("add_member", "change_role", "raise_limit", "new_key", "set_ceiling")
POST = {"role": "operator", "structure": STRUCTURE, "place": PLACE}


@pytest.fixture
def stage(services: Services, attestation_dir: Path) -> StaffStage:
    # Counters of its own: a minute's registrations of one test are not the next one's.
    own = replace(services, ephemeral=MemoryEphemeral())
    return StaffStage(own, create_app(own), attestation_dir)


def words_of(kind: str, concerned: Colleague) -> dict[str, Any]:
    """What a proposal of this kind says, about `concerned`."""
    about = {"member_id": concerned.member_id}
    words: dict[str, dict[str, Any]] = {
        "add_member": {"kind": kind, "name": "Z. Nouvelle", **POST},
        "change_role": {"kind": kind, **about, **POST},
        "raise_limit": {"kind": kind, **about, "daily_codes": 80},
        "new_key": {"kind": kind, **about},
        "set_ceiling": {"kind": kind, "account": "client:mutuelle-exemple", "people_a_day": 900},
    }
    return words[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_one_person_never_decides_alone(stage: StaffStage, kind: str) -> None:
    """Neither by approving their own proposal nor from a second session of theirs; another does."""
    agent = stage.colleague("desk_agent")
    first, second = stage.administrators()
    again = stage.newcomer()
    again.authenticator = first.authenticator
    assert again.sign_in().status_code == 201

    made = first.propose(**words_of(kind, agent)).get_json()

    for same_person in (first, again):
        refused = same_person.approve(made["proposal_id"])
        assert (refused.status_code, refused.get_json()["code"]) == (403, "second_person_needed")
    assert second.approve(made["proposal_id"]).status_code == 200


@pytest.mark.parametrize("kind", ["change_role", "raise_limit", "new_key"])
def test_nobody_approves_what_concerns_themselves(stage: StaffStage, kind: str) -> None:
    """Two administrators, one of them the matter: the vote is one short."""
    first, second = stage.administrators()

    made = first.propose(**words_of(kind, second)).get_json()

    assert second.approve(made["proposal_id"]).get_json()["code"] == "second_person_needed"


@pytest.mark.parametrize("kind", KINDS)
def test_the_challenge_of_one_answered_by_the_other_decides_nothing(stage: StaffStage, kind: str) -> None:
    """The second person's exchange, answered in the proposer's session with the proposer's key."""
    agent = stage.colleague("desk_agent")
    first, second = stage.administrators()
    made = first.propose(**words_of(kind, agent)).get_json()
    path = f"/v1/staff/proposals/{made['proposal_id']}"
    begun = second.post(f"{path}/challenge").get_json()

    options = {**begun["public_key"], "allowCredentials": []}
    proof = first.authenticator.get(options, first._page)
    body = {"ceremony_id": begun["ceremony_id"], "credential": proof}

    assert first.post(f"{path}/approval", body).get_json()["code"] == "staff_ceremony_gone"
    assert second.approve(made["proposal_id"]).status_code == 200


def test_the_second_persons_session_is_not_their_signature(stage: StaffStage) -> None:
    """A stolen session of the approver, answered with another key, approves nothing."""
    agent = stage.colleague("desk_agent")
    first, second = stage.administrators()
    made = first.propose(**words_of("raise_limit", agent)).get_json()
    path = f"/v1/staff/proposals/{made['proposal_id']}"
    begun = second.post(f"{path}/challenge").get_json()

    proof = first.authenticator.get({**begun["public_key"], "allowCredentials": []}, first._page)
    body = {"ceremony_id": begun["ceremony_id"], "credential": proof}
    refused = second.post(f"{path}/approval", body)

    assert (refused.status_code, refused.get_json()["code"]) == (403, "staff_sign_in_refused")
    assert len(first.get("/v1/staff/proposals").get_json()) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_proposal_waits_a_week_and_no_longer(stage: StaffStage, clock: SteerableClock, kind: str) -> None:
    """After that it is not listed, not challenged, and an exchange begun in time comes too late."""
    agent = stage.colleague("desk_agent")
    first, second = stage.administrators()
    made = first.propose(**words_of(kind, agent)).get_json()

    clock.advance(PROPOSAL_LIFE.total_seconds())
    assert second.sign_in().status_code == 201

    assert second.get("/v1/staff/proposals").get_json() == []
    assert second.approve(made["proposal_id"]).get_json()["code"] == "staff_proposal_gone"


def test_an_approval_begun_in_time_and_ended_too_late_is_refused(
    stage: StaffStage, clock: SteerableClock
) -> None:
    """The week is over between the challenge and the signature."""
    agent = stage.colleague("desk_agent")
    first, second = stage.administrators()
    made = first.propose(**words_of("raise_limit", agent)).get_json()
    path = f"/v1/staff/proposals/{made['proposal_id']}"
    clock.advance((PROPOSAL_LIFE - timedelta(minutes=1)).total_seconds())
    second.sign_in()
    begun = second.post(f"{path}/challenge").get_json()
    proof = second.authenticator.get(begun["public_key"], second._page)

    clock.advance(61)
    body = {"ceremony_id": begun["ceremony_id"], "credential": proof}

    assert second.post(f"{path}/approval", body).get_json()["code"] == "staff_proposal_gone"


@pytest.mark.parametrize("leaves", ["closed", "another role"])
def test_a_proposal_falls_with_its_proposer(stage: StaffStage, leaves: str) -> None:
    """What a colleague proposed before they were sent away waits for nobody."""
    agent = stage.colleague("desk_agent")
    third = stage.colleague("administrator", name="T. Tierce")
    first, second = stage.administrators()
    made = third.propose(**words_of("raise_limit", agent)).get_json()

    if leaves == "closed":
        first.send("DELETE", f"/v1/staff/members/{third.member_id}")
    else:
        changed = first.propose(kind="change_role", member_id=third.member_id, **POST).get_json()
        assert second.approve(changed["proposal_id"]).status_code == 200

    assert second.approve(made["proposal_id"]).get_json()["code"] == "staff_proposal_gone"
    assert second.get("/v1/staff/proposals").get_json() == []


def test_a_proposal_is_set_aside_by_either_and_then_approved_by_none(stage: StaffStage) -> None:
    """Power not given needs no second person."""
    agent = stage.colleague("desk_agent")
    first, second = stage.administrators()
    made = first.propose(**words_of("raise_limit", agent)).get_json()

    assert second.send("DELETE", f"/v1/staff/proposals/{made['proposal_id']}").status_code == 204

    assert second.approve(made["proposal_id"]).get_json()["code"] == "staff_proposal_gone"


@pytest.mark.parametrize("codes", [0, -1, MOST_DAILY_CODES + 1, "many", True, None])
def test_no_two_people_raise_a_limit_beyond_its_ceiling(stage: StaffStage, codes: object) -> None:
    """More than that is a batch, which is the operator's command."""
    agent = stage.colleague("desk_agent")
    first, _ = stage.administrators()

    refused = first.propose(kind="raise_limit", member_id=agent.member_id, daily_codes=codes)

    assert refused.status_code in {400, 422}
    assert first.get("/v1/staff/proposals").get_json() == []


@pytest.mark.parametrize("role", ["desk_agent", "operator", "insurer_clerk"])
def test_nobody_but_an_administrator_proposes(stage: StaffStage, role: str) -> None:
    """An agent does not raise their own cap, nor invite anybody."""
    colleague = stage.colleague(role, structure="99999001" if role == "insurer_clerk" else STRUCTURE)

    for kind in KINDS:
        assert colleague.propose(**words_of(kind, colleague)).status_code == 403


def test_an_agents_cap_holds_for_every_act_of_the_desk(stage: StaffStage) -> None:
    """Looking, opening and ending are all counted: an account in the wrong hands tires soon."""
    agent = stage.colleague("desk_agent")
    asked = {"person": "189069999900195"}
    looks = [agent.post("/v1/desk/delegations/search", asked).status_code for _ in range(200)]

    ended = agent.post("/v1/desk/delegations/end", {"reference": "x", "by": "juge"})
    phones = agent.post("/v1/desk/phones", {"card": "apcv", **asked})

    assert set(looks) == {200}
    assert (ended.status_code, ended.get_json()["code"]) == (429, "staff_daily_cap")
    assert phones.status_code == 429


@pytest.mark.parametrize("word", ["password", "mot_de_passe", "pin", "secret_question"])
def test_no_door_of_staff_takes_a_password(stage: StaffStage, word: str) -> None:
    """Nothing that is remembered rather than held: no member of any body of staff is one."""
    spec = stage.app.test_client().get("/openapi.json").get_json()

    bodies = [
        str(operation.get("requestBody", {}))
        for path, item in spec["paths"].items()
        if path.startswith(("/v1/staff", "/v1/desk", "/v1/console"))
        for operation in item.values()
        if isinstance(operation, dict)
    ]
    schemas = {
        name: schema
        for name, schema in spec["components"]["schemas"].items()
        if any(f"/{name}'" in body for body in bodies)
    }

    assert schemas
    assert [name for name, schema in schemas.items() if word in schema.get("properties", {})] == []
