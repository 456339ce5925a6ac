"""What an approval is worth: its moment, its gesture over the whole request, what its owner signs in as.

Nothing is written here but one line of the journal, when a key shows that it may exist twice. The gesture
is a WebAuthn assertion over `cartes.signin_challenge`, checked by the one wrapper of the house, and so
under the RP identifier, the origins and the flags of the card it approves with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from apcv_backend.dpop import DpopProof
from apcv_backend.enrolment.rules import PersonKey, check_may_hold, day_in_france
from apcv_backend.signin.approval.attempt_ports import (
    AttemptRegisters,
    CheckAssertion,
    KeptAttempt,
    People,
    Representations,
    SigninGesture,
    SigninPhone,
)
from apcv_backend.signin.approval.attempt_refusals import (
    CounterRegressed,
    ExerciceRefused,
    ExerciceRequired,
    MomentRefused,
    RepresentationRefused,
)
from apcv_backend.signin.approval.attempt_service import open_exercices
from cartes.cards import Binding, CardKind
from cartes.errors import CarteError
from cartes.professionnel import Exercice
from cartes.signin_challenge import SigninStatement

MAX_AGE = timedelta(seconds=60)
MAX_AHEAD = timedelta(seconds=10)
"""How far the phone's clock may be from ours, as for a DPoP proof."""


@dataclass(frozen=True, slots=True)
class UnverifiedApproval:
    """An approval as it arrived: an AuthenticationResponseJSON, and what it is said to have signed."""

    credential: Mapping[str, object] = field(repr=False)
    digits: str = field(repr=False)
    exercice: str
    acts_for: str
    t: int


@dataclass(frozen=True, slots=True)
class ProvenAnswer:
    """A proven gesture, and what it settles."""

    phone: SigninPhone
    gesture: SigninGesture
    kept: KeptAttempt
    digits: str = field(repr=False)
    exercice: Exercice | None
    exercice_due: bool
    acts_for: PersonKey | None
    proof: DpopProof | None
    return_mac: bytes | None = field(repr=False)


class ApprovalProver:
    """Proves a phone's answer, outside any transaction."""

    def __init__(
        self,
        *,
        registers: AttemptRegisters,
        check_assertion: CheckAssertion,
        people: People,
        representations: Representations,
    ) -> None:
        self._registers = registers
        self._check_assertion = check_assertion
        self._people = people
        self._representations = representations

    def gesture(
        self, phone: SigninPhone, kept: KeptAttempt, unverified: UnverifiedApproval, digits: str, at: datetime
    ) -> SigninGesture:
        """The owner's gesture over this request, these digits and this moment.

        Raises:
            MomentRefused, CounterRegressed, a CeremonyRefused leaf.
        """
        now = int(at.timestamp())
        ahead, age = int(MAX_AHEAD.total_seconds()), int(MAX_AGE.total_seconds())
        if not now - age <= unverified.t <= now + ahead:
            raise MomentRefused
        challenge = statement(kept, unverified, digits).challenge()
        try:
            return self._check_assertion(phone, unverified.credential, challenge=challenge, at=at)
        except CarteError as refused:
            if refused.code == CounterRegressed.code:
                self._accuse(phone, at)
            raise

    def settled(
        self,
        phone: SigninPhone,
        gesture: SigninGesture,
        kept: KeptAttempt,
        unverified: UnverifiedApproval,
        at: datetime,
        *,
        proof: DpopProof | None = None,
        return_mac: bytes | None = None,
    ) -> ProvenAnswer:
        """The person may still hold their card; the exercice and the person represented are theirs.

        Raises:
            PersonUnknown, a leaf of EnrolmentRefused, ExerciceRequired, ExerciceRefused,
            RepresentationRefused.
        """
        check_may_hold(self._people.find(phone.person, at), day_in_france(at))
        exercice, exercice_due = self._exercice(phone, kept, unverified.exercice, at)
        return ProvenAnswer(
            phone=phone,
            gesture=gesture,
            kept=kept,
            digits=unverified.digits,
            exercice=exercice,
            exercice_due=exercice_due,
            acts_for=self._acts_for(phone, unverified.acts_for, at),
            proof=proof,
            return_mac=return_mac,
        )

    def _exercice(
        self, phone: SigninPhone, kept: KeptAttempt, asked: str, at: datetime
    ) -> tuple[Exercice | None, bool]:
        """The exercice signed, the only one, or (True) one to be chosen on the page; CIBA has no page."""
        open_ones = open_exercices(self._people, phone.person, at)
        if asked:
            for exercice in open_ones:
                if exercice.exercice_id == asked:
                    return exercice, False
            raise ExerciceRefused
        if phone.kind is CardKind.APCV:
            return None, False
        if not open_ones:
            raise ExerciceRefused
        if len(open_ones) == 1:
            return open_ones[0], False
        if kept.attempt.order.origin == "ciba":
            raise ExerciceRequired
        return None, True

    def _acts_for(self, phone: SigninPhone, asked: str, at: datetime) -> PersonKey | None:
        if not asked:
            return None
        if phone.kind is CardKind.APCV:
            for represented in self._representations.of(phone.subject_id, at):
                if represented.representation_id == asked:
                    return represented.person
        raise RepresentationRefused

    def _accuse(self, phone: SigninPhone, at: datetime) -> None:
        """A true signature with an old counter is worth a line of the journal: a key may have been copied."""
        self._registers.run(
            lambda register: register.note(
                "device.counter_regressed",
                actor=f"device:{phone.device_id}",
                subject=phone.subject_id,
                facts={"device_id": phone.device_id},
                at=at,
            )
        )


def statement(kept: KeptAttempt, unverified: UnverifiedApproval, digits: str) -> SigninStatement:
    """What this answer must have signed, with `digits`."""
    order = kept.attempt.order
    return SigninStatement(
        attempt_id=kept.attempt.attempt_id,
        client_id=order.client_id,
        scopes=order.scopes,
        acr=order.acr,
        digits=digits,
        exercice=unverified.exercice,
        t=unverified.t,
        acts_for=unverified.acts_for,
    )


def amr_of(binding: Binding) -> tuple[str, ...]:
    """How the person was authenticated (RFC 8176): a key they have, and what unlocks it."""
    return ("hwk" if binding is Binding.HARDWARE_ATTESTED else "swk", "user", "mfa")
