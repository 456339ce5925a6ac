"""The calendar of keys: its steps, what it refuses, and the manifest it changes, one change at a time."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from apcv_backend.publication.rules import LONGEST_LIVES
from cartes.cards import CardKind
from keys.ceremony import hold_ceremony
from keys.errors import KeyringUnusable, NoKeyForPurpose, RotationRefused
from keys.keyring import MANIFEST_PATIENCE_S, KeyRecord, Keyring, KeyState, Purpose, SecretName
from keys.manifest import Manifest
from keys.manifest_file import LOG_NAME, MANIFEST_NAME, changing, read_manifest
from keys.rotating import Done, revoke, rotate
from keys.rotation import Action, done, due, plan, policy_of
from tests.simulators.clock import MORNING
from tests.testdata import ROOT

POLICY = policy_of(Purpose.APCV)
HEARD = MORNING + POLICY.heard_after


@pytest.fixture(scope="module")
def ceremony(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A keyring whose keys began this morning, for ten years; nobody touches this one."""
    made = tmp_path_factory.mktemp("ceremony") / "keys"
    return hold_ceremony(made, MORNING, random=lambda size: b"s" * size, days=3650).directory


@pytest.fixture
def folder(ceremony: Path, tmp_path: Path) -> Path:
    """That keyring, for one test to turn."""
    return shutil.copytree(ceremony, tmp_path / "keys")


def records(folder: Path, purpose: Purpose = Purpose.APCV) -> tuple[KeyRecord, ...]:
    return tuple(record for record in read_manifest(folder).keys if record.purpose is purpose)


def states(folder: Path) -> list[KeyState]:
    return [record.state for record in records(folder)]


def log(folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / LOG_NAME).read_text().splitlines()]


class Ticks:
    """Seconds that go forward when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


# --- The calendar -------------------------------------------------------------------------------------


def test_a_life_goes_by_the_calendar(folder: Path) -> None:
    """Made, published for four days, signs after a period, the one before closes, then is forgotten."""
    told = [done_.what for done_ in rotate(folder, Purpose.APCV, MORNING)]
    first, second = records(folder)
    steps = plan(records(folder), POLICY, MORNING)

    assert told == ["make"]
    assert (second.state, second.not_before) == (KeyState.PRE_PUBLISHED, HEARD)
    assert [(step.action, step.public_key) for step in steps] == [
        (Action.ACTIVATE, second.public_key),
        (Action.RETIRE, first.public_key),
        (Action.FORGET, first.public_key),
    ]
    assert steps[0].at == MORNING + POLICY.period
    assert steps[1].at == steps[0].at + POLICY.settle
    for step in steps:
        assert rotate(folder, Purpose.APCV, step.at - timedelta(seconds=1)) == ()
        rotate(folder, Purpose.APCV, step.at)
    first, second, third = records(folder)
    assert (first.state, second.state, third.state) == (
        KeyState.RETIRED,
        KeyState.ACTIVE,
        KeyState.PRE_PUBLISHED,
    )
    assert second.not_before == steps[0].at
    assert first.not_after == steps[1].at + POLICY.settle
    assert steps[2].at == first.not_after + POLICY.card_life + POLICY.settle + POLICY.skew


def test_the_next_key_is_known_to_every_till_before_it_signs(folder: Path) -> None:
    """72 h that a till may go without news, a day to publish, the clocks: not a second less, by any way."""
    rotate(folder, Purpose.APCV, MORNING)

    assert POLICY.heard_after >= timedelta(hours=72 + 24)
    with pytest.raises(RotationRefused, match="not_known_to_tills_yet"):
        rotate(folder, Purpose.APCV, HEARD - timedelta(seconds=1), switch=True)
    assert states(folder) == [KeyState.ACTIVE, KeyState.PRE_PUBLISHED]
    told = rotate(folder, Purpose.APCV, HEARD, switch=True)

    assert [one.what for one in told] == ["activate", "make"]
    assert states(folder) == [KeyState.ACTIVE, KeyState.ACTIVE, KeyState.PRE_PUBLISHED]


def test_being_late_loses_no_step_and_leaves_no_gap(folder: Path) -> None:
    """Nobody came for two periods: the old key still signs; then everything is done in one go, in order."""
    rotate(folder, Purpose.APCV, MORNING)
    late = MORNING + 2 * POLICY.period

    assert Keyring.open(folder, acknowledged_development=True).signer(Purpose.APCV, late)
    told = rotate(folder, Purpose.APCV, late)

    assert [one.what for one in told] == ["activate", "make"]
    first, second, _ = records(folder)
    assert second.not_before == late
    assert first.state is KeyState.ACTIVE, "it stays beside the new one for the settling time"
    assert [one.what for one in rotate(folder, Purpose.APCV, late + POLICY.settle)] == ["retire"]


def test_a_short_ceremony_is_relayed_before_it_ends(tmp_path: Path) -> None:
    """Keys of ten days: the next one takes over while the first still may sign."""
    hold_ceremony(tmp_path / "keys", MORNING, random=lambda size: b"s" * size, days=10)
    rotate(tmp_path / "keys", Purpose.ECPS, MORNING)
    keys = records(tmp_path / "keys", Purpose.ECPS)

    (switch,) = [
        step for step in plan(keys, policy_of(Purpose.ECPS), MORNING) if step.action is Action.ACTIVATE
    ]

    assert HEARD <= switch.at < keys[0].not_after - timedelta(days=1)


def test_a_step_is_not_done_before_its_time(folder: Path) -> None:
    """Whoever calls the pure step too early is refused."""
    rotate(folder, Purpose.APCV, MORNING)
    step = plan(records(folder), POLICY, MORNING)[0]

    with pytest.raises(RotationRefused, match="too_early"):
        done(records(folder), step, POLICY, step.at - timedelta(microseconds=1))
    assert due(records(folder), POLICY, step.at - timedelta(microseconds=1)) is None


def test_only_keys_of_cards_and_tokens_are_in_the_calendar(folder: Path) -> None:
    """A key of the publication changes with its metadata, not here."""
    with pytest.raises(RotationRefused, match="not_in_the_calendar"):
        rotate(folder, Purpose.TUF_TARGETS, MORNING)


@pytest.mark.parametrize("kind", CardKind)
def test_every_kind_of_card_has_a_calendar_as_long_as_its_life(kind: CardKind) -> None:
    """An issuer's key may not leave the trust list before the last card it sealed is dead."""
    assert policy_of(Purpose(kind.value)).card_life == LONGEST_LIVES[kind]


# --- The emergency ------------------------------------------------------------------------------------


def test_a_stolen_key_is_replaced_in_the_same_change(folder: Path) -> None:
    """Revoked and relayed at one instant; the calendar then makes the one that waits."""
    rotate(folder, Purpose.APCV, MORNING)
    stolen, heir = records(folder)
    theft = HEARD + timedelta(days=3)

    told = revoke(folder, stolen.kid, "vol du serveur", theft)

    assert told[0] == Done("revoke", records(folder)[0])
    assert [one.what for one in told] == ["revoke", "activate"]
    assert records(folder)[0].revoked_at == theft
    assert Keyring.open(folder, acknowledged_development=True).signer(Purpose.APCV, theft).kid == heir.kid
    # Tills have trusted it since it was heard of: its dates are not moved under them.
    assert records(folder)[1].not_before == heir.not_before
    assert log(folder)[-1]["reason"] == "vol du serveur"
    assert [one.what for one in rotate(folder, Purpose.APCV, theft)] == ["make"]


def test_without_a_waiting_key_one_is_made_first(folder: Path) -> None:
    """Nobody had run the calendar: issuance goes on all the same, under a key tills are about to hear of."""
    (stolen,) = records(folder)

    told = revoke(folder, stolen.fingerprint, "test", MORNING)

    assert [one.what for one in told] == ["make", "revoke", "activate"]
    signer = Keyring.open(folder, acknowledged_development=True).signer(Purpose.APCV, MORNING)
    assert signer.public_key == records(folder)[1].public_key != stolen.public_key


@pytest.mark.parametrize("purpose", [Purpose.AMC, Purpose.ECPS, Purpose.OIDC])
def test_whatever_is_signed_for_others_is_revoked_alike(folder: Path, purpose: Purpose) -> None:
    """An insurer's cards, professionals', tokens: the stolen key stops, another signs at the same instant."""
    (stolen,) = records(folder, purpose)

    revoke(folder, stolen.kid, "test", MORNING)

    signer = Keyring.open(folder, acknowledged_development=True).signer(purpose, MORNING)
    assert signer.public_key == records(folder, purpose)[1].public_key != stolen.public_key


@pytest.mark.parametrize("purpose", [Purpose.LOG, Purpose.STATUS, Purpose.TUF_SNAPSHOT])
def test_a_key_without_a_calendar_is_not_revoked_by_halves(folder: Path, purpose: Purpose) -> None:
    """Refused, and not even a key file nobody knows of is left behind."""
    (stolen,) = records(folder, purpose)
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}

    with pytest.raises(RotationRefused, match="not_in_the_calendar"):
        revoke(folder, stolen.kid, "test", MORNING)

    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"} == before


@pytest.mark.parametrize("kid", ["00000000", "", "no kid at all"])
def test_an_unknown_key_is_not_revoked(folder: Path, kid: str) -> None:
    """And nothing is written, not even in the log."""
    before = (folder / MANIFEST_NAME).read_bytes()

    with pytest.raises(RotationRefused, match="no_such_kid"):
        revoke(folder, kid, "test", MORNING)

    assert (folder / MANIFEST_NAME).read_bytes() == before
    assert not (folder / LOG_NAME).exists()


def test_a_key_is_revoked_once(folder: Path) -> None:
    """The instant of the theft as first told stays."""
    (stolen,) = records(folder)
    revoke(folder, stolen.kid, "first", MORNING)

    with pytest.raises(RotationRefused, match="already_revoked"):
        revoke(folder, stolen.kid, "second", MORNING + timedelta(hours=1))

    assert records(folder)[0].revoked_at == MORNING


# --- The manifest on disk -----------------------------------------------------------------------------


def test_changes_made_at_once_are_all_kept(folder: Path) -> None:
    """Eight threads and two processes: no change is lost, and every reader reads a whole manifest."""
    stop, broken = threading.Event(), list[str]()

    def read() -> None:
        while not stop.is_set():
            try:
                read_manifest(folder)
            except KeyringUnusable as refused:
                broken.append(str(refused))

    def change() -> None:
        for _ in range(5):
            with changing(folder) as held:
                first = held.manifest.keys[0]
                later = replace(first, not_after=first.not_after + timedelta(days=1))
                held.replace(replace(held.manifest, keys=(later, *held.manifest.keys[1:])), {}, MORNING)

    before = records(folder)[0].not_after
    reader = threading.Thread(target=read)
    reader.start()
    script = "import sys; from tests.unit.test_rotation import *; change_in_a_process(sys.argv[1])"
    others = [
        subprocess.Popen([sys.executable, "-c", script, str(folder)], cwd=ROOT, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    threads = [threading.Thread(target=change) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = [process.communicate(timeout=60)[1] for process in others]
    stop.set()
    reader.join()

    assert said == [b"", b""]
    assert broken == []
    assert records(folder)[0].not_after == before + timedelta(days=8 * 5 + 2 * 5)


def change_in_a_process(folder: str) -> None:
    for _ in range(5):
        with changing(Path(folder)) as held:
            first = held.manifest.keys[0]
            later = replace(first, not_after=first.not_after + timedelta(days=1))
            held.replace(replace(held.manifest, keys=(later, *held.manifest.keys[1:])), {}, MORNING)


def _full(path: Path, data: bytes) -> None:
    path.write_bytes(data[: len(data) // 2])
    raise OSError(28, "No space left on device")


def _killed(path: Path, data: bytes) -> None:
    path.write_bytes(data[: len(data) // 2])
    raise KeyboardInterrupt


@pytest.mark.parametrize("write", [_full, _killed])
def test_a_change_cut_short_leaves_the_manifest_of_before(
    folder: Path, write: Callable[[Path, bytes], None]
) -> None:
    """A full disk, a kill: the old manifest is in force, and the next change is made over the remains."""
    before = (folder / MANIFEST_NAME).read_bytes()

    with pytest.raises((KeyringUnusable, KeyboardInterrupt)), changing(folder, write=write) as held:
        held.replace(held.manifest, {"what": "test"}, MORNING)

    assert (folder / MANIFEST_NAME).read_bytes() == before
    assert [one.what for one in rotate(folder, Purpose.APCV, MORNING)] == ["make"]


def test_what_cannot_be_read_back_is_not_written(folder: Path) -> None:
    """A key under two purposes: the manifest refuses it before the disk sees it."""
    with changing(folder) as held:
        twice = (*held.manifest.keys, replace(held.manifest.keys[0], purpose=Purpose.OIDC))
        with pytest.raises(KeyringUnusable, match="key_used_twice"):
            held.replace(replace(held.manifest, keys=twice), {}, MORNING)

    assert not (folder / LOG_NAME).exists()


def test_files_of_the_calendar_are_private(folder: Path) -> None:
    """The new key, the log, the lock and the manifest: their owner's alone."""
    rotate(folder, Purpose.APCV, MORNING)

    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


# --- A keyring that is in use -------------------------------------------------------------------------


def test_a_server_sees_a_revocation_within_a_second(folder: Path) -> None:
    """No signal, no restart: the next signature a second later is made by the heir."""
    ticks = Ticks()
    serving = Keyring.open(folder, acknowledged_development=True, ticks=ticks)
    stolen = serving.signer(Purpose.APCV, MORNING)

    revoke(folder, stolen.kid, "test", MORNING)

    ticks.now = 0.9
    assert serving.signer(Purpose.APCV, MORNING).kid == stolen.kid
    ticks.now = 1.0
    assert serving.signer(Purpose.APCV, MORNING).kid == records(folder)[1].kid
    assert serving.public_keys(Purpose.APCV) == records(folder)


def test_the_manifest_is_read_only_when_it_changed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking costs one `stat` a second; reading happens after a replacement alone."""
    ticks, read = Ticks(), list[Path]()
    serving = Keyring.open(folder, acknowledged_development=True, ticks=ticks)
    secret, signer = serving.secret(SecretName.CODES), serving.signer(Purpose.ECPS, MORNING)

    def counted(directory: Path) -> Manifest:
        read.append(directory)
        return read_manifest(directory)

    monkeypatch.setattr("keys.keyring.read_manifest", counted)
    for second in range(1, 20):
        ticks.now = float(second)
        serving.public_keys()
    assert read == []
    rotate(folder, Purpose.APCV, MORNING)
    ticks.now = 21.0

    assert serving.public_keys(Purpose.APCV) == records(folder)
    assert len(read) == 1
    # What did not change stays open: the same signer, the same secret.
    assert serving.signer(Purpose.ECPS, MORNING) is signer
    assert serving.secret(SecretName.CODES) is secret


def test_a_damaged_manifest_stops_signing_after_a_while(folder: Path) -> None:
    """The last good one serves for five minutes; after that, for all we know, its key was revoked."""
    ticks = Ticks()
    serving = Keyring.open(folder, acknowledged_development=True, ticks=ticks)
    good = (folder / MANIFEST_NAME).read_bytes()
    (folder / MANIFEST_NAME).write_bytes(good[:-20])

    ticks.now = MANIFEST_PATIENCE_S - 1
    assert serving.signer(Purpose.APCV, MORNING)
    ticks.now = MANIFEST_PATIENCE_S
    with pytest.raises(KeyringUnusable):
        serving.signer(Purpose.APCV, MORNING)

    (folder / MANIFEST_NAME).write_bytes(good)
    ticks.now += 1
    assert serving.signer(Purpose.APCV, MORNING)


def test_another_environment_is_not_taken_on_the_way(folder: Path) -> None:
    """A server of tests does not become one of production because a file was replaced."""
    serving = Keyring.open(folder, acknowledged_development=True)
    manifest = replace(read_manifest(folder), environment="production")
    (folder / f"{MANIFEST_NAME}.new").write_bytes(manifest.encode())
    (folder / f"{MANIFEST_NAME}.new").rename(folder / MANIFEST_NAME)

    with pytest.raises(KeyringUnusable, match="environment_changed"):
        serving.reload()

    assert serving.environment == "development"


def test_a_name_used_again_for_another_key_is_another_key(folder: Path, tmp_path: Path) -> None:
    """The file was replaced under the same name: the signer kept open is not used for the new key."""
    ticks = Ticks()
    serving = Keyring.open(folder, acknowledged_development=True, ticks=ticks)
    before = serving.signer(Purpose.APCV, MORNING)
    hold_ceremony(tmp_path / "other", MORNING, random=lambda size: b"s" * size)
    (tmp_path / "other" / "apcv-1.pem").rename(folder / "apcv-1.pem")
    other = records(tmp_path / "other")[0]
    with changing(folder) as held:
        keys = tuple(other if one.purpose is Purpose.APCV else one for one in held.manifest.keys)
        held.replace(replace(held.manifest, keys=keys), {}, MORNING)

    ticks.now = 2.0

    assert serving.signer(Purpose.APCV, MORNING).public_key == other.public_key != before.public_key


def test_when_every_key_is_closed_nothing_signs(folder: Path) -> None:
    """Dates are a limit, whatever the calendar wants."""
    end = records(folder)[0].not_after

    with pytest.raises(NoKeyForPurpose):
        Keyring.open(folder, acknowledged_development=True).signer(Purpose.APCV, end)
