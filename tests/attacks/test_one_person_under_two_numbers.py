"""Attack: name a patient by another of their numbers, where nothing they said is filed.

An insured person is found under their own NIR, and under the number that opens their rights with a birth date
and a rank (the identity key of a carte Vitale). Whoever may choose the name must not choose the person.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, select

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services
from apcv_backend.callers import Caller, CallerKind
from apcv_backend.enrolment.rules import DossierProfessionnel, PersonKey
from apcv_backend.quota_rules import DAY_S
from apcv_backend.rights.ports import RightsSource
from apcv_backend.rights.rules import ReponseDroits
from apcv_backend.subjects import Subjects
from apcv_backend.tables import journal, notices, query_people, query_windows, subjects
from cartes.assure import StatutIdentite
from cartes.cards import CardKind
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.mode import Mode
from tests.simulators.callers import KnownCallers
from tests.simulators.clock import MORNING, SteerableClock
from tests.simulators.enrolment_stage import professional
from tests.simulators.issuance_stage import ANGE, LAURE
from tests.simulators.online_rights_stage import INSURER, RightsStage, contract, open_rights_stage
from tests.simulators.population import nir_of

AS_ON_A_VITALE = PersonKey.parse(CardKind.APCV, f"{ANGE.text}/19580314/1")
PATIENT = {"nir": ANGE.text}
THE_SAME = {"nir": ANGE.text, "birth_date": "19580314", "rank": 1}


@pytest.fixture
def door(services: Services) -> FlaskClient:
    """Ange, signed in, and a pharmacist who may ask about records."""
    return door_of(services, ANGE)


def door_of(services: Services, patient: PersonKey) -> FlaskClient:
    given = frozenset({"openid", "record"})
    known = KnownCallers(
        {
            "ange": Caller(CallerKind.PATIENT, client_id="mes", person=patient, scopes=given),
            "laure": Caller(
                CallerKind.PROFESSIONAL,
                client_id="lgo",
                subject_id="s-laure",
                person=LAURE,
                structure="999001506",
                scopes=given,
            ),
        }
    )
    return create_app(replace(services, callers=known)).test_client()


@pytest.fixture
def stage(services: Services, clock: SteerableClock, attestation_dir: Path) -> RightsStage:
    return open_rights_stage(services, clock, attestation_dir)


def said(door: FlaskClient, path: str, who: str, **body: Any) -> dict[str, Any]:
    answer = door.post(path, json=body, headers={"Authorization": f"DPoP {who}"})
    assert answer.status_code in {200, 201}, answer.get_json()
    return dict(answer.get_json())


def pseudonyms(services: Services) -> int:
    with services.database.read() as connection:
        return len(connection.execute(select(subjects.c.subject_id)).all())


def asked_about(services: Services, event: str) -> set[str]:
    with services.database.read() as connection:
        return set(connection.execute(select(journal.c.subject).where(journal.c.event == event)).scalars())


def test_a_block_holds_under_every_number(door: FlaskClient, services: Services) -> None:
    """Blocked by name, a pharmacist asks under the Vitale's key: refused, and Ange reads it."""
    said(door, "/v1/consents", "ange", target="professional", number=LAURE.text, decision="blocked")

    answer = said(
        door,
        "/v1/access-decisions",
        "laure",
        patient=AS_ON_A_VITALE.text,
        purpose="normal",
        care_team=True,
    )

    assert (answer["decision"], answer["rule"]) == ("deny", "professional_blocked")
    assert pseudonyms(services) == 1
    assert asked_about(services, "record.denied") == asked_about(services, "consent.blocked")


def test_what_was_said_before_a_number_changed_still_holds(services: Services) -> None:
    """Entered when no number of their own could be used; asked about under the one they have today."""
    door = door_of(services, AS_ON_A_VITALE)
    said(door, "/v1/consents", "ange", target="professional", number=LAURE.text, decision="blocked")

    answer = said(door, "/v1/access-decisions", "laure", patient=ANGE.text, purpose="normal", care_team=True)

    assert (answer["decision"], answer["rule"]) == ("deny", "professional_blocked")
    assert pseudonyms(services) == 1
    assert asked_about(services, "record.denied") == asked_about(services, "consent.blocked")


@pytest.mark.parametrize("entered", [0, 1], ids=["today's", "a former one's"])
def test_a_pseudonym_outlives_the_number_it_was_made_for(services: Services, entered: int) -> None:
    """One by one and in a file: whoever had a number before is found under it, and entered once."""
    people = Subjects(services.vault, secrets.token_bytes)
    today = PersonKey(CardKind.APCV, nir_of(7), formerly=(AS_ON_A_VITALE.text,))
    first = PersonKey(CardKind.APCV, (today.text, *today.formerly)[entered])

    def work(tx: Connection) -> tuple[str, str, dict[PersonKey, str]]:
        made = people.ensure(tx, first, MORNING)
        return made, people.ensure(tx, today, MORNING), people.find_each(tx, [today, ANGE])

    made, found, each = services.database.run(work)

    assert found == made
    assert each == {today: made}
    assert pseudonyms(services) == 1


def test_a_former_number_never_gives_a_professional_somebody_elses_pseudonym() -> None:
    """A directory that calls another's number of today a former one of this person merges nobody."""
    somebody_else = Idnps.parse("899700000017", Mode.LENIENT)
    claims = professional(former_ids=(somebody_else,))

    key = DossierProfessionnel(claims).key_of(PersonKey(CardKind.ECPS, somebody_else.text))

    assert key.text == claims.id_national.text
    assert key.formerly == ()


def test_a_number_that_may_not_be_exchanged_finds_nobody_else(services: Services) -> None:
    """It may be somebody else's: it is no former number of a person whose identity is in doubt."""
    assure = services.rights.droits_of(ANGE, MORNING).dossier()
    doubtful = replace(assure, beneficiaire=replace(assure.beneficiaire, statut_identite=StatutIdentite.PROV))

    assert assure.key_of(ANGE) == ANGE
    assert assure.key_of(ANGE).formerly == (AS_ON_A_VITALE.text,)
    assert doubtful.key_of(ANGE).formerly == ()
    assert doubtful.key_of(ANGE) == AS_ON_A_VITALE


def test_an_opposition_made_beforehand_holds_under_every_number(
    door: FlaskClient, services: Services
) -> None:
    """Nobody breaks the glass by another name, and the notice reaches the patient's own phones."""
    said(door, "/v1/consents", "ange", target="purpose", number="bris_de_glace", decision="blocked")

    answer = said(
        door,
        "/v1/access-decisions",
        "laure",
        patient=AS_ON_A_VITALE.text,
        purpose="bris_de_glace",
        care_team=False,
    )

    assert answer["rule"] == "opposed_beforehand"
    with services.database.read() as connection:
        told = set(connection.execute(select(notices.c.subject_id)).scalars())
    assert told == asked_about(services, "consent.blocked")


def test_a_question_by_another_number_is_in_the_patients_journal(stage: RightsStage) -> None:
    """An insurer asks under the Vitale's key: the patient reads it all the same."""
    stage.ask_member(ANGE.text)
    stage.told.members[INSURER, AS_ON_A_VITALE.text] = contract(INSURER)

    answer = stage.ask("mutuelle", ground="membership", patient=THE_SAME)

    assert answer.status_code == 200, answer.get_json()
    assert {subject for subject, _ in stage.lines("rights.queried")} == {stage.subject_of(ANGE)}


def test_the_same_person_by_two_numbers_is_one_person_to_the_limits(stage: RightsStage) -> None:
    """Otherwise each number of a canary or of a habit would be another."""
    stage.ask_member(ANGE.text)
    stage.ask("mutuelle", ground="membership", patient=THE_SAME)

    assert len(stage.rows(query_people)) == 1


@dataclass
class Newborn:
    """Ange, before a number of theirs may be used, and from then on. See `rights.ports.RightsSource`."""

    others: RightsSource
    has_number: bool = False

    def droits_of(self, person: PersonKey, at: datetime) -> ReponseDroits:
        """See `RightsSource.droits_of`."""
        known = self.others.droits_of(person, at)
        if self.has_number:
            return known
        return replace(known, beneficiaire=replace(known.beneficiaire, statut_identite=StatutIdentite.PROV))


@pytest.fixture
def newborn(services: Services, clock: SteerableClock, attestation_dir: Path) -> tuple[RightsStage, Newborn]:
    source = Newborn(services.rights)
    stage = open_rights_stage(services, clock, attestation_dir, source)
    stage.told.everybody = True
    return stage, source


def test_a_newborn_who_received_a_number_is_the_same_person_to_the_limits(
    newborn: tuple[RightsStage, Newborn],
) -> None:
    """Asked about before the number and after it, the same day, one by one and in a file: one person."""
    stage, source = newborn
    stage.ask("mutuelle", ground="membership", patient=THE_SAME)
    source.has_number = True

    stage.ask("mutuelle", ground="membership", patient=PATIENT)
    file = json.dumps(PATIENT).encode()
    stage.client.post(
        "/v1/rights/batches?purpose=contract&care_date=2026-11-21",
        data=file,
        content_type="application/x-ndjson",
        headers={"Authorization": "DPoP mutuelle", "Batch-Id": "fichier-de-novembre"},
    )

    assert len(stage.lines("rights.queried")) == 3
    assert {row.people for row in stage.rows(query_windows) if row.window_s == DAY_S} == {1}


def test_a_canary_rings_under_a_number_it_had_before(newborn: tuple[RightsStage, Newborn]) -> None:
    """Planted under the key of a Vitale; asked about under the number that came since."""
    stage, source = newborn
    index = stage.services.vault.person_index(CardKind.APCV.value, AS_ON_A_VITALE.text)
    stage.services.database.run(lambda tx: stage.online.quotas.plant(tx, index, "essai", stage.clock()))
    source.has_number = True

    stage.ask("mutuelle", ground="membership", patient=PATIENT)

    assert stage.alarms() == ["canary"]


def test_a_canary_rings_under_every_number(stage: RightsStage) -> None:
    """Planted by its number, which nobody has: asked about as somebody's child, it rings as well."""
    bird = nir_of(7)
    index = stage.services.vault.person_index(CardKind.APCV.value, bird)
    stage.services.database.run(lambda tx: stage.online.quotas.plant(tx, index, "essai", stage.clock()))

    stage.ask("mutuelle", ground="membership", patient={**THE_SAME, "nir": bird})

    assert stage.alarms() == ["canary"]


def test_a_phone_enrolled_under_one_number_is_found_under_the_other(stage: RightsStage) -> None:
    """An agent types what is on the card: it is the same person's phone, and there is one pseudonym."""
    services = stage.services
    phone = stage.cards.enrolled(AS_ON_A_VITALE)

    assert phone.fetch().status_code == 200
    assert stage.subject_of(ANGE)
    assert len(services.enrolment.devices.list_for(ANGE)) == 1
    assert pseudonyms(services) == 1
