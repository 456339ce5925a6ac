"""An insurer's machine: registered, its contracts published, a question, a file; its member reads it all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services, build
from apcv_backend.bootstrap.online_rights import build_online_rights
from apcv_backend.config import Config
from cartes.wire import strict_json
from tests.simulators.clock import SteerableClock
from tests.simulators.fhir_profiles import check_fhir
from tests.simulators.issuance_stage import ANGE, SARAH
from tests.simulators.population import Population, nir_of
from tests.simulators.portal import DpopKey
from tests.simulators.wired_town import Holder, WiredTown, ndjson, open_wired_town

HEADER = (
    "contrat;personne;numero_adherent;lien;nom_amc;type_convention;csr;garantie;debut;fin;responsable;"
    "gestion;domaines;services;etat;date_resiliation"
)
FHIR = "application/fhir+json"


@pytest.fixture
def town(services: Services, app: Flask, clock: SteerableClock, attestation_dir: Path) -> WiredTown:
    return open_wired_town(services, app, clock, attestation_dir)


def _line(person: str, reference: str = "C-1") -> str:
    return (
        f"{reference};{person};F0000001;adherent;MUTUELLE FICTIVE;ZZ;TEST01;R1;2026-01-01;2026-12-31;oui;3;"
        "PHAR;IDB;ouvert;"
    )


def _publish(insurer: Holder, *lines: str) -> dict[str, object]:
    body = "\n".join((HEADER, *lines, "")).encode()
    answer = insurer.call("POST", "/v1/contracts/files", data=body, content_type="text/csv")
    assert answer.status_code == 200, answer.get_json()
    told: dict[str, object] = answer.get_json()
    return told


def _send(insurer: Holder, name: str, body: bytes, first: int = 1) -> list[dict[str, object]]:
    answer = insurer.call(
        "POST",
        f"/v1/rights/batches?purpose=contract&care_date=2026-11-21&from_line={first}",
        data=body,
        content_type="application/x-ndjson",
        headers={"Batch-Id": name},
    )
    assert answer.status_code == 200, answer.get_json()
    return [strict_json.loads(line) for line in answer.data.splitlines()]


def test_an_insurer_publishes_asks_and_its_member_reads_it(town: WiredTown) -> None:
    """Client credentials, private_key_jwt, DPoP; the ground is the contract it published itself."""
    patient, machine = town.patient(ANGE), town.insurer()
    insurer = machine.holder("rights contracts")
    question: dict[str, Any] = {"ground": "membership", "purpose": "contract", "patient": {"nir": ANGE.text}}

    # 1. Without a contract there is no ground; the answer is the one for a stranger.
    before = insurer.ask(**question)
    stranger = insurer.ask(**{**question, "patient": {"nir": "255019999912354"}})
    assert before.status_code == stranger.status_code == 404
    assert before.get_json()["code"] == stranger.get_json()["code"] == "rights_not_answered"

    # 2. A file with a bad line: told, and the good one kept.
    report = _publish(insurer, _line(ANGE.text), _line("not-a-number", "C-2"))
    assert (report["entered"], report["refused"]) == (1, [{"line": 3, "field": "personne", "code": "length"}])

    # 3. The question, in JSON and in FHIR.
    told = insurer.ask(**question)
    assert told.status_code == 200, told.get_json()
    assert told.get_json()["amo"]["open"] is True
    assert told.get_json()["amc"]["covers"][0]["numero_adherent"] == "F0000001"
    assert "matricule_ins" not in told.get_json()
    fhir = insurer.ask(accept=FHIR, **question)
    assert fhir.content_type == FHIR
    check_fhir(fhir.get_json())

    # 4. The member reads who asked, on what ground and what for; the clock has not moved.
    asked = [one for one in town.journal(patient) if one["event"] == "rights.queried"]
    assert [one["who"] for one in asked] == ["Mutuelle de démonstration"] * 3
    assert asked[0]["why"] == (
        "motif : votre contrat chez cet organisme ; but : gestion de votre contrat ; résultat : répondu"
    )
    assert asked[-1]["why"].endswith("résultat : refusé")


def test_another_insurers_member_is_a_stranger(town: WiredTown) -> None:
    """The organisation is the one of the registration: nobody declares it at the door."""
    town.patient(ANGE)
    _publish(town.insurer().holder("contracts"), _line(ANGE.text))
    other = town.insurer("autre-mutuelle", "99999002").holder("rights")

    refused = other.ask(ground="membership", purpose="contract", patient={"nir": ANGE.text})

    assert (refused.status_code, refused.get_json()["code"]) == (404, "rights_not_answered")


def test_a_patient_who_agreed_is_a_ground_until_they_take_it_back(town: WiredTown) -> None:
    """Said on the phone, for this insurer and its questions; withdrawn, it opens nothing."""
    patient, insurer = town.patient(ANGE), town.insurer("organisme-tiers", "99999003").holder("rights")
    question: dict[str, Any] = {"ground": "consent", "purpose": "contract", "patient": {"nir": ANGE.text}}
    assert insurer.ask(**question).status_code == 404

    said = {"target": "organisation", "number": "99999003", "decision": "granted", "scope": "rights"}
    consent = town.by_phone(patient, "POST", "/v1/consents", said)
    assert consent.status_code == 201, consent.get_json()
    assert insurer.ask(**question).status_code == 200
    path = f"/v1/consents/{consent.get_json()['consent_id']}"
    assert town.by_phone(patient, "DELETE", path).status_code == 204

    assert insurer.ask(**question).status_code == 404
    events = [one["event"] for one in town.journal(patient)]
    assert events[:4] == ["rights.queried", "consent.withdrawn", "rights.queried", "consent.granted"]


@pytest.mark.parametrize(
    ("etat", "told", "is_member"),
    [("suspendu", {"open": False, "covers": []}, True), ("inconnu", None, False)],
)
def test_a_contract_is_told_in_the_state_its_insurer_gave_it(
    town: WiredTown, etat: str, told: dict[str, Any] | None, is_member: bool
) -> None:
    """One by one and by file: suspended is not open, and of what it does not know nothing is said.

    Whether it insures somebody is its ground to hear of the compulsory cover: it must know that much.
    """
    insurer = town.insurer().holder("rights contracts")
    _publish(insurer, _line(ANGE.text).replace(";ouvert;", f";{etat};"))

    one = insurer.ask(ground="membership", purpose="contract", patient={"nir": ANGE.text}).get_json()
    line = _send(insurer, "etats-de-novembre", ndjson({"nir": ANGE.text}))[0]["answer"]

    assert isinstance(line, dict)
    assert one.get("amc") == line.get("amc") == told
    assert ("amo" in one) is ("amo" in line) is is_member


def test_a_file_is_answered_line_by_line_and_taken_up_again(town: WiredTown) -> None:
    """A wrong line spoils no other; the same file under the same name charges and tells nobody twice."""
    patient, insurer = town.patient(ANGE), town.insurer().holder("rights contracts")
    _publish(insurer, _line(ANGE.text))
    body = ndjson({"nir": ANGE.text, "ref": "a"}, {"nir": "nobody"}, {"nir": SARAH.text, "ref": "c"})

    told = _send(insurer, "novembre-2026-0001", body)
    again = _send(insurer, "novembre-2026-0001", body, first=2)

    assert ["answer" in line for line in told] == [True, False, False, False]
    assert told[0]["ref"] == "a"
    assert told[-1]["done"] is True
    assert [line.get("line") for line in again[:-1]] == [2, 3]
    assert sum(one["event"] == "rights.queried" for one in town.journal(patient)) == 1


def test_an_insurer_that_is_closed_is_out_at_once(town: WiredTown) -> None:
    """Its token lives five more minutes on paper, and opens nothing."""
    machine = town.insurer()
    insurer = machine.holder("rights")
    town.services.signin.clients.close(machine.client_id, "contrat rompu", "agent:test", town.clock())

    refused = insurer.ask(ground="membership", purpose="contract", patient={"nir": ANGE.text})

    assert (refused.status_code, refused.get_json()["code"]) == (401, "caller_refused")
    assert machine.token("rights", DpopKey(town.clock)).status_code == 401


def test_a_stolen_token_without_its_key_is_worth_nothing(town: WiredTown) -> None:
    """Bound by DPoP: another key's proof, no proof, or the same proof twice."""
    insurer = town.insurer().holder("rights")
    thief = Holder(town, insurer.token, DpopKey(town.clock))
    question: dict[str, Any] = {"ground": "membership", "purpose": "contract", "patient": {"nir": ANGE.text}}

    assert thief.ask(**question).status_code == 401
    assert insurer.ask(**question).status_code == 404
    bare = town.app.test_client().post(
        "/v1/rights/queries",
        json={**question, "care_date": "2026-11-21"},
        headers={"Authorization": f"Bearer {insurer.token}"},
    )
    assert bare.status_code == 401


def test_a_token_of_one_scope_opens_no_other_door(town: WiredTown) -> None:
    """To publish contracts is not to ask for rights, nor the other way."""
    machine = town.insurer()

    asking = machine.holder("contracts").ask(
        ground="membership", purpose="contract", patient={"nir": ANGE.text}
    )
    publishing = machine.holder("rights").call(
        "POST", "/v1/contracts/files", data=HEADER.encode(), content_type="text/csv"
    )

    assert [asking.status_code, publishing.status_code] == [403, 403]
    assert asking.get_json()["code"] == publishing.get_json()["code"] == "caller_not_allowed"


@pytest.fixture
def country(config: Config, clock: SteerableClock, attestation_dir: Path) -> Iterator[WiredTown]:
    """The same town, whose source of rights knows some thousands of people."""
    services = build(config, clock=clock)
    online = build_online_rights(
        config=services.config,
        database=services.database,
        vault=services.vault,
        journal=services.journal,
        subjects=services.subjects,
        keyring=services.keyring,
        source=Population(services.rights, 10_000),
        consents=services.record_access,
        memberships=services.complementary,
        random=services.random,
    )
    wired = replace(services, online_rights=online)
    yield open_wired_town(wired, create_app(wired), clock, attestation_dir)
    services.close()


def test_two_thousand_members_in_one_file(country: WiredTown) -> None:
    """With the ceiling agreed on; every answer in its order, and the last word says done."""
    insurer = country.insurer().holder("rights contracts")
    _publish(insurer, *(_line(nir_of(number), f"C-{number}") for number in range(0, 2_000, 2)))
    quotas, at = country.services.online_rights.quotas, country.clock()
    country.services.database.run(
        lambda tx: quotas.raise_ceiling(tx, "client:mutuelle-demo", 100_000, "a,b", at)
    )
    body = ndjson(*({"nir": nir_of(number), "ref": str(number)} for number in range(2_000)))

    told = _send(insurer, "fichier-de-deux-mille", body)

    assert [line["line"] for line in told[:-1]] == list(range(1, 2_001))
    assert [("answer" in line) for line in told[:4]] == [True, False, True, False]
    assert sum("answer" in line for line in told) == 1_000
    assert told[-1]["done"] is True
