"""Reads FHIR bundles in the shape of the Annuaire Santé: Practitioner, PractitionerRole, Organization.

Systems and extensions are those of the ANS's implementation guide (IG-fhir-annuaire): IDNPS under
`urn:oid:1.2.250.1.71.4.2.1`, structures under `…4.2.2`, the card under `as-ext-smartcard`, the death under
`as-ext-practitioner-deceased-date-time`. Ours (striking off, number AM, whom a remplaçant stands in for) are
under `https://cartes.example/`. Identity is the Practitioner, authority the PractitionerRole at an
Organization.

Reading is lenient about keys, because the ANS's own fixtures hold wrong ones: a wrong Luhn key is a warning,
and the issuer refuses it later. An entry that cannot be understood is reported and left out; the others are
kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TypeVar

from apcv_backend.professionals.fhir_elements import Element, EntryRefused, Period
from cartes.droits import FIRST_DAY, PeriodeDroits
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

T = TypeVar("T")

_CIVILITE = re.compile(r"[A-Z]{1,8}")
_IDNPS = "urn:oid:1.2.250.1.71.4.2.1"
_STRUCTURE = "urn:oid:1.2.250.1.71.4.2.2"
_SITUATION = "https://annuaire.sante.fr"
_ANNUAIRE = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/"
_OURS = "https://cartes.example/fhir/StructureDefinition/"
# Tables of the NOS are named by their code: the rest of the address has changed between versions.
_G15, _R09, _R38, _R22, _R23, _R06, _R02 = (
    f"/TRE_{table}-" for table in ("G15", "R09", "R38", "R22", "R23", "R06", "R02")
)


@dataclass(frozen=True, slots=True)
class BadEntry:
    """An entry that was left out: its place in the bundle, its type, and what is wrong, where."""

    index: int
    resource_type: str
    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a bundle says: the people, the entries left out, and the warnings (`who` is a masked number)."""

    people: tuple[Professionnel, ...]
    refused: tuple[BadEntry, ...]
    warnings: tuple[str, ...]


@dataclass(slots=True)
class _Gathered:
    organisations: dict[str, tuple[Structure, SecteurActivite]] = field(default_factory=dict)
    people: dict[str, Professionnel] = field(default_factory=dict)
    skills: dict[str, tuple[SavoirFaire, ...]] = field(default_factory=dict)
    refused: list[BadEntry] = field(default_factory=list)


def read_bundle(document: object, *, shift_days: int = 0) -> Reading:
    """Read one decoded Bundle.

    `shift_days` moves every date of practice by whole days, so that a demonstration is true on another day.

    Raises:
        EntryRefused: the document is not a FHIR Bundle at all.
    """
    bundle = Element(document, "", timedelta(days=shift_days))
    if bundle.text("resourceType") != "Bundle":
        raise EntryRefused(path="resourceType", why="not_a_bundle")
    entries = list(_entries(bundle))
    found = _Gathered(refused=[entry for entry in entries if isinstance(entry, BadEntry)])
    resources = [entry for entry in entries if not isinstance(entry, BadEntry)]
    steps: tuple[tuple[str, Callable[[Element, _Gathered], None]], ...] = (
        ("Organization", _organisation),
        ("Practitioner", _practitioner),
        ("PractitionerRole", _role),
    )
    for wanted, read in steps:
        for index, kind, resource in resources:
            if kind == wanted:
                try:
                    read(resource, found)
                except EntryRefused as wrong:
                    found.refused.append(
                        BadEntry(index, kind, str(wrong.facts["path"]), str(wrong.facts["why"]))
                    )
    people = tuple(found.people.values())
    warnings = tuple(
        f"{number!r}: {word}"
        for person in people
        for number in (person.id_national,)
        for word in number.warnings
    )
    return Reading(people, tuple(sorted(found.refused, key=lambda bad: bad.index)), warnings)


def _entries(bundle: Element) -> Iterator[tuple[int, str, Element] | BadEntry]:
    known = ("Organization", "Practitioner", "PractitionerRole")
    for index, entry in enumerate(bundle.items("entry")):
        try:
            resource = bundle.nested(entry, f"entry[{index}]").child("resource")
            kind = resource.text("resourceType")
            if kind in known:
                yield index, kind, resource
            else:
                yield BadEntry(index, kind[:40], "resourceType", "not_read_here")
        except EntryRefused as wrong:
            yield BadEntry(index, "?", str(wrong.facts["path"]), str(wrong.facts["why"]))


def _organisation(resource: Element, found: _Gathered) -> None:
    finess = resource.identifier("https://finess.esante.gouv.fr")
    siret = resource.identifier("https://sirene.fr")
    national = resource.identifier(_STRUCTURE)
    if finess is None and siret is None and national is None:
        raise EntryRefused(path=resource.path("identifier"), why="none_known")
    structure = resource.built(
        "identifier",
        lambda: Structure(
            Finess.parse(finess, Mode.LENIENT) if finess else None,
            Siret.parse(siret, Mode.LENIENT) if siret else None,
            resource.text("name"),
        ),
    )
    sector = _code(resource, resource.codings("type"), _R02, SecteurActivite, "type")
    found.organisations[f"Organization/{resource.text('id')}"] = (structure, sector)


def _practitioner(resource: Element, found: _Gathered) -> None:
    numbers = [
        (resource.built("identifier", partial(Idnps.parse, value, Mode.LENIENT)), use)
        for value, use in resource.identifiers(_IDNPS)
    ]
    current = [number for number, use in numbers if use != "old"]
    if len(current) != 1:
        raise EntryRefused(path=resource.path("identifier"), why="not_one_current_idnps")
    if any(person.id_national == current[0] for person in found.people.values()):
        raise EntryRefused(path=resource.path("identifier"), why="same_idnps_twice")
    name = resource.first("name")
    reference = f"Practitioner/{resource.text('id')}"
    codings = resource.codings("qualification", inside="code")
    found.skills[reference] = tuple(
        resource.built("qualification", partial(SavoirFaire, code))
        for system, code in codings
        if _R38 in system
    )
    found.people[reference] = resource.built(
        "",
        lambda: Professionnel(
            id_national=current[0],
            nom=name.text("family"),
            prenom=name.first_text("given"),
            exercices=(),
            active=resource.flag("active"),
            deceased_on=resource.extension_day(_ANNUAIRE + "as-ext-practitioner-deceased-date-time"),
            struck_off_on=resource.extension_day(_OURS + "radiation"),
            card_opposed_on=resource.opposed_on(_ANNUAIRE + "as-ext-smartcard"),
            former_ids=tuple(number for number, use in numbers if use == "old"),
            civilite=_civilite_of(name),
        ),
    )


def _role(resource: Element, found: _Gathered) -> None:
    reference = resource.child("practitioner").text("reference")
    person = found.people.get(reference)
    if person is None:
        raise EntryRefused(path=resource.path("practitioner"), why="practitioner_not_in_bundle")
    workplace = found.organisations.get(resource.child("organization").text("reference"))
    if workplace is None:
        raise EntryRefused(path=resource.path("organization"), why="organization_not_in_bundle")
    codings = resource.codings("code")
    read = partial(_code, resource, codings)
    section = [code for system, code in codings if _R06 in system]
    name = resource.extension(_ANNUAIRE + "as-ext-practitionerrole-name")
    if name is None:
        raise EntryRefused(path=resource.path("extension"), why="no_exercise_name")
    human = name.child("valueHumanName")
    replaced = resource.extension(_OURS + "remplace")
    billing = resource.extension(_OURS + "numero-am")
    regulation = resource.extension(_OURS + "regulation-medicale")
    exercice = resource.built(
        "",
        lambda: Exercice(
            exercice_id=resource.identifier(_SITUATION) or "",
            profession=read(_G15, Profession, "code"),
            categorie=read(_R09, CategorieProfessionnelle, "code"),
            nom_exercice=human.text("family"),
            prenom_exercice=human.first_text("given"),
            civilite=human.built("suffix", lambda: Civilite(human.first_text("suffix"))),
            savoir_faire=found.skills[reference],
            mode=read(_R23, ModeExercice, "code"),
            secteur=workplace[1],
            genre=read(_R22, GenreActivite, "code"),
            section=resource.built("code", lambda: SectionPharmacien(section[0])) if section else None,
            structure=workplace[0],
            numero_am=billing.text("valueString") if billing else "",
            periode=_period(resource.period("period")),
            remplace=_number(replaced.child("valueIdentifier")) if replaced else None,
            active=resource.flag("active"),
            regulation_medicale=regulation.flag("valueBoolean") if regulation else False,
        ),
    )
    found.people[reference] = resource.built(
        "identifier", lambda: replace(person, exercices=(*person.exercices, exercice))
    )


def _number(identifier: Element) -> Idnps:
    return Idnps.parse(identifier.text("value"), Mode.LENIENT)


def _civilite_of(name: Element) -> str:
    """How the directory addresses a person; a word that is no code is left out, and nobody with it."""
    said = [one for one in name.items("prefix") if isinstance(one, str) and _CIVILITE.fullmatch(one)]
    return said[0] if said else ""


def _period(told: Period) -> PeriodeDroits:
    return PeriodeDroits(told.start or FIRST_DAY, told.end)


def _code(
    resource: Element, codings: list[tuple[str, str]], table: str, build: Callable[[str], T], path: str
) -> T:
    codes = [code for system, code in codings if table in system]
    if not codes:
        raise EntryRefused(path=resource.path(path), why=f"no_{table[5:8].lower()}")
    try:
        return build(codes[0])
    except (ValueError, InvalidValue):
        raise EntryRefused(path=resource.path(path), why=f"unknown_{table[5:8].lower()}") from None
