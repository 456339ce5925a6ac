"""What the benchmarks judge: the largest persona's cards on many phones, and a till that trusts their issuer.

Keys are derived from words and people are fictitious, as in the tests, whose simulators this uses.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from apcv_backend.publication.repository import FolderRepository
from apcv_backend.publication.service import PublicationService
from cartes.apcv import ApcvCard
from cartes.cards import Binding, Shape, Slot
from cartes.ecps import EcpsCard
from cartes.wire import qr
from tests.simulators.issuing import NOW, Phone, WordKey, apcv, credential, delegate, ecps
from tests.simulators.publisher import IssuerRecord, MemorySlots, Word, settings
from verifier.refresh import refresh
from verifier.trust_store import TrustStore

AT = NOW
"""The instant of every scan."""
_CAPACITY = 2_000_000
_REVOKED = 5_000


def full_card() -> ApcvCard:
    """Everything a card can carry: the largest persona, ALD, C2S and AMC, on a phone's own key."""
    return apcv(Shape.COMPLET, binding=Binding.HARDWARE_ATTESTED)


def presentations(card: ApcvCard | EcpsCard, count: int) -> list[str]:
    """`count` different QR texts of `card`, each of another phone and slot, good at `AT`."""
    texts = []
    for number in range(count):
        phone = Phone(f"phone {number}", card.kind, flags=0x05, counter=number + 1)
        sealed = credential(replace(card, slot=Slot(card.slot.list, 1_000_000 + number)), phone)
        texts.append(qr.pack(phone.show(sealed, AT - timedelta(seconds=number % 50))))
    return texts


def largest_presentation(card: ApcvCard | EcpsCard) -> bytes:
    """SQ1 bytes with the usual worst proof: two bytes of flags, five of counter."""
    phone = Phone("phone", card.kind, flags=0x1D, counter=0x7FFF_FFFF)
    return phone.show(credential(card, phone), AT)


def every_shape() -> dict[str, ApcvCard | EcpsCard]:
    """Each card the issuer makes, for the largest persona of its kind."""
    return {
        "identite": apcv(Shape.IDENTITE),
        "soins": apcv(Shape.SOINS),
        "complet": apcv(Shape.COMPLET),
        "complet, delegated": apcv(Shape.COMPLET, delegate=delegate()),
        "e-CPS": ecps(),
    }


def a_store(folder: Path, at: datetime = AT) -> TrustStore:
    """A till's store holding a real publication: trust list, and lists of two million slots a kind."""
    slots = MemorySlots({1: set(range(0, 7 * _REVOKED, 7)), 2: {3, 70_000}}, {1: {5, 80_000}})
    keys = [IssuerRecord(word, WordKey(f"issuer {word.value}").public_key) for word in (Word.APCV, Word.ECPS)]
    publication = folder / "publication"
    PublicationService(
        FolderRepository(publication, lambda role, _: WordKey(f"tuf {role.value}")),
        slots,
        lambda: keys,
        settings(publication, APCV_STATUS_CAPACITY=str(_CAPACITY)),
    ).publish(at - timedelta(hours=1))
    store = TrustStore(folder / "store")
    store.init((publication / "metadata" / "1.root.json").read_bytes())
    refresh(store, str(publication), at)
    return store
