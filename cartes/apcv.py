"""The apCV: a beneficiary's card, as the array of claims that travels (CDDL in `docs/formats/qr.md`).

Three shapes of one card. `identite` names the person and nothing else; `soins` adds the numbers and the
periods of AMO and AMC; `complet` adds ALD and C2S. No diagnosis, ever. A delegated card is the
beneficiary's own, held on the delegate's phone, and says so.

What does not belong to a shape cannot be put in it: the constructor refuses.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, ClassVar, Final

from cartes import fields
from cartes.cards import MAX_LIST, MAX_NAME, Binding, CardKind, Shape, Slot
from cartes.droits import C2s, CodeExoneration, DroitsAmc, DroitsAmo, Exoneration
from cartes.errors import BadStructure, InvalidValue
from cartes.identifiers.mode import Mode
from cartes.identifiers.nir import Nir
from cartes.identifiers.organisme import Organisme
from cartes.naissance import DateNaissance
from cartes.nomenclatures.qualite import QualiteBeneficiaire

MAX_ALD: Final = 8
MAX_RANK: Final = 6
_SIZES: Final = (19, 20)  # without and with a delegate
_QUALITIES: Final = {quality.wire: quality for quality in QualiteBeneficiaire}
_EXONERATIONS: Final = {code.wire: code for code in CodeExoneration}
_SHAPES: Final = {shape.value: shape for shape in Shape}
_BINDINGS: Final = {binding.value: binding for binding in Binding}


class DelegationType(enum.IntEnum):
    """Why somebody else may show this card (no national nomenclature is final yet: these are ours)."""

    PARENT = 0
    MESURE_PROTECTION = 1
    AIDANT_DEMARCHE = 2
    TIERS_PONCTUEL = 3

    @property
    def word(self) -> str:
        """The type in lower snake case."""
        return self.name.lower()


_DELEGATIONS: Final = {delegation.value: delegation for delegation in DelegationType}


@dataclass(frozen=True, slots=True)
class Delegate:
    """The person whose phone holds somebody else's card, on what ground, and until which day (included)."""

    name: str
    type: DelegationType
    until: date

    def __post_init__(self) -> None:
        if not self.name or len(self.name) > MAX_NAME or not self.name.isprintable():
            raise InvalidValue(what="delegate", why="name")


@dataclass(frozen=True, slots=True)
class ApcvCard:
    """What an apCV says about its beneficiary.

    `nir` is the beneficiary's own and may be missing (a newborn); `od_nir` is the ouvrant droit's when that
    is somebody else. `as_of` is when the rights were read at their source, in UTC, to the second.
    `gp_declared` says that an attending doctor (médecin traitant) is declared, never who.
    """

    slot: Slot
    shape: Shape
    binding: Binding
    as_of: datetime
    nir: Nir | None
    od_nir: Nir | None
    birth_name: str
    use_name: str
    given: str
    born: DateNaissance
    rang_gemellaire: int
    qualite: QualiteBeneficiaire
    amo: DroitsAmo | None
    ald: tuple[Exoneration, ...] = ()
    c2s: C2s | None = None
    amc: DroitsAmc | None = field(default=None)
    gp_declared: bool = False
    delegate: Delegate | None = None

    kind: ClassVar[CardKind] = CardKind.APCV

    def __post_init__(self) -> None:
        if self.as_of.tzinfo is not UTC or self.as_of.microsecond:
            object.__setattr__(self, "as_of", fields.whole_second(self.as_of, "as_of"))
        if not 1 <= self.rang_gemellaire <= MAX_RANK:
            raise InvalidValue(what="apcv", why="rang_gemellaire")
        if len(self.ald) > MAX_ALD:
            raise InvalidValue(what="apcv", why="too_many_exonerations")
        if self.shape is Shape.IDENTITE:
            if any((self.nir, self.od_nir, self.amo, self.ald, self.c2s, self.amc, self.gp_declared)):
                raise InvalidValue(what="apcv", why="identite_says_too_much")
            return
        if self.amo is None:
            raise InvalidValue(what="apcv", why="no_amo")
        if self.nir is None and self.od_nir is None:
            raise InvalidValue(what="apcv", why="no_number")
        if self.shape is Shape.SOINS and (self.ald or self.c2s):
            raise InvalidValue(what="apcv", why="soins_says_too_much")

    def to_claims(self) -> list[Any]:
        """The array that travels. Raises `InvalidValue` for a day no card can carry."""
        claims: list[Any] = [
            self.slot.list,
            self.slot.idx,
            self.kind.wire,
            int(self.shape),
            int(self.binding),
            fields.unix(self.as_of),
            self.nir.digits if self.nir else None,
            self.od_nir.digits if self.od_nir else None,
            self.birth_name,
            self.use_name,
            self.given,
            self.born.as_int,
            self.rang_gemellaire,
            self.qualite.wire,
            _amo_claims(self.amo),
            [[one.code.wire, *fields.period_numbers(one.periode, "ald")] for one in self.ald],
            [int(self.c2s.participation), *fields.period_numbers(self.c2s.periode, "c2s")]
            if self.c2s
            else [],
            _amc_claims(self.amc),
            int(self.gp_declared),
        ]
        if self.delegate is not None:
            until = fields.day_number(self.delegate.until, "delegate")
            claims.append([self.delegate.name, int(self.delegate.type), until])
        return claims

    @classmethod
    def from_claims(cls, claims: list[Any]) -> ApcvCard:
        """Read the array; `BadStructure` names the field that is not what the CDDL says.

        Numbers are read in `Mode.TEST`: their keys hold, and the issuer's own lint was stricter.
        """
        c = fields.array(claims, "card", *_SIZES)
        try:
            return cls(
                slot=Slot(fields.uint(c[0], "list", MAX_LIST), fields.uint(c[1], "idx", fields.MAX_UINT32)),
                shape=_SHAPES[fields.uint(c[3], "shape", 2)],
                binding=_BINDINGS[fields.uint(c[4], "binding", 2)],
                as_of=fields.instant(c[5], "as_of"),
                nir=_nir(c[6], "nir"),
                od_nir=_nir(c[7], "od_nir"),
                birth_name=fields.text(c[8], "birth_name", MAX_NAME),
                use_name=fields.text(c[9], "use_name", MAX_NAME),
                given=fields.text(c[10], "given", MAX_NAME),
                born=DateNaissance.from_int(fields.uint(c[11], "dob", 99_999_999)),
                rang_gemellaire=fields.uint(c[12], "rank", MAX_RANK),
                qualite=_QUALITIES[fields.uint(c[13], "quality", 9)],
                amo=_amo(c[14]),
                ald=_exonerations(c[15]),
                c2s=_c2s(c[16]),
                amc=_amc(c[17]),
                gp_declared=fields.uint(c[18], "gp_declared", 1) == 1,
                delegate=_delegate(c[19]) if len(c) == _SIZES[1] else None,
            )
        except InvalidValue as refused:
            raise BadStructure(**refused.facts) from refused


def _nir(value: Any, name: str) -> Nir | None:
    return None if value is None else Nir(fields.text(value, name, 15), Mode.TEST)


def _amo(value: Any) -> DroitsAmo | None:
    if value == []:
        return None
    regime, fund, centre, mgmt, first, days, alsace = fields.array(value, "amo", 7)
    return DroitsAmo(
        _organisme(
            fields.uint(regime, "regime", 99),
            fields.uint(fund, "fund", 999),
            fields.uint(centre, "centre", 9999),
        ),
        fields.text(mgmt, "mgmt", 2),
        fields.period(first, days, "amo"),
        fields.boolean(alsace, "alsace"),
    )


# A till meets the same few organismes all day.
_organisme: Final = lru_cache(maxsize=256)(Organisme.from_ints)


def _amo_claims(amo: DroitsAmo | None) -> list[Any]:
    if amo is None:
        return []
    return [
        *amo.organisme.as_ints,
        amo.code_gestion,
        *fields.period_numbers(amo.periode, "amo"),
        amo.alsace_moselle,
    ]


def _exonerations(value: Any) -> tuple[Exoneration, ...]:
    read = []
    for item in fields.array(value, "ald", *range(MAX_ALD + 1)):
        code, first, days = fields.array(item, "ald", 3)
        known = _EXONERATIONS.get(fields.uint(code, "ald", 99))
        if known is None:
            raise BadStructure(field="ald")
        read.append(Exoneration(known, fields.period(first, days, "ald")))
    return tuple(read)


def _c2s(value: Any) -> C2s | None:
    if value == []:
        return None
    code, first, days = fields.array(value, "c2s", 3)
    return C2s(fields.uint(code, "c2s", 1) == 1, fields.period(first, days, "c2s"))


def _amc(value: Any) -> DroitsAmc | None:
    if value == []:
        return None
    number, member, convention, routing, cover, first, days = fields.array(value, "amc", 7)
    return DroitsAmc(
        numero_amc=fields.text(number, "amc_number", 10),
        numero_adherent=fields.text(member, "amc_member", 15),
        type_convention=fields.text(convention, "amc_convention", 2),
        csr=fields.text(routing, "amc_routing", 14),
        cover=fields.text(cover, "amc_cover", 16),
        periode=fields.period(first, days, "amc"),
    )


def _amc_claims(amc: DroitsAmc | None) -> list[Any]:
    if amc is None:
        return []
    return [
        amc.numero_amc,
        amc.numero_adherent,
        amc.type_convention,
        amc.csr,
        amc.cover,
        *fields.period_numbers(amc.periode, "amc"),
    ]


def _delegate(value: Any) -> Delegate:
    name, kind, until = fields.array(value, "delegate", 3)
    return Delegate(
        fields.text(name, "delegate_name", MAX_NAME),
        _DELEGATIONS[fields.uint(kind, "delegate_type", len(_DELEGATIONS) - 1)],
        fields.day(until, "delegate_until"),
    )
