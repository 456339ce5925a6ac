"""The phone's side of a sign-in: what it is asked, and how its answer is proven (walk D of `docs/walks/`).

Every request of a phone is signed by its app key (DPoP). An approval is also a WebAuthn gesture over the
whole request, the digits as typed and the moment (`cartes.signin_challenge`). The phone is never told the
digits: who types them is looking at the page that began, so a request from elsewhere has nothing to type.

On the same device there is no second screen to compare with. The page of the card's own host asks for the
gesture, and gives a ticket back; the sign-in goes on only when the browser that began brings that ticket
(`come_back`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from apcv_backend.dpop import DpopProof, DpopRefused, check_dpop
from apcv_backend.enrolment.rules import DeviceWithdrawn
from apcv_backend.signin.approval.attempt_ports import (
    ApprovalRecord,
    AttemptRegister,
    AttemptRegisters,
    KeptAttempt,
    People,
    Phones,
    Representations,
    Represented,
    SigninPhone,
)
from apcv_backend.signin.approval.attempt_refusals import (
    AttemptNotFound,
    AttemptOver,
    CounterRegressed,
    PhoneUnknown,
    WrongDigits,
)
from apcv_backend.signin.approval.attempt_rules import MOST_WRONG_DIGITS, AttemptState
from apcv_backend.signin.approval.attempt_service import AttemptDesk, as_of, open_exercices, structure_of
from apcv_backend.signin.approval.gesture import (
    ApprovalProver,
    ProvenAnswer,
    UnverifiedApproval,
    amr_of,
    statement,
)
from cartes.cards import CardKind
from cartes.errors import CarteError
from cartes.professionnel import Exercice
from cartes.wire import base64url

_TICKET_BYTES = 32


@dataclass(frozen=True, slots=True)
class PhoneCall:
    """A phone's request as it arrived: method, path from the root without query, and its `DPoP` header."""

    method: str
    path: str
    unverified_dpop: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SigninRequest:
    """What a phone shows its owner: who asks, from where, for what; never the digits."""

    kept: KeptAttempt
    exercices: Sequence[Exercice]
    represented: Sequence[Represented]

    @property
    def tries_left(self) -> int:
        """How many pairs of digits may still be typed."""
        return MOST_WRONG_DIGITS - self.kept.attempt.errors


class PhoneDesk:
    """Answers phones about sign-ins."""

    def __init__(
        self,
        *,
        attempts: AttemptDesk,
        registers: AttemptRegisters,
        phones: Phones,
        prover: ApprovalProver,
        people: People,
        representations: Representations,
        public_url: str,
        random: Callable[[int], bytes],
    ) -> None:
        """`public_url` is the address DPoP proofs name, without a trailing slash."""
        self._attempts = attempts
        self._registers = registers
        self._phones = phones
        self._prover = prover
        self._people = people
        self._representations = representations
        self._public_url = public_url
        self._random = random

    # --- asked

    def pending(self, call: PhoneCall, at: datetime) -> Sequence[SigninRequest]:
        """What waits for this person, oldest first. Raises as `_proven`."""
        phone, proof = self._proven(call, at)
        self._registers.run(lambda register: _spend(register, proof))
        return [self._told(kept, phone, at) for kept in self._registers.pending_of(phone.subject_id, at)]

    def describe(self, call: PhoneCall, attempt_id: str, at: datetime) -> SigninRequest:
        """One request. Raises as `_proven`; AttemptNotFound, AttemptOver."""
        phone, proof = self._proven(call, at)
        self._registers.run(lambda register: _spend(register, proof))
        return self._told(self._open_for(attempt_id, phone, at), phone, at)

    def claim(self, call: PhoneCall, code: str, at: datetime) -> SigninRequest:
        """The request behind a QR this person scanned: theirs from now on, whoever else scans it.

        Raises:
            AttemptNotFound: no such code, another person's, another kind of card's, or over: all alike.
        """
        phone, proof = self._proven(call, at)
        claim_mac = self._attempts.claim_mac(code)

        def work(register: AttemptRegister) -> str | None:
            _spend(register, proof)
            return register.claim(claim_mac, phone, at)

        attempt_id = self._registers.run(work)
        if attempt_id is None:
            raise AttemptNotFound
        return self._told(self._open_for(attempt_id, phone, at), phone, at)

    def whose(self, call: PhoneCall, at: datetime) -> str:
        """The pseudonym of the person whose live phone signed this request. Raises as `_proven`."""
        phone, proof = self._proven(call, at)
        self._registers.run(lambda register: _spend(register, proof))
        return phone.subject_id

    # --- answered

    def approve(self, call: PhoneCall, attempt_id: str, unverified: UnverifiedApproval, at: datetime) -> None:
        """Approve one request: a gesture over it, with the digits its owner reads on the other screen.

        Raises:
            AttemptNotFound, AttemptOver: nothing to approve, or (third error) locked now.
            WrongDigits: not those of the page; `left` tries remain.
            MomentRefused, ExerciceRequired, ExerciceRefused, RepresentationRefused.
            EnrolmentRefused: this person's card is not good any more.
            CeremonyRefused, CounterRegressed: the gesture does not hold. DpopRefused and the rest of
            `_proven`.
        """
        # 1. Which phone, which request?
        phone, proof = self._proven(call, at)
        kept = self._open_for(attempt_id, phone, at)
        # 2. Its owner's gesture, over this request and no other.
        gesture = self._prover.gesture(phone, kept, unverified, unverified.digits, at)
        # 3. Who they are today, as what, for whom.
        answer = self._prover.settled(phone, gesture, kept, unverified, at, proof=proof)
        # 4. Once, with all that follows from it.
        self._record(answer, at)

    def same_device_challenge(self, code: str, t: int, at: datetime) -> tuple[CardKind, bytes]:
        """What the page of the card's own host asks the browser to sign, and for which card.

        Raises:
            AttemptNotFound: no such code. AttemptOver.
        """
        kept = self._by_code(code, at)
        return kept.attempt.order.kind, statement(kept, UnverifiedApproval({}, "", "", "", t), "").challenge()

    def shown(self, code: str, at: datetime) -> KeptAttempt:
        """The attempt a page of the card's own host is about. Raises AttemptNotFound, AttemptOver."""
        return self._by_code(code, at)

    def approve_on_same_device(
        self, code: str, unverified: UnverifiedApproval, at: datetime
    ) -> tuple[str, str]:
        """Approve on the device that began; the attempt, and the ticket that its browser must bring back.

        No digits: there is no second screen. An approval made by somebody who was sent here by another
        browser's owner gives that owner nothing, since the ticket is not in their browser, nor their cookie
        in this one.

        Raises:
            As `approve`; PhoneUnknown when the credential is nobody's.
        """
        kept = self._by_code(code, at)
        phone = self._phones.by_credential(_credential_id(unverified.credential))
        if phone is None:
            raise PhoneUnknown
        if phone.withdrawn_at is not None:
            raise DeviceWithdrawn
        if phone.kind is not kept.attempt.order.kind:
            raise AttemptNotFound
        gesture = self._prover.gesture(phone, kept, unverified, "", at)
        ticket = base64url.encode(self._random(_TICKET_BYTES))
        attempt_id = kept.attempt.attempt_id
        return_mac = self._attempts.return_mac(attempt_id, ticket)
        answer = self._prover.settled(phone, gesture, kept, unverified, at, return_mac=return_mac)
        self._record(answer, at)
        return attempt_id, ticket

    def refuse(self, call: PhoneCall, attempt_id: str, at: datetime) -> None:
        """No. The third in a row of requests this person did not begin locks for a day.

        Raises:
            AttemptNotFound, AttemptOver, and as `_proven`.
        """
        self._end(call, attempt_id, AttemptState.REFUSED, at)

    def report(self, call: PhoneCall, attempt_id: str, at: datetime) -> None:
        """It was not me: refused, locked at once, and the person's sessions at that client are closed."""
        self._end(call, attempt_id, AttemptState.REPORTED, at)

    # --- inside

    def _proven(self, call: PhoneCall, at: datetime) -> tuple[SigninPhone, DpopProof]:
        """The live phone whose app key signed this request; its proof is still to be spent.

        Raises:
            DpopRefused, PhoneUnknown, DeviceWithdrawn.
        """
        proof = check_dpop(call.unverified_dpop, htm=call.method, htu=self._public_url + call.path, at=at)
        phone = self._phones.by_app_key(proof.jkt)
        if phone is None:
            raise PhoneUnknown
        if phone.withdrawn_at is not None:
            raise DeviceWithdrawn
        return phone, proof

    def _open_for(self, attempt_id: str, phone: SigninPhone, at: datetime) -> KeptAttempt:
        kept = self._registers.get(attempt_id)
        if (
            kept is None
            or kept.subject_id != phone.subject_id
            or not kept.is_reached
            or kept.attempt.order.kind is not phone.kind
        ):
            raise AttemptNotFound
        return _still_open(kept, at)

    def _by_code(self, code: str, at: datetime) -> KeptAttempt:
        kept = self._registers.by_claim(self._attempts.claim_mac(code))
        if kept is None:
            raise AttemptNotFound
        return _still_open(kept, at)

    def _told(self, kept: KeptAttempt, phone: SigninPhone, at: datetime) -> SigninRequest:
        represented = () if phone.kind is CardKind.ECPS else self._representations.of(phone.subject_id, at)
        return SigninRequest(kept, open_exercices(self._people, phone.person, at), represented)

    def _record(self, answer: ProvenAnswer, at: datetime) -> None:
        """The gesture is spent, and the attempt approved; or the error counted, whatever else happens."""
        kept, phone = answer.kept, answer.phone
        attempt_id, order = kept.attempt.attempt_id, kept.attempt.order

        def work(register: AttemptRegister) -> CarteError | None:
            if answer.proof is not None:
                _spend(register, answer.proof)
            if not register.accept_gesture(phone, answer.gesture, at):
                raise DeviceWithdrawn if register.is_withdrawn(phone.device_id) else CounterRegressed
            if answer.return_mac is None and answer.digits != kept.attempt.digits:
                return self._count_error(register, answer, at)
            record = ApprovalRecord(
                phone=phone,
                exercice_id="" if answer.exercice is None else answer.exercice.exercice_id,
                structure="" if answer.exercice is None else structure_of(answer.exercice),
                acts_for=answer.acts_for,
                amr=amr_of(phone.binding),
                return_mac=answer.return_mac,
                exercice_due=answer.exercice_due,
                take_before=at + self._attempts.lifetime,
            )
            if not register.approve(attempt_id, record, at):
                return AttemptOver(state=_state_now(register, attempt_id, at))
            register.release(phone.subject_id, attempt_id, at)
            register.forget_refusals(phone.subject_id, at)
            register.ring(attempt_id, at)
            facts = {"client": order.client_id, "origin": order.origin, "exercice": record.exercice_id}
            _note(register, "signin.approved", answer.phone, facts, at)
            return None

        # Refused after the commit: the error that was counted stays counted.
        refusal = self._registers.run(work)
        if refusal is not None:
            raise refusal

    def _count_error(self, register: AttemptRegister, answer: ProvenAnswer, at: datetime) -> CarteError:
        attempt = answer.kept.attempt
        counted = register.count_wrong_digits(attempt.attempt_id, at)
        if counted is None:
            return AttemptOver(state=_state_now(register, attempt.attempt_id, at))
        state, errors = counted
        if state is not AttemptState.LOCKED:
            return WrongDigits(left=MOST_WRONG_DIGITS - errors)
        facts = {"client": attempt.order.client_id, "origin": attempt.order.origin, "why": "digits"}
        self._unwanted(register, answer.kept, answer.phone, at, lock_now=False)
        _note(register, "signin.refused", answer.phone, facts, at)
        return AttemptOver(state=state.value)

    def _end(self, call: PhoneCall, attempt_id: str, state: AttemptState, at: datetime) -> None:
        phone, proof = self._proven(call, at)
        kept = self._open_for(attempt_id, phone, at)
        order = kept.attempt.order
        is_report = state is AttemptState.REPORTED

        def work(register: AttemptRegister) -> CarteError | None:
            _spend(register, proof)
            if not register.end(attempt_id, state, at):
                return AttemptOver(state=_state_now(register, attempt_id, at))
            self._unwanted(register, kept, phone, at, lock_now=is_report)
            if is_report:
                register.close_sessions(phone.subject_id, order.client_id, "reported", at)
            facts = {"client": order.client_id, "origin": order.origin}
            _note(register, f"signin.{state.value}", phone, facts, at)
            return None

        refusal = self._registers.run(work)
        if refusal is not None:
            raise refusal

    @staticmethod
    def _unwanted(
        register: AttemptRegister, kept: KeptAttempt, phone: SigninPhone, at: datetime, *, lock_now: bool
    ) -> None:
        """The request is over; one this person did not begin counts towards the lock."""
        register.release(phone.subject_id, kept.attempt.attempt_id, at)
        register.ring(kept.attempt.attempt_id, at)
        if kept.was_named or lock_now:
            register.count_refusal(phone.subject_id, at, lock_now=lock_now)


def _still_open(kept: KeptAttempt, at: datetime) -> KeptAttempt:
    state = as_of(kept.attempt, at).state
    if state is not AttemptState.PENDING:
        raise AttemptOver(state=state.value)
    return kept


def _state_now(register: AttemptRegister, attempt_id: str, at: datetime) -> str:
    kept = register.get(attempt_id)
    return AttemptState.EXPIRED.value if kept is None else as_of(kept.attempt, at).state.value


def _spend(register: AttemptRegister, proof: DpopProof) -> None:
    if not register.use_once(proof.replay_key, proof.forget_after):
        raise DpopRefused(why="replayed")


def _note(
    register: AttemptRegister, event: str, phone: SigninPhone, facts: Mapping[str, str], at: datetime
) -> None:
    register.note(event, actor=f"device:{phone.device_id}", subject=phone.subject_id, facts=facts, at=at)


def _credential_id(credential: Mapping[str, object]) -> bytes:
    named = credential.get("id")
    try:
        return base64url.decode(named) if isinstance(named, str) else b""
    except CarteError:
        return b""
