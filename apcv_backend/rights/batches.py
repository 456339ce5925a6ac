"""A file of questions, one a line, answered in the order it came in, a hundred lines at a time.

The file is named by its sender (`Batch-Id`) and known by its digest. How many of its lines were told stands
in one row that moves forward by a conditional UPDATE, in the transaction that charges and journals them: a
connection that breaks is taken up again at any line told before or at the next one, and nobody is charged or
told about twice. Of two streams of one file, the one left behind stops there, and waits for nobody. Memory
holds one slice, whatever the file's length.

A name serves for one question (its people, its day, its purpose) and for a day: what is charged once must not
be asked for ever. A frozen account reads nothing more, not even of what was told it before.

Membership is the only ground of a file: an insurer asks about its own members.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from apcv_backend.callers import Caller
from apcv_backend.enrolment.rules import PersonKey, day_in_france
from apcv_backend.quota_rules import Charge
from apcv_backend.rights.answers import to_json
from apcv_backend.rights.ports import QueryRegister, QueryRegisters
from apcv_backend.rights.query_rules import (
    AccountFrozen,
    BatchRefused,
    Ground,
    Purpose,
    Query,
    RightsNotAnswered,
    check_care_date,
    may_ask,
)
from apcv_backend.rights.query_service import Found, RightsDesk, asked_of, read_person
from cartes.errors import InvalidValue
from cartes.wire import strict_json

MOST_LINES: Final = 100_000
MOST_LINE_BYTES: Final = 512
SLICE: Final = 100
_MEMBERS: Final = frozenset({"nir", "birth_date", "rank", "ref"})
_LONGEST_REF: Final = 64


@dataclass(frozen=True, slots=True)
class Batch:
    """A file as it was received: whose, under which name, its digest, its lines, and where to begin (1…)."""

    caller: Caller
    key: str
    digest: bytes = field(repr=False)
    lines: int
    purpose: Purpose
    care_date: date
    from_line: int = 1

    @property
    def asked(self) -> bytes:
        """The digest of the whole question: the file, and what the address says of it."""
        about = f"batch-v1|{self.purpose.value}|{self.care_date.isoformat()}|".encode()
        return hashlib.sha256(about + self.digest).digest()


@dataclass(frozen=True, slots=True)
class _Line:
    """One line, read: whom it names and what was found, or the code of what is wrong with it."""

    number: int
    ref: str = ""
    person: PersonKey | None = None
    found: Found | None = None
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class _Stopped:
    """Where a file stopped, and what was told before that."""

    told: int
    why: str


class RightsBatches:
    """Works through files of questions."""

    def __init__(self, desk: RightsDesk, registers: QueryRegisters) -> None:
        self._desk = desk
        self._registers = registers

    def begin(self, batch: Batch, at: datetime) -> int:
        """Check a file before its first line; how many of its lines were told before.

        Raises:
            QueryNotAllowed, CareDateOutOfRange: whoever is in it.
            AccountFrozen: also for what was told before.
            BatchRefused: `why` is empty, lines, key (it served for another question or a day ago), from_line.
        """
        may_ask(batch.caller, self._query(batch))
        check_care_date(batch.care_date, day_in_france(at))
        if not 1 <= batch.lines <= MOST_LINES:
            raise BatchRefused(why="empty" if batch.lines < 1 else "lines")
        if self._registers.run(lambda register: register.is_frozen(batch.caller)):
            raise AccountFrozen
        told = self._registers.run(
            lambda register: register.begin_batch(batch.caller.client_id, batch.key, batch.asked, at)
        )
        if told is None:
            raise BatchRefused(why="key")
        if not 1 <= batch.from_line <= told + 1:
            raise BatchRefused(why="from_line")
        return told

    def answers(
        self, batch: Batch, lines: Iterable[bytes], told: int, at: datetime
    ) -> Iterator[dict[str, Any]]:
        """The answers to `lines` (all of the file's, in order) from `batch.from_line` on, then a last word.

        `told` is what `begin` gave. The last word says `done`, or where to go on (`resume_from`) and why not.
        """
        numbered = islice(enumerate(lines, 1), batch.from_line - 1, None)
        while some := list(islice(numbered, SLICE)):
            read = self._read(batch, some, at)
            outcome = self._record(batch, read, told, at)
            last = outcome.told if isinstance(outcome, _Stopped) else outcome
            for line in read:
                if line.number <= last:
                    yield self._said(batch, line)
            if isinstance(outcome, _Stopped):
                yield {"done": False, "resume_from": outcome.told + 1, "error": {"code": outcome.why}}
                return
            told = max(told, last)
        yield {"done": True, "lines": batch.lines}

    def _read(self, batch: Batch, some: Sequence[tuple[int, bytes]], at: datetime) -> list[_Line]:
        """A slice: its lines read one by one, and whoever they name looked for together."""
        read = [_read_line(number, raw) for number, raw in some]
        named = [line.person for line in read if line.person is not None]
        found = iter(self._desk.found_members(named, batch.care_date, batch.caller, at))
        return [line if line.person is None else replace(line, found=next(found)) for line in read]

    def _record(self, batch: Batch, read: list[_Line], told: int, at: datetime) -> int | _Stopped:
        """Charge and tell what was not told before; up to which line, or where that stopped."""
        fresh = [line for line in read if line.number > told]
        if not fresh:
            frozen = self._registers.run(lambda register: register.is_frozen(batch.caller))
            return _Stopped(read[0].number - 1, "account_frozen") if frozen else told
        return self._registers.run(lambda register: self._tell(register, batch, fresh, told, at))

    def _tell(
        self, register: QueryRegister, batch: Batch, fresh: list[_Line], told: int, at: datetime
    ) -> int | _Stopped:
        caller = batch.caller
        if register.is_frozen(caller):
            return _Stopped(told, "account_frozen")
        room = register.room_left(caller, at)
        # Everybody is counted as new: near the limit a file may stop a line early, never a line late.
        taken = fresh if len(fresh) <= room else fresh[: max(1, room)]
        last = taken[-1].number
        if not register.advance_batch(caller.client_id, batch.key, told, last):
            return _Stopped(told, "batch_in_progress")
        asked = [line.found for line in taken if line.found is not None]
        misses = sum(found.is_in_vain for found in asked)
        charge = Charge.TAKEN
        if asked:
            charge = register.charge(caller, [found.person for found in asked], misses, at)
        if charge is not Charge.TAKEN:
            register.advance_batch(caller.client_id, batch.key, last, told)
            return _Stopped(told, "account_frozen")
        query = self._query(batch)
        told_of = [
            (asked_of(query, line.found, charge), _query_id(batch, line.number))
            for line in taken
            if line.found is not None
        ]
        register.tell_all(told_of, caller, at)
        return last if len(taken) == len(fresh) else _Stopped(last, "ceiling_reached")

    def _said(self, batch: Batch, line: _Line) -> dict[str, Any]:
        said: dict[str, Any] = {"line": line.number}
        if line.ref:
            said["ref"] = line.ref
        found = line.found
        if found is None:
            said["error"] = {"code": line.wrong}
        else:
            try:
                answer = found.told(batch.caller, batch.care_date, _query_id(batch, line.number))
            except RightsNotAnswered as refused:
                said["error"] = {"code": refused.code}
            else:
                said["answer"] = to_json(answer)
        return said

    @staticmethod
    def _query(batch: Batch) -> Query:
        return Query(Ground.MEMBERSHIP, batch.purpose, batch.care_date)


def _read_line(number: int, raw: bytes) -> _Line:
    """One line: what is wrong with it stays its own affair."""
    ref = ""
    try:
        member = strict_json.loads(raw, max_size=MOST_LINE_BYTES)
        if not isinstance(member, dict) or not member.keys() <= _MEMBERS:
            return _Line(number, wrong="line_malformed")
        ref = _text(member, "ref", _LONGEST_REF)
        rank = member.get("rank", 1)
        if type(rank) is not int:
            return _Line(number, ref, wrong="line_malformed")
        person = read_person(_text(member, "nir", 15), _text(member, "birth_date", 8), rank)
    except RightsNotAnswered as wrong:
        return _Line(number, ref, wrong=wrong.code)
    except InvalidValue:
        return _Line(number, ref, wrong="line_malformed")
    return _Line(number, ref, person)


def _query_id(batch: Batch, number: int) -> str:
    return f"{batch.key}#{number}"[:80]


def _text(member: dict[str, Any], name: str, most: int) -> str:
    value = member.get(name, "")
    if not isinstance(value, str) or len(value) > most or not value.isprintable():
        raise InvalidValue(what="line", why=name)
    return value
