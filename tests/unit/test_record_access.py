"""Access to the record: the patient's word, the table's answer, and who is told."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services
from apcv_backend.callers import Caller, CallerKind
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.record_access.rules import RULES, Answer, Decision, Purpose, Question, a_month_later, judge
from apcv_backend.tables import journal, notices
from cartes.cards import CardKind
from cartes.wire import strict_json
from tests.simulators.callers import KnownCallers
from tests.simulators.clock import SteerableClock

ANGE = PersonKey(CardKind.APCV, "158032A99904296")
PAOLI = PersonKey(CardKind.ECPS, "899700900154")
HADDAD = PersonKey(CardKind.ECPS, "899700900147")
STRUCTURE = "999001506"
GIVEN = frozenset({"openid", "record"})

_decisions = st.sampled_from([None, *Decision])
_questions = st.builds(
    Question,
    purpose=st.sampled_from(list(Purpose)),
    professional=_decisions,
    structure=_decisions,
    opposed=st.booleans(),
    care_team=st.booleans(),
    regulator=st.booleans(),
    hidden=st.booleans(),
    is_author=st.booleans(),
    confidential=st.booleans(),
    to_representative=st.booleans(),
)


@given(_questions)
def test_a_block_wins_over_everything_but_an_emergency(asked: Question) -> None:
    """No presumption, consent or authorship opens what the patient closed."""
    blocked = replace(asked, professional=Decision.BLOCKED, purpose=Purpose.NORMAL)

    assert judge(blocked).answer is Answer.DENY


@given(_questions)
def test_an_emergency_fails_on_a_prior_opposition_and_nothing_else(asked: Question) -> None:
    """A block, a mask or no consent at all stop nobody who saves a life; an opposition does."""
    urgent = replace(asked, purpose=Purpose.BRIS_DE_GLACE)
    regulated = replace(asked, purpose=Purpose.CENTRE_15, regulator=True)

    for question in (urgent, regulated):
        assert (judge(question).answer is Answer.DENY) == question.opposed


@given(_questions)
def test_the_switchboards_purpose_is_the_regulators_alone(asked: Question) -> None:
    """`centre_15` from anybody else is refused, whatever the patient said."""
    assert judge(replace(asked, purpose=Purpose.CENTRE_15, regulator=False)).name == "not_a_regulator"


@given(_questions)
def test_what_a_minor_kept_secret_is_not_shown_to_a_parent(asked: Question) -> None:
    """In the ordinary course, a confidential event is closed to whoever represents the child."""
    shown = replace(asked, purpose=Purpose.NORMAL, confidential=True, to_representative=True)

    assert judge(shown).name == "confidential_to_representative"


def test_without_a_word_or_a_team_the_record_is_closed() -> None:
    """Consent comes first (R1111-46); nobody said anything here."""
    assert judge(Question(Purpose.NORMAL)).name == "no_consent"
    assert judge(Question(Purpose.NORMAL, care_team=True)).name == "care_team"
    assert judge(Question(Purpose.NORMAL, structure=Decision.GRANTED)).name == "structure_consented"
    hidden = Question(Purpose.NORMAL, care_team=True, hidden=True)
    assert judge(hidden).name == "document_hidden"
    assert judge(replace(hidden, is_author=True)).name == "care_team"


def test_every_rule_is_reached() -> None:
    """A line of the table that never decides would be a promise nobody keeps."""
    said = (None, Decision.GRANTED, Decision.BLOCKED)
    reached = {
        judge(Question(purpose, professional, structure, *facts)).name
        for purpose in Purpose
        for professional, structure in product(said, repeat=2)
        for facts in product((False, True), repeat=7)
    }

    assert reached == {rule.name for rule in RULES}


def test_a_month_ends_within_the_month() -> None:
    """From 31 January one waits until the end of February, and from December into the next year."""
    january = datetime(2027, 1, 31, 8, tzinfo=UTC)

    assert a_month_later(january) == datetime(2027, 2, 28, 8, tzinfo=UTC)
    assert a_month_later(datetime(2026, 12, 15, tzinfo=UTC)) == datetime(2027, 1, 15, tzinfo=UTC)


# --- through the door


@pytest.fixture
def callers() -> KnownCallers:
    """A patient, two professionals and an insurer, signed in."""
    doctor = Caller(
        CallerKind.PROFESSIONAL,
        client_id="lgo",
        subject_id="s-paoli",
        person=PAOLI,
        structure=STRUCTURE,
        scopes=GIVEN,
    )
    return KnownCallers(
        {
            "ange": Caller(
                CallerKind.PATIENT, client_id="mes", subject_id="s-ange", person=ANGE, scopes=GIVEN
            ),
            "paoli": doctor,
            "haddad": replace(doctor, subject_id="s-haddad", person=HADDAD, structure="999001423"),
            "samu": replace(doctor, facts={"regulation_medicale": "true"}),
            "mutuelle": Caller(CallerKind.CLIENT, client_id="amc", organisation="99999001"),
            "parent": Caller(CallerKind.PATIENT, client_id="mes", person=ANGE, acts_for=PAOLI, scopes=GIVEN),
        }
    )


class Door:
    """The doors of the room, as each caller pushes them."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def send(self, method: str, path: str, who: str, body: object = None) -> Any:
        return self.client.open(path, method=method, json=body, headers={"Authorization": f"DPoP {who}"})

    def say(self, **words: Any) -> Mapping[str, Any]:
        answer = self.send("POST", "/v1/consents", "ange", words)
        assert answer.status_code == 201, answer.get_json()
        return dict(answer.get_json())

    def ask(self, who: str, purpose: str = "normal", **words: Any) -> Mapping[str, Any]:
        body = {"patient": ANGE.text, "purpose": purpose, "care_team": True, **words}
        answer = self.send("POST", "/v1/access-decisions", who, body)
        assert answer.status_code == 200, answer.get_json()
        return dict(answer.get_json())


@pytest.fixture
def door(services: Services, callers: KnownCallers) -> Door:
    return Door(create_app(replace(services, callers=callers)).test_client())


def test_a_blocked_pharmacist_is_refused_and_another_is_not(door: Door) -> None:
    """A named professional is closed out, though of the care team; taking it back opens again."""
    said = door.say(target="professional", number=PAOLI.text, decision="blocked")

    refused = door.ask("paoli")
    assert (refused["decision"], refused["rule"], refused["source"]) == (
        "deny",
        "professional_blocked",
        "CSP L1111-17",
    )
    assert door.ask("haddad")["decision"] == "permit"
    assert door.send("DELETE", f"/v1/consents/{said['consent_id']}", "ange").status_code == 204
    assert door.ask("paoli")["rule"] == "care_team"


def test_the_last_word_about_somebody_stands(door: Door) -> None:
    """Granted, then blocked: one statement, the last."""
    door.say(target="professional", number=PAOLI.text, decision="granted")
    door.say(target="professional", number=PAOLI.text, decision="blocked")

    listed = door.send("GET", "/v1/consents", "ange").get_json()

    assert [(one["number"], one["decision"]) for one in listed] == [(PAOLI.text, "blocked")]


def test_a_consent_ends_when_it_said(door: Door, clock: SteerableClock) -> None:
    """A grant until tomorrow opens today and nothing the day after."""
    until = (clock() + timedelta(days=1)).isoformat()
    door.say(target="professional", number=PAOLI.text, decision="granted", until=until)
    assert door.ask("paoli", care_team=False)["rule"] == "professional_consented"

    clock.advance(timedelta(days=2).total_seconds())

    assert door.ask("paoli", care_team=False)["rule"] == "no_consent"


def test_breaking_the_glass_is_told_at_once(door: Door, services: Services) -> None:
    """A notice on the patient's phones, and a line that says who, where, why and by which rule."""
    door.say(target="professional", number=PAOLI.text, decision="blocked")

    answer = door.ask("paoli", "bris_de_glace", care_team=False)

    assert (answer["decision"], answer["rule"], answer["patient_is_told"]) == ("permit", "emergency", True)
    with services.database.read() as connection:
        told = connection.execute(select(notices)).one()
        line = connection.execute(select(journal).where(journal.c.event == "record.permitted")).one()
    assert told.kind == "record_opened_in_emergency"
    assert told.subject_id == line.subject
    assert strict_json.loads(line.facts.encode()) == {
        "by": PAOLI.text,
        "structure": STRUCTURE,
        "client": "lgo",
        "purpose": "bris_de_glace",
        "rule": "emergency",
    }


@pytest.mark.parametrize(
    ("who", "purpose", "rule"),
    [
        ("paoli", "bris_de_glace", "opposed_beforehand"),
        ("samu", "centre_15", "opposed_beforehand"),
        ("paoli", "centre_15", "not_a_regulator"),
    ],
)
def test_an_emergency_denied_is_told_like_one_permitted(
    door: Door, services: Services, who: str, purpose: str, rule: str
) -> None:
    """Whoever tried is told of, each time they tried."""
    for name in ("bris_de_glace", "centre_15"):
        door.say(target="purpose", number=name, decision="blocked")

    answers = [door.ask(who, purpose) for _ in range(2)]

    assert [(one["decision"], one["rule"]) for one in answers] == [("deny", rule)] * 2
    with services.database.read() as connection:
        told = connection.execute(select(notices)).all()
        lines = connection.execute(select(journal).where(journal.c.event == "record.denied")).all()
    assert [one.kind for one in told] == ["record_opened_in_emergency"] * 2
    assert {one.subject_id for one in told} == {one.subject for one in lines}


def test_what_a_client_declares_is_written_down_as_its_word(door: Door, services: Services) -> None:
    """The care team, a confidential event, who it is shown to: the journal keeps which client said so."""
    door.ask("paoli")
    door.ask("paoli", care_team=False, confidential=True, to_representative=True)

    with services.database.read() as connection:
        rows = connection.execute(select(journal).where(journal.c.event.startswith("record."))).all()
    first, second = (strict_json.loads(row.facts.encode()) for row in rows)
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert (first["client"], first["care_team"]) == ("lgo", True)
    assert {"confidential", "to_representative"}.isdisjoint(first)
    assert (second["confidential"], second["to_representative"]) == (True, True)
    assert "care_team" not in second


def test_a_prior_opposition_stops_an_emergency(door: Door) -> None:
    """Said beforehand, purpose by purpose; and the patient is told of the attempt too."""
    door.say(target="purpose", number="bris_de_glace", decision="blocked")

    refused = door.ask("paoli", "bris_de_glace")

    assert (refused["rule"], refused["patient_is_told"]) == ("opposed_beforehand", True)
    assert door.ask("samu", "centre_15")["decision"] == "permit"
    assert door.ask("paoli", "centre_15")["rule"] == "not_a_regulator"


def test_a_masked_document_is_its_authors_alone(door: Door) -> None:
    """The rest of the record stays open to the team."""
    hidden = door.send("POST", "/v1/hidden-documents", "ange", {"document": "doc-7"}).get_json()

    assert door.ask("paoli", document="doc-7")["rule"] == "document_hidden"
    assert door.ask("paoli", document="doc-7", author=PAOLI.text)["decision"] == "permit"
    assert door.ask("paoli", document="doc-8")["decision"] == "permit"
    assert door.send("DELETE", f"/v1/hidden-documents/{hidden['hidden_id']}", "ange").status_code == 204
    assert door.ask("paoli", document="doc-7")["decision"] == "permit"


def test_a_withheld_document_opens_by_itself_after_a_month(
    door: Door, services: Services, clock: SteerableClock
) -> None:
    """Asking again does not begin the month again, and the patient's list does not betray it (R1111-53)."""
    body = {"patient": ANGE.text, "document": "biopsy-1"}
    assert door.send("POST", "/v1/withheld-documents", "paoli", body).status_code == 201
    room = services.record_access

    assert not room.visible_to_patient(ANGE, "biopsy-1", clock())
    assert door.send("GET", "/v1/hidden-documents", "ange").get_json() == []
    clock.advance(timedelta(days=20).total_seconds())
    door.send("POST", "/v1/withheld-documents", "haddad", body)
    clock.advance(timedelta(days=11).total_seconds())
    assert room.visible_to_patient(ANGE, "biopsy-1", clock())


def test_a_consent_to_rights_covers_its_insurer_alone(
    door: Door, services: Services, callers: KnownCallers, clock: SteerableClock
) -> None:
    """What rights queries ask of this room; a consent to the record is not one to rights."""
    covers = services.record_access.covers
    mutuelle, paoli = callers.callers["mutuelle"], callers.callers["paoli"]
    assert not covers(ANGE, mutuelle, "rights", clock())

    door.say(target="organisation", number="99999001", decision="granted", scope="rights")
    door.say(target="professional", number=PAOLI.text, decision="granted")

    assert covers(ANGE, mutuelle, "rights", clock())
    assert not covers(ANGE, replace(mutuelle, organisation="99999002"), "rights", clock())
    assert not covers(ANGE, paoli, "rights", clock())


def test_who_objects_to_an_insurer_is_found_among_many(
    door: Door, services: Services, callers: KnownCallers, clock: SteerableClock
) -> None:
    """One look: who blocked that insurer; not who said nothing, nor who blocked a professional or agreed."""
    objecting = services.record_access.objecting
    mutuelle, paoli = callers.callers["mutuelle"], callers.callers["paoli"]
    stranger = PersonKey(CardKind.APCV, "255019999912354")
    door.say(target="professional", number=PAOLI.text, decision="blocked")
    door.say(target="organisation", number="99999001", decision="granted", scope="rights")
    assert objecting([ANGE, stranger], mutuelle, clock()) == frozenset()

    door.say(target="organisation", number="99999001", decision="blocked", scope="rights")

    assert objecting([stranger, ANGE], mutuelle, clock()) == {ANGE}
    assert objecting([], mutuelle, clock()) == frozenset()
    assert objecting([ANGE], replace(mutuelle, organisation="99999002"), clock()) == frozenset()
    assert objecting([ANGE], paoli, clock()) == frozenset()


def test_an_end_already_past_is_refused_and_lifts_no_block(door: Door, clock: SteerableClock) -> None:
    """A consent that ended before it began would take the place of the block, and hold for nobody."""
    blocked = {"target": "professional", "number": PAOLI.text, "decision": "blocked"}
    door.say(**blocked)

    for until in (clock(), clock() - timedelta(days=365)):
        words = {**blocked, "decision": "granted", "until": until.isoformat()}
        assert door.send("POST", "/v1/consents", "ange", words).status_code == 422

    assert door.ask("paoli")["rule"] == "professional_blocked"


@pytest.mark.parametrize(
    "words",
    [
        {"target": "purpose", "number": "normal", "decision": "blocked"},
        {"target": "purpose", "number": "bris_de_glace", "decision": "granted"},
        {"target": "organisation", "number": "99999001", "decision": "granted"},
        {"target": "professional", "number": "899700900155", "decision": "blocked"},
        {"target": "structure", "number": "x", "decision": "blocked"},
    ],
)
def test_what_cannot_be_meant_is_refused(door: Door, words: Mapping[str, str]) -> None:
    """No insurer in the record, no consent to an emergency, no number with a wrong key."""
    assert door.send("POST", "/v1/consents", "ange", words).status_code == 422


def test_nobody_speaks_for_the_patient(door: Door) -> None:
    """Not a professional, not a machine, not whoever represents them."""
    said = {"target": "professional", "number": PAOLI.text, "decision": "granted"}

    for who, status in (("paoli", 403), ("mutuelle", 403), ("parent", 403), ("nobody", 401)):
        assert door.send("POST", "/v1/consents", who, said).status_code == status
    body = {"patient": ANGE.text, "purpose": "normal", "care_team": True}
    assert door.send("POST", "/v1/access-decisions", "ange", body).status_code == 403


def test_an_unknown_patient_is_answered_like_any_other(door: Door) -> None:
    """The answer says nothing of who exists: a number nobody has simply said nothing."""
    known, unknown = ANGE.text, "204023599921039"
    bodies = [{"patient": one, "purpose": "normal", "care_team": False} for one in (known, unknown)]

    answers = [door.send("POST", "/v1/access-decisions", "paoli", body).get_json() for body in bodies]

    assert answers[0] == answers[1]
    assert secrets.compare_digest(answers[0]["rule"], "no_consent")
