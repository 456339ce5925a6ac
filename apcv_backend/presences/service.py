"""Presences: this patient's phone was here, a moment ago, before this professional.

    1. the scan is checked in full, with our own trust list and our own states;
    2. its phone's row is held: two scans of one phone come one after the other;
    3. the same phone in another structure a moment ago is refused, and raises an alarm;
    4. the proof is redeemed, once in the country;
    5. the journal tells the patient, in the same transaction;
    6. a token is signed, which expires when the visit does.

A scan made offline is uploaded later: checked as of its own moment, compared, told to the patient, and never
gives a token. Whoever hoards codes has no legal ground for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from apcv_backend.callers import Caller
from apcv_backend.presences.ports import (
    KnownPhone,
    OwnStates,
    OwnTrust,
    PresenceRegister,
    PresenceRegisters,
    Redeemer,
    References,
    Tokens,
)
from apcv_backend.presences.rules import (
    LONGEST_CONTEXT,
    PROOF_MAX_AGE_S,
    REFUSED_ELSEWHERE,
    TOLD_ELSEWHERE,
    OpenPresence,
    PhoneElsewhere,
    PresenceRefused,
    ProofRedeemed,
    ProvenScan,
    ScanRefused,
    UnverifiedScan,
    claims_of,
    context_end,
    prove,
    reason_of,
)
from apcv_backend.presences.uploads import Compared, Verdict, compare
from cartes.cards import CardKind

ONLINE, UPLOADED = "online", "uploaded"


@dataclass(frozen=True, slots=True)
class GivenPresence:
    """A presence as its till gets it."""

    presence: OpenPresence
    token: str


class PresenceDesk:
    """Opens, renews and closes presences; takes what was scanned offline."""

    def __init__(
        self,
        *,
        registers: PresenceRegisters,
        trust: OwnTrust,
        states: OwnStates,
        tokens: Tokens,
        references: References,
        issuer: str,
        minutes: int,
        random: Callable[[int], bytes],
    ) -> None:
        self._registers = registers
        self._trust = trust
        self._states = states
        self._tokens = tokens
        self._references = references
        self._issuer = issuer
        self._minutes = minutes
        self._random = random

    def redeem(self, unverified: UnverifiedScan, caller: Caller, at: datetime) -> GivenPresence:
        """Open a presence for a scan made within 75 seconds of `at` (aware UTC).

        Raises:
            ScanRefused: a check failed; `reason` is its code.
            ProofRedeemed: this proof has served. PhoneElsewhere: its phone is somewhere else.
            PresenceRefused: `why` says device, limits or caller.
        """
        by = redeemer(caller)
        try:
            scan = self._proven(unverified, by, at)
        except PresenceRefused as refused:
            reason = reason_of(refused)
            self._registers.run(lambda register: register.count_refusal(ONLINE, reason, at))
            raise
        outcome = self._registers.run(lambda register: self._open(register, scan, by, at))
        if isinstance(outcome, PresenceRefused):
            reason = reason_of(outcome)
            self._registers.run(lambda register: register.count_refusal(ONLINE, reason, at))
            raise outcome
        return self._given(outcome, at)

    def renew(self, presence_id: str, caller: Caller, at: datetime) -> GivenPresence:
        """A new token for a presence that still lives, without a scan. Raises `PresenceRefused`."""
        by = redeemer(caller)

        def work(register: PresenceRegister) -> OpenPresence | None:
            found = register.get(presence_id)
            if found is None:
                return None
            presence, _ = found
            until = context_end(presence.opened_at, at, self._minutes, presence.ends_at)
            if until <= at or not register.renew(presence_id, by, until, at):
                return None
            return replace(presence, expires_at=until)

        renewed = self._registers.run(work)
        if renewed is None:
            raise PresenceRefused(why="not_open")
        return self._given(renewed, at)

    def close(self, presence_id: str, caller: Caller, at: datetime) -> None:
        """End a presence: the visit is over. Raises `PresenceRefused` when it is not alive, or another's."""
        by = redeemer(caller)
        if not self._registers.run(lambda register: register.close(presence_id, by, at)):
            raise PresenceRefused(why="not_open")

    def upload(self, scans: Sequence[UnverifiedScan], caller: Caller, at: datetime) -> list[Compared]:
        """Compare scans made offline, in the order given; one bad scan never spoils the others."""
        by = redeemer(caller)
        done = [compare(one, by, self._registers, self._trust(at), self._states(at), at) for one in scans]
        self._count_refused(done, at)
        return done

    def opened(self, token: str, at: datetime) -> OpenPresence:
        """The presence behind a token, alive at `at`, as its card is.

        Raises `PresenceRefused`: not ours, over, closed, or its card withdrawn since.
        """
        claims = self._tokens.read(token, at)
        if claims.get("iss") != self._issuer:
            raise PresenceRefused(why="token")
        presence_id = str(claims.get("jti", ""))
        found = self._registers.run(lambda register: register.get(presence_id))
        expires = claims.get("exp")
        if found is None or type(expires) is not int:
            raise PresenceRefused(why="token")
        presence, is_over = found
        if is_over or at.timestamp() >= expires or at >= presence.expires_at:
            raise PresenceRefused(why="not_open")
        return presence

    def _count_refused(self, done: Sequence[Compared], at: datetime) -> None:
        reasons = [one.why for one in done if one.verdict is Verdict.REFUSED]

        def work(register: PresenceRegister) -> None:
            for reason in reasons:
                register.count_refusal(UPLOADED, reason, at)

        if reasons:
            self._registers.run(work)

    def _proven(self, unverified: UnverifiedScan, by: Redeemer, at: datetime) -> ProvenScan:
        scan = prove(unverified, self._trust(at), self._states(at), at, max_age_s=PROOF_MAX_AGE_S)
        check_asked_by(scan, by)
        return scan

    def _open(
        self, register: PresenceRegister, scan: ProvenScan, by: Redeemer, at: datetime
    ) -> OpenPresence | PresenceRefused:
        """Steps 2 to 5. What is refused here is returned, not raised: its alarm must stay written.

        A proof refused is told once a structure: sending it again drowns no journal, and no other alarm.
        """
        phone = register.hold_phone(scan, at)
        if phone is None:
            return PresenceRefused(why="device")
        if not register.count(by, at):
            return PresenceRefused(why="limits")
        elsewhere = register.elsewhere_since(phone.device_id, by.structure, at - TOLD_ELSEWHERE)
        facts = {"structure": by.structure, "method": scan.method.value}
        if elsewhere is not None and elsewhere > at - REFUSED_ELSEWHERE:
            if register.is_first_refusal(scan, by, at):
                register.alarm("phone_in_two_places", by, facts, at)
                register.tell("presence.refused", phone.subject_id, by, {**facts, "why": "elsewhere"}, at)
            return PhoneElsewhere(why="elsewhere")
        presence = self._presence(scan, phone, by, at, seen_elsewhere=elsewhere is not None)
        digest, t = scan.held.replay_key
        if not register.open(presence, phone.device_id, digest, t):
            if register.is_first_refusal(scan, by, at):
                if register.is_redeemed(digest, t) != by.structure:
                    register.alarm("proof_shown_twice", by, facts, at)
                register.tell("presence.refused", phone.subject_id, by, {**facts, "why": "redeemed"}, at)
            return ProofRedeemed(why="redeemed")
        register.tell("presence.redeemed", phone.subject_id, by, facts, at)
        return presence

    def _presence(
        self, scan: ProvenScan, phone: KnownPhone, by: Redeemer, at: datetime, *, seen_elsewhere: bool
    ) -> OpenPresence:
        return OpenPresence(
            presence_id=str(uuid.UUID(bytes=self._random(16), version=4)),
            subject_id=phone.subject_id,
            professional_subject=by.subject_id,
            professional_id=by.professional_id,
            profession=by.profession,
            structure=by.structure,
            method=scan.method,
            shape=scan.card.shape.word,
            opens=scan.opens,
            insurer=scan.insurer,
            seen_elsewhere=seen_elsewhere,
            proof_at=scan.held.proof_time,
            opened_at=at,
            expires_at=context_end(at, at, self._minutes),
            ends_at=at + LONGEST_CONTEXT,
        )

    def _given(self, presence: OpenPresence, at: datetime) -> GivenPresence:
        patient = self._references(presence.subject_id, presence.structure)
        return GivenPresence(presence, self._tokens.sign(claims_of(presence, self._issuer, patient, at), at))


def redeemer(caller: Caller) -> Redeemer:
    """The professional behind a caller. Raises `PresenceRefused` for one without an exercice."""
    person = caller.person
    if person is None or person.card is not CardKind.ECPS or not caller.structure:
        raise PresenceRefused(why="caller")
    return Redeemer(caller.subject_id, person.text, caller.profession, caller.structure)


def check_asked_by(scan: ProvenScan, by: Redeemer) -> None:
    """Refuse a two-way answer to somebody else's till, or to the same professional's in another structure."""
    asker = scan.asked_by
    if asker is None:
        return
    if asker.national_id.text != by.professional_id:
        raise ScanRefused(reason="asked_by_another")
    numbers = {one.digits for one in (asker.structure.finess, asker.structure.siret) if one is not None}
    if by.structure not in numbers:
        raise ScanRefused(reason="asked_in_another_structure")
