"""A publication spoilt in each way TUF knows, before the phone's JavaScript and before the till's Python.

A fresh publisher, or five keepers with thresholds, publishes; somebody spoils the folder; a phone (Node, no
network) and a till are offered it. The phone names the file and says why in a word; both refuse with the same
code. Each case says where the TUF specification asks for the refusal.
"""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from apcv_backend.publication.ports import Role
from cartes.errors import CarteError
from cartes.wire import base64url
from tests.simulators.clock import MORNING
from tests.simulators.issuing import WordKey
from tests.simulators.javascript import ask
from tests.simulators.keepers import ThresholdPublisher, sign
from tests.simulators.publisher import Publisher, hours
from tests.simulators.tuf_forger import resign, sign_timestamp_over
from tests.vectors.trust_faults import FAULTS, LATER, Fault
from verifier.refresh import refresh


def step(publisher: Publisher, at: datetime, path: Path | None = None) -> dict[str, object]:
    """A phone renews from a publication at an instant."""
    root = base64url.encode(publisher.root)
    return {"path": str(path or publisher.directory), "at": at.timestamp(), "root": root}


def till_says(publisher: Publisher, folder: Path, *steps: dict[str, Any]) -> str:
    """The code of a till that is offered the same publications in turn."""
    store = publisher.new_till(folder)
    said = "ok"
    for one in steps:
        try:
            refresh(store, one["path"], datetime.fromtimestamp(one["at"], MORNING.tzinfo))
            said = "ok"
        except CarteError as refused:
            said = refused.code
    return said


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    """A publication of this morning."""
    made = Publisher(tmp_path / "publication")
    made.publish()
    return made


def test_a_genuine_publication_is_believed_by_both(node: str, publisher: Publisher, tmp_path: Path) -> None:
    """Without it, every refusal below would prove nothing."""
    offered = step(publisher, LATER)

    assert ask(node, "trust", steps=[offered])["code"] == "ok"
    assert till_says(publisher, tmp_path / "till", offered) == "ok"


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_what_was_spoilt_is_refused_with_its_own_word(
    node: str, publisher: Publisher, tmp_path: Path, fault: Fault
) -> None:
    """The phone names file and reason; a till refuses the same publication."""
    fault.spoil(publisher)
    offered = step(publisher, LATER)

    told = ask(node, "trust", steps=[offered])

    assert (told["code"], told.get("file"), told.get("why")) == (fault.code, fault.file, fault.why)
    assert told["held"] is None
    assert till_says(publisher, tmp_path / "till", offered) == fault.till


def test_a_frozen_publication_is_named(node: str, publisher: Publisher, tmp_path: Path) -> None:
    """Genuine, and a day old: the source no longer follows (TUF 5.4.4)."""
    offered = step(publisher, MORNING + hours(24))

    told = ask(node, "trust", steps=[offered])

    assert (told["code"], told["file"], told["why"]) == ("trust_frozen", "timestamp.json", "expired")
    assert till_says(publisher, tmp_path / "till", offered) == "trust_frozen"


def test_an_older_publication_is_a_rollback_and_what_was_kept_stays(
    node: str, publisher: Publisher, tmp_path: Path
) -> None:
    """A mirror of this morning, offered after this afternoon's (TUF 5.4.3, 5.5.5)."""
    mirror = Path(shutil.copytree(publisher.directory, tmp_path / "mirror"))
    publisher.slots.revoked_slots = {1: {5}}
    publisher.publish(LATER)
    steps = [step(publisher, LATER), step(publisher, LATER, mirror)]

    told = ask(node, "trust", steps=steps)

    assert (told["code"], told["why"]) == ("trust_rolled_back", "rolled_back")
    assert told["held"]["timestamp"] == 2
    assert till_says(publisher, tmp_path / "till", *steps) == "trust_rolled_back"


def test_an_old_snapshot_under_a_new_timestamp_is_refused(
    node: str, publisher: Publisher, tmp_path: Path
) -> None:
    """Each file genuine, of different editions: the timestamp key alone brings no old snapshot back."""
    mirror = Path(shutil.copytree(publisher.directory, tmp_path / "mirror"))
    publisher.slots.revoked_slots = {1: {5}}
    publisher.publish(LATER)
    publisher.publish(LATER + hours(13))
    mixed = Publisher(mirror)
    for number in (1, 2, 3):
        sign_timestamp_over(mixed, LATER + hours(13 + number))
    at = LATER + hours(17)
    steps = [step(publisher, LATER + hours(13)), step(publisher, at, mirror)]

    told = ask(node, "trust", steps=steps)

    assert (told["code"], told["file"]) == ("trust_rolled_back", "snapshot.json")
    assert till_says(publisher, tmp_path / "till", *steps) == "trust_rolled_back"


@pytest.fixture
def keepers(tmp_path: Path) -> ThresholdPublisher:
    """Root two of three, targets two of two: a fresh ceremony."""
    made = ThresholdPublisher(tmp_path / "kept")
    made.start()
    return made


def _rotate(keepers: ThresholdPublisher, at: datetime, by: list[WordKey] | None = None) -> None:
    root = sign(keepers.root_draft(2, at), *(by or keepers.keepers[Role.ROOT][:2]))
    keepers.publish_targets(at, root=root)


def test_keepers_under_thresholds_are_believed(
    node: str, keepers: ThresholdPublisher, tmp_path: Path
) -> None:
    """From the ceremony, over a change of root, to a phone that began at the first."""
    first = Path(shutil.copytree(keepers.directory, tmp_path / "first"))
    keepers.keys[Role.TIMESTAMP] = WordKey("the next timestamp")
    _rotate(keepers, LATER)
    steps = [step(keepers, MORNING, first), step(keepers, LATER)]

    told = ask(node, "trust", steps=steps)

    assert (told["code"], told["versions"]["root"]) == ("ok", 2)
    assert till_says(keepers, tmp_path / "till", *steps) == "ok"


@pytest.mark.parametrize(
    ("file", "name"),
    [("1.targets.json", "targets.json"), ("2.root.json", "2.root.json")],
    ids=["targets", "root"],
)
def test_one_signature_where_two_are_asked_is_refused(
    node: str, keepers: ThresholdPublisher, tmp_path: Path, file: str, name: str
) -> None:
    """The threshold, for the trust list and for a change of root (TUF 5.3.4)."""
    if file == "2.root.json":
        _rotate(keepers, LATER)
    path = keepers.directory / "metadata" / file
    whole = json.loads(path.read_bytes())
    whole["signatures"] = whole["signatures"][:1] * 2
    path.write_text(json.dumps(whole))
    offered = step(keepers, LATER)

    told = ask(node, "trust", steps=[offered])

    assert (told["code"], told["file"], told["why"]) == ("trust_forged", name, "signature")
    assert till_says(keepers, tmp_path / "till", offered) == "trust_forged"


def test_the_keys_of_an_old_root_rewrite_nothing(
    node: str, keepers: ThresholdPublisher, tmp_path: Path
) -> None:
    """Two keys stolen after their root was left: a phone that has followed never reads them again."""
    thieves = keepers.keepers[Role.ROOT][:2]
    mirror = Path(shutil.copytree(keepers.directory, tmp_path / "mirror"))
    keepers.keepers[Role.ROOT] = [WordKey(f"keeper root {number}") for number in (3, 4, 5)]
    old = [WordKey("keeper root 2"), WordKey("keeper root 3"), WordKey("keeper root 4")]
    _rotate(keepers, LATER, old)
    forged = ThresholdPublisher(mirror)
    forged.keys = {role: WordKey(f"thief {role.value}") for role in forged.keys}
    forged.keepers[Role.TARGETS] = [WordKey("thief targets 1"), WordKey("thief targets 2")]
    for version in (2, 3):
        draft = sign(forged.root_draft(version, LATER), *thieves)
        forged.publish_targets(LATER + hours(version), root=draft)
    at = LATER + hours(3)
    steps = [step(keepers, LATER), step(keepers, at, mirror)]

    told = ask(node, "trust", steps=steps)

    assert (told["code"], told["file"]) == ("trust_forged", "3.root.json")
    assert told["held"]["root"] == 2
    assert till_says(keepers, tmp_path / "till", *steps) == "trust_forged"
    assert ask(node, "trust", steps=steps[1:])["code"] == "ok"  # who never saw the new root cannot know


def test_what_a_stolen_key_pushed_forward_binds_no_more(
    node: str, keepers: ThresholdPublisher, tmp_path: Path
) -> None:
    """A timestamp of version two billion, then the keepers take that key's right away (TUF 5.3.11)."""
    pushed = Path(shutil.copytree(keepers.directory, tmp_path / "pushed"))
    resign(
        Publisher(pushed),
        "timestamp.json",
        lambda body: body.update(version=2_000_000_000),
        keepers.keys[Role.TIMESTAMP],
    )
    ahead = {"path": str(pushed)}
    stuck = [step(keepers, LATER) | ahead, step(keepers, LATER)]
    deaf = ask(node, "trust", steps=stuck)

    keepers.keys[Role.TIMESTAMP] = WordKey("the next timestamp")
    _rotate(keepers, LATER)
    steps = [step(keepers, LATER) | ahead, step(keepers, LATER)]
    told = ask(node, "trust", steps=steps)

    assert (deaf["code"], deaf["file"]) == ("trust_rolled_back", "timestamp.json")
    assert (told["code"], told["versions"]["root"]) == ("ok", 2)
    assert till_says(keepers, tmp_path / "till", *steps) == "ok"
