"""As many pharmacists as a scenario needs, each with a number and a pharmacy of their own, in the directory.

They are copies of the persona Laure PAOLI-TEST with other numbers: fictitious all of them, and read by the
directory's own reader.
"""

from __future__ import annotations

import json

from apcv_backend.bootstrap import Services
from apcv_backend.enrolment.rules import PersonKey
from cartes.cards import CardKind
from cartes.identifiers.luhn import luhn_key
from cartes.wire import strict_json
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import PERSONAS

_HERS = ("9990015", "9991000154", "999-pharmacie-paoli")


def enter_pharmacists(services: Services, clock: SteerableClock, count: int) -> list[tuple[PersonKey, str]]:
    """Load `count` of them; their keys, and the FINESS numbers of their pharmacies."""
    document = strict_json.loads((PERSONAS / "annuaire" / "1-depart.json").read_bytes())
    hers = [one for one in document["entry"] if one["resource"]["id"] in _HERS]
    entered, entries = [], []
    for number in range(count):
        rpps = _keyed(f"9970091{number:03d}")
        finess = _keyed(f"99910{number:03d}")
        text = json.dumps(hers)
        for old, new in (
            ("999001506", finess),
            ("99700900154", rpps),
            ("9990000154", f"999001{number:04d}"),  # the number of a card
            ("9991000154", f"999200{number:04d}"),  # the exercice
            ("9990015", f"99911{number:02d}"),
            ("999-pharmacie-paoli", f"999-pharmacie-{number}"),
            ("00000915900013", _keyed(f"000009159{number:04d}")),
            ("999000154", f"9990{number:05d}"),  # her number at the assurance maladie
        ):
            text = text.replace(old, new)
        entries += json.loads(text)
        entered.append((PersonKey.parse(CardKind.ECPS, rpps), finess))
    report = services.professionals.load({**document, "entry": entries}, source="copies", at=clock())
    assert not report.refused, report
    return entered


def _keyed(digits: str) -> str:
    return digits + luhn_key(digits)
