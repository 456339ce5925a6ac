"""Step 12 of walk A: which phone asks, and is the request that phone's, whole?

By a gesture (a WebAuthn assertion over our nonce and the request) or silently by the app key (a DPoP proof
that carries both). Nothing is spent here: what permits an issuance once is listed in `Proven.used`, and spent
by the transaction that records it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from apcv_backend.dpop import DpopProof, check_dpop
from apcv_backend.enrolment.rules import SILENT_RENEWAL, DeviceWithdrawn
from apcv_backend.issuance.openid4vci import (
    InvalidCredentialRequest,
    InvalidProof,
    Nonces,
    RenewalTooOld,
    UnverifiedRequest,
)
from apcv_backend.issuance.ports import (
    Asking,
    CheckAssertion,
    Gesture,
    Line,
    Phone,
    Phones,
    Recorded,
    Registers,
    UsedOnce,
)
from cartes.errors import CarteError

_COUNTER_REGRESSED = "sign_count_regressed"


class CounterRegressed(CarteError):
    """The phone's signature counter did not move forward: its key may exist twice (WA-10)."""

    code = _COUNTER_REGRESSED


@dataclass(frozen=True, slots=True)
class Proven:
    """A request proven to be this phone's: by a `gesture`, or (None) silently by its app key."""

    request: UnverifiedRequest
    phone: Phone
    gesture: Gesture | None
    used: tuple[UsedOnce, ...]
    recorded: Recorded | None


class Prover:
    """Finds the phone that asks and proves the request, outside any transaction."""

    def __init__(
        self,
        *,
        phones: Phones,
        registers: Registers,
        check_assertion: CheckAssertion,
        nonces: Nonces,
        address: str,
    ) -> None:
        """`address` is the public URL of the credential endpoint, from configuration."""
        self._phones = phones
        self._registers = registers
        self._check_assertion = check_assertion
        self._nonces = nonces
        self._address = address

    def prove(
        self, request: UnverifiedRequest, idempotency_key: str, unverified_dpop: str, at: datetime
    ) -> Proven:
        """The request, proven to be a live phone's, with what is on record under its idempotency key.

        Raises:
            InvalidCredentialRequest, InvalidProof, InvalidNonce, DpopRefused, a CeremonyRefused leaf: not
            proven.
            DeviceWithdrawn, RenewalTooOld: proven, and this phone may not.
        """
        asking, dpop = self._find(request, idempotency_key, unverified_dpop, at)
        return self._prove(request, asking, dpop, at)

    def _find(
        self, request: UnverifiedRequest, idempotency_key: str, unverified_dpop: str, at: datetime
    ) -> tuple[Asking, DpopProof | None]:
        """The phone whose key the request claims (an assertion) or has shown (a DPoP proof)."""
        if request.assertion is not None:
            if unverified_dpop:
                raise InvalidCredentialRequest(why="two_proofs")
            proof = None
            asking = self._phones.by_credential(request.credential_id, idempotency_key)
        else:
            if not unverified_dpop:
                raise InvalidProof(why="missing")
            proof = check_dpop(unverified_dpop, htm="POST", htu=self._address, at=at, nonce=request.nonce)
            if proof.claims.get("rqh") != request.canonical_hash:
                raise InvalidProof(why="request")
            asking = self._phones.by_app_key(proof.jkt, idempotency_key)
        if asking is None or asking.phone.kind is not request.kind.held_as:
            raise InvalidProof(why="unknown_key")
        return asking, proof

    def _prove(
        self, request: UnverifiedRequest, asking: Asking, dpop: DpopProof | None, at: datetime
    ) -> Proven:
        """The request is this phone's. A repeated one is proven the same way, and spends nothing."""
        phone, repeated = asking.phone, asking.recorded is not None
        nonce = self._nonces.check(request.nonce, at, expired_too=repeated)
        spent = UsedOnce("nonce", nonce.use_key, nonce.expires_at)
        gesture = None
        used: tuple[UsedOnce, ...] = (spent,)
        if dpop is not None:
            used = (UsedOnce("dpop", dpop.replay_key, dpop.forget_after), spent)
        elif request.assertion is not None:
            # The counter of a repeated request was accepted the first time it came.
            judged = replace(phone, sign_count=0) if repeated else phone
            gesture = self._gesture(judged, request.assertion, request.challenge(nonce.value), at)
        if phone.withdrawn_at is not None:
            raise DeviceWithdrawn
        if gesture is None and not repeated and phone.last_assertion_at <= at - SILENT_RENEWAL:
            raise RenewalTooOld
        return Proven(request, phone, gesture, used, asking.recorded)

    def _gesture(
        self, phone: Phone, unverified: Mapping[str, object], challenge: bytes, at: datetime
    ) -> Gesture:
        try:
            return self._check_assertion(phone, unverified, challenge=challenge, at=at)
        except CarteError as refused:
            if refused.code == _COUNTER_REGRESSED:
                self.accuse(phone, at)
            raise

    def accuse(self, phone: Phone, at: datetime) -> None:
        """A true signature with an old counter is worth a line of the journal: a key may have been copied."""
        self._registers.run(
            lambda register: register.note(
                Line(
                    "device.counter_regressed",
                    actor=f"device:{phone.device_id}",
                    subject=phone.subject_id,
                    facts={"device_id": phone.device_id},
                ),
                at,
            )
        )
