"""A card and a contract one after the other, at the till in Python and on the page in JavaScript: one answer.

The same codes, made of real cards, are shown to both; each scene is a list of showings, seconds apart.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from cartes.amc import AmcCard, EtatContrat
from cartes.apcv import ApcvCard
from cartes.cards import Slot
from cartes.droits import PeriodeDroits
from cartes.status import StatusPurpose
from cartes.wire import base64url, strict_json
from tests.simulators.cards import APCV_LIST, NOON, Phone, World, a_contract, an_apcv
from verifier.kiosk.patient import Patient
from verifier.policy import BESIDE, POLICIES

PAIR: Final = Path(__file__).parent / "javascript" / "pair.mjs"
NEIGHBOUR: Final = Phone("phone-neighbour")
CLOSED: Final = PeriodeDroits(date(2026, 1, 1), date(2026, 6, 30))

ANGE: Final = (an_apcv(), None)
SARAH: Final = (an_apcv(slot=Slot(APCV_LIST, 8), given="SARAH"), NEIGHBOUR)
CONTRACT: Final = (a_contract(), None)
SARAHS: Final = (a_contract(link=Slot(APCV_LIST, 8)), NEIGHBOUR)
Shown = tuple[ApcvCard | AmcCard, Phone | None]

SCENES: Final[dict[str, tuple[str, Sequence[tuple[Shown, int]]]]] = {
    "card, contract": ("officine", [(ANGE, 0), (CONTRACT, 5)]),
    "contract, card": ("officine", [(CONTRACT, 0), (ANGE, 5)]),
    "another's contract": ("officine", [(ANGE, 0), (SARAHS, 5), (SARAH, 5)]),
    "contract of that slot on another phone": ("officine", [(ANGE, 0), ((a_contract(), NEIGHBOUR), 5)]),
    "contract left behind": ("officine", [(CONTRACT, 0), (SARAH, 5), (ANGE, 5)]),
    "the next patient": ("officine", [(ANGE, 0), (CONTRACT, 5), (SARAH, 5)]),
    "two minutes later": ("officine", [(ANGE, 0), (CONTRACT, 120)]),
    "just before": ("officine", [(ANGE, 0), (CONTRACT, 119)]),
    "unknown": ("officine", [(ANGE, 0), ((a_contract(etat=EtatContrat.INCONNU), None), 5)]),
    "closed": ("officine", [(ANGE, 0), ((a_contract(periode=CLOSED), None), 5)]),
    "no pharmacy": ("officine", [(ANGE, 0), ((a_contract(domaines=("MEDE",)), None), 5)]),
    "no pharmacy, in a practice": ("cabinet", [(ANGE, 0), ((a_contract(domaines=("MEDE",)), None), 5)]),
    "identity": ("identite", [(ANGE, 0), (CONTRACT, 5)]),
}


def _store(world: World) -> dict[str, Any]:
    """What both know, as JSON values."""

    def lists(purpose: StatusPurpose) -> dict[str, str]:
        made = world._lists(purpose, {})
        return {str(number): base64url.encode(one.encode()) for number, one in made.items()}

    return {
        "trust": strict_json.loads(world.trust().encode()),
        "revoked": lists(StatusPurpose.REVOKED),
        "suspended": lists(StatusPurpose.SUSPENDED),
        "signed_at": world.signed_at.isoformat(),
        "expires_at": (world.signed_at + timedelta(hours=24)).isoformat(),
        "floor": world.signed_at.isoformat(),
    }


def _at_the_till(world: World, screen: str, shown: Sequence[tuple[str, datetime]]) -> list[Any]:
    till, patient, told = world.till(), Patient(), []
    for text, at in shown:
        judged = till.check(text, POLICIES[screen], at, beside=BESIDE.get(screen))
        judged, beside = patient.shown(judged, screen, at)
        other = (
            beside
            and beside.judged.kind
            and {
                "kind": beside.judged.kind.value,
                "goes_with": beside.goes_with,
            }
        )
        told.append(
            {
                "kind": judged.kind and judged.kind.value,
                "light": judged.light.word,
                "reasons": list(judged.codes),
                "beside": other,
            }
        )
    return told


@pytest.mark.parametrize("scene", SCENES)
def test_the_page_pairs_as_the_till_does(node: str, scene: str) -> None:
    """Kind, light, reasons, the other card and whether both go together, showing by showing."""
    world, (screen, steps) = World(), SCENES[scene]
    at, shown = NOON, []
    for (card, phone), seconds in steps:
        at += timedelta(seconds=seconds)
        shown.append((world.show(card, at, phone=phone), at))
    asked = {
        "store": _store(world),
        "screen": screen,
        "shown": [{"text": text, "at": when.isoformat()} for text, when in shown],
    }

    done = subprocess.run(
        [node, str(PAIR)], input=json.dumps(asked), capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == _at_the_till(world, screen, shown)
