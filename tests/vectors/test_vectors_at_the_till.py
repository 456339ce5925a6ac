"""Every golden vector through the till itself: its one reason, red; or no refusal at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from cartes.cards import Binding, CardKind
from cartes.errors import TrustStoreUnusable
from cartes.status import StatusList
from cartes.trust import TrustList
from cartes.wire import base64url, strict_json
from verifier.facts import CardFacts
from verifier.lights import Light
from verifier.seen import MemorySeen, ReplayKey
from verifier.trust_store import TrustSnapshot
from verifier.verdict import Freshness, Reason
from verifier.verify import Verifier

FOLDERS = [Path(__file__).parent / name for name in ("sq1", "amc")]
VECTORS = {
    path.stem: json.loads(path.read_text("utf-8"))
    for folder in FOLDERS
    for path in sorted(folder.glob("*.json"))
}


@dataclass
class VectorStore:
    """What the till of a vector knows."""

    told: dict[str, Any]

    def load(self, at: datetime) -> TrustSnapshot:
        """The snapshot, or the refusal of a damaged store."""
        if not self.told["usable"]:
            raise TrustStoreUnusable(file="timestamp.json", why="signature")
        return TrustSnapshot(
            trust=TrustList.parse(strict_json.canonical(self.told["trust"])),
            revoked=_lists(self.told["revoked"]),
            suspended=_lists(self.told["suspended"]),
            signed_at=datetime.fromisoformat(self.told["signed_at"]),
            expires_at=datetime.fromisoformat(self.told["expires_at"]),
            floor=datetime.fromisoformat(self.told["floor"]),
        )


@dataclass
class AnyScreen:
    """A screen that asks for what the vector says, and for no right at all."""

    expects: CardKind
    device_bound_only: bool
    name: ClassVar[str] = "vector"
    wishes: ClassVar[Binding] = Binding.SYNCED

    def judge(self, facts: CardFacts, freshness: Freshness) -> tuple[Reason, ...]:
        """No reason of its own."""
        return ()


def _lists(told: dict[str, str]) -> dict[int, StatusList]:
    return {int(number): StatusList.decode(base64url.decode(text)) for number, text in told.items()}


def _seen(told: list[dict[str, Any]], at: datetime) -> MemorySeen:
    memory = MemorySeen()
    for one in told:
        key: ReplayKey = (bytes.fromhex(one["credential_sha256"]), one["t"])
        memory.first_time(key, at, at)
    return memory


@pytest.mark.parametrize("name", VECTORS)
def test_vector_at_the_till(name: str) -> None:
    """The till gives the vector's one reason and a red light, or accepts what is good."""
    vector = VECTORS[name]
    at = datetime.fromisoformat(vector["at"])
    till = Verifier(VectorStore(vector["store"]), _seen(vector["seen"], at))
    screen = AnyScreen(CardKind(vector["expected_kind"] or vector["kind"]), vector["require_device_bound"])

    verdict = till.check(
        vector["text"],
        screen,
        at,
        ctx=bytes.fromhex(vector["ctx"]),
        also_asked=[bytes.fromhex(other) for other in vector["also_asked"]],
    )

    if vector["expected"] == "ok":
        assert (verdict.light, verdict.codes) == (Light.GREEN, ())
        assert verdict.facts is not None
    else:
        assert (verdict.light, verdict.codes) == (Light.RED, (vector["expected"],))
        assert verdict.facts is None


def test_a_good_vector_is_refused_the_second_time() -> None:
    """The till of a vector remembers what it accepted."""
    vector = VECTORS["good_apcv_soins"]
    at = datetime.fromisoformat(vector["at"])
    till = Verifier(VectorStore(vector["store"]), MemorySeen())
    screen = AnyScreen(CardKind.APCV, device_bound_only=False)

    lights = [till.check(vector["text"], screen, at).light for _ in range(2)]

    assert lights == [Light.GREEN, Light.RED]
