"""Loads the directory: what is good enters, what is bad is reported, and the cards it closes are revoked.

One bundle is one transaction: a load that fails half-way changed nothing. The revocations stand in the same
transaction as the news that causes them, so no till ever sees a directory that knows and a card list that
does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apcv_backend.enrolment.rules import day_in_france
from apcv_backend.professionals.fhir import BadEntry, read_bundle
from apcv_backend.professionals.ports import DirectoryRegister, DirectoryRegisters
from apcv_backend.professionals.rules import closed_by, merge


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did: people entered, status slots revoked, entries left out, warnings."""

    entered: int
    revoked: int
    refused: tuple[BadEntry, ...]
    warnings: tuple[str, ...]


class DirectoryService:
    """See the module's story."""

    def __init__(self, registers: DirectoryRegisters) -> None:
        self._registers = registers

    def load(self, document: object, *, source: str, at: datetime, shift_days: int = 0) -> LoadReport:
        """Load one decoded bundle, named `source`, at `at` (aware UTC); its dates move by `shift_days`.

        Raises:
            EntryRefused: the document is not a FHIR bundle; nothing was changed.
        """
        # 1. Read all of it, and set the bad entries apart.
        reading = read_bundle(document, shift_days=shift_days)
        day = day_in_france(at)

        # 2. In one transaction: join with what was known, enter, revoke what is closed, note.
        def work(register: DirectoryRegister) -> int:
            known = register.known([person.id_national.text for person in reading.people])
            revoked = 0
            for told in reading.people:
                before = known.get(told.id_national.text)
                person = merge(before, told)
                register.put(person, source, at)
                closure = closed_by(before, person, day)
                if closure is None:
                    continue
                closed = None if closure.everything else closure.exercices
                slots = register.revoke(person, closed, at)
                if slots:
                    revoked += slots
                    register.note(
                        "directory.cards_revoked",
                        actor="directory",
                        subject=f"professionnel:{person.id_national.text}",
                        facts={"why": closure.why, "slots": slots, "source": source},
                        at=at,
                    )
            register.note(
                "directory.loaded",
                actor="operator",
                subject=f"directory:{source}"[:120],
                facts={"entered": len(reading.people), "refused": len(reading.refused), "revoked": revoked},
                at=at,
            )
            return revoked

        revoked = self._registers.run(work)
        return LoadReport(len(reading.people), revoked, reading.refused, reading.warnings)
