"""Issues cards to enrolled phones: steps 10 to 18 of walk A, in that order (`docs/walks/`).

What must happen once happens in one transaction (step 14 to 16): the nonce is spent, the phone's counter
moves, the slot is taken, and what we are about to sign is on record. Only then is anything signed, and
nothing leaves that our own verifier would refuse. A crash in between leaves the record: the phone asks again
with the same `Idempotency-Key`, and gets cards with the very same claims.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from apcv_backend.enrolment.rules import SILENT_RENEWAL, DeviceWithdrawn, renew_until
from apcv_backend.issuance import batch, openid4vci
from apcv_backend.issuance.openid4vci import (
    IdempotencyConflict,
    IdempotencyKeyReused,
    InvalidNonce,
    IssuedCard,
    Nonce,
    Nonces,
    RenewalTooOld,
    UnverifiedRequest,
)
from apcv_backend.issuance.planning import Plan, Planner
from apcv_backend.issuance.ports import (
    Fact,
    Intent,
    Line,
    OwnTrust,
    Recorded,
    Register,
    Registers,
    Signers,
    Wanted,
)
from apcv_backend.issuance.proving import CounterRegressed, Proven, Prover
from apcv_backend.issuance.rules import Draft
from apcv_backend.representation.rules import RepresentationOver
from cartes import seal
from cartes.cards import Slot
from cartes.errors import CarteError, IssuerKeyOutOfValidity, LintRefused
from cartes.trust import KindPolicy, TrustList

CREDENTIAL_PATH = "/v1/credential"

_REPEATED_FOR = timedelta(hours=24)
"""How long the same request under the same key gets the same answer (REL-2)."""

_BEING_ANSWERED_FOR = timedelta(seconds=5)
"""A request's deadline: an intent without cards that is younger is another request's, still at work."""

_REDRAFTS = 3


class OwnCardRefused(CarteError):
    """Our own verifier refuses what we just sealed, or reads it differently: it does not leave."""

    code = "own_card_refused"


class _SourceMoved(CarteError):
    """The directory, or a contract, changed between the draft and the record: draft again on what it says."""

    code = "source_moved"


class IssuanceService:
    """See the module's story."""

    def __init__(
        self,
        *,
        prover: Prover,
        registers: Registers,
        planner: Planner,
        signers: Signers,
        own_trust: OwnTrust,
        nonces: Nonces,
        random: Callable[[int], bytes],
    ) -> None:
        self._prover = prover
        self._registers = registers
        self._planner = planner
        self._signers = signers
        self._own_trust = own_trust
        self._nonces = nonces
        self._random = random

    def new_nonce(self, at: datetime) -> Nonce:
        """Step 10: a fresh nonce. Nothing is written."""
        return self._nonces.make(at)

    def sweep(self, at: datetime) -> int:
        """Forget nonces past their time and issuances whose cards are dead; how many issuances there were."""
        return self._registers.sweep(at)

    def trust(self, at: datetime) -> TrustList:
        """Our own trust list at `at`, for the metadata phones read."""
        return self._own_trust(at)

    def issue(
        self, request: UnverifiedRequest, *, idempotency_key: str, unverified_dpop: str, at: datetime
    ) -> dict[str, Any]:
        """Steps 11 to 18: the body of the answer to one credential request at `at` (aware UTC).

        Raises:
            InvalidProof, InvalidNonce, DpopRefused, a CeremonyRefused leaf: the request is not proven.
            DeviceWithdrawn, RenewalTooOld, CounterRegressed: this phone may not.
            PersonUnknown, an EnrolmentRefused or IssuanceRefused leaf, CardSuspended: this person may not.
            RepresentationUnknown, RepresentationOver: nor show the card of that other person.
            IdempotencyKeyReused, IdempotencyConflict: the key is another request's, or this one's twin is at
            work.
        """
        trust = self._own_trust(at)
        policy = trust.kinds[request.kind]
        # 12. Which phone asks, and does it ask for the first time? It is proven to be that phone, either way.
        proven = self._prover.prove(request, idempotency_key, unverified_dpop, at)
        if proven.recorded is not None:
            cards = self._repeat(proven, proven.recorded, trust, policy, at)
            return self._answer(proven, cards, at)
        # 13 to 16. What is known of the person; the intent on record, with all it spends.
        issuance_id, drafts = self._record(proven, idempotency_key, policy, at)
        # 17, 18. Sealed, opened as a till would, kept, handed out.
        cards = self._seal(issuance_id, drafts, proven, trust, at)
        return self._answer(proven, cards, at)

    # --- 13 to 16. The person, the slots, the intent

    def _record(
        self, proven: Proven, idempotency_key: str, policy: KindPolicy, at: datetime
    ) -> tuple[str, tuple[Draft, ...]]:
        for attempt in range(1, _REDRAFTS + 1):
            plan = self._planner.plan(proven, policy, at)
            try:
                once = partial(
                    self._record_once,
                    proven=proven,
                    plan=plan,
                    idempotency_key=idempotency_key,
                    at=at,
                )
                return self._registers.run(once)
            except _SourceMoved:
                if attempt == _REDRAFTS:
                    raise IdempotencyConflict from None
            except CounterRegressed:
                self._prover.accuse(proven.phone, at)
                raise
        raise AssertionError("unreachable")  # the loop returns or raises

    def _record_once(
        self,
        register: Register,
        *,
        proven: Proven,
        plan: Plan,
        idempotency_key: str,
        at: datetime,
    ) -> tuple[str, tuple[Draft, ...]]:
        """All that may happen once, and the intent, in the transaction of `register`."""
        phone, kind = proven.phone, proven.request.kind
        # 14. What permits it is spent, the phone accepted, its slots taken.
        slots = None
        if plan.stands_alone:
            asserted_after = at - SILENT_RENEWAL
            wanted = Wanted(proven.used, phone, proven.gesture, asserted_after, kind, plan.until)
            slots = register.take_at_once(wanted, at)
        if slots is None:
            slots = self._take(register, proven, plan, idempotency_key, at)
        # 15. The drafts, linted as they are made.
        drafts = tuple(plan.draft(slots))
        # 16. What we are about to sign is now known.
        content = batch.write_intent([(draft.label, draft.card.claims) for draft in drafts])
        intent = Intent(
            issuance_id=str(uuid.UUID(bytes=self._random(16), version=4)),
            idempotency_key=idempotency_key,
            request_digest=proven.request.digest,
            kind=kind,
            content=content,
            expires_at=max(draft.card.draft.expires_at for draft in drafts),
        )
        line = Line(
            "card.issuance",
            actor=f"device:{phone.device_id}",
            # In the journal of whoever the card is about.
            subject=phone.subject_id if plan.represented is None else plan.represented.beneficiary_subject,
            facts=_told(proven, intent, len(drafts)),
        )
        if not register.record(intent, phone, line, at):
            raise IdempotencyConflict
        return intent.issuance_id, drafts

    def _take(
        self, register: Register, proven: Proven, plan: Plan, idempotency_key: str, at: datetime
    ) -> Mapping[str, Slot]:
        """Step by step, all that this issuance takes; whatever stands against it is raised by its name."""
        phone = proven.phone
        # The nonce (and the DPoP proof) permit one issuance.
        if not register.use_once(proven.used):
            if register.has_record(phone.device_id, idempotency_key):
                raise IdempotencyConflict
            raise InvalidNonce(why="used")
        # The phone is alive, and its counter moves forward.
        self._accept(register, proven, at)
        # What we drafted from is still what is known.
        if plan.fiche is not None and not register.is_current(plan.fiche):
            raise _SourceMoved
        if plan.represented is not None and not register.is_represented(plan.represented.reference):
            raise RepresentationOver
        if plan.contracts and not register.are_current(plan.contracts):
            raise _SourceMoved
        slots = dict(register.slots(phone, proven.request.kind, plan.until, at))
        if plan.linked:
            slots |= register.slots(phone, phone.kind, plan.linked, at)
        return slots

    def _accept(self, register: Register, proven: Proven, at: datetime) -> None:
        phone = proven.phone
        if proven.gesture is None:
            if register.accept_renewal(phone, at - SILENT_RENEWAL, at):
                return
            raise DeviceWithdrawn if register.is_withdrawn(phone.device_id) else RenewalTooOld
        if not register.accept_gesture(phone, proven.gesture, at):
            raise DeviceWithdrawn if register.is_withdrawn(phone.device_id) else CounterRegressed

    # --- 17, 18. The seal

    def _seal(
        self, issuance_id: str, drafts: Sequence[Draft], proven: Proven, trust: TrustList, at: datetime
    ) -> tuple[IssuedCard, ...]:
        """Seal what is on record, open it under our own trust list as a till would, and keep it."""
        phone, kind = proven.phone, proven.request.kind
        signer = self._signers(kind, at)
        cards = []
        for draft in drafts:
            credential = seal.seal(draft.card, signer)
            try:
                opened = seal.open_seal(credential, trust, at, expected=kind)
            except CarteError as refused:
                raise OwnCardRefused(why=refused.code) from refused
            if opened.card != draft.card.draft.card or opened.holder_key != phone.holder_key:
                raise OwnCardRefused(why="reads_differently")
            cards.append(IssuedCard(draft.label, credential, opened.expires_at, opened.card.as_of))
        written = batch.write_cards(cards)
        kept = self._registers.record_issued(issuance_id, phone, written, at)
        if kept is None:
            raise DeviceWithdrawn
        return tuple(cards) if kept == written else batch.read_cards(kept)

    def _repeat(
        self, proven: Proven, recorded: Recorded, trust: TrustList, policy: KindPolicy, at: datetime
    ) -> tuple[IssuedCard, ...]:
        """The same answer to the same request; or, after a crash, the end of the work that was recorded.

        Raises:
            IdempotencyKeyReused: another request, or more than a day ago, or its cards would be dead, or are
            dated before the key that signs now.
            IdempotencyConflict: the first one is still being answered.
            What `issue` raises of the person, when nothing was signed yet.
        """
        age = at - recorded.recorded_at
        if recorded.request_digest != proven.request.digest or age > _REPEATED_FOR:
            raise IdempotencyKeyReused
        if recorded.cards is not None:
            return batch.read_cards(recorded.cards)
        if age < _BEING_ANSWERED_FOR:
            raise IdempotencyConflict
        # Nothing was signed yet, and the news may have changed since: the person is asked about again.
        self._planner.plan(proven, policy, at)
        try:
            drafts = [
                Draft(label, seal.lint_again(claims, policy))
                for label, claims in batch.read_intent(recorded.intent)
            ]
        except LintRefused as outdated:  # written under rules that have changed
            raise IdempotencyKeyReused from outdated
        if any(draft.card.draft.expires_at <= at for draft in drafts):
            raise IdempotencyKeyReused
        try:
            return self._seal(recorded.issuance_id, drafts, proven, trust, at)
        except OwnCardRefused as refused:
            if refused.facts["why"] != IssuerKeyOutOfValidity.code:
                raise
            # The key was changed since, and the new one may not sign what was dated before it.
            raise IdempotencyKeyReused from refused

    def _answer(self, proven: Proven, cards: tuple[IssuedCard, ...], at: datetime) -> dict[str, Any]:
        is_new_gesture = proven.gesture is not None and proven.recorded is None
        asserted_at = at if is_new_gesture else proven.phone.last_assertion_at
        return openid4vci.credential_response(proven.request.kind, cards, renew_until(asserted_at))


def _told(proven: Proven, intent: Intent, cards: int) -> dict[str, Fact]:
    told: dict[str, Fact] = {
        "issuance_id": intent.issuance_id,
        "kind": intent.kind.value,
        "cards": cards,
        "by": "gesture" if proven.gesture is not None else "renewal",
        "expires_at": openid4vci.instant_text(intent.expires_at),
    }
    if proven.request.represents is not None:
        told["delegate"] = proven.phone.subject_id
    if proven.gesture is not None and proven.gesture.backup_state_changed:
        told["backed_up"] = proven.gesture.backed_up
    return told
