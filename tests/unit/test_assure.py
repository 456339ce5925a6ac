"""People who are covered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cartes.assure import (
    AttributIdentite,
    Beneficiaire,
    QualiteBeneficiaire,
    StatutIdentite,
    TraitsIdentite,
)
from cartes.errors import InvalidValue
from cartes.identifiers.nir import Nir
from cartes.naissance import DateNaissance

TRAITS = TraitsIdentite(
    nom_naissance="MOREAU-TEST",
    prenoms_naissance="ZOE ALICE",
    premier_prenom="ZOE",
    nom_utilise="MOREAU-TEST",
    prenom_utilise="ZOE",
    sexe="F",
    naissance=DateNaissance.parse("20210512"),
    lieu="42999",
)
OWN = Nir.parse("221054299910147")
PARENT = Nir.parse("190074299905592")
ZOE = Beneficiaire(
    nir=OWN,
    od_nir=PARENT,
    traits=TRAITS,
    rang_gemellaire=1,
    qualite=QualiteBeneficiaire.ENFANT,
    statut_identite=StatutIdentite.QUAL,
)


def test_a_child_is_covered_by_a_parent() -> None:
    """The parent's number opens the rights; the child's own stays theirs."""
    assert ZOE.opening_nir == PARENT
    assert ZOE.may_exchange_matricule


def test_twins_differ_by_their_rang() -> None:
    """Same ouvrant droit, same date: only the rang separates them."""
    assert replace(ZOE, rang_gemellaire=2) != ZOE


def test_a_newborn_has_no_number_of_their_own() -> None:
    """The mother's number, the birth date and the rang say who it is; no matricule leaves."""
    baby = replace(ZOE, nir=None, statut_identite=StatutIdentite.PROV)

    assert baby.opening_nir == PARENT
    assert not baby.may_exchange_matricule


def test_an_assure_is_their_own_ouvrant_droit() -> None:
    """Qualité 0 has no other number."""
    adult = replace(ZOE, od_nir=None, qualite=QualiteBeneficiaire.ASSURE)

    assert adult.opening_nir == OWN


@pytest.mark.parametrize("statut", [StatutIdentite.PROV, StatutIdentite.RECUP, StatutIdentite.VALI])
def test_a_matricule_leaves_only_when_the_identity_is_qualified(statut: StatutIdentite) -> None:
    """EXI ID 29: neither VALI nor RECUP is enough."""
    assert not replace(ZOE, statut_identite=statut).may_exchange_matricule


def test_somebody_without_any_number_cannot_be_built() -> None:
    """There is nothing to find their file by."""
    with pytest.raises(InvalidValue, match="no_number"):
        replace(ZOE, nir=None, od_nir=None)


@pytest.mark.parametrize(
    ("od_nir", "qualite"),
    [(None, QualiteBeneficiaire.ENFANT), (PARENT, QualiteBeneficiaire.ASSURE)],
)
def test_qualite_and_ouvrant_droit_go_together(od_nir: Nir | None, qualite: QualiteBeneficiaire) -> None:
    """A child has an ouvrant droit, an assuré has none."""
    with pytest.raises(InvalidValue, match="qualite_and_ouvrant_droit"):
        replace(ZOE, od_nir=od_nir, qualite=qualite)


def test_nobody_is_attached_to_themselves() -> None:
    """The ouvrant droit of an ayant droit is somebody else."""
    with pytest.raises(InvalidValue, match="own_ouvrant_droit"):
        replace(ZOE, od_nir=OWN)


@pytest.mark.parametrize("rang", [0, 7, -1])
def test_a_rang_gemellaire_is_one_to_six(rang: int) -> None:
    """No other rang exists."""
    with pytest.raises(InvalidValue, match="rang_gemellaire"):
        replace(ZOE, rang_gemellaire=rang)


@pytest.mark.parametrize("attribut", [AttributIdentite.DOUTEUX, AttributIdentite.FICTIF])
def test_doubtful_and_fictitious_go_with_prov_alone(attribut: AttributIdentite) -> None:
    """EXI ID 24 and 26: they are refused with a qualified identity, accepted with a provisional one."""
    replace(ZOE, statut_identite=StatutIdentite.PROV, attributs=frozenset({attribut}))

    with pytest.raises(InvalidValue, match="attribut_without_prov"):
        replace(ZOE, attributs=frozenset({attribut}))


def test_doubtful_and_fictitious_are_never_together() -> None:
    """They cannot be cumulated, even with PROV."""
    both = frozenset({AttributIdentite.DOUTEUX, AttributIdentite.FICTIF})

    with pytest.raises(InvalidValue, match="douteux_and_fictif"):
        replace(ZOE, statut_identite=StatutIdentite.PROV, attributs=both)


def test_a_homonym_may_be_qualified() -> None:
    """That caution says others have the same traits; it takes nothing away."""
    assert replace(ZOE, attributs=frozenset({AttributIdentite.HOMONYME})).may_exchange_matricule


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nom_naissance", "Moreau"),
        ("prenoms_naissance", "ZOE--ALICE"),
        ("premier_prenom", ""),
        ("nom_utilise", "-MOREAU"),
        ("prenom_utilise", "ZOÉ"),
        ("sexe", "X"),
        ("sexe", ""),
        ("lieu", "4299"),
        ("lieu", "2C999"),
        ("lieu", "４2999"),
    ],
)
def test_a_wrong_trait_cannot_be_built(field: str, value: str) -> None:
    """Each trait has its own rule."""
    changes: dict[str, str] = {field: value}

    with pytest.raises(InvalidValue, match=field):
        replace(TRAITS, **changes)  # type: ignore[arg-type]  # the field's name comes from the table above


@pytest.mark.parametrize("lieu", ["2A999", "2B999", "99352", "67999"])
def test_a_place_is_a_commune_or_a_country(lieu: str) -> None:
    """Corsican communes have letters; 99 and a country code is a birth abroad."""
    assert replace(TRAITS, lieu=lieu).lieu == lieu


def test_a_beneficiary_prints_no_number() -> None:
    """Both NIRs are masked in the repr."""
    assert OWN.number not in repr(ZOE)
    assert PARENT.number not in repr(ZOE)
