"""Who a professional is, in Pro Santé Connect's shape: the userinfo its clients already read.

Its habits are kept, since programs depend on them: empty text and never null, booleans as "VRAI" and "FAUX",
the lower-case e of `numeroFinessetablissementJuridique`, and a `sub` of the form `f:<uuid>:<SubjectNameID>`.
Clients key on `SubjectNameID`. Every exercice open today is listed with its activities; the top-level members
are those of the exercice chosen at sign-in, when one was.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from apcv_backend.professionals.rules import FicheProfessionnel
from cartes.professionnel import Exercice, Professionnel, SavoirFaire, Structure

_SECTEURS = "1.2.250.1.71.4.2.4"
_PROFESSIONS = "1.2.250.1.213.1.1.5.5"
_PALIER = "APPPRIP3^1.2.250.1.213.1.5.1.1.1"
_LOCALE = "1.2.250.1.213.1.3.1.1"
_KINDS_OF_SAVOIR_FAIRE = {"SM": "S", "SCD": "S", "SI": "S", "CEX": "CEX", "PAC": "PAC"}
_EMPTY_ACTIVITY = (
    "codeRole",
    "numeroFinessetablissementJuridique",
    "identifiantTechniqueDeLaStructure",
    "enseigneCommercialeSite",
    "complementDestinataire",
    "complementPointGeographique",
    "numeroVoie",
    "indiceRepetitionVoie",
    "codeTypeDeVoie",
    "libelleVoie",
    "mentionDistribution",
    "bureauCedex",
    "codePostal",
    "codeCommune",
    "codePays",
    "telephone",
    "telephone2",
    "telecopie",
    "adresseEMail",
    "codeDepartement",
    "ancienIdentifiantDeLaStructure",
    "autoriteDenregistrement",
)
"""What the directory gives this house no value for: there, and empty."""


def psc_subject(issuer: str, id_national: str) -> str:
    """The `sub` of a professional: the same at every client, as Pro Santé Connect's is."""
    return f"f:{uuid.uuid5(uuid.NAMESPACE_URL, issuer)}:{id_national}"


def psc_userinfo(
    fiche: FicheProfessionnel, chosen: Exercice | None, issuer: str, day: date
) -> dict[str, Any]:
    """The userinfo of a professional on `day` (in France)."""
    person = fiche.professionnel
    number = person.id_national.text
    now = [exercice for exercice in person.exercices if exercice.open_on(day)]
    shown = chosen if chosen is not None else (now[0] if len(now) == 1 else None)
    structure = None if shown is None else shown.structure
    return {
        "Secteur_Activite": "" if shown is None else f"{shown.secteur.value}^{_SECTEURS}",
        "sub": psc_subject(issuer, number),
        "email_verified": False,
        "SubjectOrganization": "" if structure is None else structure.raison_sociale,
        "SubjectOrganizationID": "" if structure is None else _structure_id(structure),
        "Mode_Acces_Raison": "",
        "preferred_username": number,
        "given_name": person.prenom,
        "family_name": person.nom,
        "Acces_Regulation_Medicale": "VRAI" if shown is not None and shown.regulation_medicale else "FAUX",
        "UITVersion": "1.0",
        "Palier_Authentification": _PALIER,
        "SubjectRole": list(dict.fromkeys(f"{one.profession.value}^{_PROFESSIONS}" for one in now)),
        "PSI_Locale": _LOCALE,
        "SubjectNameID": number,
        "otherIds": [{"identifiant": number, "origine": _origin(person), "qualite": 1}],
        "SubjectRefPro": {
            "codeCivilite": person.civilite,
            "exercices": _exercices(now),
        },
    }


def _exercices(now: list[Exercice]) -> list[dict[str, Any]]:
    """One object an exercice professionnel, its activities together, in the directory's order."""
    grouped: dict[tuple[str, ...], dict[str, Any]] = {}
    for exercice in now:
        skill = exercice.savoir_faire[0] if exercice.savoir_faire else None
        told = {
            "codeProfession": exercice.profession.value,
            "codeCategorieProfessionnelle": exercice.categorie.value,
            "codeCiviliteDexercice": exercice.civilite.value,
            "nomDexercice": exercice.nom_exercice,
            "prenomDexercice": exercice.prenom_exercice,
            "codeTypeSavoirFaire": _kind_of(skill),
            "codeSavoirFaire": "" if skill is None else skill.code,
        }
        group = grouped.setdefault(tuple(told.values()), {**told, "activities": []})
        group["activities"].append(_activity(exercice))
    return list(grouped.values())


def _activity(exercice: Exercice) -> Mapping[str, str]:
    structure = exercice.structure
    siret = "" if structure.siret is None else structure.siret.digits
    return {
        "codeModeExercice": exercice.mode.value,
        "codeSecteurDactivite": exercice.secteur.value,
        "codeSectionPharmacien": "" if exercice.section is None else exercice.section.value,
        "codeGenreActivite": exercice.genre.value,
        "numeroSiretSite": siret,
        "numeroSirenSite": siret[:9],
        "numeroFinessSite": "" if structure.finess is None else structure.finess.digits,
        "raisonSocialeSite": structure.raison_sociale,
        **dict.fromkeys(_EMPTY_ACTIVITY, ""),
    }


def _kind_of(skill: SavoirFaire | None) -> str:
    if skill is None:
        return ""
    return _KINDS_OF_SAVOIR_FAIRE.get(skill.code.rstrip("0123456789"), "")


def _structure_id(structure: Structure) -> str:
    """The national identifier of a structure: its kind of number, then the number (1 FINESS, 3 SIRET)."""
    if structure.finess is not None:
        return f"1{structure.finess.digits}"
    return "" if structure.siret is None else f"3{structure.siret.digits}"


def _origin(person: Professionnel) -> str:
    if person.id_national.rpps is not None:
        return "RPPS"
    return "ADELI" if person.id_national.adeli is not None else "STRUCTURE"
