"""One door to "does this session still live": the sight of it, the registers, and the rule."""

from __future__ import annotations

from datetime import datetime

from apcv_backend.enrolment.rules import Dossier, PersonUnknown
from apcv_backend.signin.provider_ports import People
from apcv_backend.signin.session_rules import Sight, why_dead


class SessionJudge:
    """Judges sessions at an instant. The directory comes with the sight; rights from their source."""

    def __init__(self, people: People) -> None:
        self._people = people

    def why_dead(self, sight: Sight, at: datetime) -> str:
        """Why nothing may be given under this session, in one word; empty when it lives."""
        return why_dead(sight, self._dossier(sight, at), at)

    def _dossier(self, sight: Sight, at: datetime) -> Dossier | None:
        if sight.fiche is not None:
            return sight.fiche.dossier()
        try:
            return self._people.find(sight.person, at)
        except PersonUnknown:
            return None
