"""Every golden vector through the ground floor: the right reason, from the first failing check."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cartes import errors, presentation, seal
from cartes.cards import CardKind
from cartes.errors import CardRefused
from cartes.seal import OpenedCard
from cartes.status import StatusList
from cartes.trust import TrustList
from cartes.wire import base64url, qr, strict_json

FOLDERS = [Path(__file__).parent / name for name in ("sq1", "amc")]
VECTORS = {
    path.stem: json.loads(path.read_text("utf-8"))
    for folder in FOLDERS
    for path in sorted(folder.glob("*.json"))
}
# Check 0 is the store's own: the verifier's tests run these files too.
DECIDED_BEFORE_READING = {"verifier_clock_behind", "trust_store_stale", "trust_store_unusable"}
REASONS = {
    leaf.code for leaf in vars(errors).values() if isinstance(leaf, type) and issubclass(leaf, CardRefused)
} - {"card_refused"}


def _status(vector: dict[str, Any], trust: TrustList, opened: OpenedCard, at: datetime) -> None:
    """Check 7, in the simplest words that can be right."""
    slot = opened.card.slot
    told = vector["store"]["revoked"].get(str(slot.list))
    if told is None or trust.status_lists.get(slot.list) is not opened.card.kind:
        raise errors.StatusListUnknown
    revoked = StatusList.decode(base64url.decode(told))
    if at - revoked.issued_at > timedelta(days=7):
        raise errors.StatusStale
    if revoked.is_set(slot.idx):
        raise errors.Revoked
    if StatusList.decode(base64url.decode(vector["store"]["suspended"][str(slot.list)])).is_set(slot.idx):
        raise errors.Suspended


def _check(vector: dict[str, Any]) -> None:
    at = datetime.fromisoformat(vector["at"])
    trust = TrustList.parse(strict_json.canonical(vector["store"]["trust"]))
    unverified = presentation.parse(qr.unpack(vector["text"]))
    expected = CardKind(vector["expected_kind"]) if vector["expected_kind"] else None
    opened = seal.open_seal(unverified.credential, trust, at, expected=expected)
    _status(vector, trust, opened, at)
    held = presentation.check_holder_proof(
        unverified,
        opened,
        trust.kinds[opened.card.kind],
        at,
        ctx=bytes.fromhex(vector["ctx"]),
        also_asked=[bytes.fromhex(other) for other in vector["also_asked"]],
        require_device_bound=vector["require_device_bound"],
    )
    if any((bytes.fromhex(one["credential_sha256"]), one["t"]) == held.replay_key for one in vector["seen"]):
        raise errors.Replayed


@pytest.mark.parametrize(
    "name", [name for name, vector in VECTORS.items() if vector["expected"] not in DECIDED_BEFORE_READING]
)
def test_vector_gives_its_one_reason(name: str) -> None:
    """Reading the text at its moment gives the expected reason, or none."""
    vector = VECTORS[name]

    try:
        _check(vector)
        reason = "ok"
    except CardRefused as refused:
        reason = refused.code

    assert reason == vector["expected"]


def test_every_reason_has_a_vector() -> None:
    """No reason of the table is without a file, and no file has a reason outside it."""
    sealed = {
        json.loads(path.read_text(encoding="utf-8"))["expected"]
        for path in (Path(__file__).parent / "two_way_mode").glob("answer_*.json")
    }

    assert {vector["expected"] for vector in VECTORS.values()} | sealed == REASONS | {"ok"}


def test_every_kind_has_good_and_bad_vectors() -> None:
    """No card is tested on its sunny side only."""
    seen = {(vector["kind"], vector["expected"] == "ok") for vector in VECTORS.values()}

    assert seen == {(kind.value, is_good) for kind in CardKind for is_good in (True, False)}


def test_generator_writes_the_same_bytes() -> None:
    """What stands in the folder is what the committed generator makes, to the byte."""
    generator = Path(__file__).parent / "generate.py"

    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(generator), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, ""), done.stderr
