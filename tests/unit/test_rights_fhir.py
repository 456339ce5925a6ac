"""Answers about rights in FHIR: R4 and the room's own profiles, and every way they could say too much."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from apcv_backend.bootstrap import Services
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.rights.fhir_coverage import AMC_EXTENSION, FHIR_JSON, to_fhir
from apcv_backend.rights.query_rules import Ground, RightsAnswer
from cartes.amc import EtatContrat
from cartes.cards import CardKind
from cartes.droits import DroitsAmc, DroitsAmo, PeriodeDroits
from cartes.identifiers.organisme import Organisme
from tests.simulators.answers import json_of
from tests.simulators.clock import MORNING, SteerableClock
from tests.simulators.fhir_profiles import check_fhir, check_profile, check_r4
from tests.simulators.issuance_stage import ANGE, SARAH
from tests.simulators.online_rights_stage import (
    INSURER,
    OTHER_INSURER,
    RightsStage,
    contract,
    open_rights_stage,
    open_till,
    pocket,
)

QUERY = "0b6f3f3e-5a3c-4a51-9d53-2a6d8cf2a111"
DAY = date(2026, 11, 21)
ALD = {"url": "urn:cartes:fhir:ald", "valueCode": "4"}
MONEY = {"value": 25, "currency": "EUR"}


@pytest.fixture
def stage(services: Services, clock: SteerableClock, attestation_dir: Path) -> RightsStage:
    return open_rights_stage(services, clock, attestation_dir)


def answer(**changes: Any) -> RightsAnswer:
    """An answer that says all an answer can say."""
    year = PeriodeDroits(date(2026, 1, 1), date(2026, 12, 31))
    full = RightsAnswer(
        query_id=QUERY,
        ground=Ground.PRESENCE,
        care_date=DAY,
        as_of=MORNING,
        amo=(DroitsAmo(Organisme("01", "999", "9999"), "10", PeriodeDroits(date(2026, 1, 1))),),
        amc=(DroitsAmc(INSURER, "F0000001", "ZZ", "TEST01", "R", year),),
        number=ANGE.text,
        subscriber=ANGE.text,
        relationship="self",
    )
    return replace(full, **changes)


def told(**changes: Any) -> dict[str, Any]:
    """The same in FHIR, as it leaves (JSON there and back)."""
    resource: dict[str, Any] = json.loads(json.dumps(to_fhir(answer(**changes), MORNING)))
    return resource


def covers_of(resource: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in resource["contained"] if one["resourceType"] == "Coverage"}


KINDS: dict[str, dict[str, Any]] = {
    "all of it": {},
    "no number, as an insurer": {"number": None, "subscriber": None},
    "a child on a parent's number": {"relationship": "child", "subscriber": SARAH.text},
    "a child without a number of its own": {"relationship": "child", "number": None},
    "a spouse, nothing told": {"relationship": "spouse", "number": None, "subscriber": None},
    "another relative": {"relationship": "other"},
    "compulsory cover only": {"amc": None},
    "contract only": {"amo": None, "relationship": None, "subscriber": None},
    "contract closed": {"amc": ()},
    "nothing open": {"amo": (), "amc": ()},
    "nothing told": {
        "amo": None,
        "amc": None,
        "number": None,
        "subscriber": None,
        "relationship": None,
    },
}


@pytest.mark.parametrize("changes", KINDS.values(), ids=list(KINDS))
def test_every_kind_of_answer_keeps_to_r4_and_to_the_profiles(changes: dict[str, Any]) -> None:
    """And each cover inside is one entry of the insurance, with the same period, and no other."""
    resource = told(**changes)

    check_fhir(resource)
    covers = covers_of(resource)
    insurance = resource.get("insurance", [])
    assert {one["coverage"]["reference"]: one["benefitPeriod"] for one in insurance} == {
        f"#{name}": cover["period"] for name, cover in covers.items()
    }


def test_a_number_that_may_not_be_told_is_marked_and_not_left_out() -> None:
    """The guide wants a `subscriberId`: FHIR's `masked` is one, an empty text would be a lie."""
    amo = covers_of(told(number=None, subscriber=None))["amo-1"]

    assert "subscriberId" not in amo
    assert amo["_subscriberId"]["extension"][0]["valueCode"] == "masked"


def _at(resource: dict[str, Any], *path: str | int) -> Any:
    part: Any = resource
    for step in path:
        part = part[step]
    return part


def put(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    """Write `value` at this place."""

    def change(resource: dict[str, Any]) -> None:
        _at(resource, *path[:-1])[path[-1]] = value

    return change


def take(*path: str | int) -> Callable[[dict[str, Any]], None]:
    """Take this place away."""

    def change(resource: dict[str, Any]) -> None:
        del _at(resource, *path[:-1])[path[-1]]

    return change


def add(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    """Add `value` to the list at this place."""

    def change(resource: dict[str, Any]) -> None:
        _at(resource, *path).append(value)

    return change


AMO, AMC = ("contained", 1), ("contained", 2)
PARTS = (*AMC, "extension", 0, "extension")
CODING = ("type", "coding", 0)
REFUSED: dict[str, Callable[[dict[str, Any]], None]] = {
    # What an answer never says.
    "an ALD on a cover": put(*AMO, "extension", value=[ALD]),
    "an ALD beside the contract": add(*AMC, "extension", value=ALD),
    "an ALD on the answer": add("extension", value=ALD),
    "an ALD on the patient": put("contained", 0, "extension", value=[ALD]),
    "the médecin traitant": put("contained", 0, "generalPractitioner", value=[{"display": "Dr ARNAUD"}]),
    "a name": put("contained", 0, "name", value=[{"family": "ORSINI"}]),
    "a day of birth": put("contained", 0, "birthDate", value="1958-03-14"),
    "what the patient pays": put(*AMO, "costToBeneficiary", value=[{"valueMoney": MONEY}]),
    "a benefit": put("insurance", 0, "item", value=[{"benefit": [{"allowedMoney": MONEY}]}]),
    "the class of the contract": put(*AMC, "class", value=[{"type": {}, "value": "C2S"}]),
    "a sentence of one's own": put("disposition", value="ALD 4 ouverte"),
    "a word beside a code": put(*AMO, *CODING, "display", value="AMO, exonéré"),
    "a note on an identifier": put(*AMO, "payor", 0, "display", value="Caisse des exonérés"),
    "the guarantee, in the extension": add(*PARTS, value={"url": "garantie", "valueString": "R1"}),
    "the datamatrix": add(*PARTS, value={"url": "datamatrix", "valueString": "…"}),
    "a pre-authorisation": put("preAuthRef", value="2026-1"),
    "an error in the answer": put("error", value=[{"code": {"text": "inconnu"}}]),
    "a narrative": put("text", value={"status": "generated", "div": "<div>…</div>"}),
    "a second patient": add("contained", value={"resourceType": "Patient", "id": "other"}),
    # What an answer always says.
    "no period": take(*AMO, "period"),
    "a period without its first day": put(*AMC, "period", value={"end": "2026-12-31"}),
    "no moment of reading": take("extension"),
    "no care date": take("servicedDate"),
    "no status": take("status"),
    "no profile": take(*AMO, "meta"),
    "no identifier of the cover": take(*AMO, "identifier"),
    "no subscriber": take(*AMO, "subscriber"),
    "neither a number nor why not": take(*AMO, "subscriberId"),
    "a number and why not": put(
        *AMO,
        "_subscriberId",
        value={
            "extension": [
                {
                    "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
                    "valueCode": "masked",
                }
            ]
        },
    ),
    "no number of the insurer": take(*PARTS, 0),
    "the extension on the compulsory cover": put(
        *AMO, "extension", value=[{"url": AMC_EXTENSION, "extension": [{"url": "numeroAMC"}]}]
    ),
    "no extension on the contract": take(*AMC, "extension"),
    "no cover among the insurances": take("insurance"),
    "covers said not to be": put("disposition", value="Aucun droit ouvert à cette date."),
    # Under the fixed words of the profile.
    "another system of cover": put(
        *AMO, *CODING, "system", value="http://terminology.hl7.org/CodeSystem/coverage-type"
    ),
    "another kind of cover": put(*AMO, *CODING, "code", value="AUTOPOL"),
    "the contract's code on the compulsory cover": put(*AMO, *CODING, "code", value="EHCPOL"),
    "two kinds at once": add(
        *AMO,
        "type",
        "coding",
        value={"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EHCPOL"},
    ),
    "another relationship": put(*AMO, "relationship", "coding", 0, "code", value="injured"),
    "oneself, said to be another": put(*AMO, "subscriber", value={"display": "Ouvrant droit"}),
    "a child, said to be the subscriber": put(*AMO, "relationship", "coding", 0, "code", value="child"),
    "a subscriber by name": put(*AMO, "subscriber", value={"display": "Mme ORSINI"}),
    "another patient's cover": put(*AMO, "beneficiary", value={"reference": "#other"}),
    "a cover that is over": put(*AMO, "status", value="cancelled"),
    "not in force": put("insurance", 0, "inforce", value=False),
    "another profile": put(*AMO, "meta", "profile", value=["http://example.com/coverage"]),
    "another extension": put(*AMC, "extension", 0, "url", value="http://example.com/amc"),
    "the number of the insurer twice": add(*PARTS, value={"url": "numeroAMC", "valueString": "99999002"}),
    "the OID of real people": put(
        "contained", 0, "identifier", 0, "system", value="urn:oid:1.2.250.1.213.1.4.8"
    ),
    "half a number": put(*AMO, "subscriberId", value="158032A999042"),
    "a day that is none": put(*AMO, "period", "start", value="2026-02-31"),
    "an instant without its zone": put("created", value="2026-11-21T10:00:00"),
    "a care date with an hour": put("servicedDate", value="2026-11-21T10:00:00Z"),
    "a field nobody knows": put("more", value=1),
    "a field nobody knows, on a cover": put(*AMC, "more", value=1),
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=list(REFUSED))
def test_the_profiles_refuse_what_an_answer_may_not_be(change: Callable[[dict[str, Any]], None]) -> None:
    """One thing is changed in an answer that is right; most of these are good FHIR, and none may leave."""
    right = told()
    wrong = copy.deepcopy(right)
    change(wrong)

    check_fhir(right)
    with pytest.raises(jsonschema.ValidationError):
        check_profile(wrong)


def test_the_profiles_are_narrower_than_fhir() -> None:
    """So that the table above is not R4's work: an amount is good FHIR, and refused here."""
    wrong = told()
    REFUSED["what the patient pays"](wrong)

    check_r4(wrong)
    with pytest.raises(jsonschema.ValidationError):
        check_profile(wrong)


def test_r4_refuses_what_is_not_fhir() -> None:
    """So that the other half of the check can fail too."""
    with pytest.raises(jsonschema.ValidationError):
        check_r4({"resourceType": "Coverage"})


# --- through the door


def fhir(stage: RightsStage, token: str = "laure", **asked: Any) -> dict[str, Any]:
    """Ask in FHIR; the answer, checked."""
    got = stage.ask(token, accept=FHIR_JSON, **asked)
    assert (got.status_code, got.content_type) == (200, FHIR_JSON), got.data
    resource: dict[str, Any] = json.loads(got.data)
    check_fhir(resource)
    return resource


@pytest.mark.parametrize("shape", ["soins", "complet", "identite"])
def test_a_presence_of_each_shape(stage: RightsStage, shape: str) -> None:
    """What was in the code and no more: the number, or nothing but that somebody asked."""
    token = stage.redeem(pocket(stage).show(shape)).get_json()["presence_token"]

    resource = fhir(stage, ground="presence", presence_token=token)

    assert ("insurance" in resource) == (shape != "identite")
    assert ("identifier" in resource["contained"][0]) == (shape != "identite")


def test_a_two_way_answer(stage: RightsStage) -> None:
    """The whole least: two covers and the number."""
    request, shown = open_till(stage).ask(pocket(stage))
    token = stage.redeem(shown, request=request).get_json()["presence_token"]

    covers = covers_of(fhir(stage, ground="presence", presence_token=token))

    assert list(covers) == ["amo-1", "amc-1"]
    assert covers["amo-1"]["subscriberId"] == ANGE.text


def test_a_members_cover_without_a_number(stage: RightsStage) -> None:
    """An insurer is told no number; its own contract, or of a former member that none is open."""
    stage.told.members[INSURER, ANGE.text] = contract()
    stage.told.members[INSURER, SARAH.text] = contract(until=date(2026, 10, 31))
    asked: dict[str, Any] = {"ground": "membership", "purpose": "contract"}

    open_one = covers_of(fhir(stage, "mutuelle", patient={"nir": ANGE.text}, **asked))
    ended = covers_of(fhir(stage, "mutuelle", patient={"nir": SARAH.text}, **asked))

    assert (list(open_one), list(ended)) == (["amo-1", "amc-1"], [])
    assert "_subscriberId" in open_one["amo-1"]
    assert open_one["amc-1"]["subscriberId"] == "F0000001"


@pytest.mark.parametrize("etat", list(EtatContrat))
def test_a_contract_in_each_state(stage: RightsStage, etat: EtatContrat) -> None:
    """Open is told; suspended or ended is none open; `inconnu` is neither: no word of a contract at all."""
    stage.told.members[INSURER, ANGE.text] = contract(etat=etat)
    asked: dict[str, Any] = {"ground": "membership", "purpose": "contract", "patient": {"nir": ANGE.text}}

    covers = covers_of(fhir(stage, "mutuelle", **asked))
    plain = json_of(stage.ask("mutuelle", **asked)).get("amc", "not told")

    assert ("amc-1" in covers) == (etat is EtatContrat.OUVERT)
    if etat is EtatContrat.INCONNU:
        assert plain == "not told"
    else:
        assert plain["open"] == (etat is EtatContrat.OUVERT)


def test_everybody_the_source_knows(stage: RightsStage) -> None:
    """Each persona, children without a number included, as a professional they agreed with and an insurer.

    In the provisional number of somebody being registered, a twin, a newborn: the same two profiles.
    """
    stage.told.everybody = True
    relationships = set()
    for text in stage.services.rights._answers:
        nir, *rest = PersonKey(CardKind.APCV, text).text.split("/")
        patient: dict[str, Any] = {"nir": nir}
        if rest:
            patient |= {"birth_date": rest[0], "rank": int(rest[1])}
        for token, ground in (("laure", "consent"), ("mutuelle", "membership")):
            stage.clock.advance(10)
            resource = fhir(stage, token, ground=ground, patient=patient)
            for cover in covers_of(resource).values():
                coding = cover.get("relationship", {}).get("coding", [{}])
                relationships.add(coding[0].get("code"))

    assert {"self", "child"} <= relationships


def test_a_refusal_is_a_problem_and_holds_no_resource(stage: RightsStage) -> None:
    """Asked for in FHIR or not, a stranger and another insurer's member cost no Coverage."""
    stage.told.members[OTHER_INSURER, ANGE.text] = contract(OTHER_INSURER)
    asked: dict[str, Any] = {"ground": "membership", "purpose": "contract"}

    for patient, purpose in ((ANGE, "contract"), (SARAH, "contract"), (ANGE, "care")):
        got = stage.ask(
            "mutuelle", accept=FHIR_JSON, **{**asked, "purpose": purpose, "patient": {"nir": patient.text}}
        )
        plain = stage.ask("mutuelle", **{**asked, "purpose": purpose, "patient": {"nir": patient.text}})

        assert got.status_code in {403, 404}
        assert got.content_type.startswith("application/problem+json")
        assert got.data == plain.data
        assert "resourceType" not in json.loads(got.data)
