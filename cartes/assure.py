"""People who are covered: the assuré, whose affiliation opens the rights, and those attached to one.

On the Vitale side a person is the NIR of the ouvrant droit, a date of birth and a rang gémellaire: a newborn
has no NIR, and only the rang separates twins. The five birth traits are strict traits; the names people
actually use travel beside them. A NIR may be exchanged only when the identity is qualified (QUAL).
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from cartes.errors import InvalidValue
from cartes.identifiers.nir import Nir
from cartes.naissance import DateNaissance
from cartes.nomenclatures.qualite import QualiteBeneficiaire
from cartes.noms import check_strict_trait

__all__ = [
    "Assure",
    "AttributIdentite",
    "Beneficiaire",
    "QualiteBeneficiaire",
    "StatutIdentite",
    "TraitsIdentite",
]

_LIEU = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")
_MAX_RANG = 6


# FR Core code system `fr-core-cs-identity-status`; RNIV EXI SI 07.
class StatutIdentite(enum.StrEnum):
    """How far an identity was established; only QUAL lets a matricule be exchanged (EXI ID 29)."""

    PROV = "PROV"
    """Provisoire: no INSi answer, no high-trust document."""
    RECUP = "RECUP"
    """Récupérée: INSi answer, no high-trust document."""
    VALI = "VALI"
    """Validée: high-trust document, no INSi answer."""
    QUAL = "QUAL"
    """Qualifiée: both."""


# INS guide v3.0 (12/2024), EXI ID 24 and 26.
class AttributIdentite(enum.StrEnum):
    """A caution on an identity; doubtful and fictitious go with PROV alone, and never together."""

    HOMONYME = "homonyme"
    DOUTEUX = "douteux"
    FICTIF = "fictif"


@dataclass(frozen=True, slots=True)
class TraitsIdentite:
    """The five birth traits and the names used.

    Names are strict traits (`cartes.noms`); `sexe` is F or M; `lieu` is the COG code of a commune or country.
    """

    nom_naissance: str
    prenoms_naissance: str
    premier_prenom: str
    nom_utilise: str
    prenom_utilise: str
    sexe: str
    naissance: DateNaissance
    lieu: str

    def __post_init__(self) -> None:
        check_strict_trait(self.nom_naissance, "nom_naissance", double_hyphen=True)
        check_strict_trait(self.nom_utilise, "nom_utilise", double_hyphen=True)
        for name in ("prenoms_naissance", "premier_prenom", "prenom_utilise"):
            check_strict_trait(getattr(self, name), name)
        if self.sexe not in ("F", "M"):
            raise InvalidValue(what="traits_identite", why="sexe")
        if not _LIEU.fullmatch(self.lieu):
            raise InvalidValue(what="traits_identite", why="lieu")


@dataclass(frozen=True, slots=True)
class Beneficiaire:
    """A covered person.

    `nir` is their own number, None for a newborn; `od_nir` is the ouvrant droit's when that is somebody else.
    The assuré (qualité 0) is their own ouvrant droit, so `od_nir` is None exactly for them.
    """

    nir: Nir | None
    od_nir: Nir | None
    traits: TraitsIdentite
    rang_gemellaire: int
    qualite: QualiteBeneficiaire
    statut_identite: StatutIdentite
    attributs: frozenset[AttributIdentite] = frozenset()

    def __post_init__(self) -> None:
        if self.nir is None and self.od_nir is None:
            raise InvalidValue(what="beneficiaire", why="no_number")
        if (self.od_nir is None) != (self.qualite is QualiteBeneficiaire.ASSURE):
            raise InvalidValue(what="beneficiaire", why="qualite_and_ouvrant_droit")
        if self.nir == self.od_nir:
            raise InvalidValue(what="beneficiaire", why="own_ouvrant_droit")
        if not 1 <= self.rang_gemellaire <= _MAX_RANG:
            raise InvalidValue(what="beneficiaire", why="rang_gemellaire")
        self._check_attributs()

    def _check_attributs(self) -> None:
        cautions = self.attributs & {AttributIdentite.DOUTEUX, AttributIdentite.FICTIF}
        if len(cautions) > 1:
            raise InvalidValue(what="beneficiaire", why="douteux_and_fictif")
        if cautions and self.statut_identite is not StatutIdentite.PROV:
            raise InvalidValue(what="beneficiaire", why="attribut_without_prov")

    @property
    def opening_nir(self) -> Nir:
        """The NIR that opens the rights: the ouvrant droit's, or the person's own."""
        opening = self.od_nir or self.nir
        assert opening is not None  # one of the two exists, see __post_init__
        return opening

    @property
    def may_exchange_matricule(self) -> bool:
        """Whether this person's own number may be given to anyone: it exists and the identity is QUAL."""
        return self.nir is not None and self.statut_identite is StatutIdentite.QUAL


Assure = Beneficiaire
"""Someone who is their own ouvrant droit: a `Beneficiaire` of qualité 0, `od_nir` None."""
