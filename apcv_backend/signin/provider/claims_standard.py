"""Who a professional is, for clients that are not French: standard claims, clean names, nothing left empty.

`profile` gives the names of OpenID Connect Core 5.1; `professional` one object: the national identifier and
the exercice chosen at sign-in. A client that acts on an exercice reads it there and nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from apcv_backend.professionals.rules import FicheProfessionnel
from cartes.professionnel import Exercice, Structure

ID_SYSTEM = "urn:oid:1.2.250.1.71.4.2.1"
"""The OID under which the national identifier of a professional is unique."""


def standard_userinfo(
    fiche: FicheProfessionnel, chosen: Exercice | None, subject: str, scopes: Collection[str], day: date
) -> dict[str, Any]:
    """The userinfo of a professional on `day`, under a `sub` that is this client's own."""
    person = fiche.professionnel
    told: dict[str, Any] = {"sub": subject}
    if "profile" in scopes:
        given = chosen.prenom_exercice if chosen is not None else person.prenom
        family = chosen.nom_exercice if chosen is not None else person.nom
        told |= {"name": f"{given} {family}", "given_name": given, "family_name": family}
    if "professional" in scopes:
        told["professional"] = {
            "id": person.id_national.text,
            "id_system": ID_SYSTEM,
            **({} if chosen is None else {"exercice": _exercice(chosen)}),
            "exercices": [one.exercice_id for one in person.exercices if one.open_on(day)],
        }
    return told


def _exercice(exercice: Exercice) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": exercice.exercice_id,
        "profession": {"code": exercice.profession.value, "label": exercice.profession.label},
        "category": exercice.categorie.value,
        "specialities": [{"code": one.code, "label": one.label or one.code} for one in exercice.savoir_faire],
        "mode": exercice.mode.value,
        "sector": exercice.secteur.value,
        "activity": exercice.genre.value,
        "organization": _organization(exercice.structure),
    }
    if exercice.section is not None:
        told["pharmacist_section"] = exercice.section.value
    return told


def _organization(structure: Structure) -> dict[str, str]:
    told = {
        "name": structure.raison_sociale,
        "finess": "" if structure.finess is None else structure.finess.digits,
        "siret": "" if structure.siret is None else structure.siret.digits,
    }
    return {name: value for name, value in told.items() if value}
