"""What a desk agent does for somebody who stands there with their papers (CSS R161-33-13).

Every act names the agent, and every act is counted before it is tried: an agent's account in the wrong hands
opens forty codes in a day and not forty thousand, and learns nothing by trying numbers, for a number nobody
has counts as much as any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apcv_backend.callers import Caller
from apcv_backend.enrolment.rules import PersonKey, day_in_france
from apcv_backend.representation.rules import EndedBy, OpeningOrder, Representation, Sided
from apcv_backend.staff import rules
from apcv_backend.staff.ports import Agent, Counter, Delegations, HandedCode, Register, Registers, SeenPhone
from apcv_backend.staff.refusals import DailyCapReached
from cartes.cards import CardKind
from cartes.identifiers.mode import Mode


@dataclass(frozen=True, slots=True)
class CounterDesk:
    """A desk agent's acts; every `caller` was proven to be one. `mode` is how strictly numbers are read."""

    registers: Registers
    counter: Counter
    delegations: Delegations
    mode: Mode

    def read_person(self, card: CardKind, text: str) -> PersonKey:
        """Who the agent typed. Raises `InvalidValue`, which repeats nothing of it."""
        return PersonKey.parse(card, text, self.mode)

    def open_code(self, caller: Caller, person: PersonKey, at: datetime) -> HandedCode:
        """Open an activation code for somebody present.

        Raises:
            DailyCapReached: the agent opened as many as one may today. PersonUnknown: nobody has this key.
        """
        self._count(caller, "code", at)
        return self.counter.open_code(person, agent_of(caller), at)

    def phones_of(self, caller: Caller, person: PersonKey, at: datetime) -> Sequence[SeenPhone]:
        """The live phones of somebody present. Raises `DailyCapReached`."""
        self._count(caller, "look", at)
        return self.counter.phones_of(person, at)

    def report_lost(self, caller: Caller, person: PersonKey, reference: str, at: datetime) -> None:
        """Withdraw a lost phone of somebody present. Raises `DailyCapReached`, `DeviceNotFound`."""
        self._count(caller, "look", at)
        self.counter.report_lost(person, reference, agent_of(caller), at)

    def open_delegation(self, caller: Caller, order: OpeningOrder, at: datetime) -> Representation:
        """Open a delegation on the named proof the agent saw. Raises `DailyCapReached`, and the room's."""
        self._count(caller, "delegation", at)
        return self.delegations.open(order, actor_of(caller), at)

    def end_delegation(self, caller: Caller, reference: str, by: EndedBy, at: datetime) -> Representation:
        """Withdraw one on a proof the agent saw. Raises `DailyCapReached`, `RepresentationUnknown`."""
        self._count(caller, "look", at)
        return self.delegations.end(reference, by, actor_of(caller), at)

    def delegations_of(self, caller: Caller, person: PersonKey, at: datetime) -> Sequence[Sided]:
        """The delegations of somebody present, given and received. Raises `DailyCapReached`."""
        self._count(caller, "look", at)
        return self.delegations.list_for(person, at)

    def _count(self, caller: Caller, act: str, at: datetime) -> None:
        day = day_in_france(at).isoformat()

        def work(register: Register) -> int | None:
            member = register.member(caller.subject_id)
            codes = rules.USUAL_DAILY_CODES if member is None else member.daily_codes
            most = rules.DAILY_LOOKS if act == "look" else codes
            if register.spend_act(caller.subject_id, day, act, most):
                return None
            register.note(
                "desk.cap_reached", actor=caller.name, subject=caller.name, facts={"act": act}, at=at
            )
            return most

        # Refused after the commit: the line of the journal stays, for whoever watches agents.
        limit = self.registers.run(work)
        if limit is not None:
            raise DailyCapReached(limit=limit)


def agent_of(caller: Caller) -> Agent:
    """The colleague behind a caller, as the audit names them."""
    return Agent(caller.subject_id, caller.facts["agent"], caller.facts["place"])


def actor_of(caller: Caller) -> str:
    """The same, in one word of the journal."""
    return f"desk:{caller.facts['agent']}@{caller.facts['place']}"[:120]
