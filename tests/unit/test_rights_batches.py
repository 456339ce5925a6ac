"""A file of questions: streamed, resumed, charged once, each bad line its own affair, in constant memory."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, update
from werkzeug.test import TestResponse

from apcv_backend.bootstrap import Services
from apcv_backend.rights.batches import MOST_LINES, Batch
from apcv_backend.rights.query_rules import BatchRefused, Purpose
from apcv_backend.rights.spool import SealedSpool
from apcv_backend.tables import journal, rights_batches
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE
from tests.simulators.online_rights_stage import RightsStage, insurer, open_country
from tests.simulators.population import nir_of
from tests.simulators.two_way import counted

NAME = "fichier-de-novembre"


@pytest.fixture
def stage(services: Services, clock: SteerableClock, attestation_dir: Path) -> RightsStage:
    opened = open_country(services, clock, attestation_dir, 50_000)
    allow(opened, 100_000)
    return opened


def allow(stage: RightsStage, people: int) -> None:
    stage.services.database.run(
        lambda tx: stage.online.quotas.raise_ceiling(tx, "client:mutuelle", people, "essai", stage.clock())
    )


def file_of(count: int, first: int = 0) -> bytes:
    return b"".join(
        b'{"nir":"%s","ref":"%d"}\n' % (nir_of(number).encode(), number)
        for number in range(first, first + count)
    )


def send(
    stage: RightsStage, body: bytes, *, name: str = NAME, token: str = "mutuelle", asked: str = ""
) -> TestResponse:
    return stage.client.post(
        f"/v1/rights/batches?purpose=contract&care_date=2026-11-21{asked}",
        data=body,
        content_type="application/x-ndjson",
        headers={"Authorization": f"DPoP {token}", "Batch-Id": name},
    )


def lines(answer: TestResponse) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.get_json()
    return [json.loads(line) for line in answer.data.splitlines()]


def test_every_line_has_its_answer_and_the_file_its_last_word(stage: RightsStage) -> None:
    """In the order they came, over several slices."""
    told = lines(send(stage, file_of(250)))

    assert [line["line"] for line in told[:-1]] == list(range(1, 251))
    assert [line["ref"] for line in told[:-1]] == [str(number) for number in range(250)]
    assert all(line["answer"]["amo"]["open"] for line in told[:-1])
    assert told[-1] == {"done": True, "lines": 250}
    assert len(stage.lines("rights.queried")) == 250


def test_a_bad_line_spoils_no_other(stage: RightsStage) -> None:
    """Each says its own code: not JSON, not an object, an unknown member, a wrong number, nobody we know."""
    body = b"\n".join(
        [
            b"{",
            b"[]",
            b'{"nir":"x","more":1}',
            b'{"nir":"158032A99904297"}',
            b'{"nir":"255019999912354"}',
            b'{"nir":"%s"}' % ANGE.text.encode(),
            b"\xff\xfe",
        ]
    )

    told = lines(send(stage, body))

    codes = [line.get("error", {}).get("code", "answered") for line in told[:-1]]
    assert codes == [
        "line_malformed",
        "line_malformed",
        "line_malformed",
        "rights_not_answered",
        "rights_not_answered",
        "answered",
        "line_malformed",
    ]


def test_a_broken_connection_is_taken_up_again(stage: RightsStage) -> None:
    """The same file and name from a later line: the same answers, nobody charged or told about twice."""
    body = file_of(250)
    whole = lines(send(stage, body))

    again = lines(send(stage, body, asked="&from_line=120"))

    assert again == whole[119:]
    assert len(stage.lines("rights.queried")) == 250


def test_a_file_that_stopped_half_way_goes_on(stage: RightsStage) -> None:
    """A reader that left after the first slice: what it never saw is told when it comes back."""
    body = file_of(250)
    answer = send(stage, body)
    assert b'"answer"' in next(iter(answer.iter_encoded()))
    answer.close()
    assert len(stage.lines("rights.queried")) == 100

    rest = lines(send(stage, body, asked="&from_line=101"))

    assert [line["line"] for line in rest[:-1]] == list(range(101, 251))
    assert len(stage.lines("rights.queried")) == 250


def test_of_two_streams_of_one_file_the_one_left_behind_stops_and_says_so(stage: RightsStage) -> None:
    """The client came back before the server saw that it had left: the second stream goes on to the end."""
    body = file_of(250)
    first = send(stage, body)
    begun = first.iter_encoded()
    assert b'"answer"' in next(iter(begun))

    second = lines(send(stage, body, asked="&from_line=101"))
    left = [json.loads(line) for line in b"".join(begun).splitlines()]

    assert second[-1] == {"done": True, "lines": 250}
    assert left[-1] == {"done": False, "resume_from": 101, "error": {"code": "batch_in_progress"}}
    assert len(stage.lines("rights.queried")) == 250


def test_a_file_another_transaction_holds_is_not_waited_for(stage: RightsStage) -> None:
    """On PostgreSQL two streams may meet in one instant; the second one has its word, and no broken answer.

    (On SQLite one transaction writes at a time: there is no such instant.)
    """
    database, body = stage.services.database, file_of(150)
    first = send(stage, body)
    assert b'"answer"' in next(iter(first.iter_encoded()))
    first.close()
    with ExitStack() as held:
        if not database.is_sqlite:
            tx = held.enter_context(database.write())
            tx.execute(update(rights_batches).values(lines_told=rights_batches.c.lines_told))
        told = lines(send(stage, body, asked="&from_line=101"))

    again = lines(send(stage, body, asked="&from_line=101"))

    last = {"done": False, "resume_from": 101, "error": {"code": "batch_in_progress"}}
    assert told[-1] == ({"done": True, "lines": 150} if database.is_sqlite else last)
    assert again[-1] == {"done": True, "lines": 150}
    assert len(stage.lines("rights.queried")) == 150


def test_a_name_is_one_files(stage: RightsStage) -> None:
    """Another content under the same name is refused; another client's name is its own."""
    send(stage, file_of(3)).close()
    stage.callers.callers["other"] = insurer(client="autre")

    other_content = send(stage, file_of(4))
    other_client = send(stage, file_of(4), token="other")

    assert (other_content.status_code, other_content.get_json()) == (
        422,
        {**(other_content.get_json() or {}), "code": "batch_refused", "why": "key"},
    )
    assert other_client.status_code == 200
    other_client.close()


@pytest.mark.parametrize(
    ("body", "asked", "why"),
    [
        (b"", "", "empty"),
        (b'{"nir":"%s"}\n' % (b"1" * 600), "", "line_length"),
        (b"{}\n", "&from_line=3", "from_line"),
        (b"{}\n", "&from_line=0", "from_line"),
        (b"{}\n", "&from_line=x", "from_line"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(stage: RightsStage, body: bytes, asked: str, why: str) -> None:
    """Before its first line."""
    answer = send(stage, body, asked=asked)

    assert (answer.status_code, (answer.get_json() or {})["why"]) == (422, why)


def test_a_professional_sends_no_file(stage: RightsStage) -> None:
    """Files are of an insurer's own members."""
    assert send(stage, file_of(1), token="laure").status_code == 403


def test_a_file_stops_at_its_accounts_ceiling_and_says_where(stage: RightsStage) -> None:
    """The lines before are told; the first one that is not is named."""
    allow(stage, 130)

    told = lines(send(stage, file_of(250)))

    assert [line["line"] for line in told[:-1]] == list(range(1, 131))
    assert told[-1] == {"done": False, "resume_from": 131, "error": {"code": "ceiling_reached"}}


def test_a_hundred_thousand_lines_and_no_more() -> None:
    """One line too many is refused as it comes in."""
    spool = SealedSpool(counted("spool"))

    with pytest.raises(BatchRefused):
        spool.take(BytesIO(b"{}\n" * (MOST_LINES + 1)))

    spool.close()


def test_the_file_waits_on_disk_sealed_and_comes_back_as_it_was() -> None:
    """No number of it can be read there."""
    spool = SealedSpool(counted("spool"))
    spool.take(BytesIO(file_of(5_000)))
    spool._file.seek(0)
    on_disk = spool._file.read()

    assert b"nir" not in on_disk
    assert b"".join(line + b"\n" for line in spool.read()) == file_of(5_000)
    assert spool.lines == 5_000
    spool.close()


def statements(stage: RightsStage, body: bytes, name: str) -> int:
    """How many SQL statements working through a file takes."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        lines(send(stage, body, name=name))
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return len(seen)


def test_a_slice_costs_the_same_statements_however_many_its_lines(stage: RightsStage) -> None:
    """A hundred members or five, known or spoken of for the first time: nothing is asked line by line."""
    new_few = statements(stage, file_of(5, first=100), "cinq-nouveaux-de-novembre")
    new_many = statements(stage, file_of(100), "cent-nouveaux-de-novembre")
    few = statements(stage, file_of(5), "cinq-lignes-de-novembre")
    many = statements(stage, file_of(100), "cent-lignes-de-novembre")

    assert (few, new_few) == (many, new_many)
    assert many < 40


def test_lines_journalled_together_stand_as_those_written_one_by_one(stage: RightsStage) -> None:
    """Each has its own place in its lane, under its tag: no hole, no doublet, nothing altered."""
    lines(send(stage, file_of(130)))

    entries = stage.rows(journal)
    places = sorted((row.lane, row.place) for row in entries)
    last = dict(places)
    assert places == [(lane, place) for lane in sorted(last) for place in range(1, last[lane] + 1)]
    assert list(stage.services.journal.altered(stage.services.database)) == []
    told = [row for row in entries if row.event == "rights.queried"]
    numbers = [json.loads(row.facts)["query"] for row in sorted(told, key=lambda row: row.entry_id)]
    assert numbers == [f"{NAME}#{number}" for number in range(1, 131)]


def peak_of(stage: RightsStage, count: int, name: str) -> int:
    """The most memory that working through `count` lines takes, in bytes."""

    def body() -> Iterator[bytes]:
        for number in range(count):
            if number % 100 == 0:
                gc.collect()  # what is held, and not what waits to be swept
            yield b'{"nir":"%s"}' % nir_of(number).encode()

    batch = Batch(
        stage.callers.callers["mutuelle"],
        name,
        name.encode().ljust(32, b"."),
        count,
        Purpose.CONTRACT,
        stage.clock().date(),
    )
    told = stage.online.batches.begin(batch, stage.clock())
    tracemalloc.start()
    answered = sum(
        "answer" in said for said in stage.online.batches.answers(batch, body(), told, stage.clock())
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answered == count
    return peak


def test_memory_does_not_grow_with_the_file(stage: RightsStage) -> None:
    """Five times the lines, the same memory: a slice, whatever the file's length."""
    peak_of(stage, 1_100, "warm")  # new pseudonyms and keys are made, and the last few kept at hand
    short = peak_of(stage, 220, "court")  # a slice is read while the one before it is still in hand

    long = peak_of(stage, 1_100, "long")

    assert long < 1.15 * short + 50_000
    assert long < 4_000_000
