"""An answer about rights as FHIR R4: a CoverageEligibilityResponse with the Coverages it speaks of inside.

Each Coverage has the shape of the French pre-admission guide (`preadmission-coverage-fr`): compulsory cover
`PUBLICPOL` with the ouvrant droit's number as `subscriberId`, complementary cover `EHCPOL` with the member's
number and the extension `fr-coverage-amc-extended`. The guide wants an identifier, a subscriber and a
`subscriberId` in each: what may not be told is marked `masked`, as FHIR does it, and never made up.

What may stand in an answer, and nothing else, is said by the JSON schemas in `profiles/`. Pure.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from apcv_backend.rights.query_rules import RightsAnswer
from cartes.droits import DroitsAmc, DroitsAmo, PeriodeDroits

FHIR_JSON: Final = "application/fhir+json"
PROFILE: Final = "http://hl7.fr/fhir/fr/preadmission/StructureDefinition/preadmission-coverage-fr"
AMC_EXTENSION: Final = "http://hl7.fr/fhir/fr/preadmission/StructureDefinition/fr-coverage-amc-extended"
AS_OF: Final = "urn:cartes:fhir:as-of"
"""When the rights were read at their source: ours, no national extension says it."""
QUERY_SYSTEM: Final = "urn:cartes:rights-query"
COVERAGE_SYSTEM: Final = "urn:cartes:coverage"
ORGANISME_SYSTEM: Final = "urn:cartes:organisme"
AMC_SYSTEM: Final = "urn:cartes:numero-amc"
INS_NIR_SYSTEM: Final = "urn:oid:1.2.250.1.213.1.4.10"
"""The OID of fictitious INS-NIR (domain: test numbers only)."""

_ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_RELATIONSHIP: Final = "http://terminology.hl7.org/CodeSystem/subscriber-relationship"
_PURPOSE: Final = "validation"
_PATIENT: Final = {"reference": "#patient"}
_OPENER: Final = {"display": "Ouvrant droit"}
_MEMBER: Final = {"display": "Adhérent"}
_MASKED: Final = {
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}
    ]
}


def to_fhir(answer: RightsAnswer, at: datetime) -> dict[str, Any]:
    """The resource that answers; `at` is when it was made (aware UTC)."""
    coverages = [
        *(_amo(droits, f"amo-{n}", answer) for n, droits in enumerate(answer.amo or (), 1)),
        *(_amc(droits, f"amc-{n}", answer) for n, droits in enumerate(answer.amc or (), 1)),
    ]
    response: dict[str, Any] = {
        "resourceType": "CoverageEligibilityResponse",
        "id": answer.query_id,
        "contained": [_patient(answer), *coverages],
        "extension": [{"url": AS_OF, "valueInstant": f"{answer.as_of:%Y-%m-%dT%H:%M:%SZ}"}],
        "status": "active",
        "purpose": [_PURPOSE],
        "patient": _PATIENT,
        "servicedDate": answer.care_date.isoformat(),
        "created": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "request": {"identifier": {"system": QUERY_SYSTEM, "value": answer.query_id}},
        "outcome": "complete",
        "insurer": _insurer(answer),
    }
    if coverages:
        response["insurance"] = [
            {
                "coverage": {"reference": f"#{coverage['id']}"},
                "inforce": True,
                "benefitPeriod": coverage["period"],
            }
            for coverage in coverages
        ]
    else:
        response["disposition"] = (
            "Aucun droit ouvert à cette date parmi ceux que ce fondement permet de dire."
        )
    return response


def _patient(answer: RightsAnswer) -> dict[str, Any]:
    patient: dict[str, Any] = {"resourceType": "Patient", "id": "patient"}
    if answer.number is not None:
        patient["identifier"] = [{"system": INS_NIR_SYSTEM, "value": answer.number}]
    return patient


def _amo(droits: DroitsAmo, name: str, answer: RightsAnswer) -> dict[str, Any]:
    relationship = answer.relationship or "other"
    coverage = _coverage(name, "PUBLICPOL", droits.periode, answer) | {
        "subscriber": _PATIENT if relationship == "self" else _OPENER,
        "relationship": {"coding": [{"system": _RELATIONSHIP, "code": relationship}]},
        "payor": [_organisme(droits)],
    }
    if answer.subscriber is None:
        return coverage | {"_subscriberId": _MASKED}
    return coverage | {"subscriberId": answer.subscriber}


def _amc(droits: DroitsAmc, name: str, answer: RightsAnswer) -> dict[str, Any]:
    parts = {
        "numeroAMC": droits.numero_amc,
        "codeConvention": droits.type_convention,
        "codeCSR": droits.csr,
    }
    told = [{"url": url, "valueString": text} for url, text in parts.items() if text]
    return _coverage(name, "EHCPOL", droits.periode, answer) | {
        "extension": [{"url": AMC_EXTENSION, "extension": told}],
        "subscriber": _MEMBER,
        "subscriberId": droits.numero_adherent,
        "payor": [{"identifier": {"system": AMC_SYSTEM, "value": droits.numero_amc}}],
    }


def _coverage(name: str, code: str, periode: PeriodeDroits, answer: RightsAnswer) -> dict[str, Any]:
    return {
        "resourceType": "Coverage",
        "id": name,
        "meta": {"profile": [PROFILE]},
        "identifier": [{"system": COVERAGE_SYSTEM, "value": f"{answer.query_id}#{name}"}],
        "status": "active",
        "type": {"coding": [{"system": _ACT_CODE, "code": code}]},
        "beneficiary": _PATIENT,
        "period": _period(periode),
    }


def _organisme(droits: DroitsAmo) -> dict[str, Any]:
    return {"identifier": {"system": ORGANISME_SYSTEM, "value": droits.organisme.text}}


def _insurer(answer: RightsAnswer) -> dict[str, Any]:
    if answer.amo:
        return _organisme(answer.amo[0])
    if answer.amc:
        return {"identifier": {"system": AMC_SYSTEM, "value": answer.amc[0].numero_amc}}
    return {"display": "Non communiqué"}


def _period(periode: PeriodeDroits) -> dict[str, str]:
    told = {"start": periode.debut.isoformat()}
    if periode.fin is not None:
        told["end"] = periode.fin.isoformat()
    return told
