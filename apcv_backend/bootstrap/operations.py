"""The wiring of the room `operations`."""

from __future__ import annotations

from dataclasses import dataclass

from apcv_backend.database import Database
from apcv_backend.operations.rules import TrustAge
from apcv_backend.operations.service import OperationsDesk
from apcv_backend.operations.store import SqlCounts
from apcv_backend.publication.edition_words import LIVES
from apcv_backend.publication.ports import Role
from apcv_backend.publication.service import PublicationService
from cartes.errors import CarteError


def build_operations(database: Database, publication: PublicationService) -> OperationsDesk:
    """The room on the service's tables and its publication."""
    return OperationsDesk(SqlCounts(database), _Publication(publication))


@dataclass(frozen=True, slots=True)
class _Publication:
    """The room's `TrustList`. A timestamp says when it ends; it was signed one lifetime before."""

    publication: PublicationService

    def age(self) -> TrustAge:
        """See `TrustList.age`. A publication that cannot be read has no age."""
        try:
            ends = self.publication.expires_at()
        except CarteError:
            ends = None
        return TrustAge(None if ends is None else ends - LIVES[Role.TIMESTAMP], ends)
