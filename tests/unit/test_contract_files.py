"""A file of contracts: what a line costs the database, what becomes of lines told twice, and of cards."""

from __future__ import annotations

import json
import secrets
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select
from werkzeug.test import TestResponse

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services
from apcv_backend.callers import Caller, CallerKind
from apcv_backend.complementary.commands import contracts as contracts_command
from apcv_backend.complementary.csv_file import (
    LONGEST_LINE,
    MOST_LINES,
    ContractFileRefused,
    LineRefused,
    read_lines,
)
from apcv_backend.complementary.file_door import FILES_A_MINUTE
from apcv_backend.complementary.service import MOST_TOLD, ContractDesk, LoadReport
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.tables import contracts, person_keys, subjects
from cartes.amc import EtatContrat
from cartes.cards import CardKind
from cartes.identifiers.mode import Mode
from tests.simulators.callers import KnownCallers
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
    return report.counts.entered, report.counts.changed, report.counts.same


@pytest.fixture
def door(services: Services) -> FlaskClient:
    # A client of its own each time: tests share the counters of a minute.
    insurer = Caller(
        CallerKind.CLIENT,
        client_id=f"mutuelle-{secrets.token_hex(4)}",
        organisation=NUMERO,
        scopes=frozenset({"contracts"}),
    )
    return create_app(replace(services, callers=KnownCallers({"insurer": insurer}))).test_client()


def sent(door: FlaskClient, data: bytes, accept: str = "application/json") -> TestResponse:
    headers = {"Authorization": "DPoP insurer", "Content-Type": "text/csv", "Accept": accept}
    return door.post("/v1/contracts/files", data=data, headers=headers)


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
    told = services.complementary.of_each(NUMERO, [person_of(number) for number in range(20)], TODAY, clock())
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
    told = services.complementary.of(NUMERO, PersonKey(CardKind.APCV, ANGE_NIR), TODAY, clock())
    assert told is not None
    assert told.droits.cover == "R2"


def test_a_contract_not_said_again_is_a_ground_no_more(services: Services, clock: SteerableClock) -> None:
    """An insurer that went silent: on the forty-sixth day nobody knows whether the person is its member."""
    load(services, clock, line())
    desk, ange, said_at = services.complementary, PersonKey(CardKind.APCV, ANGE_NIR), clock()

    def states(days: int) -> list[EtatContrat]:
        at = said_at + timedelta(days=days)
        alone, in_a_file = desk.of(NUMERO, ange, TODAY, at), desk.of_each(NUMERO, [ange], TODAY, at)
        assert alone is not None
        return [alone.etat, in_a_file[ange].etat]

    assert states(45) == [EtatContrat.OUVERT] * 2
    assert states(46) == [EtatContrat.INCONNU] * 2


def test_one_file_loaded_by_four_workers_at_once_enters_each_line_once(
    services: Services, clock: SteerableClock
) -> None:
    """Whoever comes second finds the line said already: no doublet, nobody entered twice, no error."""
    reports: dict[int, LoadReport] = {}

    def attempt(number: int) -> None:
        reports[number] = load(services, clock, *members(60))

    told = raced(4, attempt)

    assert told == {"done": 4}
    assert sum(report.counts.entered for report in reports.values()) == 60
    assert sum(report.counts.same for report in reports.values()) == 180
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

    alone, in_a_file = desk.of(NUMERO, today, TODAY, clock()), desk.of_each(NUMERO, [today], TODAY, clock())

    assert alone is not None
    assert in_a_file == {today: alone}


def test_an_answer_tells_the_first_thousand_bad_lines_and_how_many_there_are(door: FlaskClient) -> None:
    """However many are bad, the answer stays small; a good line after all of them is kept."""
    bad = ["nothing of a contract"] * (MOST_TOLD + 700)

    answer = sent(door, csv_of(*bad, line()))

    told = answer.get_json()
    assert (answer.status_code, told["entered"], told["refused_lines"]) == (200, 1, MOST_TOLD + 700)
    assert [one["line"] for one in told["refused"]] == list(range(2, MOST_TOLD + 2))


def test_every_bad_line_is_told_line_by_line_to_who_asks_for_it(door: FlaskClient) -> None:
    """In NDJSON, in their order, whichever group they are in; then the counts."""
    bad = ["nothing of a contract"] * (MOST_TOLD + 700)

    answer = sent(door, csv_of(*bad, line(), line(contrat="CT-0002", etat="parti")), "application/x-ndjson")

    assert (answer.status_code, answer.mimetype) == (200, "application/x-ndjson")
    *refused, last = [json.loads(one) for one in answer.data.splitlines()]
    assert [one["line"] for one in refused] == [*range(2, MOST_TOLD + 702), MOST_TOLD + 703]
    assert refused[-1] == {"line": MOST_TOLD + 703, "field": "etat", "code": "unknown_word"}
    assert last == {"done": True, "entered": 1, "changed": 0, "same": 0, "refused_lines": MOST_TOLD + 701}


def test_whoever_stops_reading_sends_the_same_file_again(door: FlaskClient, services: Services) -> None:
    """What was kept before the connection broke is said again; the rest is entered."""
    file = csv_of(*members(GROUP), "bad", *members(GROUP, first=GROUP))
    broken = sent(door, b"".join([file, b"bad\n"]), "application/x-ndjson")
    next(iter(broken.iter_encoded()))
    broken.close()

    again = sent(door, file, "application/x-ndjson")

    last = json.loads(again.data.splitlines()[-1])
    assert (last["entered"] + last["same"], last["refused_lines"]) == (2 * GROUP, 1)
    assert last["same"] >= GROUP


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_a_file_that_is_none_is_refused_before_the_first_word(door: FlaskClient, accept: str) -> None:
    """Also to who asks for a stream: a problem document, and not half an answer."""
    refused = sent(door, b"nir;nom\n1;2\n", accept)

    assert (refused.status_code, refused.mimetype) == (422, "application/problem+json")
    assert refused.get_json()["why"] == "header"


def test_files_are_few_a_minute(door: FlaskClient) -> None:
    """Each may be 32 MiB: a client that sends them without end is asked to wait."""
    answers = [sent(door, csv_of()).status_code for _ in range(FILES_A_MINUTE + 1)]

    assert answers == [200] * FILES_A_MINUTE + [429]


def test_memory_does_not_grow_with_the_lines_of_a_file() -> None:
    """Two hundred thousand bad lines, read and told one after the other: no list of them anywhere."""
    data = csv_of() + b"ab\n" * MOST_LINES
    tracemalloc.start()

    told = sum(isinstance(one, LineRefused) for _, one in read_lines(data))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert told == MOST_LINES
    assert peak < 500_000


def test_a_file_too_long_is_refused_before_it_is_read() -> None:
    """Thirty million empty lines are as many as full ones."""
    with pytest.raises(ContractFileRefused) as refused:
        read_lines(csv_of() + b"\n" * (MOST_LINES + 1))

    assert refused.value.facts["why"] == "too_long"
    assert list(read_lines(csv_of() + b"\n" * MOST_LINES)) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (csv_of(line()), [2]),
        (csv_of(line()).replace(b"\n", b"\r\n"), [2]),
        (b"\xef\xbb\xbf" + csv_of(line()), [2]),
        (csv_of(line(nom_amc="MUTUELLE\u2028FICTIVE"), line(contrat="CT-2")), [2, 3]),
        (csv_of("", line()).rstrip(b"\n"), [3]),
    ],
    ids=["lf", "crlf", "byte order mark", "a line separator within", "an empty line"],
)
def test_lines_have_the_numbers_that_an_editor_shows(data: bytes, expected: list[int]) -> None:
    """LF or CR LF end a line, and nothing else does."""
    read = list(read_lines(data))

    assert [number for number, _ in read] == expected
    assert all(isinstance(told, dict) for _, told in read)


@pytest.mark.parametrize("letter", ["a", "é"])
def test_a_line_is_as_long_as_its_characters(letter: str) -> None:
    """Two thousand of them and no more, in as many bytes as they take."""
    longest, longer = letter * LONGEST_LINE, letter * (LONGEST_LINE + 1)

    codes = [told.code for _, told in read_lines(csv_of(longest, longer)) if isinstance(told, LineRefused)]

    assert codes == ["wrong_number_of_fields", "too_long"]


def test_the_operators_command_tells_every_bad_line(
    services: Services, clock: SteerableClock, tmp_path: Path
) -> None:
    """On its error output, however many there are; its code says that there were some."""
    file = tmp_path / "contrats.csv"
    file.write_bytes(csv_of(*["nothing of a contract"] * (MOST_TOLD + 5), line()))

    done = CliRunner().invoke(contracts_command, ["load", str(file), "--amc", NUMERO], obj=services)

    assert (done.exit_code, done.stdout) == (1, "1 entrés, 0 changés, 0 inchangés.\n")
    assert len(done.stderr.splitlines()) == MOST_TOLD + 5
    assert counts(load(services, clock, line())) == (0, 0, 1)


@pytest.mark.parametrize(
    ("content", "amc", "says"),
    [
        (b"a;b\n", NUMERO, "n'est pas un fichier de contrats"),
        (csv_of(), "12", "un numéro de 8 à 10 chiffres"),
    ],
)
def test_the_operators_command_refuses_in_a_sentence(
    services: Services, tmp_path: Path, content: bytes, amc: str, says: str
) -> None:
    """Another file, another number: a sentence and a code, and nothing is kept."""
    file = tmp_path / "contrats.csv"
    file.write_bytes(content)

    done = CliRunner().invoke(contracts_command, ["load", str(file), "--amc", amc], obj=services)

    assert done.exit_code not in (0, None)
    assert says in done.stderr
