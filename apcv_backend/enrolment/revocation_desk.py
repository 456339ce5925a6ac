"""Revoke and suspend on an agent's word: a phone, a person, one exercice of a professional.

Each act is one transaction: the phones, the slots of their cards and the line of the journal that names the
agent; revoking a person ends their representations in one of its own, first, which done again does no harm.
The publisher is rung after it, and tills learn of it at their next refresh. Revoked is for good: the person
enrols again, on another slot. Suspended may be lifted; meanwhile no new card is issued on those slots.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, TypeVar

from apcv_backend.enrolment import activation_codes
from apcv_backend.enrolment.activation_codes import DeskAgent
from apcv_backend.enrolment.device_service import withdraw_one
from apcv_backend.enrolment.ports import Register, Registers
from apcv_backend.enrolment.refusals import DeviceNotFound
from apcv_backend.enrolment.rules import Device, PersonKey
from cartes.errors import CarteError

T = TypeVar("T")

_LONGEST_ACTOR = 120
_LONGEST_EXERCICE = 64


class NothingToChange(CarteError):
    """No card is in the state this would change: nothing was written."""

    code: ClassVar[str] = "nothing_to_change"


@dataclass(frozen=True, slots=True)
class PersonRevoked:
    """What was taken from a person: their phones, and the phones of others that could show their card."""

    phones: int
    representations: int


def nobody_represents(_person: PersonKey, _actor: str, _at: datetime) -> int:
    """Where no representations are kept: none to end."""
    return 0


def as_named(person: PersonKey, _at: datetime) -> PersonKey:
    """Where nobody knows the other numbers of a person: the one that was named."""
    return person


@dataclass(frozen=True, slots=True)
class RevocationDesk:
    """The agent's acts; `at` is the instant of the act (UTC).

    `end_representations(person, actor, at)` ends every representation of a person (the room
    `representation`), their cards on other phones with it; how many. `one_key(person, at)` is the key
    a person is entered under, whichever of their numbers was typed.
    """

    registers: Registers
    random: Callable[[int], bytes]
    ring_publication: Callable[[], None]
    end_representations: Callable[[PersonKey, str, datetime], int] = nobody_represents
    one_key: Callable[[PersonKey, datetime], PersonKey] = as_named

    def revoke_device(self, typed: str, agent: DeskAgent, at: datetime) -> None:
        """Withdraw the live phone of this reference or identifier. Raises `DeviceNotFound`."""

        def work(register: Register) -> None:
            self._withdraw(register, _one(register, typed), agent, at)

        self._do(work)

    def revoke_person(self, person: PersonKey, agent: DeskAgent, at: datetime) -> PersonRevoked:
        """Withdraw every live phone of a person, and end every representation of them.

        A newborn or somebody protected has a card without having a phone. Raises `NothingToChange` when
        there is neither.
        """

        def work(register: Register) -> int:
            found = _all(register, person)
            for device in found:
                self._withdraw(register, device, agent, at)
            return len(found)

        person = self.one_key(person, at)
        ended = self.end_representations(person, actor_of(agent), at)
        try:
            return PersonRevoked(self._do(work), ended)
        except NothingToChange:
            if not ended:
                raise
            return PersonRevoked(0, ended)

    def revoke_exercice(self, person: PersonKey, exercice: str, agent: DeskAgent, at: datetime) -> int:
        """Revoke the cards of one exercice on all the person's phones; how many slots.

        The phones stay. Whether a new card may be had for that exercice is the directory's to say. Raises
        `NothingToChange`.
        """

        def work(register: Register) -> int:
            found = _all(register, named)
            count = register.revoke_exercice([device.device_id for device in found], exercice, at)
            return _noted(register, "exercice.revoked", found, count, agent, at, exercice)

        if not exercice or len(exercice) > _LONGEST_EXERCICE:
            raise NothingToChange
        named = self.one_key(person, at)
        return self._do(work)

    def suspend_device(self, typed: str, agent: DeskAgent, at: datetime) -> int:
        """Suspend the cards of one live phone; how many. Raises `DeviceNotFound` or `NothingToChange`."""
        return self._do(lambda register: _suspend(register, [_one(register, typed)], agent, at))

    def suspend_person(self, person: PersonKey, agent: DeskAgent, at: datetime) -> int:
        """Suspend the cards of all the person's phones; how many. Raises `NothingToChange`."""
        named = self.one_key(person, at)
        return self._do(lambda register: _suspend(register, _all(register, named), agent, at))

    def resume_device(self, typed: str, agent: DeskAgent, at: datetime) -> int:
        """Lift the suspension of one phone's cards; how many. Raises as `suspend_device`."""
        return self._do(lambda register: _resume(register, [_one(register, typed)], agent, at))

    def resume_person(self, person: PersonKey, agent: DeskAgent, at: datetime) -> int:
        """Lift the suspension of the cards of a person; how many. Raises `NothingToChange`."""
        named = self.one_key(person, at)
        return self._do(lambda register: _resume(register, _all(register, named), agent, at))

    def _do(self, work: Callable[[Register], T]) -> T:
        done = self.registers.run(work)
        self.ring_publication()
        return done

    def _withdraw(self, register: Register, device: Device, agent: DeskAgent, at: datetime) -> None:
        notice_id = str(uuid.UUID(bytes=self.random(16), version=4))
        withdraw_one(register, device, why="revoked", actor=actor_of(agent), notice_id=notice_id, at=at)


def actor_of(agent: DeskAgent) -> str:
    """Who the journal says did it."""
    return f"desk:{agent.name}@{agent.place}"[:_LONGEST_ACTOR]


def _one(register: Register, typed: str) -> Device:
    named = typed.strip()
    with suppress(activation_codes.BadCode):  # then it may be an identifier, as `phone check-models` prints
        named = activation_codes.parse_typed(named, activation_codes.REFERENCE_LENGTH)
    device = register.find_device(named)
    if device is None:
        raise DeviceNotFound
    register.lock_subject(device.subject_id)
    return device


def _all(register: Register, person: PersonKey) -> Sequence[Device]:
    subject_id = register.get_subject(person)
    if subject_id is None:
        raise NothingToChange
    register.lock_subject(subject_id)
    found = register.live_devices(subject_id)
    if not found:
        raise NothingToChange
    return found


def _suspend(register: Register, found: Sequence[Device], agent: DeskAgent, at: datetime) -> int:
    count = register.suspend([device.device_id for device in found], at)
    return _noted(register, "cards.suspended", found, count, agent, at)


def _resume(register: Register, found: Sequence[Device], agent: DeskAgent, at: datetime) -> int:
    count = register.resume([device.device_id for device in found], at)
    return _noted(register, "cards.resumed", found, count, agent, at)


def _noted(
    register: Register,
    event: str,
    found: Sequence[Device],
    count: int,
    agent: DeskAgent,
    at: datetime,
    exercice: str = "",
) -> int:
    """One line of the journal for all; nothing changed is an error, so that a typing mistake is seen."""
    if not count:
        raise NothingToChange
    facts = {"card": found[0].card.value, "phones": len(found), "slots": count}
    if exercice:
        facts["exercice"] = exercice
    register.note(event, actor=actor_of(agent), subject=found[0].subject_id, facts=facts, at=at)
    return count
