"""A patient decides who opens their record; a professional's software asks whether it may, each time.

What the patient says holds from the next question on. A decision and its line in the journal are one
transaction, and an emergency also leaves a notice on the patient's phones, and on those of who answers for a
small child or a ward: access without consent is never access unseen.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from apcv_backend.callers import Caller, CallerKind
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.quota_rules import EMERGENCIES_A_DAY, REGULATIONS_A_DAY
from apcv_backend.record_access import rules
from apcv_backend.record_access.ports import (
    Answering,
    HiddenDocument,
    OneKey,
    Phones,
    Register,
    Registers,
)
from apcv_backend.record_access.rules import (
    EMERGENCIES,
    Answer,
    ConsentNotFound,
    Decision,
    NotForRepresentatives,
    Purpose,
    Question,
    RecordAccountFrozen,
    Rule,
    Scope,
    Statement,
    Target,
    TargetKind,
)
from cartes.cards import CardKind
from cartes.errors import InvalidValue
from cartes.identifiers.mode import Mode

T = TypeVar("T")

REGULATOR_FACT = "regulation_medicale"
"""In `Caller.facts`, the word by which the sign-in says a professional regulates calls (PSC
`Acces_Regulation_Medicale`); `true` is yes, anything else no."""

NOTICE = "record_opened_in_emergency"
NOTICE_TO_WHO_ANSWERS = "represented_record_in_emergency"
_FROM_PROFESSIONALS, _FROM_PATIENT = "professionals", "patient"
_NOBODY = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """Who speaks of their own record: a pseudonym, and how the journal names who spoke."""

    subject_id: str
    actor: str


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """What a professional's software asks; `document` and `author` when it is about one document."""

    person: PersonKey
    purpose: Purpose
    care_team: bool
    document: str | None = None
    author: str | None = None
    confidential: bool = False
    to_representative: bool = False


class RecordDesk:
    """See the module's story. Instants are aware UTC; `mode` is how strictly numbers are read."""

    def __init__(
        self,
        *,
        registers: Registers,
        phones: Phones,
        one_key: OneKey,
        answering_for: Answering,
        mode: Mode,
        random: Callable[[int], bytes],
    ) -> None:
        self._registers = registers
        self._one_key = one_key
        self._answering_for = answering_for
        self._phones = phones
        self._mode = mode
        self._random = random

    # --- who speaks

    def by_phone(self, method: str, path: str, unverified_dpop: str, at: datetime) -> Patient:
        """The owner of the phone that signed this request, with its app key.

        Raises:
            DpopRefused, DeviceUnknown, DeviceWithdrawn; ConsentNotFound for a professional's e-CPS phone.
        """
        phone = self._phones.asking(method, path, unverified_dpop, at)
        if phone.card is not CardKind.APCV:
            raise ConsentNotFound
        return Patient(phone.subject_id, f"device:{phone.device_id}")

    def by_token(self, caller: Caller, at: datetime) -> Patient:
        """The person who signed in with their apCV. Raises `NotForRepresentatives` when for another."""
        if caller.acts_for is not None or caller.person is None:
            raise NotForRepresentatives
        person = caller.person
        return Patient(self._registers.run(lambda register: register.subject_of(person, at)), caller.name)

    def read_person(self, text: str, at: datetime) -> PersonKey:
        """The patient a professional's software named, by any of their numbers.

        Raises `InvalidValue`, which repeats nothing.
        """
        return self._one_key(PersonKey.parse(CardKind.APCV, text, self._mode), at)

    # --- what the patient decides

    def statements(self, patient: Patient, at: datetime) -> Sequence[Statement]:
        """What the patient said and is in force."""
        said = self._registers.run(lambda register: register.statements(patient.subject_id))
        return [one for one in said if one.in_force(at)]

    def say(
        self,
        patient: Patient,
        kind: TargetKind,
        number: str,
        decision: Decision,
        at: datetime,
        *,
        scope: Scope = Scope.RECORD,
        until: datetime | None = None,
    ) -> Statement:
        """Grant or block, from now on, in place of what was said of this target. Raises `InvalidValue`."""
        target = Target.parse(kind, number, self._mode)
        rules.check_statement(target, scope, decision)
        if until is not None and until <= at:
            # It would undo what was said before and never hold itself: a block lifted by a slip of the year.
            raise InvalidValue(what="until", why="past")
        said = Statement(self._new_id(), target, scope, decision, at, until)

        def work(register: Register) -> Statement:
            kept = register.say(patient.subject_id, said)
            _note_consent(register, f"consent.{decision.value}", patient, kept, at)
            return kept

        return self._registers.run(work)

    def take_back(self, patient: Patient, consent_id: str, at: datetime) -> None:
        """Withdraw a consent, a block or an opposition. Raises `ConsentNotFound`."""

        def work(register: Register) -> None:
            gone = register.take_back(patient.subject_id, consent_id)
            if gone is None:
                raise ConsentNotFound
            _note_consent(register, "consent.withdrawn", patient, gone, at)

        self._registers.run(work)

    # --- documents

    def hide(self, patient: Patient, document: str, at: datetime) -> HiddenDocument:
        """Mask a document from professionals, but its author, until shown again. Raises `InvalidValue`."""
        hidden = HiddenDocument(
            self._new_id(), rules.parse_document(document), _FROM_PROFESSIONALS, "patient", at, None
        )

        def work(register: Register) -> HiddenDocument:
            kept = register.hide(patient.subject_id, hidden)
            register.note("document.hidden", actor=patient.actor, subject=patient.subject_id, facts={}, at=at)
            return kept

        return self._registers.run(work)

    def show_again(self, patient: Patient, hidden_id: str, at: datetime) -> None:
        """Unmask a document the patient had masked. Raises `ConsentNotFound`."""

        def work(register: Register) -> None:
            if register.unhide(patient.subject_id, hidden_id) is None:
                raise ConsentNotFound
            register.note("document.shown", actor=patient.actor, subject=patient.subject_id, facts={}, at=at)

        self._registers.run(work)

    def masked_by(self, patient: Patient) -> Sequence[HiddenDocument]:
        """What the patient masked. What is withheld from them is not told them."""
        found = self._registers.run(lambda register: register.hidden(patient.subject_id))
        return [one for one in found if one.from_whom == _FROM_PROFESSIONALS]

    def withhold(self, caller: Caller, person: PersonKey, document: str, at: datetime) -> HiddenDocument:
        """Keep a document from its patient until a consultation explains it: a month at most (R1111-53).

        Raises `InvalidValue`, `RecordAccountFrozen`.
        """
        by = _idnps(caller)
        held = HiddenDocument(
            self._new_id(), rules.parse_document(document), _FROM_PATIENT, by, at, rules.a_month_later(at)
        )

        def work(register: Register) -> HiddenDocument | None:
            subject_id = _counted(register, caller, person, at)
            if subject_id is None:
                return None
            kept = register.hide(subject_id, held)
            register.note(
                "document.withheld", actor=caller.name, subject=f"document:{kept.hidden_id}", facts={}, at=at
            )
            return kept

        return _not_frozen(self._registers.run(work))

    def visible_to_patient(self, person: PersonKey, document: str, at: datetime) -> bool:
        """Whether the patient may see a document of their own record: by itself, after a month."""

        def work(register: Register) -> bool:
            subject_id = register.find_subject(person)
            found = () if subject_id is None else register.hidden(subject_id)
            return not any(_holds(one, document, _FROM_PATIENT, at) for one in found)

        return self._registers.run(work)

    # --- what professionals ask

    def decide(self, caller: Caller, asked: AccessRequest, at: datetime) -> Rule:
        """May this professional open this record now? The rule that decided; its line is in the journal.

        Raises `RecordAccountFrozen`, never in an emergency.

        The answer never says whether the person exists: someone nobody spoke of simply said nothing.
        """
        idnps, emergency = _idnps(caller), asked.purpose in EMERGENCIES
        # A small child or a ward holds no phone: who answers for them is told too, unless the child kept it.
        answering = self._answering_for(asked.person, at) if emergency and not asked.confidential else ()
        notice_ids = [self._new_id() for _ in range(1 + len(answering))]

        def work(register: Register) -> Rule | None:
            # 0. No account asks about more people than one professional sees; an emergency is only counted.
            if emergency:
                subject_id = register.subject_of(asked.person, at)
                register.count_emergency(caller.subject_id, subject_id, _usual_emergencies(caller), at)
            else:
                counted = _counted(register, caller, asked.person, at)
                if counted is None:
                    return None
                subject_id = counted
            # 1. What the patient said, and is in force.
            said = [one for one in register.statements(subject_id) if one.in_force(at)]
            hidden = asked.document is not None and any(
                _holds(one, asked.document, _FROM_PROFESSIONALS, at) for one in register.hidden(subject_id)
            )
            # 2. The table decides.
            rule = rules.judge(
                Question(
                    purpose=asked.purpose,
                    professional=_said_of(said, TargetKind.PROFESSIONAL, idnps, Scope.RECORD),
                    structure=_said_of(said, TargetKind.STRUCTURE, caller.structure, Scope.RECORD),
                    opposed=_said_of(said, TargetKind.PURPOSE, asked.purpose.value, Scope.RECORD) is not None,
                    care_team=asked.care_team,
                    regulator=_is_regulator(caller),
                    hidden=hidden,
                    is_author=asked.author is not None and asked.author == idnps,
                    confidential=asked.confidential,
                    to_representative=asked.to_representative,
                )
            )
            # 3. The patient will read it; of an emergency they are told now.
            register.note(
                "record.permitted" if rule.answer is Answer.PERMIT else "record.denied",
                actor=caller.name,
                subject=subject_id,
                facts={
                    "by": idnps,
                    "structure": caller.structure,
                    "client": caller.client_id,
                    "purpose": asked.purpose.value,
                    "rule": rule.name,
                    **_declared(asked),
                },
                at=at,
            )
            if emergency:
                first, *others = notice_ids
                register.tell(subject_id, first, NOTICE, caller.structure, at)
                for notice_id, who in zip(others, answering, strict=True):
                    register.tell(who, notice_id, NOTICE_TO_WHO_ANSWERS, caller.structure, at)
            return rule

        return _not_frozen(self._registers.run(work))

    def covers(self, patient: PersonKey, caller: Caller, purpose: str, at: datetime) -> bool:
        """Whether `patient` agreed that `caller` asks for their rights (the ground `consent`)."""
        del purpose  # a consent to rights queries is for every purpose the client was registered with
        idnps = _idnps(caller) if caller.kind is CallerKind.PROFESSIONAL else ""

        def work(register: Register) -> bool:
            # Asked of a stranger too: who never said anything costs what anybody costs.
            said = register.statements(register.find_subject(patient) or _NOBODY)
            said = [one for one in said if one.in_force(at)]
            return rules.covers_rights(
                _said_of(said, TargetKind.PROFESSIONAL, idnps, None),
                _said_of(said, TargetKind.STRUCTURE, caller.structure, None),
                _said_of(said, TargetKind.ORGANISATION, caller.organisation, None),
            )

        return self._registers.run(work)

    def objecting(self, patients: Sequence[PersonKey], caller: Caller, at: datetime) -> frozenset[PersonKey]:
        """Those of `patients` who object to the queries of the insurer `caller`: one look for all of them."""
        if not patients or not caller.organisation:
            return frozenset()
        insurer = Target(TargetKind.ORGANISATION, caller.organisation)
        return self._registers.run(lambda register: register.who_blocks(patients, insurer, at))

    def _new_id(self) -> str:
        return str(uuid.UUID(bytes=self._random(16), version=4))


def _declared(asked: AccessRequest) -> dict[str, bool]:
    """What the answer rests on that nobody but the client says: the patient reads it as the client's word."""
    said = {
        "care_team": asked.care_team,
        "confidential": asked.confidential,
        "to_representative": asked.to_representative,
    }
    return {name: True for name, is_so in said.items() if is_so}


def _counted(register: Register, caller: Caller, person: PersonKey, at: datetime) -> str | None:
    """The patient's pseudonym, counted among those this account asked about today; None when it is stopped.

    Nothing is written of whoever a stopped account names. A freeze and its alarm stay: it is no exception.
    """
    if register.is_frozen(caller.subject_id):
        return None
    subject_id = register.subject_of(person, at)
    return subject_id if register.count_record(caller.subject_id, subject_id, at) else None


def _not_frozen(done: T | None) -> T:
    if done is None:
        raise RecordAccountFrozen
    return done


def _is_regulator(caller: Caller) -> bool:
    return caller.facts.get(REGULATOR_FACT) == "true"


def _usual_emergencies(caller: Caller) -> int:
    return REGULATIONS_A_DAY if _is_regulator(caller) else EMERGENCIES_A_DAY


def _idnps(caller: Caller) -> str:
    return "" if caller.person is None else caller.person.text


def _said_of(
    said: Sequence[Statement], kind: TargetKind, number: str, scope: Scope | None
) -> Decision | None:
    """What was said of a target. Without a scope (rights queries): consents to rights, and every block."""
    found = {
        one.decision
        for one in said
        if number
        and one.target == Target(kind, number)
        and (one.scope is scope or (scope is None and _about_rights(one)))
    }
    if Decision.BLOCKED in found:
        return Decision.BLOCKED
    return Decision.GRANTED if found else None


def _about_rights(one: Statement) -> bool:
    return one.scope is Scope.RIGHTS or one.decision is Decision.BLOCKED


def _holds(one: HiddenDocument, document: str, from_whom: str, at: datetime) -> bool:
    return one.document == document and one.from_whom == from_whom and (one.until is None or at < one.until)


def _note_consent(register: Register, event: str, patient: Patient, said: Statement, at: datetime) -> None:
    facts: dict[str, str | int | bool | None] = {
        "target": said.target.kind.value,
        "number": said.target.text,
        "scope": said.scope.value,
    }
    register.note(event, actor=patient.actor, subject=patient.subject_id, facts=facts, at=at)
