"""An answer about rights in plain JSON: what leaves when nobody asked for FHIR."""

from __future__ import annotations

from typing import Any

from apcv_backend.rights.query_rules import RightsAnswer
from cartes.droits import DroitsAmc, DroitsAmo, PeriodeDroits


def to_json(answer: RightsAnswer) -> dict[str, Any]:
    """The members of an answer; a block that is not told is not there."""
    told: dict[str, Any] = {
        "query_id": answer.query_id,
        "ground": answer.ground.value,
        "care_date": answer.care_date.isoformat(),
        "as_of": f"{answer.as_of:%Y-%m-%dT%H:%M:%SZ}",
    }
    if answer.amo is not None:
        told["amo"] = {"open": bool(answer.amo), "covers": [_amo(one) for one in answer.amo]}
    if answer.amc is not None:
        told["amc"] = {"open": bool(answer.amc), "covers": [_amc(one) for one in answer.amc]}
    if answer.number is not None:
        told["matricule_ins"] = answer.number
    return told


def _amo(droits: DroitsAmo) -> dict[str, Any]:
    return {
        "code_regime": droits.organisme.regime,
        "caisse_gestionnaire": droits.organisme.caisse,
        "centre_gestionnaire": droits.organisme.centre,
        "code_gestion": droits.code_gestion,
        **_period(droits.periode),
    }


def _amc(droits: DroitsAmc) -> dict[str, Any]:
    return {
        "numero_amc": droits.numero_amc,
        "numero_adherent": droits.numero_adherent,
        "type_convention": droits.type_convention,
        "csr": droits.csr,
        **_period(droits.periode),
    }


def _period(periode: PeriodeDroits) -> dict[str, Any]:
    return {"debut": periode.debut.isoformat(), "fin": periode.fin.isoformat() if periode.fin else None}
