"""Answers a question about somebody's rights, or refuses it in one way whatever the reason is.

    1. what this kind of caller may never ask is refused, whoever the patient is;
    2. the ground is looked for: presence, consent or membership;
    3. the source is asked;
    4. in one transaction the question is charged to the caller's accounts and told to the patient;
    5. the least that the ground allows leaves.

Somebody unknown and somebody whose rights are none of the caller's business cost the same steps: the source,
the ground, the charge and the journal are asked for both. So does whoever objects to this insurer's
questions: while they do, it is answered as about a stranger, unless they were there and showed their card.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from apcv_backend.callers import Caller
from apcv_backend.enrolment.rules import PersonKey, PersonUnknown, day_in_france
from apcv_backend.presences.rules import OpenPresence, PresenceRefused
from apcv_backend.quota_rules import Charge
from apcv_backend.rights.ports import (
    Asked,
    Consents,
    Memberships,
    Presences,
    QueryRegister,
    QueryRegisters,
    RightsSource,
)
from apcv_backend.rights.query_rules import (
    AccountFrozen,
    Basis,
    Ground,
    Query,
    RightsAnswer,
    RightsNotAnswered,
    basis_of_consent,
    basis_of_membership,
    basis_of_presence,
    check_care_date,
    check_theirs,
    may_ask,
    reduce,
)
from apcv_backend.rights.rules import ReponseDroits
from cartes.cards import CardKind
from cartes.errors import CarteError

OBJECTED: Final = "organisation_blocked"
"""Why a question was refused, in the journal of who objects to the insurer; the insurer is not told."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found about one question before anybody is told: the source's answer and the ground.

    Who `objects` to whoever asks is told of to nobody, whatever the ground.
    """

    person: PersonKey
    reponse: ReponseDroits | None
    basis: Basis | None
    objects: bool = False

    @property
    def is_answered(self) -> bool:
        """Whether something may be told."""
        return not self.is_in_vain and not self.objects

    @property
    def is_in_vain(self) -> bool:
        """Whether whoever asks had no business asking. An objection is no fault of theirs, and no guess."""
        return self.reponse is None or self.basis is None

    def told(self, caller: Caller, care_date: date, query_id: str) -> RightsAnswer:
        """The least that the ground allows. Raises RightsNotAnswered."""
        if self.reponse is None or self.basis is None or self.objects:
            raise RightsNotAnswered
        return reduce(self.reponse, self.basis, caller, care_date, query_id)


class RightsDesk:
    """Answers one question at a time. `RightsBatches` uses it for files."""

    def __init__(
        self,
        *,
        source: RightsSource,
        presences: Presences,
        consents: Consents,
        memberships: Memberships,
        registers: QueryRegisters,
        random: Callable[[int], bytes],
    ) -> None:
        self._source = source
        self._presences = presences
        self._consents = consents
        self._memberships = memberships
        self._registers = registers
        self._random = random

    def answer(self, query: Query, caller: Caller, at: datetime) -> RightsAnswer:
        """Answer `query` for `caller`, proven and live, at `at` (aware UTC).

        Raises:
            QueryNotAllowed, CareDateOutOfRange: whoever the patient is.
            AccountFrozen: a limit was reached. PresenceRefused: the token serves no more, or is another's.
            RightsNotAnswered: nothing may be told.
        """
        # 1.
        may_ask(caller, query)
        check_care_date(query.care_date, day_in_france(at))
        query_id = self.new_id()
        if query.ground is Ground.PRESENCE:
            found, presence = self._found_by_presence(query, caller, at)
        else:
            self._check_not_frozen(caller)
            found, presence = self.found(query, caller, at), None
        # 4. What is refused here is returned, so that a freeze and its alarm stay written.
        charge = self._registers.run(
            lambda register: self._record(
                register, query, found, caller, query_id, at, charged=presence is None
            )
        )
        if charge is Charge.FROZEN:
            raise AccountFrozen
        if charge is Charge.CANARY:
            raise RightsNotAnswered
        # 5.
        return found.told(caller, query.care_date, query_id)

    def found(self, query: Query, caller: Caller, at: datetime) -> Found:
        """Steps 2 and 3 for a question that names its person. Asks everything, whatever it finds first."""
        person = query.person
        if person is None:
            raise RightsNotAnswered
        reponse = self._known(person, at)
        # What they said, and who asked, is filed under one of their numbers, whichever is named.
        known_as = person if reponse is None else reponse.dossier().key_of(person)
        basis: Basis | None = None
        if query.ground is Ground.CONSENT:
            agreed = self._consents.covers(known_as, caller, query.purpose.value, at)
            basis = basis_of_consent() if agreed else None
        else:
            contract = self._memberships.of(caller.organisation, person, query.care_date, at)
            basis = None if contract is None else basis_of_membership(contract, query.care_date)
        objects = known_as in self._consents.objecting((known_as,), caller, at)
        return Found(known_as, reponse, basis, objects)

    def found_members(
        self, people: Sequence[PersonKey], care_date: date, caller: Caller, at: datetime
    ) -> list[Found]:
        """Steps 2 and 3 for many members, in their order, whoever is known or not.

        One look at contracts and one at objections.
        """
        contracts = self._memberships.of_each(caller.organisation, people, care_date, at)
        reponses = [self._known(person, at) for person in people]
        known_as = [
            person if reponse is None else reponse.dossier().key_of(person)
            for person, reponse in zip(people, reponses, strict=True)
        ]
        objecting = self._consents.objecting(known_as, caller, at)
        found = []
        for person, reponse, known in zip(people, reponses, known_as, strict=True):
            contract, objects = contracts.get(person), known in objecting
            basis = None if contract is None else basis_of_membership(contract, care_date)
            found.append(Found(known, reponse, basis, objects))
        return found

    def new_id(self) -> str:
        """The identifier of one question."""
        return str(uuid.UUID(bytes=self._random(16), version=4))

    def _found_by_presence(self, query: Query, caller: Caller, at: datetime) -> tuple[Found, OpenPresence]:
        presence = self._presences.opened(query.presence_token, at)
        if not check_theirs(presence, caller):
            raise PresenceRefused(why="not_yours")
        person = self._registers.run(lambda register: register.person_of(presence.subject_id))
        if person is None or person.card is not CardKind.APCV:
            raise RightsNotAnswered
        return Found(person, self._known(person, at), basis_of_presence(presence)), presence

    def _known(self, person: PersonKey, at: datetime) -> ReponseDroits | None:
        try:
            return self._source.droits_of(person, at)
        except PersonUnknown:
            return None

    def _check_not_frozen(self, caller: Caller) -> None:
        if self._registers.run(lambda register: register.is_frozen(caller)):
            raise AccountFrozen

    def _record(
        self,
        register: QueryRegister,
        query: Query,
        found: Found,
        caller: Caller,
        query_id: str,
        at: datetime,
        *,
        charged: bool,
    ) -> Charge:
        misses = 1 if found.is_in_vain else 0
        charge = register.charge(caller, (found.person,), misses, at) if charged else Charge.TAKEN
        register.tell(asked_of(query, found, charge), caller, query_id, at)
        return charge


def asked_of(query: Query, found: Found, charge: Charge) -> Asked:
    """The journal's line of one question."""
    if charge is Charge.FROZEN:
        outcome = "stopped"
    else:
        outcome = "answered" if found.is_answered and charge is Charge.TAKEN else "refused"
    is_known = found.reponse is not None
    rule = OBJECTED if found.objects and outcome == "refused" else ""
    return Asked(found.person, is_known, query.ground.value, query.purpose.value, outcome, rule)


def read_person(nir: str, birth_date: str, rank: int | None) -> PersonKey:
    """The person of a question: their own NIR, or the ouvrant droit's with a birth date and a rank.

    Raises:
        RightsNotAnswered: it is no such key. Not said apart: a key that is wrong names nobody.
    """
    text = f"{nir}/{birth_date}/{rank or 1}" if birth_date else nir
    try:
        return PersonKey.parse(CardKind.APCV, text)
    except CarteError:
        raise RightsNotAnswered from None
