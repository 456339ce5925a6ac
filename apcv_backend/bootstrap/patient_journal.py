"""How the patient's journal is put together: its tables, and the names of the directory and of clients."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from apcv_backend.audit import Journal
from apcv_backend.config import Config
from apcv_backend.database import Database
from apcv_backend.patient_journal.ports import Incident, Represented
from apcv_backend.patient_journal.service import PatientJournal
from apcv_backend.patient_journal.store import SqlPatientRegisters
from apcv_backend.professionals.store import SqlDirectory
from apcv_backend.tables import oidc_clients
from cartes.errors import CarteError
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.mode import Mode
from cartes.professionnel import Professionnel

_log = logging.getLogger("apcv_backend.incidents")


class PublicNames:
    """See `patient_journal.ports.Names`: the directory, and the register of clients."""

    def __init__(self, database: Database, directory: SqlDirectory) -> None:
        self._database = database
        self._directory = directory

    def professional(self, number: str, at: datetime) -> str:
        """See `Names.professional`."""
        person = self._person(number, at)
        return "" if person is None else f"{person.prenom} {person.nom}"

    def structure(self, number: str, by: str, at: datetime) -> str:
        """See `Names.structure`."""
        person = self._person(by, at)
        for exercice in () if person is None else person.exercices:
            place = exercice.structure
            if place.finess is not None and place.finess.digits == number:
                return place.raison_sociale
        return ""

    def client(self, client_id: str) -> str:
        """See `Names.client`."""
        wanted = select(oidc_clients.c.document).where(oidc_clients.c.client_id == client_id)
        with self._database.read() as connection:
            document = connection.execute(wanted).scalar_one_or_none()
        name = document.get("name") if isinstance(document, dict) else None
        return name if isinstance(name, str) else ""

    def _person(self, number: str, at: datetime) -> Professionnel | None:
        try:
            return self._directory.professionnel(Idnps.parse(number, Mode.LENIENT), at).professionnel
        except CarteError:  # no such number, or nobody under it any more
            return None


def build_patient_journal(
    config: Config,
    database: Database,
    journal: Journal,
    directory: SqlDirectory,
    represented: Represented,
    random: Callable[[int], bytes],
) -> PatientJournal:
    """The room on these settings."""

    def tell_operators(incident: Incident) -> None:
        # A pseudonym and a number: what a log may hold.
        _log.warning(
            "incident %s opened: entry %d, %s", incident.incident_id, incident.entry_id, incident.event
        )

    return PatientJournal(
        registers=SqlPatientRegisters(database, journal),
        names=PublicNames(database, directory),
        represented=represented,
        public_url=config.public_url,
        random=random,
        tell_operators=tell_operators,
    )
