"""The Python phone's trust data over time: it goes on from the newest root proven, like the web phone."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from apcv_backend.publication.ports import Role
from cartes.errors import TrustStoreUnusable
from mobile_mock import cli as phone_cli
from mobile_mock import cli_two_way
from mobile_mock.authenticator import MODELS
from mobile_mock.client_data import ClientShape
from mobile_mock.errors import PocketDamaged
from mobile_mock.pocket import Pocket
from mobile_mock.pocket_records import Phone
from mobile_mock.reading import publication_at
from mobile_mock.trust_data import PocketTrust
from mobile_mock.trust_publication import TrustRefused, fetch_trust
from tests.simulators.clock import MORNING
from tests.simulators.issuing import WordKey
from tests.simulators.keepers import ThresholdPublisher, sign
from tests.simulators.publisher import hours

LATER = MORNING + hours(2)
PHONE = Phone(MODELS["plain"], ClientShape.WEBKIT)


@pytest.fixture
def keepers(tmp_path: Path) -> ThresholdPublisher:
    """Root two of three, targets two of two: a fresh ceremony."""
    made = ThresholdPublisher(tmp_path / "kept")
    made.start()
    return made


def learn(keepers: ThresholdPublisher, folder: Path, at: datetime, kept: object = None) -> dict[str, object]:
    """What a phone given the first root learns from a folder, knowing what it kept."""
    return fetch_trust(keepers.root, publication_at(str(folder)), at, kept)


def other_keepers(keepers: ThresholdPublisher, at: datetime) -> None:
    """The root's keys change hands: the second root, signed by two of the old and by two of the new."""
    keepers.keepers[Role.ROOT] = [WordKey(f"keeper root {number}") for number in (3, 4, 5)]
    old_and_new = [WordKey(f"keeper root {number}") for number in (2, 3, 4)]
    keepers.publish_targets(at, root=sign(keepers.root_draft(2, at), *old_and_new))


def thieves_publish(keepers: ThresholdPublisher, folder: Path, at: datetime) -> None:
    """Two keys of the first root, stolen after it was left, sign another second and third root."""
    forged = ThresholdPublisher(folder)
    thieves = forged.keepers[Role.ROOT][:2]
    forged.keys = {role: WordKey(f"thief {role.value}") for role in keepers.keys}
    forged.keepers[Role.TARGETS] = [WordKey("thief targets 1"), WordKey("thief targets 2")]
    for version in (2, 3):
        forged.publish_targets(at, root=sign(forged.root_draft(version, at), *thieves))


def test_the_keys_of_an_old_root_rewrite_nothing(keepers: ThresholdPublisher, tmp_path: Path) -> None:
    """A phone that has followed a change of root never reads the old keys again."""
    mirror = Path(shutil.copytree(keepers.directory, tmp_path / "mirror"))
    other_keepers(keepers, LATER)
    kept = learn(keepers, keepers.directory, LATER)
    thieves_publish(keepers, mirror, MORNING + hours(3))

    with pytest.raises(TrustRefused) as refused:
        learn(keepers, mirror, MORNING + hours(3), kept)

    assert (refused.value.facts["file"], refused.value.facts["why"]) == ("3.root.json", "signature")
    # Who never saw the new root cannot know: the refusal above is the memory's.
    assert learn(keepers, mirror, MORNING + hours(3))


def test_a_change_of_root_is_followed_from_the_one_kept(keepers: ThresholdPublisher, tmp_path: Path) -> None:
    """The roots before it may be gone from the publication: they are not asked for again."""
    other_keepers(keepers, LATER)
    kept = learn(keepers, keepers.directory, LATER)
    first = keepers.root
    (keepers.directory / "metadata" / "1.root.json").unlink()
    (keepers.directory / "metadata" / "2.root.json").unlink()

    assert fetch_trust(first, publication_at(str(keepers.directory)), LATER, kept)["root"] == kept["root"]


@pytest.mark.parametrize("kept", [[], {"signed_at": "noon"}, {"signed_at": 1, "root": 7}])
def test_a_pocket_edited_into_nonsense_is_said_to_be_damaged(
    keepers: ThresholdPublisher, kept: object
) -> None:
    """Not a traceback, and not a fresh start either."""
    with pytest.raises(PocketDamaged):
        learn(keepers, keepers.directory, LATER, kept)


def test_the_command_keeps_the_newest_root_and_takes_no_other(
    keepers: ThresholdPublisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`trust` twice: the second needs no `--root`, and one that is not the first is refused in words."""
    monkeypatch.setattr(cli_two_way, "now", lambda: LATER)
    pocket, root = tmp_path / "phone", keepers.directory / "metadata" / "1.root.json"
    with Pocket.create(pocket, PHONE):
        pass

    def trust(*more: object) -> tuple[int, str]:
        words = ["trust", "--pocket", str(pocket), "--from", str(keepers.directory), *map(str, more)]
        done = CliRunner().invoke(phone_cli.main, words)
        return done.exit_code, done.output

    assert trust("--root", root)[0] == 0
    other_keepers(keepers, LATER)
    assert trust()[0] == 0
    again = trust("--root", root)
    code, said = trust("--root", keepers.directory / "metadata" / "2.root.json")
    (tmp_path / "picture.json").write_bytes(b"\x89PNG")
    not_text = trust("--root", tmp_path / "picture.json")

    assert again[0] == 0
    assert (code, "racine" in said) == (2, True)
    assert (not_text[0], "trust_refused" in not_text[1]) == (5, True)


@pytest.mark.parametrize("signed_at", [10**15, "noon", None])
def test_what_was_signed_at_no_moment_is_not_believed(
    keepers: ThresholdPublisher, tmp_path: Path, signed_at: object
) -> None:
    """A pocket edited into nonsense: this phone cannot know who asks, and says so."""
    with Pocket.create(tmp_path / "phone", PHONE) as pocket:
        pocket.keep_trust({**learn(keepers, keepers.directory, LATER), "signed_at": signed_at})

        with pytest.raises(TrustStoreUnusable):
            PocketTrust(pocket).load(LATER)
