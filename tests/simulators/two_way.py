"""The two-way mode between real parts: phones with pockets, tills with folders, one world that issues.

street = TwoWayStreet(tmp_path)
laure, ange = street.professional("laure"), street.patient("ange")
till = street.open_till("a", laure)                      # Laure authorises it at NOON
answer = ange.answer(till.challenge(), NOON)             # Ange says yes
till.check(answer, NOON)                                 # a verdict
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cartes.apcv import ApcvCard
from cartes.cards import CardKind
from cartes.ecps import EcpsCard
from cartes.requester import Asker
from cartes.status import StatusList
from cartes.till_request import TillOffer
from mobile_mock import p256
from mobile_mock.app_key import AppKey
from mobile_mock.authenticator import HeldKey
from mobile_mock.backend_client import BackendAddress, BackendClient
from mobile_mock.client_data import ClientShape
from mobile_mock.holder import Holder
from mobile_mock.phone_model import MODELS
from mobile_mock.pocket import Pocket
from mobile_mock.pocket_records import Device, KeptCard, Phone
from mobile_mock.trust_data import trust_members
from tests.simulators.cards import NOON, ORIGINS, World, a_complete_apcv, an_ecps
from verifier.policy import POLICIES
from verifier.seen import FileSeen
from verifier.till_session import TillSession
from verifier.two_way import TwoWayTill
from verifier.verdict import Verdict
from verifier.verify import Verifier


def counted(word: str) -> Callable[[int], bytes]:
    """Randomness that every run repeats: SHA-256 of a word and a count."""
    count = 0

    def random(size: int) -> bytes:
        nonlocal count
        count += 1
        return b"".join(
            hashlib.sha256(f"{word} {count} {block}".encode()).digest() for block in range(size // 32 + 1)
        )[:size]

    return random


@dataclass
class Person:
    """Somebody with a phone. `shown` is what the phone showed before it asked; `says` what they say."""

    holder: Holder
    pocket: Pocket
    kind: CardKind
    says: bool = True
    shown: list[Asker] = field(default_factory=list)
    offers: list[TillOffer] = field(default_factory=list)

    def answer(self, request: str, at: datetime = NOON, *, name: str | None = "complet") -> str:
        """The digits of a sealed answer."""

        def consent(asker: Asker) -> bool:
            self.shown.append(asker)
            return self.says

        return self.holder.answer(request, self.kind, at, consent, name=name).text

    def authorise(self, offer: TillOffer, at: datetime = NOON) -> str:
        """The digits of the presentation that authorises a till."""

        def consent(asked: TillOffer) -> bool:
            self.offers.append(asked)
            return self.says

        return self.holder.authorise_till(offer.text(), at, consent).text

    def show(self, at: datetime = NOON, *, name: str | None = None) -> str:
        """A one-way card."""
        return self.holder.show_qr(self.kind, at, name=name).text


@dataclass
class Till:
    """A till on disk."""

    two_way: TwoWayTill
    random: Callable[[int], bytes]

    def challenge(self, at: datetime = NOON) -> str:
        """A request for one patient."""
        return self.two_way.challenge(at, self.random)

    def check(
        self, text: str, at: datetime = NOON, *, policy: str = "officine", two_way_only: bool = False
    ) -> Verdict:
        """A scan."""
        return self.two_way.check(text, POLICIES[policy], at, two_way_only=two_way_only)


class TwoWayStreet:
    """Phones and tills of one world. Close it to let go of the pockets."""

    def __init__(self, folder: Path, world: World | None = None) -> None:
        self.folder = folder
        self.world = world or World()
        self._open = ExitStack()

    def close(self) -> None:
        """Let go of every pocket."""
        self._open.close()

    def patient(self, name: str, *cards: ApcvCard) -> Person:
        """A patient whose phone holds these cards (`complet` when none is said) and fresh trust data."""
        return self._person(name, CardKind.APCV, cards or (a_complete_apcv(),))

    def professional(self, name: str, *cards: EcpsCard, life: timedelta | None = None) -> Person:
        """A professional whose phone holds an e-CPS."""
        return self._person(name, CardKind.ECPS, cards or (an_ecps(),), life)

    def till(self, name: str, world: World | None = None) -> Till:
        """A till nobody has authorised yet."""
        folder = self.folder / f"till-{name}"
        folder.mkdir(exist_ok=True)
        verifier = Verifier((world or self.world).till().store, FileSeen(folder / "seen"))
        return Till(TwoWayTill(verifier, TillSession(folder)), counted(f"till {name}"))

    def open_till(self, name: str, professional: Person, at: datetime = NOON) -> Till:
        """A till authorised by that professional at `at`."""
        till = self.till(name)
        offer = till.two_way.begin(at, till.random)
        judged = till.two_way.authorise(professional.authorise(offer, at), POLICIES["identite-pro"], at)
        assert judged.facts is not None, judged.codes
        return till

    def give_trust(self, person: Person, world: World | None = None) -> None:
        """Put what a world publishes into a phone, as a refresh would."""
        snapshot = (world or self.world).snapshot()

        def bytes_of(lists: Mapping[int, object]) -> dict[int, bytes]:
            return {number: one.encode() for number, one in lists.items() if isinstance(one, StatusList)}

        person.pocket.keep_trust(
            trust_members(
                snapshot.trust.encode(),
                bytes_of(snapshot.revoked),
                bytes_of(snapshot.suspended),
                snapshot.signed_at,
            )
        )

    def _person(
        self, name: str, kind: CardKind, cards: tuple[ApcvCard | EcpsCard, ...], life: timedelta | None = None
    ) -> Person:
        random = counted(f"phone {name}")
        phone = Phone(MODELS["self"], ClientShape.CHROMIUM_PLAIN)
        pocket = self._open.enter_context(Pocket.create(self.folder / f"phone-{name}", phone))
        policy = self.world.policies[kind]
        key = HeldKey(random(16), policy.rp_id, random(16), p256.new_key(random), 0)
        pocket.keep_keys([key])
        pocket.keep_device(
            Device(kind, "d", "R", "hardware_attested", key.credential_id, AppKey.make(random), NOON, None)
        )
        pocket.keep_issuer(_metadata(self.world))
        pocket.keep_backend(ORIGINS[kind])
        kept = []
        for card in cards:
            credential = self.world.issue(card, holder_key=key.public_key, life=life)
            word = card.shape.word if isinstance(card, ApcvCard) else card.national_id.text
            issued = NOON - timedelta(hours=1)
            expires = issued + (life or timedelta(seconds=policy.max_ttl_s))
            kept.append(KeptCard(kind, word, credential, issued, expires, card.as_of))
        pocket.keep_cards(kind, kept)
        backend = BackendClient(BackendAddress.parse(ORIGINS[kind]), pause=lambda _: None)
        self._open.callback(backend.close)
        person = Person(Holder(pocket, backend, random=random), pocket, kind)
        self.give_trust(person)
        return person


def _metadata(world: World) -> dict[str, object]:
    return {
        "kinds": {
            kind.value: {
                "rp_id": policy.rp_id,
                "profiles": {str(number): suffix for number, suffix in policy.profiles.items()},
                "max_ttl_s": policy.max_ttl_s,
            }
            for kind, policy in world.policies.items()
        }
    }


@contextmanager
def a_street(folder: Path, world: World | None = None) -> Iterator[TwoWayStreet]:
    """A street, its pockets closed at the end."""
    street = TwoWayStreet(folder, world)
    try:
        yield street
    finally:
        street.close()
