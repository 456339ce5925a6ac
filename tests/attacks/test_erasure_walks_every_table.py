"""After a day in every room a person is erased: the whole database is dumped, and they are not in it.

Not their number in any form, not their name or birth date, not their key, and no envelope that still opens
and speaks of them, whosever key it was sealed under. The log of what was done still verifies.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from apcv_backend.bootstrap import Services
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.tables import metadata, person_keys
from apcv_backend.vault import EnvelopeRefused
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, SARAH
from tests.simulators.number_traces import forms_in
from tests.simulators.representation_stage import INES, ZOE
from tests.simulators.staff_stage import StaffStage
from tests.simulators.town_day import TownDay, joined
from tests.simulators.wired_town import open_wired_town

DESK = "desk:A. Martin@Corte"
# What else says who they are: the birth date as each format writes it, a name as a card holds it. A twin's
# birth date is the other twin's too.
SAYS = {ANGE: (b"ORSINI", b"1958-03-14", b"19580314", b"14/03/1958"), ZOE: (b"\x63ZOE",)}


@dataclass
class Cell:
    """One value of the database, and where it lies."""

    table: str
    column: str
    raw: bytes
    row: dict[str, Any]

    def opened(self, services: Services) -> bytes:
        """What an envelope holds, its place guessed from the row's identifiers; empty if it opens no more."""
        for value in self.row.values():
            try:
                return services.vault.open_bytes(self.raw, place=f"{self.table}|{self.column}|{value}")
            except EnvelopeRefused:
                continue
        return b""


def _dump(services: Services) -> Iterator[Cell]:
    """The whole database, but the public directory of professionals."""
    with services.database.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(table.select()):
                told = dict(row._mapping)
                for column, value in told.items():
                    raw = bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
                    yield Cell(table.name, column, raw, told)


def _speaks_of(told: bytes, person: PersonKey) -> bool:
    return bool(forms_in(told, [person.text])) or any(word in told for word in SAYS.get(person, ()))


def _envelopes_about(services: Services, cells: list[Cell], person: PersonKey) -> set[str]:
    """Every column with an envelope that opens and says who the person is."""
    sealed = [cell for cell in cells if cell.raw[:1] in (b"\x01", b"\x02") and len(cell.raw) > 28]
    return {f"{cell.table}.{cell.column}" for cell in sealed if _speaks_of(cell.opened(services), person)}


@pytest.fixture
def services_after_a_day(
    services: Services, app: Flask, clock: SteerableClock, attestation_dir: Path
) -> Services:
    TownDay(
        open_wired_town(services, app, clock, attestation_dir), StaffStage(services, app, attestation_dir)
    ).play()
    return services


@pytest.mark.parametrize("person", [ANGE, ZOE], ids=["a patient with a phone", "a child on a parent's phone"])
def test_nothing_of_an_erased_person_opens_or_is_read(
    services_after_a_day: Services, clock: SteerableClock, person: PersonKey
) -> None:
    """Before: several envelopes speak of them. After: none, in any table, and their key is nowhere."""
    services = services_after_a_day
    with services.database.read() as connection:
        subject = services.subjects.find(connection, person)
        assert subject is not None
        wrapped = connection.execute(
            select(person_keys.c.wrapped_key).where(person_keys.c.subject_id == subject)
        ).scalar_one()
    key = services.vault.open_bytes(wrapped, place=f"person_keys|wrapped_key|{subject}")
    before = _envelopes_about(services, list(_dump(services)), person)
    wanted = {"subjects.sealed_person", "contracts.sealed_contract", "issuances.sealed_cards"}
    assert wanted <= before, "the search finds what is there"

    services.erasure.erase(person, DESK, clock())
    services.log.seal(clock())

    cells = list(_dump(services))
    everything = joined([cell.raw for cell in cells])
    assert len(cells) > 1_000
    assert _envelopes_about(services, cells, person) == set()
    assert not _speaks_of(everything, person)
    for secret in (key, wrapped):
        for form in (secret, secret.hex().encode(), base64.b64encode(secret)):
            assert form not in everything
    # Everything that names the pseudonym: the journal, and rows emptied of whom they were about.
    of_theirs = {
        (cell.table, cell.column)
        for cell in cells
        if cell.raw[:1] == b"\x02" and cell.raw[1:17].hex() == subject.replace("-", "")
    }
    assert of_theirs == set(), "an envelope of theirs is still there, though it opens no more"
    assert services.check_journal(services.config.log_heads) == []


def test_erasing_one_leaves_the_others_readable(
    services_after_a_day: Services, clock: SteerableClock
) -> None:
    """Sarah, and the mother of the erased child, are as they were: what is theirs still opens."""
    services = services_after_a_day
    services.erasure.erase(ZOE, DESK, clock())

    cells = list(_dump(services))

    for person in (SARAH, INES):
        assert "subjects.sealed_person" in _envelopes_about(services, cells, person)
