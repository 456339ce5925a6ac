"""What a scanned code proves to this house, and what a presence opens: decisions on plain values.

The backend believes no till: it opens the card, the proof and, in the two-way mode, the till's request
again, with its own trust list and the states of its own database.

A **one-way** scan shows a code that anybody near could have filmed in the same minute: the presence it gives
opens the blocks that were in the code, and no other (`opens`). A **two-way** scan was answered to this very
professional; its holder chose what to show. `identite` says "my name and nothing else": it opens no right,
either way. Neither ever opens an ALD, a médecin traitant or an amount.

Claims of the token after gematik's Proof of Patient Presence, without a number of the patient
(`docs/rights.md`).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from cartes import presentation, seal
from cartes.apcv import ApcvCard
from cartes.cards import CardKind, Shape
from cartes.ecps import EcpsCard
from cartes.errors import CarteError
from cartes.presentation import HeldCard
from cartes.requester import check_authorisation
from cartes.standing import SlotStates, check_standing
from cartes.till_request import REQUEST as REQUEST_FORM
from cartes.till_request import context_of, open_request
from cartes.trust import TrustList
from cartes.wire import qr

SCOPE: Final = "rights"
"""What a till's token must have been given; a presence is asked for to ask about rights."""
PROOF_MAX_AGE_S: Final = 75
"""A code lives 60 seconds at a till; the network is given 15 more."""
REQUEST_MAX_AGE_S: Final = 120
"""How long before the patient's gesture the till may have asked: as long as a till waits for an answer."""
LONGEST_CONTEXT: Final = timedelta(hours=8)
"""No renewal keeps a presence alive for longer than a day's work after the scan."""
REFUSED_ELSEWHERE: Final = timedelta(minutes=2)
"""The same phone in another structure so soon is in two places at once: refused, and an alarm."""
TOLD_ELSEWHERE: Final = timedelta(minutes=10)
"""Later than that it may have crossed the street (a practice, then the pharmacy): served, and said."""
OFFLINE_MAX_AGE: Final = timedelta(days=7)
"""Scans older than this are not worth comparing any more: the cards in them died days ago."""
MOST_UPLOADED: Final = 30
"""Scans in one upload."""


class Method(enum.Enum):
    """How the patient's phone showed itself."""

    ONE_WAY = "one_way"
    TWO_WAY = "two_way"


class Shown(enum.Enum):
    """A block of an answer about rights that a presence can open."""

    NUMBER = "number"
    AMO = "amo"
    AMC = "amc"


class PresenceRefused(CarteError):
    """No presence was opened, or the one named serves no more. `why` says which."""

    code = "presence_refused"


class ProofRedeemed(PresenceRefused):
    """This very proof has already given a presence, somewhere in the country."""

    code = "proof_already_redeemed"


class PhoneElsewhere(PresenceRefused):
    """The same phone was redeemed in another structure a moment ago."""

    code = "phone_elsewhere"


class ScanRefused(PresenceRefused):
    """The card, its proof or the till's request failed a check; `reason` is that check's code."""

    code = "scan_refused"


def reason_of(refused: PresenceRefused) -> str:
    """Why, in one word for a count: the check that failed, or the refusal's own code."""
    return str(refused.facts.get("reason", refused.code))


@dataclass(frozen=True, slots=True)
class UnverifiedScan:
    """What a till sends: the digits of the code, and those of its own request in the two-way mode."""

    presentation: str = field(repr=False)
    request: str = field(default="", repr=False)

    @property
    def method(self) -> Method:
        """What it claims to be; the proof's own signature decides."""
        return Method.TWO_WAY if self.request else Method.ONE_WAY


@dataclass(frozen=True, slots=True)
class ProvenScan:
    """A patient's card shown by its own phone, checked in full. `asked_by` is the e-CPS of a two-way till."""

    held: HeldCard
    card: ApcvCard
    method: Method
    asked_by: EcpsCard | None

    @property
    def opens(self) -> frozenset[Shown]:
        """What a query on this presence may be told: see the module."""
        if self.card.shape is Shape.IDENTITE:
            return frozenset()
        if self.method is Method.TWO_WAY:
            return frozenset(Shown)
        shown = {Shown.NUMBER, Shown.AMO}
        return frozenset(shown | {Shown.AMC} if self.card.amc is not None else shown)

    @property
    def insurer(self) -> str:
        """The organisme of the compulsory cover as nine digits, when the card says it; else empty."""
        return "" if self.card.amo is None else self.card.amo.organisme.text


@dataclass(frozen=True, slots=True)
class States:
    """The states of the slots, by list, as this house knows them at this instant."""

    revoked: Mapping[int, SlotStates]
    suspended: Mapping[int, SlotStates]


@dataclass(frozen=True, slots=True)
class OpenPresence:
    """A presence that serves at this instant. `subject_id` is the patient's pseudonym."""

    presence_id: str
    subject_id: str
    professional_subject: str
    professional_id: str
    profession: str
    structure: str
    method: Method
    shape: str
    opens: frozenset[Shown]
    insurer: str
    seen_elsewhere: bool
    proof_at: datetime
    opened_at: datetime
    expires_at: datetime
    ends_at: datetime


def prove(
    unverified: UnverifiedScan, trust: TrustList, states: States, at: datetime, *, max_age_s: int
) -> ProvenScan:
    """Check a scan in full, as of `at` (aware UTC), in the order of `docs/formats/qr.md`.

    Raises:
        ScanRefused: `reason` is the code of the check that failed.
    """
    try:
        return _prove(unverified, trust, states, at, max_age_s)
    except PresenceRefused:
        raise
    except CarteError as refused:
        raise ScanRefused(reason=refused.code) from refused


def _prove(
    unverified: UnverifiedScan, trust: TrustList, states: States, at: datetime, max_age_s: int
) -> ProvenScan:
    # 1, 2. The digits, and what they hold.
    shown = presentation.parse(qr.unpack(unverified.presentation))
    # 3 to 6. The seal, the dates, the kind.
    opened = seal.open_seal(shown.credential, trust, at, expected=CardKind.APCV)
    card = opened.card
    assert isinstance(card, ApcvCard)  # `expected` above
    # 7. Its state, now, in our own database.
    check_standing(trust, states.revoked, states.suspended, card.kind, card.slot, at)
    # 8 to 13. The phone's proof, for this request or for none.
    ctx = context_of(qr.unpack(unverified.request, REQUEST_FORM)) if unverified.request else b""
    held = presentation.check_holder_proof(
        shown, opened, trust.kinds[CardKind.APCV], at, ctx=ctx, max_age_s=max_age_s
    )
    if not unverified.request:
        return ProvenScan(held, card, Method.ONE_WAY, None)
    return ProvenScan(held, card, Method.TWO_WAY, _asker(unverified.request, held, trust, states, at))


def _asker(text: str, held: HeldCard, trust: TrustList, states: States, at: datetime) -> EcpsCard:
    """Who asked, as of the patient's gesture; their e-CPS must still stand now."""
    request = open_request(text, held.proof_time, max_age_s=REQUEST_MAX_AGE_S)
    asker = check_authorisation(
        request.unverified_presentation, request.offer, trust, states.revoked, states.suspended, at
    ).opened.card
    assert isinstance(asker, EcpsCard)  # the check expects that kind
    return asker


def context_end(
    opened_at: datetime, now: datetime, minutes: int, ends_at: datetime | None = None
) -> datetime:
    """When a presence opened or renewed at `now` expires: `minutes` later, never past the longest context."""
    last = ends_at or opened_at + LONGEST_CONTEXT
    return min(now + timedelta(minutes=minutes), last)


def claims_of(presence: OpenPresence, issuer: str, patient: str, at: datetime) -> dict[str, object]:
    """The claims of a token issued at `at`. `patient` is a reference that only this house resolves."""
    claims: dict[str, object] = {
        "version": "1.0",
        "iss": issuer,
        "iat": int(at.timestamp()),
        "exp": int(presence.expires_at.timestamp()),
        "jti": presence.presence_id,
        "proofMethod": presence.method.value,
        "patientProofTime": int(presence.proof_at.timestamp()),
        "patientId": patient,
        "actorId": presence.professional_id,
        "actorProfession": presence.profession,
        "actorStructure": presence.structure,
        "shape": presence.shape,
        "opens": sorted(shown.value for shown in presence.opens),
    }
    if presence.insurer:
        claims["insurerId"] = presence.insurer
    return claims


def instant_of(unix: int) -> datetime:
    """The aware UTC instant of a proof's second."""
    return datetime.fromtimestamp(unix, UTC)
