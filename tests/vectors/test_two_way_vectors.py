"""The golden vectors of the two-way mode, as a phone and a till must judge them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cartes.cards import CardKind
from cartes.errors import RequesterNotProven, RequestRefused
from cartes.requester import check_requester
from cartes.status import StatusList, StatusPurpose
from cartes.till_request import open_request
from cartes.trust import TrustList
from cartes.wire import base64url, strict_json
from tests.simulators.cards import HeldStore
from tests.vectors import generate_two_way, golden
from verifier.own_key import OwnKey
from verifier.policy import POLICIES
from verifier.seen import MemorySeen
from verifier.till_session import TillSession, Waiting
from verifier.trust_snapshot import TrustSnapshot
from verifier.two_way import TwoWayTill
from verifier.verdict import Verdict
from verifier.verify import Verifier

FILES = sorted(generate_two_way.FOLDER.glob("*.json"))
VECTORS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FILES}
REQUESTS = {name: told for name, told in VECTORS.items() if name.startswith("request_")}
ANSWERS = {name: told for name, told in VECTORS.items() if name.startswith("answer_")}


def instant(text: str) -> datetime:
    """An instant of a file."""
    return datetime.fromisoformat(text)


def snapshot(told: dict[str, Any]) -> TrustSnapshot:
    """What a phone or a till trusts, from a file."""
    made_at = instant(told["status_issued_at"])
    trust = TrustList.parse(strict_json.canonical(told["trust"]))

    def lists(purpose: StatusPurpose, slots: dict[str, list[int]]) -> dict[int, StatusList]:
        return {
            number: StatusList(number, purpose, 2_000_000, made_at, frozenset(slots.get(str(number), ())))
            for number in trust.status_lists
        }

    revoked = lists(StatusPurpose.REVOKED, told.get("revoked", {}))
    return TrustSnapshot(
        trust, revoked, lists(StatusPurpose.SUSPENDED, {}), made_at, instant(told["at"]), made_at
    )


def judge(told: dict[str, Any], folder: Path) -> Verdict:
    """What a till says, its waiting requests put where a challenge puts them."""
    at, session = instant(told["at"]), TillSession(folder)
    for waits in told["waiting"]:
        key = OwnKey.read(bytes.fromhex(waits["ephemeral_secret"]))
        session.wait_for(Waiting(bytes.fromhex(waits["ctx"]), key, at))
    till = TwoWayTill(Verifier(HeldStore(snapshot(told)), MemorySeen()), session)
    return till.check(told["text"], POLICIES["officine"], at)


def test_the_files_are_those_the_generator_makes() -> None:
    """Nobody edits a vector by hand; signatures and seals are deterministic."""
    assert golden.differences(generate_two_way.files(), [generate_two_way.FOLDER]) == []


@pytest.mark.parametrize("name", REQUESTS)
def test_a_phone_says_of_each_request_what_its_file_says(name: str) -> None:
    """One code each; for an e-CPS that does not hold, its own reason too."""
    told = REQUESTS[name]
    at, known = instant(told["at"]), snapshot(told)
    said, reason = "ok", None
    try:
        request = open_request(told["text"], at)
        assert request.ctx.hex() == told["ctx"]
        asker = check_requester(request, known.trust, known.revoked, known.suspended, at)
        assert asker.card.kind is CardKind.ECPS
    except RequestRefused as refused:
        said = refused.code
        if isinstance(refused, RequesterNotProven):
            reason = refused.facts["reason"]

    assert (said, reason) == (told["expected"], told["reason"])


@pytest.mark.parametrize("name", ANSWERS)
def test_a_till_says_of_each_answer_what_its_file_says(name: str, tmp_path: Path) -> None:
    """A good one is what its presentation says; any other is red for one reason."""
    told = ANSWERS[name]

    judged = judge(told, tmp_path)

    if told["expected"] == "ok":
        assert judged.facts is not None
        assert judged.facts.card.kind is CardKind.APCV
    else:
        assert (judged.codes, judged.facts) == ((told["expected"],), None)


def test_sizes_are_what_the_page_says() -> None:
    """HPKE adds 81 bytes to a presentation, and the longest answer stays a symbol phones can show."""
    for told in ANSWERS.values():
        assert told["bytes"] == len(base64url.decode(told["presentation"])) + 81
    assert VECTORS["answer_good"]["bytes"] == 453
    assert VECTORS["answer_good_longest"]["bytes"] == 479
