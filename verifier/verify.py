"""Judge one scanned text, with no network: the whole walk of the till in one function.

`Verifier.check` follows the numbered checks of `docs/formats/qr.md` 7.2 in their order, one named reason
each. It never raises on bad input: whatever was scanned, the answer is a verdict. It believes nothing
before it is proven, and lets nothing be skipped: each step takes what the one before returned.

    till = Verifier(TrustStore(directory), FileSeen(directory / "seen"))
    verdict = till.check(text, POLICIES["officine"], at)
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from cartes import presentation, seal
from cartes.cards import CardKind
from cartes.errors import CardRefused, Replayed, TrustStoreStale
from cartes.seal import OpenedCard
from cartes.standing import check_standing
from cartes.wire import qr
from verifier.facts import CardFacts
from verifier.paris import day_of
from verifier.policy import Policy
from verifier.seen import Seen
from verifier.verdict import Freshness, Reason, Verdict, verdict

if TYPE_CHECKING:
    from verifier.trust_store import TrustSnapshot

TRUST_MAX_AGE: Final = timedelta(hours=72)
"""Beyond this the till no longer judges: 24 h of a signed timestamp and 48 h of grace."""
_REPLAY_WINDOW: Final = timedelta(seconds=presentation.REPLAY_WINDOW_S)


class Store(Protocol):
    """What this workstation trusts, as last refreshed."""

    def load(self, at: datetime) -> TrustSnapshot:
        """The trust data, their signatures checked again. Raises a `CardRefused` of check 0."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A till: what it trusts, and what it has already seen."""

    store: Store
    seen: Seen

    def check(
        self,
        qr_text: str,
        policy: Policy,
        at: datetime,
        *,
        ctx: bytes = b"",
        also_asked: Collection[bytes] = (),
        beside: Policy | None = None,
    ) -> Verdict:
        """Judge `qr_text` for the screen `policy` at the instant `at` (aware).

        A card of the kind that `beside` expects is not refused for its kind: `beside` judges it. `ctx` is the
        digest of this till's own request in two-way mode, empty in one-way mode; `also_asked` are its other
        requests, which only help to name a failure of check 9. Always returns: a refusal is a red verdict
        whose one reason is the first check that failed.
        """
        told = _Told(at)
        try:
            # 0. What does this workstation trust, how old is that, and is its clock believable?
            trusted = told.trusted = self.store.load(at)
            check_clock(trusted, at)
            # 1. Is it the decimal text of one of ours?
            data = qr.unpack(qr_text)
            # 2. Is it deterministic CBOR, with the shapes and sizes of SQ1?
            unverified = presentation.parse(data)
            # 3-6. Did a trusted issuer seal this card, may it, and is the card inside its dates?
            opened = seal.open_seal(
                unverified.credential,
                trusted.trust,
                at,
                expected=policy.expects,
                beside=beside.expects if beside else None,
            )
            told.opened = opened
            if beside is not None and opened.card.kind is beside.expects:
                policy = beside
            # 7. Is the card neither revoked nor suspended, as far as this workstation knows?
            told.status_issued_at = check_standing(
                trusted.trust,
                trusted.revoked,
                trusted.suspended,
                opened.card.kind,
                opened.card.slot,
                at,
            )
            # 8-13. Is this the phone the card was issued to, and did its owner unlock it seconds ago, for us?
            held = presentation.check_holder_proof(
                unverified,
                opened,
                trusted.trust.kinds[opened.card.kind],
                at,
                ctx=ctx,
                also_asked=also_asked,
                require_device_bound=policy.device_bound_only,
            )
            told.proof_time = held.proof_time
            # 14. Is this proof new to this till?
            if not self.seen.first_time(held.replay_key, at, at + _REPLAY_WINDOW):
                raise Replayed
        except CardRefused as refusal:
            return verdict((Reason(refusal.code, refusal.facts),), told.freshness(), kind=told.kind)
        # 15. Does the card say what this screen needs, today?
        freshness = told.freshness()
        facts = CardFacts(opened.card, day_of(at), synced=held.synced, holder_key=opened.holder_key)
        return verdict(policy.judge(facts, freshness), freshness, kind=facts.kind, facts=facts)


@dataclass(slots=True)
class _Told:
    """What the walk has reached so far: even a refusal says how fresh the things it had proven were."""

    at: datetime
    trusted: TrustSnapshot | None = None
    opened: OpenedCard | None = None
    status_issued_at: datetime | None = None
    proof_time: datetime | None = None

    @property
    def kind(self) -> CardKind | None:
        """The kind an issuer sealed, once that is proven."""
        return self.opened.card.kind if self.opened else None

    def freshness(self) -> Freshness:
        """The times that were reached."""
        return Freshness(
            checked_at=self.at,
            trust_signed_at=self.trusted.signed_at if self.trusted else None,
            status_issued_at=self.status_issued_at,
            issued_at=self.opened.issued_at if self.opened else None,
            expires_at=self.opened.expires_at if self.opened else None,
            as_of=self.opened.card.as_of if self.opened else None,
            proof_time=self.proof_time,
        )


def check_clock(trusted: TrustSnapshot, at: datetime) -> None:
    """Check 0: a clock set back makes expired things live again, so no signed time may be ahead of it.

    The store says so too, by the dates the publisher signed; 72 hours hold whatever the publisher signed.
    """
    trusted.check(at)
    age = at - trusted.signed_at
    if age > TRUST_MAX_AGE:
        raise TrustStoreStale(age_s=int(age.total_seconds()))
