"""Puts the figures together: what is so now, and what happened by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from apcv_backend.complementary.rules import BELIEVED_FOR
from apcv_backend.operations.ports import Counts, TrustList
from apcv_backend.operations.rules import (
    Figures,
    InsurerFigures,
    draft_plot,
    draft_ranked,
    first_instant,
)

_OUTCOMES: Final = ("answered", "refused", "stopped")
_ISSUED: Final = {"card.issuance": "issued"}
_PHONES: Final = {
    "device.enrolled": "enrolled",
    "device.withdrawn": "withdrawn",
    "device.lost": "withdrawn",
    "device.revoked": "withdrawn",
}
_SCANS: Final = {
    "presence.redeemed": "redeemed",
    "presence.uploaded": "uploaded",
    "presence.refused": "scan_refused",
}
_REFUSALS: Final = {
    "identity.refused": "identity",
    "signin.refused": "signin",
    "loss_report.refused": "loss",
    "staff.invitation_refused": "staff",
    "desk.cap_reached": "cap",
}


@dataclass(frozen=True, slots=True)
class OperationsDesk:
    """Reads figures. Whoever asks was proven to be an operator, or a clerk of the insurer named."""

    counts: Counts
    trust: TrustList

    def figures(self, at: datetime) -> Figures:
        """The whole service's, as of `at` (aware UTC)."""
        since, counts = first_instant(at), self.counts
        return Figures(
            at=at,
            standing=counts.standing(at),
            trust=self.trust.age(),
            plots=(
                draft_plot("issuance", counts.events(_ISSUED, since), ("issued",), at),
                draft_plot("enrolments", counts.events(_PHONES, since), ("enrolled", "withdrawn"), at),
                draft_plot(
                    "presences", counts.events(_SCANS, since), ("redeemed", "uploaded", "scan_refused"), at
                ),
                draft_ranked("verdicts", counts.verdicts(since), at),
                draft_plot(
                    "questions", counts.outcomes("rights.queried", "outcome", _OUTCOMES, since), _OUTCOMES, at
                ),
                draft_plot("revocations", counts.revocations(since), ("revoked", "suspended"), at),
                draft_plot(
                    "refusals",
                    counts.events(_REFUSALS, since),
                    ("identity", "signin", "loss", "staff", "cap"),
                    at,
                ),
                draft_ranked("alarms", counts.alarms(since), at),
            ),
        )

    def insurer_figures(self, insurer: str, at: datetime) -> InsurerFigures:
        """One insurer's own, as of `at`."""
        since = first_instant(at)
        contracts, current = self.counts.contracts(insurer, at - BELIEVED_FOR)
        questions = self.counts.questions(insurer, _OUTCOMES, since)
        return InsurerFigures(
            at=at,
            contracts=contracts,
            current=current,
            asked=sum(questions.values()),
            plots=(
                draft_plot("queries", questions, _OUTCOMES, at),
                draft_plot("publications", self.counts.publications(insurer, since), ("contracts",), at),
            ),
        )
