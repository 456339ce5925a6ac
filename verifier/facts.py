"""What a proven card says, on one day: the part of a verdict that is about the person.

A `CardFacts` is only built once checks 0 to 14 have passed. It adds two things to the card: the French day
on which "open" is answered, and whether the phone's key may be copied to other devices.

Numbers that identify (NIR, member's number) are left out unless asked for by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cartes.amc import AmcCard
from cartes.apcv import ApcvCard
from cartes.cards import Binding, CardKind
from cartes.droits import DroitsAmc, DroitsAmo, PeriodeDroits
from cartes.ecps import EcpsCard
from cartes.identifiers.nir import Nir
from cartes.naissance import DateNaissance


@dataclass(frozen=True, slots=True)
class CardFacts:
    """A proven card, and the French `day` it is read on.

    `synced` says that the phone's key is, or may be, on several devices of one account. `holder_key` is that
    key's compressed point: it tells two cards of one phone (`cartes.seal.goes_with`) and is shown to nobody.
    """

    card: ApcvCard | EcpsCard | AmcCard
    day: date
    synced: bool
    holder_key: bytes = field(repr=False)

    @property
    def binding(self) -> Binding:
        """How firmly the key is tied to the phone. Check 10 proved that the proof does not contradict it."""
        return self.card.binding

    @property
    def kind(self) -> CardKind:
        """Which card."""
        return self.card.kind

    def to_json(self, *, with_nir: bool = False) -> dict[str, Any]:
        """Everything the card says, for a program; dates are `YYYY-MM-DD`, lunar ones to the character."""
        common = {"kind": self.kind.value, "binding": self.binding.word, "synced": self.synced}
        if isinstance(self.card, ApcvCard):
            return common | _apcv(self.card, self.day, with_nir=with_nir)
        if isinstance(self.card, AmcCard):
            return common | _contract(self.card, self.day, with_nir=with_nir)
        return common | _ecps(self.card)


def birth_date_text(born: DateNaissance) -> str:
    """`YYYY-MM-DD`, to the character even when no calendar has that day.

    >>> birth_date_text(DateNaissance.parse("19421901"))
    '1942-19-01'
    """
    return f"{born.text[:4]}-{born.text[4:6]}-{born.text[6:]}"


def _apcv(card: ApcvCard, day: date, *, with_nir: bool) -> dict[str, Any]:
    said: dict[str, Any] = {
        "shape": card.shape.word,
        "birth_name": card.birth_name,
        "use_name": card.use_name,
        "given": card.given,
        "born": birth_date_text(card.born),
        "born_is_lunar": card.born.is_lunar,
        "rank": card.rang_gemellaire,
        "quality": card.qualite.value,
        "amo": _amo(card.amo, day),
        "ald": [
            {"code": exoneration.code.value} | _period(exoneration.periode, day) for exoneration in card.ald
        ],
        "c2s": None
        if card.c2s is None
        else {"participation": card.c2s.participation} | _period(card.c2s.periode, day),
        "amc": _amc(card.amc, day, with_nir=with_nir),
        "gp_declared": card.gp_declared,
        "delegate": None
        if card.delegate is None
        else {
            "name": card.delegate.name,
            "type": card.delegate.type.word,
            "until": card.delegate.until.isoformat(),
        },
        "nir_masked": _masked(card.nir),
        "od_nir_masked": _masked(card.od_nir),
    }
    if with_nir:
        said["nir"] = card.nir and card.nir.digits
        said["od_nir"] = card.od_nir and card.od_nir.digits
    return said


def _ecps(card: EcpsCard) -> dict[str, Any]:
    finess, siret = card.structure.finess, card.structure.siret
    return {
        "national_id": card.national_id.text,
        "name": card.name,
        "given": card.given,
        "title": card.title.value,
        "profession": card.profession.value,
        "profession_label": card.profession.label,
        "category": card.category.value,
        "skills": list(card.skills),
        "mode": card.mode.value,
        "structure": {
            "finess": finess and finess.digits,
            "siret": siret and siret.digits,
            "label": card.structure.raison_sociale,
        },
        "am": card.am,
    }


def _contract(card: AmcCard, day: date, *, with_nir: bool) -> dict[str, Any]:
    said: dict[str, Any] = {
        **_period(card.periode, day),
        "open": card.open_on(day),
        "shape": card.shape.word,
        "link": f"{card.link.list}/{card.link.idx}",
        "numero_amc": card.numero_amc,
        "nom_amc": card.nom_amc,
        "convention": card.type_convention,
        "csr": card.csr,
        "lien": card.lien.word,
        "responsable": card.responsable,
        "gestion": card.gestion.value,
        "domaines": list(card.domaines),
        "services": list(card.services),
        "etat": card.etat.word,
        "resilie_le": card.resilie_le and card.resilie_le.isoformat(),
    }
    if with_nir:
        said["numero_adherent"] = card.numero_adherent
    return said


def _amo(amo: DroitsAmo | None, day: date) -> dict[str, Any] | None:
    if amo is None:
        return None
    return {
        **_period(amo.periode, day),
        "organisme": amo.organisme.text,
        "code_gestion": amo.code_gestion,
        "alsace_moselle": amo.alsace_moselle,
    }


def _amc(amc: DroitsAmc | None, day: date, *, with_nir: bool) -> dict[str, Any] | None:
    if amc is None:
        return None
    said: dict[str, Any] = {
        **_period(amc.periode, day),
        "numero_amc": amc.numero_amc,
        "convention": amc.type_convention,
        "csr": amc.csr,
        "cover": amc.cover,
    }
    if with_nir:
        said["numero_adherent"] = amc.numero_adherent
    return said


def _period(periode: PeriodeDroits, day: date) -> dict[str, Any]:
    return {
        "open": periode.open_on(day),
        "from": periode.debut.isoformat(),
        "until": periode.fin and periode.fin.isoformat(),
    }


def _masked(nir: Nir | None) -> str | None:
    """The key alone, to tell two cards apart by eye."""
    return None if nir is None else f"…{nir.key}"
