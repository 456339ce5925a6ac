"""A professional as one JSON value and back: how the directory is kept in its table.

Read back leniently about keys, as it was first read: a warning of the directory stays a warning, and the
issuer stays strict. A record that does not read back is our own fault, and says so as `InvalidValue`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from cartes.droits import PeriodeDroits
from cartes.errors import InvalidValue
from cartes.identifiers.finess import Finess
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.mode import Mode
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


def to_record(person: Professionnel) -> dict[str, Any]:
    """The JSON object kept for `person`."""
    return {
        "id_national": person.id_national.text,
        "nom": person.nom,
        "prenom": person.prenom,
        "active": person.active,
        "deceased_on": _day_text(person.deceased_on),
        "struck_off_on": _day_text(person.struck_off_on),
        "card_opposed_on": _day_text(person.card_opposed_on),
        "former_ids": [number.text for number in person.former_ids],
        "civilite": person.civilite,
        "exercices": [_exercice_record(exercice) for exercice in person.exercices],
    }


def from_record(record: Any) -> Professionnel:
    """The professional kept as `record`. Raises `InvalidValue` when it does not read back."""
    try:
        return Professionnel(
            id_national=Idnps.parse(record["id_national"], Mode.LENIENT),
            nom=record["nom"],
            prenom=record["prenom"],
            exercices=tuple(_exercice(one) for one in record["exercices"]),
            active=record["active"],
            deceased_on=_day(record["deceased_on"]),
            struck_off_on=_day(record["struck_off_on"]),
            card_opposed_on=_day(record["card_opposed_on"]),
            former_ids=tuple(Idnps.parse(number, Mode.LENIENT) for number in record["former_ids"]),
            civilite=record.get("civilite", ""),  # absent from records kept before it
        )
    except (LookupError, TypeError, ValueError) as wrong:
        raise InvalidValue(what="directory_record", why=type(wrong).__name__) from None


def _exercice_record(exercice: Exercice) -> dict[str, Any]:
    structure = exercice.structure
    return {
        "id": exercice.exercice_id,
        "profession": exercice.profession.value,
        "categorie": exercice.categorie.value,
        "nom": exercice.nom_exercice,
        "prenom": exercice.prenom_exercice,
        "civilite": exercice.civilite.value,
        "savoir_faire": [one.code for one in exercice.savoir_faire],
        "mode": exercice.mode.value,
        "secteur": exercice.secteur.value,
        "genre": exercice.genre.value,
        "section": None if exercice.section is None else exercice.section.value,
        "finess": None if structure.finess is None else structure.finess.digits,
        "siret": None if structure.siret is None else structure.siret.digits,
        "raison_sociale": structure.raison_sociale,
        "numero_am": exercice.numero_am,
        "debut": exercice.periode.debut.isoformat(),
        "fin": _day_text(exercice.periode.fin),
        "remplace": None if exercice.remplace is None else exercice.remplace.text,
        "active": exercice.active,
        "regulation_medicale": exercice.regulation_medicale,
    }


def _exercice(record: Any) -> Exercice:
    return Exercice(
        exercice_id=record["id"],
        profession=Profession(record["profession"]),
        categorie=CategorieProfessionnelle(record["categorie"]),
        nom_exercice=record["nom"],
        prenom_exercice=record["prenom"],
        civilite=Civilite(record["civilite"]),
        savoir_faire=tuple(SavoirFaire(code) for code in record["savoir_faire"]),
        mode=ModeExercice(record["mode"]),
        secteur=SecteurActivite(record["secteur"]),
        genre=GenreActivite(record["genre"]),
        section=None if record["section"] is None else SectionPharmacien(record["section"]),
        structure=Structure(
            None if record["finess"] is None else Finess.parse(record["finess"], Mode.LENIENT),
            None if record["siret"] is None else Siret.parse(record["siret"], Mode.LENIENT),
            record["raison_sociale"],
        ),
        numero_am=record["numero_am"],
        periode=PeriodeDroits(date.fromisoformat(record["debut"]), _day(record["fin"])),
        remplace=None if record["remplace"] is None else Idnps.parse(record["remplace"], Mode.LENIENT),
        active=record["active"],
        regulation_medicale=record.get("regulation_medicale", False),  # absent from records kept before it
    )


def _day_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
