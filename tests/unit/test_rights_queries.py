"""A question about rights: a legal ground, the least it allows, and one answer for unknown and refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from apcv_backend.bootstrap import Services
from apcv_backend.callers import Caller, CallerKind
from apcv_backend.enrolment.rules import PersonKey
from cartes.cards import CardKind
from tests.simulators.answers import json_of
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, DENIS, LAURE, SARAH
from tests.simulators.online_rights_stage import (
    INSURER,
    OTHER_INSURER,
    RightsStage,
    contract,
    open_rights_stage,
    open_till,
    pocket,
)

NOBODY = "158032A99904297"
UNKNOWN = "255019999912354"
NEVER = ("ald", "exon", "medecin", "traitant", "montant", "amount", "c2s", "taux")


@pytest.fixture
def stage(services: Services, clock: SteerableClock, attestation_dir: Path) -> RightsStage:
    return open_rights_stage(services, clock, attestation_dir)


def token_of(stage: RightsStage, shape: str = "soins", caller: str = "laure") -> str:
    return str(json_of(stage.redeem(pocket(stage).show(shape), caller))["presence_token"])


def test_a_presence_opens_what_was_shown_and_no_more(stage: RightsStage) -> None:
    """A one-way `soins`: the number, the compulsory cover and the contract that were in the code."""
    answer = stage.ask(ground="presence", presence_token=token_of(stage))

    assert answer.status_code == 200, answer.get_json()
    told = json_of(answer)
    assert told["matricule_ins"] == ANGE.text
    assert told["amo"]["open"] is True
    assert set(told) == {"query_id", "ground", "care_date", "as_of", "amo", "amc", "matricule_ins"}
    assert not any(word in answer.text.lower() for word in NEVER)


def test_an_identity_shown_one_way_opens_no_right(stage: RightsStage) -> None:
    """`identite` says a name and nothing else, whatever the till asks next."""
    told = json_of(stage.ask(ground="presence", presence_token=token_of(stage, "identite")))

    assert set(told) == {"query_id", "ground", "care_date", "as_of"}


def test_a_complete_code_opens_no_ald_and_no_c2s(stage: RightsStage) -> None:
    """They were in the code; the query answers what a query needs."""
    answer = stage.ask(ground="presence", presence_token=token_of(stage, "complet"))

    assert answer.status_code == 200
    assert not any(word in answer.text.lower() for word in NEVER)


def test_a_two_way_answer_opens_the_whole_least(stage: RightsStage) -> None:
    """The patient's phone knew who asked."""
    request, shown = open_till(stage).ask(pocket(stage))
    given = json_of(stage.redeem(shown, request=request))

    told = json_of(stage.ask(ground="presence", presence_token=given["presence_token"]))

    assert {"amo", "amc", "matricule_ins"} <= set(told)


def test_a_presence_is_the_professionals_it_was_given_to(stage: RightsStage) -> None:
    """Another professional cannot ask on it; an insurer it was handed to may, and gets no number."""
    token = token_of(stage)

    karim = stage.ask("karim", ground="presence", presence_token=token)
    mutuelle = stage.ask("mutuelle", ground="presence", presence_token=token)

    assert (karim.status_code, json_of(karim)["why"]) == (403, "not_yours")
    assert mutuelle.status_code == 200
    assert "matricule_ins" not in json_of(mutuelle)


@pytest.mark.parametrize("token", ["", "a.b.c", "x" * 3000])
def test_a_made_up_token_opens_nothing(stage: RightsStage, token: str) -> None:
    """Neither an empty one, nor one that is no token, nor one that is too long."""
    assert stage.ask(ground="presence", presence_token=token).status_code in {403, 422}


def test_an_insurer_asks_about_its_member(stage: RightsStage) -> None:
    """The compulsory cover of the day, and its own contract."""
    stage.told.members[INSURER, ANGE.text] = contract()

    told = json_of(stage.ask_member(ANGE.text))

    assert told["amo"]["open"] is True
    assert [one["numero_amc"] for one in told["amc"]["covers"]] == [INSURER]
    assert "matricule_ins" not in told
    assert stage.lines("rights.queried") == [
        (
            stage.subject_of(ANGE),
            {
                "client": "mutuelle",
                "organisation": INSURER,
                "ground": "membership",
                "purpose": "third_party_payment",
                "outcome": "answered",
                "query": told["query_id"],
            },
        )
    ]


def test_a_contract_that_was_ended_is_not_open(stage: RightsStage) -> None:
    """No period outlives the résiliation."""
    stage.told.members[INSURER, ANGE.text] = contract(until=date(2026, 10, 31))

    told = json_of(stage.ask_member(ANGE.text))

    assert told["amc"] == {"open": False, "covers": []}


def test_unknown_refused_and_anothers_member_get_one_answer(stage: RightsStage) -> None:
    """Attacks 10 and 23: the same status, the same bytes, the same headers."""
    stage.told.members[OTHER_INSURER, ANGE.text] = contract(OTHER_INSURER)
    answers = [
        stage.ask_member(ANGE.text),  # another insurer's member
        stage.ask_member(SARAH.text),  # nobody's member
        stage.ask_member(UNKNOWN),  # not known at all
        stage.ask_member(NOBODY),  # a number whose key is wrong
        stage.ask("laure", ground="consent", patient={"nir": ANGE.text}),  # no consent
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers)) for answer in answers}) == 1


def test_a_refused_question_is_in_the_patients_journal(stage: RightsStage) -> None:
    """They see that somebody asked, and that nothing was told."""
    stage.ask_member(ANGE.text)

    assert [(subject, facts["outcome"]) for subject, facts in stage.lines("rights.queried")] == [
        (stage.subject_of(ANGE), "refused")
    ]


def test_a_consent_lets_a_professional_ask(stage: RightsStage) -> None:
    """As long as it stands: the next question after its withdrawal is refused."""
    covers = (ANGE.text, "professional:sub-" + LAURE.text + "@lgo", "care")
    stage.told.consents.add(covers)
    asked: dict[str, Any] = {"ground": "consent", "purpose": "care", "patient": {"nir": ANGE.text}}

    before = stage.ask(**asked)
    stage.told.consents.clear()
    after = stage.ask(**asked)

    assert (before.status_code, after.status_code) == (200, 404)
    assert "matricule_ins" not in json_of(before)


def test_a_child_is_asked_about_by_the_ouvrant_droits_number(stage: RightsStage) -> None:
    """Number, birth date and rank, as a carte Vitale knows a child."""
    child = next(PersonKey(CardKind.APCV, key) for key in stage.services.rights._answers if "/" in key)
    stage.told.members[INSURER, child.text] = contract()
    nir, born, rank = child.text.split("/")

    answer = stage.ask(
        "mutuelle", ground="membership", patient={"nir": nir, "birth_date": born, "rank": int(rank)}
    )

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("token", "changes", "why"),
    [
        ("laure", {"ground": "membership", "patient": {"nir": ANGE.text}}, "ground"),
        ("laure", {"ground": "consent", "purpose": "contract", "patient": {"nir": ANGE.text}}, "purpose"),
        ("mutuelle", {"ground": "membership", "purpose": "care", "patient": {"nir": ANGE.text}}, "purpose"),
    ],
)
def test_what_a_kind_of_caller_may_never_ask(
    stage: RightsStage, token: str, changes: dict[str, Any], why: str
) -> None:
    """Whoever the patient is."""
    answer = stage.ask(token, **changes)

    assert (answer.status_code, json_of(answer)["why"]) == (403, why)


def test_an_insurer_asks_for_the_purposes_it_declared(stage: RightsStage) -> None:
    """And needs the scope, and a number of its own."""
    stage.callers.callers["less"] = Caller(
        CallerKind.CLIENT, client_id="less", organisation=INSURER, scopes=frozenset({"rights"})
    )
    stage.callers.callers["no scope"] = Caller(CallerKind.CLIENT, client_id="none", organisation=INSURER)

    assert json_of(stage.ask_member(ANGE.text, "less"))["why"] == "purpose"
    assert json_of(stage.ask_member(ANGE.text, "no scope"))["code"] == "caller_not_allowed"
    assert stage.ask_member(ANGE.text, "nobody").status_code == 401


@pytest.mark.parametrize("day", ["2025-11-01", "2027-01-01"])
def test_a_care_date_too_far_off_is_refused(stage: RightsStage, day: str) -> None:
    """A year back, thirty days ahead."""
    stage.told.members[INSURER, ANGE.text] = contract()

    assert json_of(stage.ask_member(ANGE.text, care_date=day))["code"] == "care_date_out_of_range"


@pytest.mark.parametrize(
    "body",
    [
        {"ground": "presence", "patient": {"nir": ANGE.text}},
        {"ground": "membership", "presence_token": "a.b.c"},
        {"ground": "membership"},
        {"ground": "membership", "patient": {"nir": "12"}},
        {"ground": "membership", "patient": {"nir": ANGE.text}, "care_date": "2026-02-31"},
        {"ground": "membership", "patient": {"nir": ANGE.text}, "more": 1},
    ],
)
def test_a_question_that_is_not_one_costs_a_422(stage: RightsStage, body: dict[str, Any]) -> None:
    """Never a 500, and nothing in the journal."""
    assert stage.ask("mutuelle", **body).status_code == 422
    assert stage.lines("rights.queried") == []


def test_no_number_is_in_the_journal(stage: RightsStage) -> None:
    """A person is a pseudonym there, asked about or refused."""
    stage.told.members[INSURER, DENIS.text] = contract()
    stage.ask_member(DENIS.text)
    stage.ask_member(UNKNOWN)

    told = str(stage.lines("rights.queried"))
    assert DENIS.text not in told
    assert UNKNOWN not in told
    assert stage.lines("rights.queried")[1][0] == "nobody"
