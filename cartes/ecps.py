"""The e-CPS: a professional's card for one exercice, as the array of claims that travels.

Nobody is flatly "a doctor": the card names one profession, one category, one way of practising, one
structure. Whoever has two practices has two cards, and shows the one that is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, TypeVar

from cartes import fields
from cartes.cards import MAX_LIST, MAX_NAME, Binding, CardKind, Slot
from cartes.errors import BadStructure, InvalidValue
from cartes.identifiers.finess import Finess
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.mode import Mode
from cartes.identifiers.siret import Siret
from cartes.nomenclatures.categorie import CategorieProfessionnelle
from cartes.nomenclatures.civilite import Civilite
from cartes.nomenclatures.mode_exercice import ModeExercice
from cartes.nomenclatures.profession import Profession
from cartes.professionnel import SavoirFaire, Structure

MAX_SKILLS: Final = 8
MAX_LABEL: Final = 64
MAX_AM: Final = 14
MAX_ID: Final = 32
_Code = TypeVar("_Code")
_SIZE: Final = 15
_BINDINGS: Final = {binding.value: binding for binding in Binding}
_TITLES: Final = {title.wire: title for title in Civilite}
_PROFESSIONS: Final = {profession.wire: profession for profession in Profession}
_CATEGORIES: Final = {category.value: category for category in CategorieProfessionnelle}
_MODES: Final = {mode.value: mode for mode in ModeExercice}


@dataclass(frozen=True, slots=True)
class EcpsCard:
    """What an e-CPS says: who, which practice, where.

    `skills` are savoir-faire codes (`SM04`); `am` is the number the practice invoices under, or the empty
    text. `as_of` is when the directory was read, in UTC, to the second.
    """

    slot: Slot
    binding: Binding
    as_of: datetime
    national_id: Idnps
    name: str
    given: str
    title: Civilite
    profession: Profession
    category: CategorieProfessionnelle
    skills: tuple[str, ...]
    mode: ModeExercice
    structure: Structure
    am: str = ""

    kind: ClassVar[CardKind] = CardKind.ECPS

    def __post_init__(self) -> None:
        if self.as_of.tzinfo is not UTC or self.as_of.microsecond:
            object.__setattr__(self, "as_of", fields.whole_second(self.as_of, "as_of"))
        if len(self.skills) > MAX_SKILLS:
            raise InvalidValue(what="ecps", why="too_many_skills")
        for code in self.skills:
            SavoirFaire(code)

    def to_claims(self) -> list[Any]:
        """The array that travels; an absent FINESS or SIRET is the empty text."""
        structure = self.structure
        return [
            self.slot.list,
            self.slot.idx,
            self.kind.wire,
            int(self.binding),
            fields.unix(self.as_of),
            self.national_id.text,
            self.name,
            self.given,
            self.title.wire,
            self.profession.wire,
            self.category.value,
            list(self.skills),
            self.mode.value,
            [
                structure.finess.digits if structure.finess else "",
                structure.siret.digits if structure.siret else "",
                structure.raison_sociale,
            ],
            self.am,
        ]

    @classmethod
    def from_claims(cls, claims: list[Any]) -> EcpsCard:
        """Read the array; `BadStructure` names the field that is not what the CDDL says.

        Numbers are read in `Mode.TEST`: their keys hold, and a test FINESS may have letters.
        """
        c = fields.array(claims, "card", _SIZE)
        try:
            return cls(
                slot=Slot(fields.uint(c[0], "list", MAX_LIST), fields.uint(c[1], "idx", fields.MAX_UINT32)),
                binding=_BINDINGS[fields.uint(c[3], "binding", 2)],
                as_of=fields.instant(c[4], "as_of"),
                national_id=Idnps(fields.text(c[5], "national_id", MAX_ID), Mode.TEST),
                name=fields.text(c[6], "name", MAX_NAME),
                given=fields.text(c[7], "given", MAX_NAME),
                title=_known(_TITLES, c[8], "title"),
                profession=_known(_PROFESSIONS, c[9], "profession"),
                category=_known(_CATEGORIES, c[10], "category"),
                skills=_skills(c[11]),
                mode=_known(_MODES, c[12], "mode"),
                structure=_structure(c[13]),
                am=fields.text(c[14], "am", MAX_AM),
            )
        except InvalidValue as refused:
            raise BadStructure(**refused.facts) from refused


def _known(table: dict[Any, _Code], value: Any, name: str) -> _Code:
    if type(value) not in (int, str) or value not in table:
        raise BadStructure(field=name)
    return table[value]


def _skills(value: Any) -> tuple[str, ...]:
    codes = fields.array(value, "skills", *range(MAX_SKILLS + 1))
    return tuple(fields.text(code, "skills", 8) for code in codes)


def _structure(value: Any) -> Structure:
    finess, siret, label = fields.array(value, "structure", 3)
    return Structure(
        Finess(fields.text(finess, "finess", 9), Mode.TEST) if finess != "" else None,
        Siret(fields.text(siret, "siret", 14), Mode.TEST) if siret != "" else None,
        fields.text(label, "label", MAX_LABEL),
    )
