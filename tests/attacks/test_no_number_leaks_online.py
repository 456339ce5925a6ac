"""A day online, then everything it left is searched for the people's numbers: rows, logs, addresses."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, request

from apcv_backend.bootstrap import Services
from apcv_backend.tables import metadata
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, KARIM, LAURE, SARAH
from tests.simulators.online_rights_stage import Pocket
from tests.simulators.representation_stage import MARIA, PAUL, open_tutelle
from tests.simulators.wired_town import WiredTown, ndjson, open_wired_town

PEOPLE = (ANGE, SARAH, MARIA, PAUL)
CONTRACT = {
    "contrat": "C-1", "personne": ANGE.text, "numero_adherent": "F0000001", "lien": "adherent",
    "nom_amc": "MUTUELLE FICTIVE", "type_convention": "ZZ", "csr": "TEST01", "garantie": "R1",
    "debut": "2026-01-01", "fin": "2026-12-31", "responsable": "oui", "gestion": "3",
    "domaines": "PHAR", "services": "IDB", "etat": "ouvert", "date_resiliation": "",
}  # fmt: skip


@pytest.fixture
def addresses(app: Flask) -> list[str]:
    """Every address that was asked for, as a proxy's log would keep it."""
    seen: list[str] = []
    app.before_request(lambda: seen.append(request.full_path))
    return seen


@pytest.fixture
def town(
    services: Services, app: Flask, addresses: list[str], clock: SteerableClock, attestation_dir: Path
) -> WiredTown:
    assert addresses == []
    return open_wired_town(services, app, clock, attestation_dir)


def _a_day(town: WiredTown) -> None:
    """A presence, questions on every ground, a file, a delegated card, the record, a patient's words."""
    patient, opened = town.patient(ANGE), open_tutelle(town.stage.signin.stage)
    paul, pharmacist = town.patient(PAUL), town.signed_in(LAURE)
    for pocket in (
        Pocket(town, patient, town.cards(patient)),
        Pocket(town, paul, town.cards(paul, **{"for": opened.reference})),
    ):
        given = pharmacist.post("/v1/presences", {"scan": pocket.show()}).get_json()
        asked = pharmacist.ask(ground="presence", presence_token=given["presence_token"])
        assert asked.status_code == 200
    town.services.complementary.publish("99999001", CONTRACT, "test", town.clock())
    insurer = town.insurer().holder("rights")
    for person in PEOPLE:
        insurer.ask(ground="membership", purpose="contract", patient={"nir": person.text})
        pharmacist.ask(ground="consent", patient={"nir": person.text})
        pharmacist.post(
            "/v1/access-decisions", {"patient": person.text, "purpose": "normal", "care_team": True}
        )
    insurer.call(
        "POST",
        "/v1/rights/batches?purpose=contract&care_date=2026-11-21",
        data=ndjson(*({"nir": person.text} for person in PEOPLE)),
        content_type="application/x-ndjson",
        headers={"Batch-Id": "une-journee-en-ligne"},
    )
    said = {"target": "professional", "number": KARIM.text, "decision": "blocked"}
    assert town.by_phone(patient, "POST", "/v1/consents", said).status_code == 201
    entry = town.journal(patient)[0]["entry"]
    town.by_phone(patient, "POST", f"/v1/journal/{entry}/incident")


def _rows(town: WiredTown) -> Iterator[tuple[str, bytes]]:
    with town.services.database.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(table.select()):
                for column, value in row._mapping.items():
                    told = bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
                    yield f"{table.name}.{column}", told


def _numbers() -> list[bytes]:
    """With the key and without, as people and programs write them."""
    return [form.encode() for person in PEOPLE for form in (person.text, person.text[:13])]


def test_a_day_online_leaves_no_number_in_rows_logs_or_addresses(
    town: WiredTown, addresses: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Every table of the database, every line logged at DEBUG, every address asked for."""
    with caplog.at_level(logging.DEBUG):
        _a_day(town)

    rows = list(_rows(town))
    assert len(rows) > 500, "so few rows prove nothing"
    assert [place for place, told in rows if any(number in told for number in _numbers())] == []
    assert [line for line in caplog.text.splitlines() if any(n.decode() in line for n in _numbers())] == []
    assert any("/v1/rights/queries" in one for one in addresses)
    assert [one for one in addresses if any(number.decode() in one for number in _numbers())] == []
