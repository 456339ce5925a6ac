"""The insurer's card: one contract in two shapes, on the contract's own slot, tied to the apCV's.

What it says is the insurer's word and date. `soins` leaves out the member's number; `complet` has it. On a
representative's phone it is the same card, on a slot of its own: it names nobody there either, and is read
beside the delegated apCV, which says who presents for whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from apcv_backend.complementary.rules import KnownContract
from apcv_backend.issuance.rules import Draft, HeldBy
from cartes import seal
from cartes.amc import AmcCard
from cartes.cards import DraftCard, Shape, Slot
from cartes.trust import KindPolicy

SHAPES = (Shape.SOINS, Shape.COMPLET)


def label_of(known: KnownContract, shape: Shape) -> str:
    """The word of one card of the batch: the contract's identifier and the shape."""
    return f"{known.contract_id}.{shape.word}"


def draft_amc(
    known: KnownContract,
    phone: HeldBy,
    slot: Slot,
    link: Slot,
    policy: KindPolicy,
    *,
    at: datetime,
    expires_at: datetime,
    shapes: Sequence[Shape] = SHAPES,
) -> Sequence[Draft]:
    """The shapes of one contract's card; `link` is the slot of the beneficiary's apCV on this phone."""
    contract = known.contract

    def one(shape: Shape) -> Draft:
        card = AmcCard(
            slot=slot,
            shape=shape,
            binding=phone.binding,
            as_of=min(known.published_at, at),
            link=link,
            numero_amc=contract.droits.numero_amc,
            nom_amc=contract.nom_amc,
            type_convention=contract.droits.type_convention,
            csr=contract.droits.csr,
            numero_adherent=contract.droits.numero_adherent if shape is Shape.COMPLET else None,
            lien=contract.lien,
            periode=contract.droits.periode,
            responsable=contract.responsable,
            gestion=contract.gestion,
            domaines=contract.domaines,
            services=contract.services,
            etat=known.state(at),
            resilie_le=contract.resilie_le,
        )
        return Draft(
            label_of(known, shape), seal.lint(DraftCard(card, phone.holder_key, at, expires_at), policy)
        )

    return [one(shape) for shape in shapes]
