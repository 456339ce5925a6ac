"""The pharmacist's part: read each picture, judge it offline, and compare with what was expected.

What is expected stands in `expected.json`, which no program but this one reads.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from examples.demo.play import Refusal, Shown
from verifier.drawing import png
from verifier.lights import Light
from verifier.policy import POLICIES
from verifier.scanner import NoCodeFound, read_image
from verifier.seen import FileSeen
from verifier.sentences import sentence_for
from verifier.till_session import TillSession
from verifier.trust_store import TrustStore
from verifier.two_way import TwoWayTill
from verifier.verify import Verifier

TWO_WAYS = "deux-sens"  # the name of a picture that answers a till's request
EXPECTED = Path(__file__).resolve().parent / "expected.json"


@dataclass(frozen=True)
class Row:
    """One line of the table: who, what the till sees, and whether that is what should be."""

    who: str
    sees: str
    light: str
    reasons: tuple[str, ...]
    expected: str
    wrong: str  # empty when all is as expected
    said: Mapping[str, str] = field(default_factory=dict)  # each reason in a sentence

    @property
    def is_right(self) -> bool:
        """Whether the till saw what it should."""
        return not self.wrong


def read_expectations(path: Path = EXPECTED) -> dict[str, dict[str, Any]]:
    """What each line should be, by `persona:card`."""
    lines: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return lines


def judge_refusal(line: str, who: str, refusal: Refusal | None, expected: dict[str, Any]) -> Row:
    """A person who should be refused before holding a card, at that step and with that name."""
    wanted = f"{expected.get('step')}: {expected.get('code')}"
    if refusal is None:
        return Row(who, "une carte", "—", (), wanted, f"{line}: no refusal")
    got = f"{refusal.step}: {refusal.code}"
    sees = "refusé à l'enrôlement" if refusal.step == "enrolment" else "refusé à la délivrance"
    wrong = "" if got == wanted else f"{line}: {got}"
    return Row(who, sees, "—", (refusal.code,), wanted, wrong, {refusal.code: refusal.said})


class Till:
    """A workstation with its own store of trust, and no network."""

    def __init__(self, store: Path) -> None:
        self._verifier = Verifier(TrustStore(store), FileSeen(store / "seen"))
        self._two_way = TwoWayTill(self._verifier, TillSession(store))

    def begin_session(self, at: datetime) -> str:
        """Walk C, step 1: a key for this session, as the digits a professional's phone reads."""
        return self._two_way.begin(at, secrets.token_bytes).text()

    def accept_professional(self, text: str, at: datetime) -> bool:
        """Walk C, step 3: whether the e-CPS shown authorises this till's key."""
        return self._two_way.authorise(text, POLICIES["identite-pro"], at).light is not Light.RED

    def ask(self, picture: Path, at: datetime) -> None:
        """Walk C, step 4: a signed request for one patient, drawn in `picture`."""
        picture.write_bytes(png(self._two_way.challenge(at, secrets.token_bytes)))

    def judge(self, shown: Shown, expected: dict[str, Any], at: datetime) -> Row:
        """Read the picture, judge it at `at`, and compare light, reasons and every expected fact."""
        line = f"{shown.persona.persona_id}:{shown.name}"
        wanted = " ".join([expected["light"], *expected["reasons"]])
        who = shown.persona.label + (" ⇄" if shown.name == TWO_WAYS else "")
        try:
            text = read_image(shown.picture)
        except NoCodeFound:
            return Row(who, "rien de lisible", "—", ("no_code",), wanted, f"{line}: no code in the picture")
        verdict = self._two_way.check(text, POLICIES[shown.persona.policy], at)
        said = verdict.to_json()
        differences = [
            f"{path}: {_at(said, path)!r} (expected {value!r})"
            for path, value in expected.get("facts", {}).items()
            if _at(said, path) != value
        ]
        if (said["light"], said["reasons"]) != (expected["light"], expected["reasons"]):
            differences.append(f"{said['light']} {said['reasons']}")
        return Row(
            who=who,
            sees=_sees(said),
            light=said["light"],
            reasons=tuple(said["reasons"]),
            expected=wanted,
            wrong=f"{line}: {'; '.join(differences)}" if differences else "",
            said={code: sentence_for(code).said for code in verdict.codes},
        )


def _at(said: dict[str, Any], path: str) -> Any:
    """The value at a dotted path, None where there is nothing; `len(x)` counts a list."""
    if path.startswith("len("):
        return len(_at(said, path[4:-1]) or [])
    found: Any = said
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


_OPEN = {True: "✓", False: "✗"}


def _sees(said: dict[str, Any]) -> str:
    """One line, as short as a till's headline."""
    card = said.get("card") or {}
    if "born" in card:
        year, month, day = card["born"].split("-")
        parts = [f"{card['use_name']} {card['given']} {day}/{month}/{year}", card["shape"]]
        parts += [f"AMO {_OPEN[card['amo']['open']]}"] if card["amo"] else []
        parts += [f"AMC {_OPEN[card['amc']['open']]}"] if card["amc"] else []
        parts += ["ALD"] if card["ald"] else []
        parts += ["C2S"] if card["c2s"] else []
        parts += ["Alsace-Moselle"] if card["amo"] and card["amo"]["alsace_moselle"] else []
        parts += [f"par {card['delegate']['name']}"] if card["delegate"] else []
        return " ".join(parts)
    if "national_id" in card:
        return f"{card['name']} {card['given']}, {card['profession_label']}, {card['structure']['label']}"
    return "aucun fait : carte refusée"
