"""What a till scanned while it was offline: checked as of its own moment, compared, told to the patient.

No token comes of it, whatever it shows: a presence is of now. What it is for: the same proof at two tills
(filmed and relayed), a card that was already revoked when it was taken, and the patient's journal.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from apcv_backend.presences.ports import PresenceRegister, PresenceRegisters, Redeemer
from apcv_backend.presences.rules import (
    OFFLINE_MAX_AGE,
    PROOF_MAX_AGE_S,
    PresenceRefused,
    ProvenScan,
    States,
    UnverifiedScan,
    instant_of,
    prove,
    reason_of,
)
from cartes import presentation
from cartes.cards import CardKind
from cartes.errors import CarteError, Revoked, Suspended
from cartes.trust import TrustList
from cartes.wire import qr

_OUT_OF_USE = frozenset({Revoked.code, Suspended.code})


class Verdict(enum.Enum):
    """What became of one uploaded scan."""

    KEPT = "kept"
    SEEN_ELSEWHERE = "seen_elsewhere"  # the very same proof, in another structure
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Compared:
    """The answer to one uploaded scan. `why` is the code of what refused it, or empty."""

    verdict: Verdict
    why: str = ""


def compare(
    unverified: UnverifiedScan,
    by: Redeemer,
    registers: PresenceRegisters,
    trust: TrustList,
    states: States,
    at: datetime,
) -> Compared:
    """Check one scan as of the moment it names, and compare it with all others."""
    try:
        scan = _prove_then(unverified, trust, states, at)
    except PresenceRefused as refused:
        why = reason_of(refused)
        if why in _OUT_OF_USE:
            _tell_owner(unverified, by, registers, trust, at)
        return Compared(Verdict.REFUSED, why)
    except CarteError as refused:
        return Compared(Verdict.REFUSED, refused.code)
    return registers.run(lambda register: _keep(register, scan, by, at))


def _prove_then(unverified: UnverifiedScan, trust: TrustList, states: States, at: datetime) -> ProvenScan:
    """The scan, proven as of its own moment: the signature covers it, so it is the phone's word."""
    then = instant_of(presentation.parse(qr.unpack(unverified.presentation)).proof.t)
    if not at - OFFLINE_MAX_AGE <= then <= at:
        raise PresenceRefused(why="not_a_scan_of_these_days", reason="out_of_days")
    return prove(unverified, trust, states, then, max_age_s=PROOF_MAX_AGE_S)


@dataclass(frozen=True, slots=True)
class _NoneSet:
    """A list where no slot is set, made at `issued_at`: what a card is, whatever became of it."""

    issued_at: datetime

    @staticmethod
    def is_set(_idx: int) -> bool:
        return False


def _tell_owner(
    unverified: UnverifiedScan, by: Redeemer, registers: PresenceRegisters, trust: TrustList, at: datetime
) -> None:
    """A card out of use was shown by its own phone, where nobody could know: its owner reads it."""
    none = {kind.wire: _NoneSet(at) for kind in CardKind}
    try:
        scan = _prove_then(unverified, trust, States(none, none), at)
    except CarteError:
        return  # not proven to be anybody's

    def work(register: PresenceRegister) -> None:
        _tell_withdrawn(register, scan, by, at)

    registers.run(work)


def _tell_withdrawn(register: PresenceRegister, scan: ProvenScan, by: Redeemer, at: datetime) -> None:
    owner = register.owner(scan, at)
    if owner is not None and register.is_first_upload(scan, by, at):
        register.tell("presence.refused", owner, by, _facts(scan, by, "withdrawn"), at)


def _facts(scan: ProvenScan, by: Redeemer, why: str = "") -> dict[str, str | int | bool | None]:
    told: dict[str, str | int | bool | None] = {"structure": by.structure, "method": scan.method.value}
    return {**told, "why": why} if why else told


def _keep(register: PresenceRegister, scan: ProvenScan, by: Redeemer, at: datetime) -> Compared:
    phone = register.hold_phone(scan, at)
    if phone is None:
        _tell_withdrawn(register, scan, by, at)
        return Compared(Verdict.REFUSED, "device")
    facts = _facts(scan, by)
    others = register.keep_upload(scan, phone, by, at)
    redeemed_in = register.is_redeemed(*scan.held.replay_key)
    is_first = register.is_first_upload(scan, by, at)
    if is_first:
        register.tell("presence.uploaded", phone.subject_id, by, facts, at)
    if others or (redeemed_in is not None and redeemed_in != by.structure):
        if is_first:
            register.alarm("proof_shown_twice", by, facts, at)
        return Compared(Verdict.SEEN_ELSEWHERE)
    return Compared(Verdict.KEPT)
