"""How one room's need meets another room's service: the small adapters that `bootstrap` plugs in.

A room asks in its own words (`ports.py`); what answers lives next door. Nothing here decides anything.
"""

from __future__ import annotations

from datetime import datetime

from apcv_backend.enrolment.rules import Dossier, PersonKey
from apcv_backend.professionals.ports import Directory
from apcv_backend.rights.ports import RightsSource
from cartes.cards import CardKind
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.mode import Mode


class PeopleOfBothKinds:
    """Enrolment's `People`: insured persons from the rights source, professionals from the directory."""

    def __init__(self, rights: RightsSource, directory: Directory) -> None:
        self._rights = rights
        self._directory = directory

    def find(self, person: PersonKey, at: datetime) -> Dossier:
        """See `enrolment.ports.People.find`."""
        if person.card is CardKind.APCV:
            return self._rights.droits_of(person, at).dossier()
        return self._directory.professionnel(Idnps.parse(person.text, Mode.LENIENT), at).dossier()
