"""The insurers' cards of a phone, by the names people know: an insurer's name or its number.

A person may have several complementary contracts, and hold those of people they represent as well. The card
itself says which insurer sealed it; the backend's identifier of the contract only keeps two of one insurer
apart. Nothing here needs the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cartes.amc import AmcCard
from cartes.cards import CardKind, Shape
from mobile_mock.errors import ContractUnclear, NoCard
from mobile_mock.pocket_records import KeptCard
from mobile_mock.received import read_unverified


@dataclass(frozen=True, slots=True)
class KeptContract:
    """One card of an insurer's: the contract's identifier, the insurer, and the card as it is kept."""

    contract_id: str
    numero_amc: str
    nom_amc: str
    shape: Shape
    card: KeptCard

    def is_called(self, wanted: str) -> bool:
        """Whether a person means this contract by `wanted`: its number, its identifier, or its name begun."""
        return wanted in {self.numero_amc, self.contract_id} or (
            bool(wanted) and self.nom_amc.casefold().startswith(wanted.casefold())
        )


def kept_contracts(cards: Iterable[KeptCard], represents: str = "") -> list[KeptContract]:
    """The insurers' cards among `cards`: one's own, or those of the person `represents` is about.

    Raises:
        CardNotMine: what is kept cannot be read any more.
    """
    return [_read(card) for card in cards if card.kind is CardKind.AMC and card.represents == represents]


def choose(contracts: Sequence[KeptContract], wanted: str, shape: Shape) -> KeptCard:
    """The one card of `shape` that `wanted` names; with an empty `wanted`, the only contract there is.

    Raises:
        NoCard: none is called so, or none has this shape (a representative's may have no `complet`).
        ContractUnclear: several are; `contracts` names them.
    """
    meant = [one for one in contracts if (not wanted or one.is_called(wanted))]
    found = [one for one in meant if one.shape is shape]
    if not found:
        raise NoCard(kind=CardKind.AMC.value, name=wanted or shape.word)
    if len(found) > 1:
        twins = len({one.numero_amc for one in found}) < len(found)
        told = (one.contract_id if twins else f"{one.nom_amc} ({one.numero_amc})" for one in found)
        raise ContractUnclear(contracts=", ".join(told))
    return found[0].card


def _read(kept: KeptCard) -> KeptContract:
    said = read_unverified(kept.credential, CardKind.AMC).card
    assert isinstance(said, AmcCard)  # its kind was just looked at
    contract_id = kept.name.removesuffix(f".{said.shape.word}")
    return KeptContract(contract_id, said.numero_amc, said.nom_amc, said.shape, kept)
