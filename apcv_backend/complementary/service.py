"""Takes what insurers publish of their members, and answers who is a member of whom.

An insurer speaks of its own contracts only: its number comes from its client's registration, never from what
it sends. Publishing is idempotent: the same line again says the same thing later. A bad line of a file costs
nobody else's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Final

from apcv_backend.complementary.csv_file import LineRefused, Read, read_lines
from apcv_backend.complementary.ports import Outcome, Register, Registers
from apcv_backend.complementary.rules import (
    Contract,
    ContractFieldRefused,
    InsurerUnknown,
    KnownContract,
    parse_contract,
)
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.rights.rules import ContratAmc
from cartes.identifiers.mode import Mode

_LINES_A_TRANSACTION = 500


MOST_TOLD: Final = 1_000
"""How many lines that were not taken a report holds."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many lines of a file had each outcome, and how many were not taken."""

    entered: int
    changed: int
    same: int
    refused: int


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of a file: its counts, and the first `MOST_TOLD` lines that were not taken."""

    counts: Counts
    refused: tuple[LineRefused, ...]


class ContractDesk:
    """See the module's story.

    `mode` is how strictly numbers are read (fictitious ones in demonstrations). `one_key` gives the one key
    of a person told under any of theirs, and the key itself for somebody who is not known.
    """

    def __init__(
        self,
        *,
        registers: Registers,
        mode: Mode,
        one_key: Callable[[PersonKey], PersonKey],
        ring_publication: Callable[[], None],
    ) -> None:
        self._registers = registers
        self._mode = mode
        self._one_key = one_key
        self._ring_publication = ring_publication

    def publish(self, organisation: str, told: dict[str, str], actor: str, at: datetime) -> Outcome:
        """Keep one line of the insurer `organisation` (its number) at `at` (aware UTC).

        Raises:
            InsurerUnknown: the client is no insurer's. ContractFieldRefused: the first field at fault.
        """
        person, contract = self._parsed(organisation, told)
        (outcome,) = self._keep([(person, contract)], organisation, actor, at)
        return outcome

    def load(self, organisation: str, data: bytes, actor: str, at: datetime) -> LoadReport:
        """Keep every good line of a file, and tell the first of the others.

        Raises:
            InsurerUnknown. ContractFileRefused: it is no file of contracts; nothing was kept.
        """
        refused: list[LineRefused] = []
        counts = Counts(0, 0, 0, 0)
        for told in self.loading(organisation, data, actor, at):
            if isinstance(told, Counts):
                counts = told
            elif len(refused) < MOST_TOLD:
                refused.append(told)
        return LoadReport(counts, tuple(refused))

    def loading(
        self, organisation: str, data: bytes, actor: str, at: datetime
    ) -> Iterator[LineRefused | Counts]:
        """The same, as it is read from: every line that is not taken, in their order, and the counts last.

        A group of lines is kept before its refused ones are told. Whoever stops reading stops the file
        there; the same file again goes on, for what was kept is only said again.

        Raises:
            InsurerUnknown, ContractFileRefused: at once, as `load`.
        """
        if not organisation:
            raise InsurerUnknown
        return self._loading(organisation, read_lines(data), actor, at)

    # --- for other rooms

    def of(self, organisation: str, person: PersonKey, day: date, at: datetime) -> ContratAmc | None:
        """The contract of `person` with the insurer numbered `organisation` about `day`, if it has one.

        The one open that day, or else the one that ended last; `inconnu` when at `at` (aware UTC) its insurer
        has not said it for too long. Asked as of many are: in one statement, a stranger's too.
        """
        return self.of_each(organisation, (person,), day, at).get(person)

    def of_each(
        self, organisation: str, people: Sequence[PersonKey], day: date, at: datetime
    ) -> dict[PersonKey, ContratAmc]:
        """The same for each of many people, in one look at the register; who has no contract is not in it."""
        keys = {person: self._one_key(person) for person in people}
        known = self._registers.of_people(organisation, tuple(keys.values()))
        found = {person: _about(known.get(key, ()), day, at) for person, key in keys.items()}
        return {person: contract for person, contract in found.items() if contract is not None}

    def contracts_of(self, people: Sequence[PersonKey]) -> tuple[KnownContract, ...]:
        """Every contract told of one person, known under any of these keys."""
        found = {known.contract_id: known for person in people for known in self._registers.of_person(person)}
        return tuple(found.values())

    # --- inside

    def _parsed(self, organisation: str, told: dict[str, str]) -> tuple[PersonKey, Contract]:
        if not organisation:
            raise InsurerUnknown
        person, contract = parse_contract(organisation, told, self._mode)
        # Insurers know a child by a parent's number: the contract stands where the child's phone is found.
        return self._one_key(person), contract

    def _loading(
        self, organisation: str, lines: Iterator[Read], actor: str, at: datetime
    ) -> Iterator[LineRefused | Counts]:
        outcomes: Counter[Outcome] = Counter()
        bad = 0
        while group := list(islice(lines, _LINES_A_TRANSACTION)):
            refused, good = self._sorted(organisation, group)
            outcomes.update(self._keep(good, organisation, actor, at))
            bad += len(refused)
            yield from refused
        yield Counts(outcomes[Outcome.ENTERED], outcomes[Outcome.CHANGED], outcomes[Outcome.SAME], bad)

    def _sorted(
        self, organisation: str, group: Sequence[Read]
    ) -> tuple[list[LineRefused], list[tuple[PersonKey, Contract]]]:
        """The lines of a group that cannot be taken, and the others, read."""
        refused, good = [], []
        for number, told in group:
            if isinstance(told, LineRefused):
                refused.append(told)
                continue
            try:
                good.append(self._parsed(organisation, told))
            except ContractFieldRefused as wrong:
                refused.append(LineRefused(number, str(wrong.facts["field"]), str(wrong.facts["why"])))
        return refused, good

    def _keep(
        self, taken: Sequence[tuple[PersonKey, Contract]], organisation: str, actor: str, at: datetime
    ) -> list[Outcome]:
        if not taken:
            return []

        def work(register: Register) -> list[Outcome]:
            outcomes = register.keep_all(organisation, taken, at)
            register.note(
                "contracts.published",
                actor=actor,
                subject=f"insurer:{organisation}",
                facts={one.value: outcomes.count(one) for one in Outcome},
                at=at,
            )
            return outcomes

        outcomes = self._registers.run(work)
        if Outcome.CHANGED in outcomes:
            self._ring_publication()
        return outcomes


def _about(theirs: Sequence[KnownContract], day: date, at: datetime) -> ContratAmc | None:
    """The one open that day, or else the one that ended last; none of those that begin later."""
    begun = [known for known in theirs if known.contract.droits.periode.debut <= day]
    if not begun:
        return None

    def rank(known: KnownContract) -> tuple[bool, date]:
        periode = known.contract.droits.periode
        return periode.open_on(day), periode.debut

    return max(begun, key=rank).as_rights(at)
