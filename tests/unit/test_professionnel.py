"""Professionals and their exercices."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from cartes.droits import PeriodeDroits
from cartes.errors import InvalidValue
from cartes.identifiers.finess import Finess
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.siret import Siret
from cartes.professionnel import (
    CategorieProfessionnelle,
    Civilite,
    Exercice,
    GenreActivite,
    ModeExercice,
    Profession,
    Professionnel,
    SavoirFaire,
    SecteurActivite,
    SectionPharmacien,
    Structure,
)

OFFICINE = Structure(Finess("999001506"), Siret("00000915900013"), "PHARMACIE PAOLI-TEST")
TITULAIRE = Exercice(
    exercice_id="1010399870",
    profession=Profession.PHARMACIEN,
    categorie=CategorieProfessionnelle.CIVIL,
    nom_exercice="PAOLI-TEST",
    prenom_exercice="LAURE",
    civilite=Civilite.DOCTEUR,
    savoir_faire=(),
    mode=ModeExercice.LIBERAL,
    secteur=SecteurActivite.OFFICINE,
    genre=GenreActivite.SOIN_PHARMACIE,
    section=SectionPharmacien.TITULAIRE,
    structure=OFFICINE,
    numero_am="",
    periode=PeriodeDroits(date(2020, 1, 1)),
)
INTERNE = replace(
    TITULAIRE,
    exercice_id="1010399871",
    profession=Profession.MEDECIN,
    categorie=CategorieProfessionnelle.ETUDIANT,
    genre=GenreActivite.REMPLACANT,
    section=None,
    remplace=Idnps("899700900147"),
    periode=PeriodeDroits(date(2026, 11, 1), date(2026, 11, 30)),
)
LAURE = Professionnel(
    id_national=Idnps("899700900154"), nom="PAOLI-TEST", prenom="LAURE", exercices=(TITULAIRE, INTERNE)
)


def test_an_exercice_is_open_while_active_and_in_its_dates() -> None:
    """Outside the dates of a replacement, or once closed, it is not."""
    assert INTERNE.open_on(date(2026, 11, 21))
    assert not INTERNE.open_on(date(2026, 12, 1))
    assert not replace(INTERNE, active=False).open_on(date(2026, 11, 21))


def test_a_professional_has_exercices_found_by_their_identifier() -> None:
    """`get_exercice` says None for one that is not theirs."""
    assert LAURE.get_exercice("1010399871") is INTERNE
    assert LAURE.get_exercice("1") is None


def test_only_pharmacists_have_a_section() -> None:
    """The section is the pharmacists' Ordre's."""
    with pytest.raises(InvalidValue, match="section_without_pharmacien"):
        replace(TITULAIRE, profession=Profession.MEDECIN)


def test_only_a_replacement_names_whom_it_replaces() -> None:
    """An ordinary activity stands in for nobody."""
    with pytest.raises(InvalidValue, match="remplace_without_remplacement"):
        replace(INTERNE, genre=GenreActivite.SOIN_PHARMACIE)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("exercice_id", ""),
        ("exercice_id", "a b"),
        ("exercice_id", "1" * 41),
        ("nom_exercice", ""),
        ("nom_exercice", "  "),
        ("nom_exercice", "A" * 101),
        ("prenom_exercice", "A\nB"),
        ("prenom_exercice", "A\x1b[31m"),
        ("numero_am", "75-1"),
    ],
)
def test_a_wrong_field_of_an_exercice_is_named(field: str, value: str) -> None:
    """Identifiers, names and billing numbers have their shapes."""
    changes: dict[str, str] = {field: value}

    with pytest.raises(InvalidValue) as refused:
        replace(TITULAIRE, **changes)  # type: ignore[arg-type]  # the field's name comes from the table above

    assert refused.value.facts == {"what": "exercice", "why": field}


def test_an_exercise_name_may_differ_from_the_civil_one_and_keep_its_accents() -> None:
    """Professionals practise under the name they use."""
    assert replace(TITULAIRE, nom_exercice="Docteur Étoile").nom_exercice == "Docteur Étoile"


def test_an_exercice_stands_once_in_a_professional() -> None:
    """Two exercices with one identifier could not be told apart."""
    with pytest.raises(InvalidValue, match="exercice_twice"):
        replace(LAURE, exercices=(TITULAIRE, TITULAIRE))


def test_a_former_number_is_another_number() -> None:
    """The nurse's ADELI stays beside her RPPS; the current number is not a former one."""
    julie = replace(LAURE, id_national=Idnps("899700900162"), former_ids=(Idnps("0996900163"),))
    assert julie.former_ids[0].adeli is not None

    with pytest.raises(InvalidValue, match="former_id_is_current"):
        replace(LAURE, former_ids=(LAURE.id_national,))


def test_a_professional_has_names() -> None:
    """Neither may be empty."""
    with pytest.raises(InvalidValue, match="nom"):
        replace(LAURE, nom="")
    with pytest.raises(InvalidValue, match="prenom"):
        replace(LAURE, prenom="\t")


def test_a_structure_may_have_no_number_and_no_name() -> None:
    """A remplaçant may have no fixed place; a name that moves a cursor is refused all the same."""
    assert Structure(None, None, "").raison_sociale == ""

    with pytest.raises(InvalidValue, match="raison_sociale"):
        Structure(None, None, "PHARMACIE\r\nDU CENTRE")
    with pytest.raises(InvalidValue, match="raison_sociale"):
        Structure(None, None, "P" * 101)


def test_a_savoir_faire_outside_our_table_is_kept() -> None:
    """Tables grow upstream: a code we do not know has no label, and is not refused."""
    assert SavoirFaire("SM04").label == "Cardiologie et Maladies vasculaires"
    assert SavoirFaire("SM99").label is None

    for code in ("", "sm04", "SM", "SM04 ", "SM0４"):
        with pytest.raises(InvalidValue, match="savoir_faire"):
            SavoirFaire(code)
