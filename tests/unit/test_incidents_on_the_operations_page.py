"""What a patient says was not them waits in front of the operator, until somebody answers."""

from __future__ import annotations

from html import unescape
from pathlib import Path

from flask import Flask
from sqlalchemy import insert

from apcv_backend.bootstrap import Services
from apcv_backend.office.page_words import words_in
from apcv_backend.tables import incidents
from tests.simulators.clock import SteerableClock
from tests.simulators.staff_stage import StaffStage

TITLE = words_in("fr")("tile_incidents")


def test_an_incident_is_in_sight_until_it_is_answered(
    services: Services, app: Flask, attestation_dir: Path, clock: SteerableClock
) -> None:
    """Counted, never told of whom; nothing is shown while nobody waits."""
    operator = StaffStage(services, app, attestation_dir).colleague("operator")
    pages = [operator.get("/operations").get_data(as_text=True)]
    with services.database.write() as tx:
        rows = [
            {"incident_id": f"i-{n}", "subject_id": "s", "entry_id": n, "event": "e", "opened_at": clock()}
            for n in (1, 2)
        ]
        tx.execute(insert(incidents), rows)
    pages.append(operator.get("/operations").get_data(as_text=True))
    for n in (1, 2):
        services.incidents.close(f"i-{n}", "operator:A", "Vu avec la pharmacie.", clock())
    pages.append(operator.get("/operations").get_data(as_text=True))

    assert all("Téléphones enrôlés" in page for page in pages)
    assert [TITLE in unescape(page) for page in pages] == [False, True, False]
    assert services.operations.figures(clock()).standing.incidents_open == 0
