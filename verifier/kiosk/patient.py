"""The patient at the counter: their card and their contract, whichever of the two is shown first.

A contract names nobody. It is this patient's when it names the slot of their card and both are held by the
same phone key (`cartes.seal.goes_with`): that is asked here, each time one of the two comes beside the other.
A contract that goes with another card is refused, `amc_of_another_card`; one that was shown before the card
and does not go with it is told and forgotten.

There is one patient at a time, kept in memory for `KEPT_FOR` after their last showing and no longer. Nobody
has to press anything between two of them: the next card is the next patient, and a contract that was already
told with the one before does not follow them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from cartes.cards import CardKind
from cartes.seal import goes_with
from verifier.verdict import Reason, Verdict, verdict

KEPT_FOR: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Beside:
    """The other card of the two, which was green or amber for the screen `policy` when it was shown.

    `goes_with` says that both are one person's, on one phone; never of a contract that was refused.
    """

    judged: Verdict = field(repr=False)
    policy: str
    goes_with: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    judged: Verdict = field(repr=False)
    policy: str
    at: datetime


@dataclass(slots=True)
class Patient:
    """Whoever stands there. `_is_told`: the contract was already said to go, or not to go, with a card."""

    _card: _Kept | None = None
    _contract: _Kept | None = None
    _is_told: bool = False

    def shown(self, judged: Verdict, policy: str, at: datetime) -> tuple[Verdict, Beside | None]:
        """What becomes of a verdict at `at` beside what the patient showed before, and that other card.

        Anything but a patient's card or a contract (a prescriber's card, a box) changes nothing.
        """
        self.tick(at)
        if judged.kind is CardKind.AMC:
            return self._contract_shown(_Kept(judged, policy, at))
        if judged.kind is CardKind.APCV:
            return judged, self._card_shown(_Kept(judged, policy, at))
        return judged, None

    def forget(self) -> None:
        """The patient left."""
        self._card = self._contract = None

    def tick(self, at: datetime) -> None:
        """Time passes: what was shown `KEPT_FOR` ago is forgotten."""
        if self._card is not None and abs(at - self._card.at) >= KEPT_FOR:
            self._card = None
        if self._contract is not None and abs(at - self._contract.at) >= KEPT_FOR:
            self._contract = None

    def _contract_shown(self, new: _Kept) -> tuple[Verdict, Beside | None]:
        card = self._card
        if card is None:
            if new.judged.facts is not None:
                self._contract, self._is_told = new, False
            return new.judged, None
        # The patient is still there: their card stays as long as what was just shown beside it.
        self._card = replace(card, at=new.at)
        if new.judged.facts is None:
            return new.judged, Beside(card.judged, card.policy, goes_with=False)
        self._contract, self._is_told = new, True
        if _go_together(new, card):
            return new.judged, Beside(card.judged, card.policy, goes_with=True)
        another = verdict((Reason("amc_of_another_card"),), new.judged.freshness, kind=CardKind.AMC)
        return another, Beside(card.judged, card.policy, goes_with=False)

    def _card_shown(self, new: _Kept) -> Beside | None:
        contract, was_told = self._contract, self._is_told
        if new.judged.facts is None:  # refused, and to be shown again: a contract that waits goes on waiting
            self._card = None
            return None
        self._card = new
        if contract is None:
            return None
        if _go_together(contract, new):
            self._contract, self._is_told = replace(contract, at=new.at), True
            return Beside(contract.judged, contract.policy, goes_with=True)
        self._contract = None
        return None if was_told else Beside(contract.judged, contract.policy, goes_with=False)


def _go_together(contract: _Kept, card: _Kept) -> bool:
    amc, apcv = contract.judged.facts, card.judged.facts
    return amc is not None and apcv is not None and goes_with(amc, apcv)
