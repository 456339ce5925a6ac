"""One door to "does this session still live": the sight of it, the registers, and the rule."""

from __future__ import annotations

from datetime import datetime

from apcv_backend.enrolment.rules import Dossier, PersonUnknown
from apcv_backend.signin.approval.attempt_ports import Representations
from apcv_backend.signin.provider.provider_ports import People
from apcv_backend.signin.provider.session_rules import Sight, why_dead


class SessionJudge:
    """Judges sessions at an instant. The directory comes with the sight; rights from their source.

    A session in which somebody acts for a person they represent lives no longer than that representation.
    """

    def __init__(self, people: People, representations: Representations) -> None:
        self._people = people
        self._representations = representations

    def why_dead(self, sight: Sight, at: datetime) -> str:
        """Why nothing may be given under this session, in one word; empty when it lives."""
        dead = why_dead(sight, self._dossier(sight, at), at)
        if dead or sight.acted_for is None:
            return dead
        represented = self._representations.of(sight.session.subject_id, at)
        return "" if sight.acted_for in {one.person for one in represented} else "representation_ended"

    def _dossier(self, sight: Sight, at: datetime) -> Dossier | None:
        if sight.fiche is not None:
            return sight.fiche.dossier()
        try:
            return self._people.find(sight.person, at)
        except PersonUnknown:
            return None
