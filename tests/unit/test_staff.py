"""Staff: a key of one's own, a session that ends, and two people for what lasts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from apcv_backend.bootstrap import Services
from apcv_backend.tables import journal
from tests.simulators.clock import SteerableClock
from tests.simulators.staff_stage import PLACE, STRUCTURE, StaffStage

ANGE = "158032A99904296"


@pytest.fixture
def stage(services: Services, app: Flask, attestation_dir: Path) -> StaffStage:
    return StaffStage(services, app, attestation_dir)


def _events(services: Services) -> list[tuple[str, str]]:
    with services.database.read() as connection:
        rows = connection.execute(select(journal.c.event, journal.c.actor).order_by(journal.c.entry_id))
        return [(row.event, row.actor) for row in rows]


def test_an_agent_is_added_by_two_and_signs_in_with_their_own_key(stage: StaffStage) -> None:
    """Proposal, second signature, two halves of an invitation, a key, a session."""
    agent = stage.colleague("desk_agent")

    told = agent.get("/v1/staff/session").get_json()

    assert (told["role"], told["name"], told["place"]) == ("desk_agent", "C. Petit", PLACE)
    assert told["csrf"] == agent.csrf


def test_who_proposes_does_not_approve(stage: StaffStage) -> None:
    """The proposer is refused the challenge, and the second person's signature is what counts."""
    first, second = stage.administrators()
    made = first.propose(
        kind="add_member", name="X", role="operator", structure=STRUCTURE, place=PLACE
    ).get_json()

    alone = first.approve(made["proposal_id"])

    assert (alone.status_code, alone.get_json()["code"]) == (403, "second_person_needed")
    assert second.approve(made["proposal_id"]).status_code == 200
    assert second.approve(made["proposal_id"]).get_json()["code"] == "staff_proposal_gone"


def test_one_half_of_an_invitation_opens_nothing(stage: StaffStage) -> None:
    """Neither the proposer nor the approver can register a key in the newcomer's name."""
    first_half, second_half = stage.invitation("desk_agent")
    thief = stage.newcomer()

    for halves in ((first_half, first_half), (second_half, second_half), (second_half, first_half)):
        assert thief.register(*halves).get_json()["code"] == "staff_invitation_refused"
    assert thief.register(first_half, second_half).status_code == 201
    assert stage.newcomer().register(first_half, second_half).status_code == 403


def test_a_signature_made_for_one_proposal_approves_no_other(stage: StaffStage) -> None:
    """The challenge holds this proposal's digest; another one's ceremony is no use here."""
    first, second = stage.administrators()
    words = {"kind": "add_member", "role": "operator", "structure": STRUCTURE, "place": PLACE}
    shown = first.propose(name="Shown", **words).get_json()["proposal_id"]
    hidden = first.propose(name="Hidden", **words).get_json()["proposal_id"]

    told = second.post(f"/v1/staff/proposals/{shown}/challenge").get_json()
    proof = second.authenticator.get(told["public_key"], second._page)
    body = {"ceremony_id": told["ceremony_id"], "credential": proof}
    answer = second.post(f"/v1/staff/proposals/{hidden}/approval", body)

    assert (answer.status_code, answer.get_json()["code"]) == (410, "staff_ceremony_gone")


def test_a_limit_is_raised_by_two(stage: StaffStage, services: Services) -> None:
    """An agent's cap holds within the day, and two administrators may raise it."""
    agent = stage.colleague("desk_agent")
    first, second = stage.administrators()
    lower = first.propose(kind="raise_limit", member_id=agent.member_id, daily_codes=1).get_json()
    assert second.approve(lower["proposal_id"]).status_code == 200
    asked = {"card": "apcv", "person": ANGE}

    assert agent.post("/v1/desk/codes", asked).status_code == 201
    refused = agent.post("/v1/desk/codes", asked)
    assert (refused.status_code, refused.get_json()["limit"]) == (429, 1)
    more = second.propose(kind="raise_limit", member_id=agent.member_id, daily_codes=2).get_json()
    assert first.approve(more["proposal_id"]).status_code == 200
    assert agent.post("/v1/desk/codes", asked).status_code == 201
    assert agent.post("/v1/desk/codes", asked).status_code == 429


def test_a_cap_counts_numbers_nobody_has(stage: StaffStage) -> None:
    """Trying numbers costs as much as opening codes: an agent's account learns little."""
    agent = stage.colleague("desk_agent")
    first, second = stage.administrators()
    lower = first.propose(kind="raise_limit", member_id=agent.member_id, daily_codes=1).get_json()
    second.approve(lower["proposal_id"])

    unknown = agent.post("/v1/desk/codes", {"card": "apcv", "person": "189069999900195"})

    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "person_unknown")
    assert agent.post("/v1/desk/codes", {"card": "apcv", "person": ANGE}).status_code == 429


def test_the_cap_begins_again_the_next_day(stage: StaffStage, clock: SteerableClock) -> None:
    """A day is a day in France."""
    agent = stage.colleague("desk_agent")
    first, second = stage.administrators()
    lower = first.propose(kind="raise_limit", member_id=agent.member_id, daily_codes=1).get_json()
    second.approve(lower["proposal_id"])
    asked = {"card": "apcv", "person": ANGE}
    agent.post("/v1/desk/codes", asked)

    clock.advance(timedelta(days=1).total_seconds())
    agent.sign_in()

    assert agent.post("/v1/desk/codes", asked).status_code == 201


def test_an_agents_name_is_in_the_audit(stage: StaffStage, services: Services) -> None:
    """Whoever opened a code answers for it by name and place."""
    agent = stage.colleague("desk_agent", name="Ghjulia Rossi")

    agent.post("/v1/desk/codes", {"card": "apcv", "person": ANGE})

    assert ("activation_code.opened", f"desk:Ghjulia Rossi@{PLACE}") in _events(services)


def test_a_session_dies_of_idleness_and_of_age(stage: StaffStage, clock: SteerableClock) -> None:
    """Fifteen idle minutes end it, and ten hours whatever its use."""
    first, second = stage.administrators()

    clock.advance(timedelta(minutes=14).total_seconds())
    assert first.get("/v1/staff/session").status_code == 200
    clock.advance(timedelta(minutes=14).total_seconds())
    assert first.get("/v1/staff/session").status_code == 200
    assert second.get("/v1/staff/session").status_code == 401
    for _ in range(60):
        clock.advance(timedelta(minutes=10).total_seconds())
        first.get("/v1/staff/session")
    assert first.get("/v1/staff/session").get_json()["code"] == "caller_refused"


def test_a_change_without_the_header_is_refused(stage: StaffStage) -> None:
    """The cookie travels wherever a browser is sent; the word in the header does not."""
    first, _ = stage.administrators()

    first.csrf = ""

    assert first.get("/v1/staff/members").status_code == 200
    assert first.propose(kind="new_key", member_id=first.member_id).status_code == 401
    assert first.client.delete("/v1/staff/session").status_code == 401


def test_a_closed_account_is_closed_at_once(stage: StaffStage) -> None:
    """One administrator suffices; the session, the key and the account fall together."""
    agent = stage.colleague("desk_agent")
    first, _ = stage.administrators()

    assert first.send("DELETE", f"/v1/staff/members/{agent.member_id}").status_code == 204

    assert agent.get("/v1/staff/session").status_code == 401
    assert agent.sign_in().get_json()["code"] == "staff_sign_in_refused"


def test_a_new_role_ends_sessions(stage: StaffStage) -> None:
    """Yesterday's rights do not live on in an open tab."""
    agent = stage.colleague("desk_agent")
    first, second = stage.administrators()
    made = first.propose(
        kind="change_role", member_id=agent.member_id, role="operator", structure=STRUCTURE, place=PLACE
    ).get_json()

    second.approve(made["proposal_id"])

    assert agent.get("/v1/staff/session").status_code == 401
    agent.sign_in()
    assert agent.post("/v1/desk/codes", {"card": "apcv", "person": ANGE}).status_code == 403


def test_a_lost_key_is_replaced_by_two(stage: StaffStage) -> None:
    """The old key is withdrawn as soon as two people say so; the invitation makes a new one."""
    agent = stage.colleague("desk_agent")
    first, second = stage.administrators()
    made = first.propose(kind="new_key", member_id=agent.member_id).get_json()
    done = second.approve(made["proposal_id"]).get_json()
    assert agent.sign_in().status_code == 403

    renewed = stage.newcomer()
    assert renewed.register(made["first_half"], done["second_half"]).status_code == 201

    assert renewed.sign_in().get_json()["member"]["member_id"] == agent.member_id


@pytest.mark.parametrize("model", ["self", "plain", "synced"])
def test_a_key_nobody_vouches_for_is_refused(stage: StaffStage, model: str) -> None:
    """A key its hardware does not attest, or that may be copied, is no colleague's."""
    halves = stage.invitation("desk_agent")

    refused = stage.newcomer(model).register(*halves)

    assert refused.status_code == 403
    assert stage.newcomer().register(*halves).status_code == 201


def test_an_old_invitation_opens_nothing(stage: StaffStage, clock: SteerableClock) -> None:
    """A day, and it is over."""
    halves = stage.invitation("desk_agent")

    clock.advance(timedelta(hours=25).total_seconds())

    assert stage.newcomer().register(*halves).status_code == 403


def test_two_administrators_end_the_bootstrap(stage: StaffStage, services: Services) -> None:
    """Afterwards colleagues are added by colleagues, not by whoever has the command line."""
    from apcv_backend.staff.refusals import EnoughAdministrators

    stage.administrators()

    with pytest.raises(EnoughAdministrators):
        services.staff.registration.bootstrap(["Z"], STRUCTURE, PLACE, services.clock())


def test_own_sessions_are_seen_and_closed(stage: StaffStage) -> None:
    """A session left open elsewhere is ended from here; somebody else's is not there."""
    first, second = stage.administrators()
    elsewhere = stage.newcomer()
    elsewhere.authenticator = first.authenticator
    elsewhere.sign_in()
    mine = first.get("/v1/staff/sessions").get_json()
    other = next(one for one in mine if not one["this_session"])

    assert second.send("DELETE", f"/v1/staff/sessions/{other['session_id']}").status_code == 404
    assert first.send("DELETE", f"/v1/staff/sessions/{other['session_id']}").status_code == 204
    assert elsewhere.get("/v1/staff/session").status_code == 401
    assert first.send("DELETE", "/v1/staff/session").status_code == 204
    assert first.get("/v1/staff/session").status_code == 401


def test_the_cookie_is_for_this_host_over_tls_and_no_script(stage: StaffStage) -> None:
    """The four attributes that keep a session in its browser."""
    first, _ = stage.administrators()

    written = first.sign_in().headers["Set-Cookie"]

    assert written.startswith("__Host-staff=")
    for attribute in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert attribute in written
    assert "Domain" not in written
