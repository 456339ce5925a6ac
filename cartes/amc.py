"""The AMC card: one complementary contract of one beneficiary, sealed by the insurer's own issuer.

It is another card than the apCV, shown as its own code: the `amc` block inside an apCV is what the assurance
maladie was told, at its own date; this is the insurer's word. It names nobody. What ties it to a person is
`link`, the status slot of the apCV it goes with, which is a random number that says nothing by itself, and
the phone's key, which is the same (`goes_with`). CDDL in `docs/formats/qr.md`.

`soins` leaves the member's number out; `complet` has it, and is for a professional who asked in the two-way
mode, or for an owner who chooses so. The state may be `inconnu`: an insurer that does not know says so.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Final

from cartes import fields
from cartes.cards import MAX_LIST, MAX_NAME, Binding, CardKind, Shape, Slot
from cartes.droits import DroitsAmc, PeriodeDroits
from cartes.errors import BadStructure, InvalidValue
from cartes.nomenclatures.gestion import ModeGestionAmc

MAX_CODES: Final = 8
_SIZE: Final = 21
_CODE: Final = re.compile(r"[A-Z0-9]{2,8}")
_SHAPES: Final = {shape.value: shape for shape in (Shape.SOINS, Shape.COMPLET)}
_BINDINGS: Final = {binding.value: binding for binding in Binding}
_GESTIONS: Final = {mode.wire: mode for mode in ModeGestionAmc}


class EtatContrat(enum.IntEnum):
    """What the insurer says of the contract. `INCONNU` is an answer: nothing may be concluded from it."""

    OUVERT = 0
    SUSPENDU = 1
    RESILIE = 2
    INCONNU = 3

    @property
    def word(self) -> str:
        """The state in lower case."""
        return self.name.lower()


class Lien(enum.IntEnum):
    """The beneficiary's tie to the member who holds the contract."""

    ADHERENT = 0
    CONJOINT = 1
    ENFANT = 2
    AUTRE = 3

    @property
    def word(self) -> str:
        """The tie in lower case."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class AmcCard:
    """What an insurer says of one contract. `as_of` (UTC) is when it last said so.

    `link` is the slot of the beneficiary's apCV on the same phone. `numero_adherent` is kept out of `repr`,
    and is None in the shape `soins`. `domaines` are third-party-payment domains (PHAR, MEDE…), `services` the
    insurer's services (IDB, CLC, DRE…). `resilie_le` is the contract's last day, when it was ended.
    """

    slot: Slot
    shape: Shape
    binding: Binding
    as_of: datetime
    link: Slot
    numero_amc: str
    nom_amc: str
    type_convention: str
    csr: str
    numero_adherent: str | None = field(repr=False)
    lien: Lien
    periode: PeriodeDroits
    responsable: bool
    gestion: ModeGestionAmc
    domaines: tuple[str, ...]
    services: tuple[str, ...]
    etat: EtatContrat
    resilie_le: date | None = None

    kind: ClassVar[CardKind] = CardKind.AMC

    def __post_init__(self) -> None:
        if self.as_of.tzinfo is not UTC or self.as_of.microsecond:
            object.__setattr__(self, "as_of", fields.whole_second(self.as_of, "as_of"))
        if self.shape is Shape.IDENTITE:
            raise InvalidValue(what="amc", why="shape")
        if (self.numero_adherent is not None) != (self.shape is Shape.COMPLET):
            raise InvalidValue(what="amc", why="numero_adherent")
        if not 1 <= len(self.nom_amc) <= MAX_NAME or not self.nom_amc.isprintable():
            raise InvalidValue(what="amc", why="nom_amc")
        # The identifiers have the shapes they have in an apCV.
        DroitsAmc(
            self.numero_amc, self.numero_adherent or "0", self.type_convention, self.csr, "", self.periode
        )
        for codes in (self.domaines, self.services):
            if len(codes) > MAX_CODES or not all(_CODE.fullmatch(code) for code in codes):
                raise InvalidValue(what="amc", why="codes")
        if (self.etat is EtatContrat.RESILIE) and self.resilie_le is None:
            raise InvalidValue(what="amc", why="resilie_le")

    def open_on(self, day: date) -> bool:
        """Whether the insurer says that the contract covers `day`, a day in Europe/Paris."""
        ended = self.resilie_le is not None and self.resilie_le < day
        stands = self.etat is EtatContrat.OUVERT or (self.etat is EtatContrat.RESILIE and not ended)
        return stands and not ended and self.periode.open_on(day)

    def to_claims(self) -> list[Any]:
        """The array that travels. Raises `InvalidValue` for a day no card can carry."""
        ended = self.resilie_le
        return [
            self.slot.list,
            self.slot.idx,
            self.kind.wire,
            int(self.shape),
            int(self.binding),
            fields.unix(self.as_of),
            [self.link.list, self.link.idx],
            self.numero_amc,
            self.nom_amc,
            self.type_convention,
            self.csr,
            self.numero_adherent,
            int(self.lien),
            *fields.period_numbers(self.periode, "amc"),
            self.responsable,
            self.gestion.wire,
            list(self.domaines),
            list(self.services),
            int(self.etat),
            None if ended is None else fields.day_number(ended, "amc"),
        ]

    @classmethod
    def from_claims(cls, claims: list[Any]) -> AmcCard:
        """Read the array; `BadStructure` names the field that is not what the CDDL says."""
        c = fields.array(claims, "card", _SIZE)
        link = fields.array(c[6], "link", 2)
        try:
            return cls(
                slot=Slot(fields.uint(c[0], "list", MAX_LIST), fields.uint(c[1], "idx", fields.MAX_UINT32)),
                shape=_of(_SHAPES, c[3], "shape"),
                binding=_of(_BINDINGS, c[4], "binding"),
                as_of=fields.instant(c[5], "as_of"),
                link=Slot(
                    fields.uint(link[0], "link", MAX_LIST), fields.uint(link[1], "link", fields.MAX_UINT32)
                ),
                numero_amc=fields.text(c[7], "amc_number", 10),
                nom_amc=fields.text(c[8], "amc_name", MAX_NAME),
                type_convention=fields.text(c[9], "amc_convention", 2),
                csr=fields.text(c[10], "amc_routing", 14),
                numero_adherent=None if c[11] is None else fields.text(c[11], "amc_member", 15),
                lien=Lien(fields.uint(c[12], "lien", len(Lien) - 1)),
                periode=fields.period(c[13], c[14], "amc"),
                responsable=fields.boolean(c[15], "responsable"),
                gestion=_of(_GESTIONS, c[16], "gestion"),
                domaines=_codes(c[17], "domaines"),
                services=_codes(c[18], "services"),
                etat=EtatContrat(fields.uint(c[19], "etat", len(EtatContrat) - 1)),
                resilie_le=None if c[20] is None else fields.day(c[20], "resilie_le"),
            )
        except InvalidValue as refused:
            raise BadStructure(**refused.facts) from refused


def _of(table: dict[int, Any], value: Any, name: str) -> Any:
    found = table.get(fields.uint(value, name, max(table)))
    if found is None:
        raise BadStructure(field=name)
    return found


def _codes(value: Any, name: str) -> tuple[str, ...]:
    return tuple(fields.text(code, name, 8) for code in fields.array(value, name, *range(MAX_CODES + 1)))
