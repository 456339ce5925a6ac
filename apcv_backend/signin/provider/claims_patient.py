"""Who a patient is, for a client: as little as it was registered for.

`sub` is pairwise: two clients of two sectors cannot put their patients side by side (OpenID Connect Core
8.1). The INS matricule goes to clients registered for the scope `ins`, and only when the identity is
qualified (RNIV, EXI ID 29). Somebody who signs in for a person they represent is said so: the token is about
that person, and `act` names who acted (RFC 8693 section 4.1).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from apcv_backend.enrolment.rules import DossierAssure
from apcv_backend.signin.provider.provider_ports import Macs
from cartes.assure import AttributIdentite, Beneficiaire
from cartes.errors import InvalidValue
from cartes.identifiers.ins import Ins, OidIns, check_may_be_emitted
from cartes.wire import base64url

_GENDERS = {"F": "female", "M": "male"}
_CAUTIONS = frozenset({AttributIdentite.DOUTEUX, AttributIdentite.FICTIF})


def pairwise_subject(macs: Macs, sector: str, subject_id: str) -> str:
    """The `sub` of a person in one sector: 43 characters that say nothing, and differ in the next sector."""
    return base64url.encode(macs.code_mac(sector, subject_id, "pairwise-sub"))


def patient_userinfo(dossier: DossierAssure, subject: str, scopes: Collection[str]) -> dict[str, Any]:
    """The userinfo of the person a session is about, under this client's `sub`."""
    person = dossier.beneficiaire
    told: dict[str, Any] = {"sub": subject}
    if "profile" in scopes:
        told |= _profile(person)
    if "ins" in scopes:
        told |= _ins(person)
    return told


def _profile(person: Beneficiaire) -> dict[str, str]:
    traits = person.traits
    told = {
        "name": f"{traits.prenom_utilise} {traits.nom_utilise}",
        "given_name": traits.prenom_utilise,
        "family_name": traits.nom_utilise,
        "gender": _GENDERS[traits.sexe],
    }
    day = traits.naissance.day
    # A date nobody knows to the day has no calendar form: OpenID Connect then allows the year alone.
    told["birthdate"] = str(traits.naissance.year) if day is None else day.isoformat()
    return told


def _ins(person: Beneficiaire) -> dict[str, Any]:
    """The matricule and its OID, or nothing at all: an identity that is not qualified shares no number."""
    if person.nir is None or not person.may_exchange_matricule or person.attributs & _CAUTIONS:
        return {"identity_status": person.statut_identite.value}
    ins = Ins(person.nir, OidIns.NIR_TEST)
    try:
        check_may_be_emitted(ins)
    except InvalidValue:
        return {"identity_status": person.statut_identite.value}
    return {
        "identity_status": person.statut_identite.value,
        "ins": {"matricule": person.nir.digits, "oid": ins.oid.value},
    }
