"""The directory's bundles: what enters, what is left out and said, what an update closes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from apcv_backend.professionals.fhir import read_bundle
from apcv_backend.professionals.fhir_elements import EntryRefused
from apcv_backend.professionals.record import from_record, to_record
from apcv_backend.professionals.rules import closed_by, merge
from cartes.errors import InvalidValue
from cartes.professionnel import Professionnel
from tests.testdata import ROOT

ANNUAIRE = ROOT / "examples" / "personas" / "annuaire"
DAY = date(2026, 11, 21)
AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def bundle(name: str = "1-depart.json") -> dict[str, Any]:
    document = json.loads((ANNUAIRE / name).read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def people(document: dict[str, Any], shift_days: int = 0) -> dict[str, Professionnel]:
    read = read_bundle(document, shift_days=shift_days).people
    return {person.id_national.text: person for person in read}


def resource(document: dict[str, Any], kind: str, ending: str) -> dict[str, Any]:
    """The resource of `kind` whose id ends so."""
    found: dict[str, Any] = next(
        entry["resource"]
        for entry in document["entry"]
        if entry["resource"]["resourceType"] == kind and entry["resource"]["id"].endswith(ending)
    )
    return found


def test_the_personas_are_read_whole() -> None:
    """Seven professionals, nothing left out, no warning."""
    reading = read_bundle(bundle())

    assert len(reading.people) == 7
    assert (reading.refused, reading.warnings) == ((), ())


def test_each_persona_is_who_they_are() -> None:
    """Sections, categories, structures, replaced professional, former number and opposition come through."""
    known = people(bundle())

    laure, karim, noe = known["899700900154"], known["899700900147"], known["899700900121"]
    assert laure.exercices[0].section is not None
    assert laure.exercices[0].section.value == "A"
    assert [one.secteur.value for one in karim.exercices] == ["SA07", "SA01"]
    assert karim.exercices[0].savoir_faire[0].code == "SM04"
    assert noe.exercices[0].remplace is not None
    assert noe.exercices[0].remplace.text == "899700900147"
    assert noe.exercices[0].periode.fin == date(2026, 10, 31)
    assert known["899700900162"].former_ids[0].text == "0996900163"
    assert known["899700900113"].card_opposed_on == date(2026, 1, 15)


def test_a_professional_is_kept_and_read_back_unchanged() -> None:
    """The record of each persona reads back to the same value."""
    for person in people(bundle()).values():
        assert from_record(json.loads(json.dumps(to_record(person)))) == person


@pytest.mark.parametrize(
    ("prefix", "civilite"), [(["MME"], "MME"), (["Dr."], ""), ([7, "M"], "M"), ([], ""), (None, "")]
)
def test_how_a_person_is_addressed_is_a_code_or_nothing(prefix: object, civilite: str) -> None:
    """A word that is no code is left out, and nobody with it; a record kept before it reads back."""
    document = bundle()
    name = resource(document, "Practitioner", "9990014")["name"][0]
    name.pop("prefix")
    if prefix is not None:
        name["prefix"] = prefix

    karim = people(document)["899700900147"]
    record = to_record(karim)
    record.pop("civilite")

    assert karim.civilite == civilite
    assert from_record(to_record(karim)).civilite == civilite
    assert from_record(record).civilite == ""


def test_a_record_that_does_not_read_back_says_so() -> None:
    """A damaged row is our own fault, by name."""
    with pytest.raises(InvalidValue):
        from_record({"id_national": "899700900154"})


def test_a_shift_moves_practice_dates() -> None:
    """Thirty days later, Noé's replacement ends thirty days later."""
    noe = people(bundle(), shift_days=30)["899700900121"]

    assert noe.exercices[0].periode.fin == date(2026, 11, 30)


def _without_idnps(document: dict[str, Any]) -> None:
    resource(document, "Practitioner", "15")["identifier"] = []


def _twice(document: dict[str, Any]) -> None:
    second = copy.deepcopy(resource(document, "Practitioner", "15"))
    document["entry"].append({"resource": {**second, "id": "autre"}})


def _orphan(document: dict[str, Any]) -> None:
    resource(document, "PractitionerRole", "154")["practitioner"]["reference"] = "Practitioner/0"


def _nowhere(document: dict[str, Any]) -> None:
    resource(document, "PractitionerRole", "154")["organization"]["reference"] = "Organization/0"


def _profession(document: dict[str, Any]) -> None:
    resource(document, "PractitionerRole", "154")["code"][0]["coding"][0]["code"] = "99"


def _no_genre(document: dict[str, Any]) -> None:
    codes = resource(document, "PractitionerRole", "154")["code"]
    codes[:] = [code for code in codes if "R22" not in code["coding"][0]["system"]]


def _day(document: dict[str, Any]) -> None:
    resource(document, "PractitionerRole", "154")["period"]["start"] = "2026"


def _active(document: dict[str, Any]) -> None:
    resource(document, "PractitionerRole", "154")["active"] = "true"


def _strange(document: dict[str, Any]) -> None:
    document["entry"].append({"resource": {"resourceType": "Patient", "id": "1"}})


def _nothing(document: dict[str, Any]) -> None:
    document["entry"].append(7)


@pytest.mark.parametrize(
    ("change", "kind", "why"),
    [
        (_without_idnps, "Practitioner", "not_one_current_idnps"),
        (_twice, "Practitioner", "same_idnps_twice"),
        (_orphan, "PractitionerRole", "practitioner_not_in_bundle"),
        (_nowhere, "PractitionerRole", "organization_not_in_bundle"),
        (_profession, "PractitionerRole", "unknown_g15"),
        (_no_genre, "PractitionerRole", "no_r22"),
        (_day, "PractitionerRole", "not_a_day"),
        (_active, "PractitionerRole", "not_a_boolean"),
        (_strange, "Patient", "not_read_here"),
        (_nothing, "?", "not_an_object"),
    ],
)
def test_a_bad_entry_is_reported_and_the_others_are_kept(
    change: Callable[[dict[str, Any]], None], kind: str, why: str
) -> None:
    """The faulty entry is named by its place, its path and a word; Karim is read all the same."""
    document = bundle()
    change(document)

    reading = read_bundle(document)

    assert (kind, why) in {(bad.resource_type, bad.why) for bad in reading.refused}
    assert "899700900147" in {person.id_national.text for person in reading.people}


@pytest.mark.parametrize("document", [None, [], {}, {"resourceType": "Patient"}, {"resourceType": 7}])
def test_what_is_no_bundle_is_refused_whole(document: object) -> None:
    """A file that is not a FHIR bundle changes nothing."""
    with pytest.raises(EntryRefused):
        read_bundle(document)


def test_a_wrong_key_is_a_warning_and_is_never_strict() -> None:
    """The directory's own fixtures hold wrong Luhn keys: read, said, and left to the issuer to refuse."""
    document = bundle()
    resource(document, "Practitioner", "15")["identifier"][0]["value"] = "899700900155"

    reading = read_bundle(document)

    assert reading.warnings == ("Idnps(…155): key",)
    wrong = next(person for person in reading.people if person.id_national.text == "899700900155")
    assert not wrong.id_national.is_strict


def test_a_replaced_card_does_not_oppose_its_holder() -> None:
    """The lost card is opposed; its successor is not: the person still has a card."""
    document = bundle()
    odile = resource(document, "Practitioner", "11")
    successor = copy.deepcopy(odile["extension"][0])
    successor["extension"] = [one for one in successor["extension"] if one["url"] != "oppositionDate"]
    odile["extension"].append(successor)

    assert people(document)["899700900113"].card_opposed_on is None


def test_a_practice_that_regulates_calls_says_so_and_is_kept() -> None:
    """The flag is read, kept and read back; a record kept before there was one regulates nothing."""
    document = bundle()
    role = next(
        e["resource"] for e in document["entry"] if e["resource"]["resourceType"] == "PractitionerRole"
    )
    role["extension"].append(
        {"url": "https://cartes.example/fhir/StructureDefinition/regulation-medicale", "valueBoolean": True}
    )
    known = people(document).values()

    regulating = [one for person in known for one in person.exercices if one.regulation_medicale]
    assert len(regulating) == 1
    keeper = next(person for person in known if regulating[0] in person.exercices)
    assert from_record(to_record(keeper)) == keeper
    older = to_record(keeper)
    for exercice in older["exercices"]:
        del exercice["regulation_medicale"]
    assert not any(one.regulation_medicale for one in from_record(older).exercices)


# --- what an update closes


def test_a_death_closes_everything() -> None:
    """Luc's update: every card, because he died."""
    before = people(bundle())["899700900105"]
    now = merge(before, people(bundle("2-mise-a-jour.json"))["899700900105"])

    closure = closed_by(before, now, DAY)

    assert closure is not None
    assert (closure.everything, closure.why) == (True, "deceased")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"struck_off_on": date(2026, 11, 1)}, "struck_off"),
        ({"card_opposed_on": date(2026, 11, 21)}, "card_opposed"),
        ({"active": False}, "inactive"),
    ],
)
def test_what_ends_a_person_closes_every_card(change: dict[str, Any], why: str) -> None:
    """Struck off, opposed or inactive: all cards; on the very day too."""
    laure = people(bundle())["899700900154"]

    closure = closed_by(laure, replace(laure, **change), DAY)

    assert closure is not None
    assert (closure.everything, closure.why) == (True, why)


def test_an_end_in_the_future_closes_nothing_yet() -> None:
    """An opposition dated tomorrow does not revoke today."""
    laure = people(bundle())["899700900154"]

    assert closed_by(laure, replace(laure, card_opposed_on=date(2026, 11, 22)), DAY) is None


def test_an_exercice_that_ends_closes_its_own_card() -> None:
    """Karim leaves the hospital: that card alone."""
    karim = people(bundle())["899700900147"]
    cabinet, hospital = karim.exercices
    now = replace(karim, exercices=(cabinet, replace(hospital, active=False)))

    closure = closed_by(karim, now, DAY)

    assert closure is not None
    assert (closure.everything, closure.exercices) == (False, ("9991000148",))


def test_an_update_that_names_one_exercice_keeps_the_other() -> None:
    """An update is a delta: what it does not name stays as it was known."""
    karim = people(bundle())["899700900147"]
    told = replace(karim, exercices=(replace(karim.exercices[0], numero_am="999000999"),))

    merged = merge(karim, told)

    assert {one.exercice_id: one.numero_am for one in merged.exercices} == {
        "9991000147": "999000999",
        "9991000148": "",
    }
