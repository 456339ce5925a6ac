"""The patient's journal speaks plain French: whatever a room journals about a person has its words."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

import apcv_backend
from apcv_backend.enrolment.activation_codes import IdentityMethod
from apcv_backend.patient_journal.rules import Line
from apcv_backend.patient_journal.sentences import NamesInLine, what_of, who_of, why_of
from apcv_backend.presences.rules import Method
from apcv_backend.record_access import rules as record_rules
from apcv_backend.representation.rules import DelegationType, EndedBy
from apcv_backend.rights import query_rules
from tests.simulators.clock import MORNING

_ROOMS = ("activation_code", "device", "card", "cards", "exercice", "presence", "rights", "signin")
_ALSO = ("record", "document", "consent", "representation", "incident", "person")
_EVENT = re.compile(rf'"((?:{"|".join(_ROOMS + _ALSO)})\.[a-z_]+)"')
NOT_ABOUT_A_PATIENT = {"document.withheld"}
"""Its subject is a document's pseudonym."""


def _journalled_events() -> list[str]:
    package = Path(apcv_backend.__path__[0])
    found = {name for source in package.rglob("*.py") for name in _EVENT.findall(source.read_text())}
    composed = {f"consent.{decision.value}" for decision in record_rules.Decision}
    return sorted((found | composed) - NOT_ABOUT_A_PATIENT)


def _line(event: str, **facts: object) -> Line:
    return Line("entry", 1, MORNING, event, "device:1", facts)


@pytest.mark.parametrize("event", _journalled_events())
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_event_about_a_person_has_its_sentence(event: str, language: str) -> None:
    """A sentence, not the name the machine gives it."""
    told = what_of(_line(event), language)

    assert event not in told
    assert told.endswith(".")


def test_the_events_were_found() -> None:
    """The pattern reads the source: were it to find nothing, the rule above would hold of nothing."""
    assert {"presence.redeemed", "rights.queried", "signin.approved"} <= set(_journalled_events())
    assert len(_journalled_events()) > 25


def _each(label: str, values: Iterable[enum.Enum]) -> list[tuple[str, str]]:
    return [(label, one.value) for one in values]


_REASONS = [
    *_each("method", IdentityMethod),
    *_each("method", Method),
    *_each("ground", query_rules.Ground),
    *_each("purpose", query_rules.Purpose),
    *_each("purpose", record_rules.Purpose),
    *[("rule", rule.name) for rule in record_rules.RULES],
    *[("type", one.word) for one in DelegationType],
    *_each("by", EndedBy),
    *[
        ("why", word)
        for word in ("logged_out", "closed_on_phone", "digits", "elsewhere", "redeemed", "withdrawn")
    ],
]


@pytest.mark.parametrize(("label", "value"), _REASONS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_reason_is_said_in_words(label: str, value: str, language: str) -> None:
    """No code of ours on a patient's screen: `activation_code` says nothing to anybody."""
    told = why_of(
        _line("representation.ended" if label == "by" else "presence.redeemed", **{label: value}), language
    )

    assert told
    assert "_" not in told


def test_a_professionals_number_is_said_once() -> None:
    """`by` is who did it in most lines: it is not told again among the reasons."""
    line = _line("presence.redeemed", by="899700000017", structure="999999997", method="two_way")

    assert "899700000017" in who_of(line, NamesInLine(), "fr")
    assert why_of(line, "fr") == "moyen : échange dans les deux sens"


def test_a_ground_has_the_colon_of_its_language() -> None:
    """A space before it in French, none in English."""
    line = _line("device.enrolled", method="activation_code")

    assert [why_of(line, language) for language in ("fr", "en")] == [
        "moyen : code d'activation reçu",
        "means: activation code received",
    ]


def test_what_a_service_declares_is_told_as_its_word() -> None:
    """Nobody checked that they are of the care team: the patient reads who says so, and may contest it."""
    decided = _line("record.permitted", by="899700900154", purpose="normal", rule="care_team", care_team=True)
    kept = _line(
        "record.denied", rule="confidential_to_representative", confidential=True, to_representative=True
    )

    assert why_of(decided, "fr") == "but : soins ; règle : équipe de soins, selon ce que ce service déclare"
    assert why_of(kept, "fr").endswith(
        "; déclaré par ce service : vous gardez cela pour vous, pour le montrer à qui vous représente"
    )
    assert "declared by this service: you keep this to yourself" in why_of(kept, "en")
