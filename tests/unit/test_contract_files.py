"""A file of contracts: what a line costs the database, what becomes of lines told twice, and of cards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy import Engine, event, select

from apcv_backend.bootstrap import Services
from apcv_backend.complementary.service import ContractDesk, LoadReport
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.tables import contracts, person_keys, subjects
from cartes.cards import CardKind
from cartes.identifiers.mode import Mode
from tests.simulators.clock import SteerableClock
from tests.simulators.contracts import ANGE_NIR, NUMERO, csv_of, line
from tests.simulators.issuance_races import raced
from tests.simulators.population import nir_of, person_of

GROUP = 500
TODAY = date(2026, 11, 21)


def members(count: int, first: int = 0, **changes: str) -> list[dict[str, str]]:
    """Lines of as many people, each under a reference of their own."""
    return [
        line(contrat=f"CT-{number:06d}", personne=nir_of(number), **changes)
        for number in range(first, first + count)
    ]


def load(services: Services, clock: SteerableClock, *lines: dict[str, str] | str) -> LoadReport:
    return services.complementary.load(NUMERO, csv_of(*lines), "client:mutuelle", clock())


def counts(report: LoadReport) -> tuple[int, int, int]:
    return report.entered, report.changed, report.same


@contextmanager
def counted() -> Iterator[list[str]]:
    """The SQL statements sent meanwhile, each as often as the database runs it."""
    seen: list[str] = []

    def note(
        _conn: object, _cursor: object, statement: str, given: object, _context: object, executemany: bool
    ) -> None:
        times = len(given) if executemany and isinstance(given, list) else 1
        seen.extend([statement] * times)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("known", ["new", "the same", "changed"])
def test_a_group_of_lines_costs_the_statements_of_one_line(
    services: Services, clock: SteerableClock, known: str
) -> None:
    """Five hundred members or one: entered, said again or changed, nothing is asked line by line."""
    if known != "new":
        load(services, clock, *members(GROUP + 1))
    guarantee = "R2" if known == "changed" else "R1"

    with counted() as for_one:
        one = load(services, clock, *members(1, first=GROUP, garantie=guarantee))
    with counted() as for_many:
        many = load(services, clock, *members(GROUP, garantie=guarantee))

    place = ("new", "changed", "the same").index(known)
    assert (counts(one)[place], counts(many)[place]) == (1, GROUP)
    assert len(for_many) == len(for_one)
    assert len(for_one) <= 12


def test_lines_entered_together_are_read_as_those_entered_one_by_one(
    services: Services, clock: SteerableClock
) -> None:
    """Each under its own person, whose envelope opens with their own key, which the group made."""
    load(services, clock, *members(20, garantie="R9"))

    with services.database.read() as connection:
        made = [len(connection.execute(select(one)).all()) for one in (contracts, subjects, person_keys)]
    told = services.complementary.of_each(NUMERO, [person_of(number) for number in range(20)], TODAY)
    assert made == [20, 20, 20]
    assert {one.droits.cover for one in told.values()} == {"R9"}
    assert len(told) == 20


def test_a_line_told_twice_in_a_file_counts_in_its_order(services: Services, clock: SteerableClock) -> None:
    """Entered, then changed, then the same: the last word is kept, as if they had come one by one."""
    first, second = line(), line(garantie="R2")

    report = load(services, clock, first, second, second)
    again = load(services, clock, first, second)

    assert counts(report) == (1, 1, 1)
    assert counts(again) == (0, 2, 0)
    told = services.complementary.of(NUMERO, PersonKey(CardKind.APCV, ANGE_NIR), TODAY)
    assert told is not None
    assert told.droits.cover == "R2"


def test_one_file_loaded_by_four_workers_at_once_enters_each_line_once(
    services: Services, clock: SteerableClock
) -> None:
    """Whoever comes second finds the line said already: no doublet, nobody entered twice, no error."""
    reports: dict[int, LoadReport] = {}

    def attempt(number: int) -> None:
        reports[number] = load(services, clock, *members(60))

    told = raced(4, attempt)

    assert told == {"done": 4}
    assert sum(report.entered for report in reports.values()) == 60
    assert sum(report.same for report in reports.values()) == 180
    with services.database.read() as connection:
        made = [len(connection.execute(select(one)).all()) for one in (contracts, subjects, person_keys)]
    assert made[:2] == [60, 60]


def test_a_contract_told_before_a_newborn_had_a_number_is_found_in_a_file(
    services: Services, clock: SteerableClock
) -> None:
    """Kept under the identity key of a Vitale; found in a file too under today's number."""
    before = f"{ANGE_NIR}/19580314/1"
    desk = services.complementary
    nobody_yet = ContractDesk(
        registers=desk._registers,
        mode=Mode.TEST,
        one_key=lambda person: person,
        ring_publication=lambda: None,
    )
    nobody_yet.publish(NUMERO, line(personne=before), "client:mutuelle", clock())
    today = PersonKey(CardKind.APCV, ANGE_NIR)

    alone, in_a_file = desk.of(NUMERO, today, TODAY), desk.of_each(NUMERO, [today], TODAY)

    assert alone is not None
    assert in_a_file == {today: alone}
