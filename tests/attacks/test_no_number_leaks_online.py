"""A day in every room, and everything it left is searched for the people's numbers: rows, logs, addresses."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, request

from apcv_backend.bootstrap import Services
from apcv_backend.tables import metadata
from tests.simulators.clock import SteerableClock
from tests.simulators.number_traces import forms_in
from tests.simulators.staff_stage import StaffStage
from tests.simulators.town_day import TownDay, joined, numbers
from tests.simulators.wired_town import WiredTown, open_wired_town

# Each room leaves a line of its own in the journal, or a row of its own: the search went through all of them.
_ROOMS = {
    "card.issuance",
    "contracts.published",
    "representation.opened",
    "representation.ended",
    "presence.redeemed",
    "rights.queried",
    "consent.blocked",
    "signin.session_opened",
}


@pytest.fixture
def addresses(app: Flask) -> list[str]:
    """Every address that was asked for, as a proxy's log would keep it."""
    seen: list[str] = []
    app.before_request(lambda: seen.append(request.full_path))
    return seen


@pytest.fixture
def day(
    services: Services, app: Flask, addresses: list[str], clock: SteerableClock, attestation_dir: Path
) -> TownDay:
    assert addresses == []
    town: WiredTown = open_wired_town(services, app, clock, attestation_dir)
    return TownDay(town, StaffStage(services, app, attestation_dir))


def _tables(services: Services) -> Iterator[tuple[str, bytes]]:
    """Every table as one text, its column names with it."""
    with services.database.read() as connection:
        for table in metadata.sorted_tables:
            told = [table.name.encode()]
            for row in connection.execute(table.select()):
                for column, value in row._mapping.items():
                    raw = bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
                    told.append(f"{column}=".encode() + raw)
            yield table.name, joined(told)


def test_a_day_in_every_room_leaves_no_number(
    day: TownDay, addresses: list[str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every table, every line logged at DEBUG, every address, every refusal and page, standard error."""
    with caplog.at_level(logging.DEBUG):
        day.play()

    tables = dict(_tables(day.town.services))
    looked_for = numbers()
    assert len(looked_for) == 15, "sixteen people; the newborn has none yet"
    missing = [room for room in _ROOMS if room.encode() not in tables["journal"]]
    assert missing == [], "a room that was not entered was not searched"
    for name in (
        "rights_batches",
        "staff_members",
        "contracts",
        "representations",
        "log_heads",
        "query_people",
    ):
        assert tables[name].count(b"\n\0\n") > 1, f"nothing lies in {name}: the search proves nothing there"
    searched = {
        **tables,
        "log lines": joined(
            [(record.getMessage() + repr(record.args)).encode() for record in caplog.records]
        ),
        "log text": caplog.text.encode(),
        "addresses": joined([address.encode() for address in addresses]),
        "answers": joined(day.said),
        "standard error": capfd.readouterr().err.encode(),
    }
    assert b"/v1/console/queries" in searched["addresses"]
    assert len(day.said) > 40
    found = {place: forms for place, told in searched.items() if (forms := forms_in(told, looked_for))}
    assert found == {}
