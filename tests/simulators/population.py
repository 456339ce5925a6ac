"""A country of fictitious insured persons, made on demand: everybody has the same rights, and nobody exists.

Numbers are of communes 999 in département 99, born in the years 1930 to 1999: 839,160 of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from apcv_backend.enrolment.rules import PersonKey, PersonUnknown
from apcv_backend.rights.ports import RightsSource
from apcv_backend.rights.rules import ReponseDroits
from cartes.cards import CardKind
from cartes.identifiers.nir import Nir
from tests.simulators.issuance_stage import ANGE

_ORDERS, _MONTHS = 999, 12


def nir_of(number: int) -> str:
    """The NIR of the person numbered `number`, from 0."""
    rest, order = divmod(number, _ORDERS)
    year, month = divmod(rest, _MONTHS)
    return Nir.from_number(f"1{30 + year:02d}{month + 1:02d}99999{order + 1:03d}").digits


def person_of(number: int) -> PersonKey:
    """Their key."""
    return PersonKey(CardKind.APCV, nir_of(number))


@dataclass
class Population:
    """See `rights.ports.RightsSource`: the first `size` people, and the personas of `others`."""

    others: RightsSource
    size: int

    def droits_of(self, person: PersonKey, at: datetime) -> ReponseDroits:
        """See `RightsSource.droits_of`."""
        number = _number_of(person.text)
        if number is None:
            return self.others.droits_of(person, at)
        if number >= self.size:
            raise PersonUnknown
        alike = self.others.droits_of(ANGE, at)
        return replace(alike, beneficiaire=replace(alike.beneficiaire, nir=Nir.parse(person.text)))


def _number_of(text: str) -> int | None:
    if len(text) != 15 or not text.startswith("1") or text[5:10] != "99999":
        return None
    year, month, order = int(text[1:3]) - 30, int(text[3:5]) - 1, int(text[10:13]) - 1
    return (year * _MONTHS + month) * _ORDERS + order
