"""The insurer's card: good ones, and what must not pass between its issuer and the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from cartes.amc import EtatContrat
from cartes.cards import ENROLLED_KINDS, CardKind, Shape
from cartes.trust import TrustList
from tests.simulators.issuing import NOW, amc, apcv, ecps, issuer, policy, trust
from tests.vectors.making import Recipe, Store, Vector

LISTS = {1: CardKind.APCV, 2: CardKind.ECPS, 3: CardKind.AMC}


def _trust(**changes: Any) -> TrustList:
    kinds = {kind: policy(kind) for kind in (*ENROLLED_KINDS, CardKind.AMC)}
    issuers = [issuer(f"issuer {kind.value}", kind) for kind in kinds]
    return trust(*issuers, **({"kinds": kinds, "status_lists": LISTS} | changes))


STORE = Store(trust=_trust(), lists=dict(LISTS))
SOINS = Recipe(amc())


def in_card(position: int, value: Any) -> Any:
    """The claims with one field of the card changed."""

    def change(claims: dict[int, Any]) -> dict[int, Any]:
        card = list(claims[-65537])
        card[position] = value
        return {**claims, -65537: card}

    return change


def _vector(name: str, odd: str, expected: str, recipe: Recipe, **changes: Any) -> Vector:
    return Vector(f"amc_{name}", odd, expected, recipe, **({"store": STORE} | changes))


def vectors() -> list[Vector]:
    """All of them."""
    ended = amc(etat=EtatContrat.RESILIE, resilie_le=date(2026, 6, 30))
    bad = "bad_structure"
    return [
        _vector("soins", "The one-way default: no member's number.", "ok", SOINS),
        _vector("complet", "With the member's number.", "ok", Recipe(amc(Shape.COMPLET))),
        _vector("unknown_state", "The insurer does not know: a genuine card that says so.", "ok",
                Recipe(amc(etat=EtatContrat.INCONNU))),
        _vector("ended", "Ended in June: a genuine card of a closed contract.", "ok", Recipe(ended)),
        _vector("no_domains", "No domain, no service, no end, no routing.", "ok",
                Recipe(amc(domaines=(), services=(), csr=""))),
        _vector("by_the_apcv_issuer", "The assurance maladie's key seals an insurer's card.",
                "issuer_not_authorised_for_type", replace(SOINS, signer="issuer apcv")),
        _vector("by_the_ecps_issuer", "The professionals' key seals an insurer's card.",
                "issuer_not_authorised_for_type", replace(SOINS, signer="issuer ecps")),
        _vector("seals_an_apcv", "The insurer's key seals an apCV.", "issuer_not_authorised_for_type",
                Recipe(apcv(), signer="issuer amc")),
        _vector("seals_an_ecps", "The insurer's key seals an e-CPS.", "issuer_not_authorised_for_type",
                Recipe(ecps(), flags=0x05, signer="issuer amc")),
        _vector("unknown_to_an_old_till", "A trust list of before: this kind has no policy.",
                "issuer_not_authorised_for_type", SOINS,
                store=Store(trust=trust(issuer("issuer amc", CardKind.AMC)))),
        _vector("for_an_apcv", "The screen asked for an apCV.", "wrong_card_type", SOINS,
                expected_kind=CardKind.APCV),
        _vector("proof_of_professionals", "The proof is made for the RP ID of professionals.",
                "holder_signature_invalid", replace(SOINS, rp_id="ecps.localhost")),
        _vector("on_the_list_of_apcv", "The card names the list of the apCV.", "status_list_unknown",
                replace(SOINS, claims=in_card(0, 1))),
        _vector("revoked", "Its slot is revoked on list 3.", "revoked",
                replace(SOINS, claims=in_card(1, 70_000))),
        _vector("synced_25_h", "A synced key, one hour more than 24 h.", "ttl_too_long",
                replace(SOINS, life=timedelta(hours=25))),
        _vector("expired", "It ends at this very second.", "credential_expired",
                replace(SOINS, issued_at=NOW - timedelta(hours=24))),
        _vector("shape_identite", "No such shape of this card.", bad, replace(SOINS, claims=in_card(3, 0))),
        _vector("soins_with_member", "The one-way shape carries the member's number.", bad,
                replace(SOINS, claims=in_card(11, "F0000001"))),
        _vector("complet_without_member", "The whole shape without it.", bad,
                Recipe(amc(Shape.COMPLET), claims=in_card(11, None))),
        _vector("link_of_three", "A link of three numbers.", bad,
                replace(SOINS, claims=in_card(6, [1, 2, 3]))),
        _vector("state_4", "A state nobody defined.", bad, replace(SOINS, claims=in_card(19, 4))),
        _vector("ended_without_day", "Ended, and no last day.", bad, replace(SOINS, claims=in_card(19, 2))),
        _vector("domain_in_lower_case", "A domain that is no code.", bad,
                replace(SOINS, claims=in_card(17, ["phar"]))),
        _vector("number_of_7", "An insurer's number of seven digits.", bad,
                replace(SOINS, claims=in_card(7, "9999900"))),
    ]  # fmt: skip
