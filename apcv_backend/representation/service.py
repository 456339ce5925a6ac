"""Opens, tells and ends representations.

A desk opens one on a named proof: both people are looked up, the law's limits are applied
(`rules.accept_opening`), and the record is one transaction with its line in the journal. Ending one revokes,
in that same transaction, every card that was issued under it, and rings the publisher: a till knows at its
next refresh. Issuance asks `held` at every card, so nothing is issued under what is over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from apcv_backend.enrolment.rules import Device, PersonKey, PersonUnknown, check_may_hold, day_in_france
from apcv_backend.representation.ports import CurrentRights, NewRepresentation, Phones, Register, Registers
from apcv_backend.representation.rules import (
    AlreadyOpen,
    DelegationType,
    EndedBy,
    OpeningOrder,
    Representation,
    RepresentationOver,
    RepresentationUnknown,
    Sided,
    accept_opening,
    check_may_be_represented,
)
from apcv_backend.rights.rules import ReponseDroits
from cartes.cards import CardKind
from cartes.wire import base64url

_REFERENCE_BYTES = 16
# Whom the person themselves may send away; a parent's or a tutor's authority is a judge's to end.
_GIVEN_FREELY = frozenset({DelegationType.AIDANT_DEMARCHE, DelegationType.TIERS_PONCTUEL})


@dataclass(frozen=True, slots=True)
class Told:
    """A representation, and the other person's names; empty when no register knows them any more."""

    representation: Representation
    given: str
    use_name: str


class Representations:
    """See the module's story. Instants are aware UTC."""

    def __init__(
        self,
        *,
        registers: Registers,
        rights: CurrentRights,
        phones: Phones,
        random: Callable[[int], bytes],
        ring_publication: Callable[[], None],
    ) -> None:
        self._registers = registers
        self._rights = rights
        self._phones = phones
        self._random = random
        self._ring_publication = ring_publication

    # --- at a desk

    def open(self, order: OpeningOrder, agent: str, at: datetime) -> Representation:
        """Open what `agent` (a name for the journal: `desk:…`, `staff:…`) asks, the proof before them.

        Raises:
            PersonUnknown, an EnrolmentRefused leaf: one of the two may not be represented, or hold a card.
            A RepresentationRefused leaf: the ground, the proof, the scope or the end does not do.
        """
        day = day_in_france(at)
        # 1. Who the two are, under the one key each is known by.
        represented = self._rights.droits_of(order.beneficiary, at)
        delegate = self._rights.droits_of(order.delegate, at)
        asked = OpeningOrder(
            known_as(order.beneficiary, represented),
            known_as(order.delegate, delegate),
            order.type,
            order.proof,
            order.until,
            order.scope,
        )
        # 2. One may be represented; the other may hold a card, and so is nobody's ward.
        check_may_be_represented(represented.dossier(), day)
        check_may_hold(delegate.dossier(), day)
        # 3. The ground, the proof, the scope, the end.
        ends_on, narrows_on = accept_opening(asked, represented.dossier(), day)
        new = NewRepresentation(
            reference=base64url.encode(self._random(_REFERENCE_BYTES)),
            beneficiary=asked.beneficiary,
            delegate=asked.delegate,
            type=asked.type,
            proof=asked.proof,
            scope=asked.scope,
            starts_on=day,
            ends_on=ends_on,
            narrows_on=narrows_on,
            opened_by=agent,
        )
        # 4. Recorded, once between these two.
        return self._registers.run(lambda register: _record(register, new, at))

    def end(self, reference: str, by: EndedBy, actor: str, at: datetime) -> Representation:
        """Withdraw a representation: its cards are revoked now. Raises `RepresentationUnknown`."""

        def work(register: Register) -> Representation:
            ended = register.end(reference, by, at)
            if ended is None:
                raise RepresentationUnknown
            register.note(
                "representation.ended",
                actor=actor,
                subject=ended.beneficiary_subject,
                facts={"type": ended.type.word, "delegate": ended.delegate_subject, "by": by.value},
                at=at,
            )
            return ended

        ended = self._registers.run(work)
        self._ring_publication()
        return ended

    def end_every(self, person: PersonKey, actor: str, at: datetime) -> int:
        """End every representation of `person`: their card is revoked wherever somebody else holds it.

        By pseudonym: what was opened before a number of theirs could be used is theirs as well.
        """
        subject_id = self._subject_of(person, at)
        live = () if subject_id is None else self._registers.given_by(subject_id)
        for one in live:
            self.end(one.reference, EndedBy.AUTORITE, actor, at)
        return len(live)

    def list_for(self, person: PersonKey, at: datetime) -> Sequence[Sided]:
        """All that concerns a person, on either side, over or not: for an agent who was asked."""
        subject_id = self._subject_of(person, at)
        found = () if subject_id is None else self._registers.all_of(subject_id)
        return [Sided(one, represents=one.delegate_subject == subject_id) for one in found]

    def _subject_of(self, person: PersonKey, at: datetime) -> str | None:
        """The pseudonym of whoever is named by any of their numbers; None when nobody spoke of them."""
        with suppress(PersonUnknown):  # they left the register: the number named is all there is
            person = known_as(person, self._rights.droits_of(person, at))
        return self._registers.find_subject(person)

    # --- for other rooms

    def of(self, subject_id: str, at: datetime) -> tuple[Representation, ...]:
        """What the person `subject_id` holds, in force at `at`: for whom they may act."""
        return tuple(one for one in self._registers.held_by(subject_id) if one.in_force(at))

    def answering_for(self, person: PersonKey, at: datetime) -> tuple[str, ...]:
        """The pseudonyms of who answers for all of `person`'s care at `at`, from whom nothing is kept.

        The parents of a child under sixteen, a guardian: who is told what that person would be told.
        """
        subject_id, day = self._subject_of(person, at), day_in_france(at)
        given = () if subject_id is None else self._registers.given_by(subject_id)
        return tuple(
            one.delegate_subject for one in given if one.in_force(at) and not one.excludes_confidential(day)
        )

    def held(self, reference: str, subject_id: str, at: datetime) -> Representation:
        """The representation of this reference, if `subject_id` holds it and it is in force at `at`.

        Raises:
            RepresentationUnknown: nobody's, or somebody else's (the same answer).
            RepresentationOver: theirs, and over or not begun.
        """
        found = self._registers.find(reference)
        if found is None or found.delegate_subject != subject_id:
            raise RepresentationUnknown
        if not found.in_force(at):
            raise RepresentationOver
        return found

    # --- for a phone

    def told(
        self, method: str, path: str, unverified_dpop: str, at: datetime
    ) -> tuple[list[Told], list[Told]]:
        """What the phone's owner holds, and to whom their own card was given; in force at `at`."""
        phone = self._apcv_phone(method, path, unverified_dpop, at)
        if phone is None:
            return [], []
        held = [self._told(one, one.beneficiary, at) for one in self.of(phone.subject_id, at)]
        given = [
            self._told(one, one.delegate, at)
            for one in self._registers.given_by(phone.subject_id)
            if one.in_force(at)
        ]
        return held, given

    def end_from_phone(
        self, reference: str, method: str, path: str, unverified_dpop: str, at: datetime
    ) -> None:
        """The representative gives up, or the person takes back what they gave freely.

        Raises:
            RepresentationUnknown: neither is the owner of this phone, or only a judge may end it.
        """
        phone = self._apcv_phone(method, path, unverified_dpop, at)
        found = self._registers.find(reference)
        if phone is None or found is None:
            raise RepresentationUnknown
        if found.delegate_subject == phone.subject_id:
            by = EndedBy.MANDATAIRE
        elif found.beneficiary_subject == phone.subject_id and found.type in _GIVEN_FREELY:
            by = EndedBy.MANDANT
        else:
            raise RepresentationUnknown
        self.end(reference, by, f"device:{phone.device_id}", at)

    def _apcv_phone(self, method: str, path: str, unverified_dpop: str, at: datetime) -> Device | None:
        phone = self._phones.asking(method, path, unverified_dpop, at)
        return phone if phone.card is CardKind.APCV else None

    def _told(self, one: Representation, other: PersonKey, at: datetime) -> Told:
        try:
            traits = self._rights.droits_of(other, at).beneficiaire.traits
        except PersonUnknown:  # they left the register: what stands must still be seen, to be ended
            return Told(one, "", "")
        return Told(one, traits.prenom_utilise, traits.nom_utilise)


def known_as(person: PersonKey, answer: ReponseDroits) -> PersonKey:
    """The one key of a person found under any of theirs: their own number when it may be used."""
    return answer.dossier().key_of(person)


def _record(register: Register, new: NewRepresentation, at: datetime) -> Representation:
    beneficiary = register.subject_of(new.beneficiary, at)
    delegate = register.subject_of(new.delegate, at)
    if any(one.in_force(at) for one in register.between(beneficiary, delegate)):
        raise AlreadyOpen
    opened = register.add(new, beneficiary, delegate, at)
    register.note(
        "representation.opened",
        actor=new.opened_by,
        subject=beneficiary,
        facts={"type": new.type.word, "delegate": delegate, "proof": new.proof.value},
        at=at,
    )
    return opened
