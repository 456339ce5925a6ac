"""Presentations a till must accept: every shape, every platform, every edge that is still inside."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cartes.cards import Binding, CardKind, Shape
from cartes.ecps import EcpsCard
from cartes.identifiers.nir import Nir
from cartes.naissance import DateNaissance
from cartes.nomenclatures.categorie import CategorieProfessionnelle
from cartes.nomenclatures.civilite import Civilite
from cartes.nomenclatures.profession import Profession
from cartes.nomenclatures.qualite import QualiteBeneficiaire
from cartes.professionnel import Structure
from tests.simulators.issuing import NOW, apcv, delegate, ecps, issuer, trust
from tests.vectors.making import Recipe, Store, Vector, high_s, seconds

SOINS = Recipe(apcv())
ECPS = Recipe(ecps(), flags=0x05)
EXTRA_TAIL = b',"extraData":"anything a future browser may add"}'
REQUEST = bytes(range(32))
# Two words whose keys happen to share their identifier: found by trying some thirty thousand.
TWINS = ("issuer twin 5961", "issuer twin 28277")


def _good(name: str, odd: str, recipe: Recipe) -> Vector:
    return Vector(f"good_{name}", odd, "ok", recipe)


def _student() -> EcpsCard:
    return ecps(
        name="ROUX-TEST",
        given="EVA",
        title=Civilite.AUCUNE,
        profession=Profession.PHARMACIEN,
        category=CategorieProfessionnelle.ETUDIANT,
        skills=(),
        structure=Structure(None, None, "PHARMACIE DU PORT-TEST"),
        am="",
    )


def vectors() -> list[Vector]:
    """All of them."""
    newborn = apcv(
        nir=None,
        od_nir=Nir.parse("295036999911808"),
        birth_name="LEROY-TEST",
        use_name="LEROY-TEST",
        given="BEBE",
        born=DateNaissance.parse("20261103"),
        qualite=QualiteBeneficiaire.ENFANT,
        amc=None,
        delegate=delegate(),
    )
    twins = tuple(issuer(word, name=word) for word in TWINS)
    return [
        _good("apcv_identite", "The shape without any number: nulls, and `amo` is the empty array.",
              Recipe(apcv(Shape.IDENTITE))),
        _good("apcv_soins", "The one-way default, largest persona.", SOINS),
        _good("apcv_complet", "ALD and C2S too.", Recipe(apcv(Shape.COMPLET))),
        _good("apcv_complet_delegated", "The longest card: everything, shown by a delegate.",
              Recipe(apcv(Shape.COMPLET, delegate=delegate()), counter=0xFFFFFFFF)),
        _good("apcv_newborn", "No NIR of her own: the mother's instead, and a delegate.", Recipe(newborn)),
        _good("apcv_lunar_birth", "Born in month 19: a date no calendar has.",
              Recipe(apcv(born=DateNaissance.parse("19421901")))),
        _good("apcv_nia", "A waiting number (NIA) in the place of the NIR.",
              Recipe(apcv(nir=Nir.parse("891069999901323")))),
        _good("ecps", "A doctor's card for one exercice; device-bound key (flags 05).", ECPS),
        _good("ecps_student", "No FINESS, no SIRET, no skill, no title, no AM number: empty texts.",
              replace(ECPS, card=_student())),
        _good("profile_1_grease", "Chromium's extra member.", replace(SOINS, profile=1)),
        _good("profile_2_webkit", "WebKit leaves crossOrigin out.", replace(SOINS, profile=2)),
        _good("profile_3_android", "Android native: apk-key-hash and package.", replace(SOINS, profile=3)),
        _good("inline_tail", "A member unknown today travels inline after profile 0.",
              replace(SOINS, profile=EXTRA_TAIL)),
        _good("high_s", "(r, n - s): ECDSA cannot tell the halves apart, and neither may a till.",
              replace(SOINS, proof=lambda proof: [*proof[:4], high_s(proof[4])])),
        _good("t_60_s_old", "The oldest moment that is still accepted.", replace(SOINS, t=seconds(NOW) - 60)),
        _good("t_15_s_ahead", "The farthest moment ahead that is still accepted.",
              replace(SOINS, t=seconds(NOW) + 15)),
        _good("iat_300_s_ahead", "An issuer's clock five minutes ahead of the till's.",
              replace(SOINS, issued_at=NOW + timedelta(seconds=300), t=seconds(NOW))),
        _good("one_second_before_expiry", "Still alive.",
              replace(SOINS, issued_at=NOW - timedelta(hours=24) + timedelta(seconds=1))),
        _good("device_bound_72_h", "A device-bound key may live the whole 72 h.",
              Recipe(apcv(binding=Binding.DEVICE_BOUND_CLAIMED), flags=0x05, life=timedelta(hours=72))),
        Vector("good_two_way", "Two-way mode: the proof answers this till's own request.", "ok",
               replace(SOINS, ctx=REQUEST), ctx=REQUEST),
        Vector("good_kid_shared_by_two_issuers", "Two issuers share four bytes: both are tried.", "ok",
               replace(SOINS, signer=TWINS[1]), store=Store(trust=trust(*twins))),
        Vector("good_expected_kind", "The screen asked for an e-CPS and gets one.", "ok", ECPS,
               expected_kind=CardKind.ECPS, require_device_bound=True),
        Vector("good_issuer_key_revoked_later", "The key will be withdrawn, but is not yet.", "ok", SOINS,
               store=Store(trust=trust(issuer(revoked_at=datetime(2026, 12, 1, tzinfo=UTC))))),
    ]  # fmt: skip
