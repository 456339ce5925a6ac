"""The official code tables: their codes, their labels, their integers."""

from __future__ import annotations

import re

import pytest

from cartes.errors import InvalidValue
from cartes.nomenclatures.categorie import CategorieProfessionnelle
from cartes.nomenclatures.civilite import Civilite
from cartes.nomenclatures.exoneration import CodeExoneration
from cartes.nomenclatures.genre_activite import GenreActivite
from cartes.nomenclatures.gestion import ModeGestionAmc
from cartes.nomenclatures.mode_exercice import ModeExercice
from cartes.nomenclatures.profession import Profession
from cartes.nomenclatures.qualite import QualiteBeneficiaire
from cartes.nomenclatures.regime import Regime
from cartes.nomenclatures.savoir_faire import SAVOIR_FAIRE
from cartes.nomenclatures.secteur_activite import SecteurActivite
from cartes.nomenclatures.section_pharmacien import SectionPharmacien
from cartes.nomenclatures.table import CodeTable, NumericCodeTable
from cartes.nomenclatures.type_identifiant import TypeIdentifiant

NUMERIC: list[type[NumericCodeTable]] = [
    CodeExoneration,
    ModeGestionAmc,
    Profession,
    QualiteBeneficiaire,
    Regime,
    TypeIdentifiant,
]
TABLES: list[type[CodeTable]] = [
    *NUMERIC,
    CategorieProfessionnelle,
    Civilite,
    GenreActivite,
    ModeExercice,
    SecteurActivite,
    SectionPharmacien,
]
CODES = {
    CategorieProfessionnelle: "C E F M",
    ModeExercice: "S L B",
    SectionPharmacien: "A B C D E G H M",
    CodeExoneration: "0 4 5 9",
    ModeGestionAmc: "0 1 2 3",
    QualiteBeneficiaire: "0 1 2 3 4 5 6 7 8 9",
    TypeIdentifiant: "0 1 2 3 4 5 6 8 9 10 30",
    Profession: ("10 21 26 28 31 32 35 36 38 39 40 50 60 69 70 80 81 82 83 84 85 86 91 92 94 95 96 98"),
    GenreActivite: ("GENR01 GENR02 GENR03 GENR04 GENR06 GENR08 GENR09 GENR10 GENR11 GENR12 GENR13 GENR99"),
}


@pytest.mark.parametrize(("table", "codes"), CODES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_table_has_its_official_codes_and_no_other(table: type[CodeTable], codes: str) -> None:
    """The codes as the nomenclature lists them."""
    assert [member.value for member in table] == codes.split()


@pytest.mark.parametrize(
    "code",
    ["SA01", "SA04", "SA05", "SA07", "SA08", "SA09", "SA24", "SA25", "SA33", "SA39", "SA43", "SA52", "SA63"],
)
def test_the_sectors_met_in_the_field_are_there(code: str) -> None:
    """Every sector the domain pages name has a member."""
    assert SecteurActivite.get(code) is not None


@pytest.mark.parametrize(
    "code", ["SM04", "SM26", "SM40", "SM53", "SM54", "SM59", "SCD01", "SCD02", "SCD03", "PAC00"]
)
def test_the_specialities_met_in_the_field_are_there(code: str) -> None:
    """Every speciality the domain pages name has a label."""
    assert SAVOIR_FAIRE[code]


@pytest.mark.parametrize("table", TABLES)
def test_members_are_named_by_words_and_have_labels(table: type[CodeTable]) -> None:
    """A name is never a code; a label is there in French and in English."""
    for member in table:
        assert re.fullmatch(r"[A-Z][A-Z0-9_]*", member.name)
        assert member.name != member.value
        if member is not Civilite.AUCUNE:
            assert member.label
            assert member.label_en


@pytest.mark.parametrize("table", TABLES)
def test_a_code_is_found_and_an_unknown_one_is_none(table: type[CodeTable]) -> None:
    """`get` is the reader's way: it never fails on a code from tomorrow's table."""
    for member in table:
        assert table.get(member.value) is member
        assert table.parse(member.value) is member
        assert table(member.value) is member

    assert table.get("ZZ") is None
    with pytest.raises(InvalidValue, match=table.__name__):
        table.parse("ZZ")


@pytest.mark.parametrize("table", NUMERIC)
def test_numeric_codes_travel_as_integers(table: type[NumericCodeTable]) -> None:
    """The integer is the code, and an unknown integer is None."""
    for member in table:
        assert member.wire == int(member.value)
        assert table.from_wire(member.wire) is member

    assert table.from_wire(77) is None


def test_civilites_have_our_own_stable_integers() -> None:
    """0 none, 1 M, 2 MME, 3 DR, 4 PR: cards in pockets depend on it."""
    assert {member.value: member.wire for member in Civilite} == {"": 0, "M": 1, "MME": 2, "DR": 3, "PR": 4}
    assert [Civilite.from_wire(number) for number in range(5)] == list(Civilite)
    assert Civilite.from_wire(5) is None
    assert Civilite.from_wire(-1) is None


def test_french_labels_keep_their_accents() -> None:
    """What a person reads is written right."""
    assert Profession.MEDECIN.label == "Médecin"
    assert Profession.MEDECIN.label_en == "Doctor"
    assert QualiteBeneficiaire.ASSURE.label == "Assuré"
