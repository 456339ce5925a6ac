"""Health professionals: who they are for life, and each practice (exercice) they have.

Identity is the person; authority is the exercice at a structure. A card is of *one* exercice, so that nobody
is flatly "a doctor". A number outlives a right to practise: the dates on `Professionnel` (deceased, struck
off, card opposed) and `active` say what the number does not. Exercise names may differ from civil names.
Fields follow the directory's FHIR profiles and Pro Santé Connect's `SubjectRefPro`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from cartes.droits import PeriodeDroits
from cartes.errors import InvalidValue
from cartes.identifiers.finess import Finess
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.siret import Siret
from cartes.nomenclatures.categorie import CategorieProfessionnelle
from cartes.nomenclatures.civilite import Civilite
from cartes.nomenclatures.genre_activite import GenreActivite
from cartes.nomenclatures.mode_exercice import ModeExercice
from cartes.nomenclatures.profession import Profession
from cartes.nomenclatures.savoir_faire import SAVOIR_FAIRE
from cartes.nomenclatures.secteur_activite import SecteurActivite
from cartes.nomenclatures.section_pharmacien import SectionPharmacien

__all__ = [
    "CategorieProfessionnelle",
    "Civilite",
    "Exercice",
    "GenreActivite",
    "ModeExercice",
    "Profession",
    "Professionnel",
    "SavoirFaire",
    "SecteurActivite",
    "SectionPharmacien",
    "Structure",
]

_SAVOIR_FAIRE = re.compile(r"[A-Z]{0,4}[0-9]{2,3}")
_EXERCICE_ID = re.compile(r"[0-9A-Za-z_-]{1,40}")
_CIVILITE = re.compile(r"[A-Z]{0,8}")
_NUMERO_AM = re.compile(r"[0-9A-Z]{0,14}")
_MAX_NAME = 100
_REPLACEMENTS = (GenreActivite.REMPLACANT, GenreActivite.REMPLACEMENT)


def _check_line(text: str, what: str, why: str, *, may_be_empty: bool = False) -> None:
    if not text.strip() and not (may_be_empty and not text):
        raise InvalidValue(what=what, why=why)
    if len(text) > _MAX_NAME or not text.isprintable():
        raise InvalidValue(what=what, why=why)


@dataclass(frozen=True, slots=True)
class SavoirFaire:
    """A qualification attached to an exercice, by its `code` (`SM04`); codes outside our table are kept."""

    code: str

    def __post_init__(self) -> None:
        if not _SAVOIR_FAIRE.fullmatch(self.code):
            raise InvalidValue(what="savoir_faire", why="shape")

    @property
    def label(self) -> str | None:
        """The French label, or None when our table does not have this code."""
        return SAVOIR_FAIRE.get(self.code)


@dataclass(frozen=True, slots=True)
class Structure:
    """A workplace: its FINESS, its SIRET, or neither (a remplaçant of no fixed place); and its name."""

    finess: Finess | None
    siret: Siret | None
    raison_sociale: str

    def __post_init__(self) -> None:
        _check_line(self.raison_sociale, "structure", "raison_sociale", may_be_empty=True)


@dataclass(frozen=True, slots=True)
class Exercice:
    """One practice of one profession in one structure: what an e-CPS is issued for.

    `section` is for pharmacists only; `remplace` names whom a remplaçant stands in for, during `periode`;
    `numero_am` is the number the practice invoices under, or the empty text; `regulation_medicale` says that
    this practice answers the emergency line of a SAMU (`Acces_Regulation_Medicale` of Pro Santé Connect).
    """

    exercice_id: str
    profession: Profession
    categorie: CategorieProfessionnelle
    nom_exercice: str
    prenom_exercice: str
    civilite: Civilite
    savoir_faire: tuple[SavoirFaire, ...]
    mode: ModeExercice
    secteur: SecteurActivite
    genre: GenreActivite
    section: SectionPharmacien | None
    structure: Structure
    numero_am: str
    periode: PeriodeDroits
    remplace: Idnps | None = None
    active: bool = True
    regulation_medicale: bool = False

    def __post_init__(self) -> None:
        if not _EXERCICE_ID.fullmatch(self.exercice_id):
            raise InvalidValue(what="exercice", why="exercice_id")
        _check_line(self.nom_exercice, "exercice", "nom_exercice")
        _check_line(self.prenom_exercice, "exercice", "prenom_exercice")
        if not _NUMERO_AM.fullmatch(self.numero_am):
            raise InvalidValue(what="exercice", why="numero_am")
        if self.section is not None and self.profession is not Profession.PHARMACIEN:
            raise InvalidValue(what="exercice", why="section_without_pharmacien")
        if self.remplace is not None and self.genre not in _REPLACEMENTS:
            raise InvalidValue(what="exercice", why="remplace_without_remplacement")

    def open_on(self, day: date) -> bool:
        """Whether this exercice is active and `day` is within its period."""
        return self.active and self.periode.open_on(day)


@dataclass(frozen=True, slots=True)
class Professionnel:
    """A health professional, their exercices, and what ended: the facts eligibility is judged on.

    `former_ids` are numbers the person had before (an ADELI number replaced by an RPPS). `civilite` is how
    the directory addresses the person ("M", "MME"), empty when it does not say; an exercice has its own.
    """

    id_national: Idnps
    nom: str
    prenom: str
    exercices: tuple[Exercice, ...]
    active: bool = True
    deceased_on: date | None = None
    struck_off_on: date | None = None
    card_opposed_on: date | None = None
    former_ids: tuple[Idnps, ...] = ()
    civilite: str = ""

    def __post_init__(self) -> None:
        if not _CIVILITE.fullmatch(self.civilite):
            raise InvalidValue(what="professionnel", why="civilite")
        _check_line(self.nom, "professionnel", "nom")
        _check_line(self.prenom, "professionnel", "prenom")
        known = [exercice.exercice_id for exercice in self.exercices]
        if len(set(known)) != len(known):
            raise InvalidValue(what="professionnel", why="exercice_twice")
        if self.id_national in self.former_ids:
            raise InvalidValue(what="professionnel", why="former_id_is_current")

    def get_exercice(self, exercice_id: str) -> Exercice | None:
        """The exercice of this identifier, or None."""
        for exercice in self.exercices:
            if exercice.exercice_id == exercice_id:
                return exercice
        return None
