"""What the publication room writes, when, and that no stop leaves it broken."""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apcv_backend.publication.ports import (
    PublicationClockBehind,
    PublicationDamaged,
    Role,
    RootKeyChanged,
)
from apcv_backend.publication.pruning import prune
from apcv_backend.publication.repository import write_in_one_step
from apcv_backend.publication.rules import build_trust_list, profiles_of
from cartes.cards import CardKind
from cartes.trust import TrustList
from tests.simulators.clock import MORNING
from tests.simulators.issuing import WordKey
from tests.simulators.publisher import IssuerRecord, Publisher, Word, hours, settings
from verifier.refresh import refresh
from verifier.trust_store import TrustStore


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path / "publication")


def till_of(publisher: Publisher, tmp_path: Path) -> TrustStore:
    store = publisher.new_till(tmp_path / "store")
    refresh(store, str(publisher.directory), MORNING)
    return store


def metadata(publisher: Publisher, file: str) -> dict[str, Any]:
    signed: dict[str, Any] = json.loads((publisher.directory / "metadata" / file).read_bytes())["signed"]
    return signed


def test_a_first_publication_has_every_role_and_file(publisher: Publisher) -> None:
    """Five roles at version 1, the trust list and the status lists under their hashes, a signed date."""
    published = publisher.publish()

    files = {str(path.relative_to(publisher.directory)) for path in publisher.directory.rglob("*.*")}
    assert published.version == 1
    assert published.renewed == tuple(Role)
    assert {f"metadata/{name}" for name in ("1.root.json", "timestamp.json", "1.snapshot.json")} <= files
    assert {"metadata/1.targets.json", "metadata/1.status.json"} <= files
    for role in ("targets", "status"):
        for name, described in metadata(publisher, f"1.{role}.json")["targets"].items():
            folder, _, base = name.rpartition("/")
            path = publisher.directory / "targets" / folder / f"{described['hashes']['sha256']}.{base}"
            assert hashlib.sha256(path.read_bytes()).hexdigest() == described["hashes"]["sha256"]
    assert metadata(publisher, "timestamp.json")["issued_at"] == "2026-11-21T10:00:00Z"
    assert set(metadata(publisher, "1.status.json")["targets"]) == {
        f"status/{number}-{purpose}{which}"
        for number in (1, 2, 3)
        for purpose in ("revoked", "suspended")
        for which in ("", "-all")
    }


def test_lives_of_the_roles(publisher: Publisher) -> None:
    """Timestamp 24 h, snapshot and status 7 days, targets 90 days, root a year."""
    publisher.publish()

    ends = {
        file: metadata(publisher, file)["expires"]
        for file in ("timestamp.json", "1.snapshot.json", "1.status.json", "1.targets.json", "1.root.json")
    }
    assert ends == {
        "timestamp.json": "2026-11-22T10:00:00Z",
        "1.snapshot.json": "2026-11-28T10:00:00Z",
        "1.status.json": "2026-11-28T10:00:00Z",
        "1.targets.json": "2027-02-19T10:00:00Z",
        "1.root.json": "2027-11-21T10:00:00Z",
    }


def test_nothing_new_signs_a_timestamp_and_no_more(publisher: Publisher) -> None:
    """No news is said by a new timestamp alone."""
    publisher.publish()

    published = publisher.publish(MORNING + hours(1))

    assert (published.version, published.renewed) == (2, (Role.TIMESTAMP,))


def test_a_revocation_changes_status_snapshot_and_timestamp_only(publisher: Publisher) -> None:
    """The trust list and its role stand as they were."""
    publisher.publish()
    publisher.slots.revoked_slots = {1: {7}}

    published = publisher.publish(MORNING + hours(1))

    assert published.renewed == (Role.STATUS, Role.SNAPSHOT, Role.TIMESTAMP)


def test_a_new_issuer_key_makes_a_new_version_of_the_trust_list(publisher: Publisher) -> None:
    """Version and date of the list move only when what it says moves."""
    publisher.publish()
    publisher.issuers.append(IssuerRecord(Word.APCV, WordKey("issuer apcv 2").public_key))

    published = publisher.publish(MORNING + hours(1))

    assert Role.TARGETS in published.renewed
    assert Role.STATUS not in published.renewed
    name = metadata(publisher, "2.targets.json")["targets"]["trust.json"]["hashes"]["sha256"]
    trust = TrustList.parse((publisher.directory / "targets" / f"{name}.trust.json").read_bytes())
    assert (trust.version, trust.issued_at) == (2, MORNING + hours(1))
    assert len(trust.issuers) == 3


def test_status_lists_are_dated_anew_twice_a_day(publisher: Publisher) -> None:
    """A list nobody touched would grow too old to judge by."""
    publisher.publish()

    assert publisher.publish(MORNING + hours(11)).renewed == (Role.TIMESTAMP,)
    assert Role.STATUS in publisher.publish(MORNING + hours(12)).renewed


def test_roles_are_signed_anew_in_the_second_half_of_their_life(publisher: Publisher, tmp_path: Path) -> None:
    """Left alone for a year with a publication a day, no till ever meets an expired role."""
    publisher.publish()
    store = till_of(publisher, tmp_path)

    for day in range(1, 400, 9):
        at = MORNING + timedelta(days=day)
        publisher.publish(at)
        refresh(store, str(publisher.directory), at)
        assert store.load(at).expires_at == at + hours(24)

    assert (publisher.directory / "metadata" / "2.root.json").exists()


def test_a_stop_at_any_write_leaves_the_publication_before(tmp_path: Path) -> None:
    """Whatever write fails, tills still read a whole publication, and the next attempt succeeds."""
    countdown = [10_000]

    def write(path: Path, data: bytes) -> None:
        countdown[0] -= 1
        if countdown[0] < 0:
            raise OSError(28, "No space left on device")
        write_in_one_step(path, data)

    publisher = Publisher(tmp_path / "publication", write=write)
    publisher.publish()
    store = till_of(publisher, tmp_path)
    stops = 0
    for step in range(1, 40):
        at = MORNING + timedelta(minutes=step)
        before = store.load(at)
        publisher.slots.revoked_slots = {1: {step}}
        publisher.issuers.append(IssuerRecord(Word.APCV, WordKey(f"issuer {step}").public_key))
        countdown[0] = stops
        try:
            publisher.publish(at)
        except OSError:
            refresh(store, str(publisher.directory), at)
            assert store.load(at) == before
            stops += 1
            countdown[0] = 10_000
            publisher.publish(at)
        else:
            break
        refresh(store, str(publisher.directory), at)
        assert store.load(at).revoked[1].indices == {step}
        assert len(store.load(at).trust.issuers) == 2 + step

    assert stops == 6  # trust list, status list, targets, status, snapshot, timestamp


def test_a_first_publication_stopped_half_way_can_be_made_again(tmp_path: Path) -> None:
    """Nothing was published, so nothing is damaged."""
    left = [5]

    def write(path: Path, data: bytes) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        write_in_one_step(path, data)

    publisher = Publisher(tmp_path / "publication", write=write)
    stops = 0
    while publisher.service.expires_at() is None:
        left[0] = stops
        with suppress(OSError):
            publisher.publish()
            break
        assert publisher.service.expires_at() is None
        stops += 1

    assert stops > 3
    assert till_of(publisher, tmp_path).load(MORNING).trust.version == 1


def test_two_publications_at_once_follow_each_other(publisher: Publisher, tmp_path: Path) -> None:
    """Threads that publish together make one line of versions."""
    publisher.publish()
    versions: list[int] = []

    def work() -> None:
        versions.extend(publisher.publish(MORNING + hours(1)).version for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(versions) == list(range(2, 22))
    store = publisher.new_till(tmp_path / "store")
    assert refresh(store, str(publisher.directory), MORNING + hours(1)).changed


@pytest.mark.parametrize("role", [Role.TARGETS, Role.STATUS, Role.SNAPSHOT, Role.TIMESTAMP])
def test_a_key_can_be_replaced_and_every_till_follows(
    publisher: Publisher, tmp_path: Path, role: Role
) -> None:
    """Old and new are both listed until nothing stands that the old one signed; then the old one is gone."""
    publisher.publish()
    store = till_of(publisher, tmp_path)
    old = publisher.keys[role]
    publisher.keys[role] = WordKey(f"tuf {role.value} 2")

    for hour in (1, 2, 3):
        publisher.publish(MORNING + hours(hour))
        refresh(store, str(publisher.directory), MORNING + hours(hour))

    assert store.load(MORNING + hours(3)).signed_at == MORNING + hours(3)
    last_root = max(store.roots().values(), key=lambda data: json.loads(data)["signed"]["version"])
    targets = (store.files() or pytest.fail("no files")).targets
    pem = (
        old.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
    )
    assert json.dumps(pem)[1:-1].encode() not in last_root + targets


def test_another_root_key_is_refused(publisher: Publisher) -> None:
    """Tills could not follow a root signed by a stranger: nothing is published."""
    publisher.publish()
    publisher.keys[Role.ROOT] = WordKey("another root")

    with pytest.raises(RootKeyChanged):
        publisher.publish(MORNING + hours(1))

    assert metadata(publisher, "timestamp.json")["version"] == 1


def test_a_clock_behind_the_last_signature_is_refused(publisher: Publisher) -> None:
    """Tills keep the last signed time as a floor: a publisher may not go back; 300 s are forgiven."""
    publisher.publish()

    with pytest.raises(PublicationClockBehind):
        publisher.publish(MORNING - timedelta(seconds=301))
    assert publisher.publish(MORNING - timedelta(seconds=300)).issued_at == MORNING


@pytest.mark.parametrize(
    "file",
    [
        "metadata/timestamp.json",
        "metadata/2.snapshot.json",
        "metadata/1.targets.json",
        "targets/*.trust.json",
    ],
)
def test_a_damaged_publication_is_not_restarted_from_nothing(publisher: Publisher, file: str) -> None:
    """Versions that began again would look like a rollback to every till."""
    publisher.publish()
    publisher.slots.revoked_slots = {1: {7}}
    publisher.publish(MORNING + hours(1))
    (path,) = publisher.directory.glob(file)
    path.unlink()

    with pytest.raises(PublicationDamaged):
        publisher.publish(MORNING + hours(2))


def test_old_versions_are_taken_away_and_nothing_in_force_with_them(
    publisher: Publisher, tmp_path: Path
) -> None:
    """After many revocations the folder keeps the last versions and every file they list."""
    for step in range(12):
        publisher.slots.revoked_slots = {1: {step}}
        publisher.publish(MORNING + timedelta(minutes=step))

    prune(publisher.directory, kept_versions=3)

    names = {path.name for path in (publisher.directory / "metadata").iterdir()}
    assert names == {
        *("1.root.json", "timestamp.json", "1.targets.json"),
        *(f"{version}.{role}.json" for version in (10, 11, 12) for role in ("snapshot", "status")),
    }
    assert len(list((publisher.directory / "targets" / "status").iterdir())) == 3 + 3 + 4 + 4
    store = publisher.new_till(tmp_path / "store")
    refresh(store, str(publisher.directory), MORNING + hours(1))
    assert store.load(MORNING + hours(1)).revoked[1].indices == {11}


def test_the_trust_list_says_what_keys_and_settings_say(tmp_path: Path) -> None:
    """Card keys that are not forgotten, with their dates and withdrawals; other keys never."""
    revoked_at = MORNING - hours(1)
    stolen = IssuerRecord(Word.APCV, WordKey("stolen").public_key, state=Word.REVOKED, revoked_at=revoked_at)
    forgotten = IssuerRecord(Word.ECPS, WordKey("old").public_key, state=Word.RETIRED)
    good = IssuerRecord(Word.ECPS, WordKey("good").public_key)
    oidc = IssuerRecord(Word.OIDC, WordKey("oidc").public_key)

    trust = build_trust_list([stolen, forgotten, good, oidc], settings(tmp_path), 4, MORNING)

    assert [issuer.public_key for issuer in trust.issuers] == [stolen.public_key, good.public_key]
    assert [issuer.kinds for issuer in trust.issuers] == [{CardKind.APCV}, {CardKind.ECPS}]
    assert trust.issuers[0].revoked_at == revoked_at
    assert (trust.version, trust.env) == (4, "test")
    assert {kind: policy.rp_id for kind, policy in trust.kinds.items()} == {
        CardKind.APCV: "apcv.localhost",
        CardKind.ECPS: "ecps.localhost",
        CardKind.AMC: "apcv.localhost",
    }
    assert {kind: policy.max_ttl_s for kind, policy in trust.kinds.items()} == {
        CardKind.APCV: 72 * 3600,
        CardKind.ECPS: 24 * 3600,
        CardKind.AMC: 72 * 3600,
    }
    assert trust.status_lists == {1: CardKind.APCV, 2: CardKind.ECPS, 3: CardKind.AMC}


def test_every_origin_has_its_client_data_shapes(tmp_path: Path) -> None:
    """The first origin has numbers 0 to 3; the others follow, each shape once."""
    hashes = ("A" * 43, "B" * 43)
    origins = "https://apcv.localhost,https://carte.example.fr"
    apps = ",".join(f"android:apk-key-hash:{value};fr.example.carte" for value in hashes)
    party = settings(tmp_path, APCV_ORIGINS_APCV=f"{origins},{apps}").relying_parties[CardKind.APCV]

    profiles = profiles_of(party)

    assert list(profiles) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert len(set(profiles.values())) == 8
    assert ["apcv.localhost" in profiles[number] for number in (0, 1, 2)] == [True] * 3
    assert [value in profiles[number] for number, value in zip((3, 7), hashes, strict=True)] == [True] * 2


def test_a_smaller_capacity_hides_no_revocation(publisher: Publisher, tmp_path: Path) -> None:
    """A slot beyond the configured capacity is still published."""
    publisher.slots.revoked_slots = {2: {9_999}}
    publisher.publish()

    assert till_of(publisher, tmp_path).load(MORNING).revoked[2].is_set(9_999)


def test_the_room_says_until_when_its_publication_holds(publisher: Publisher) -> None:
    """Readiness asks this: no publication, or one that ended, is not in force."""
    assert not publisher.service.is_in_force(MORNING)
    publisher.publish()

    assert publisher.service.is_in_force(MORNING + hours(23.9))
    assert not publisher.service.is_in_force(MORNING + hours(24))


def test_a_record_with_other_dates_changes_the_list(publisher: Publisher) -> None:
    """A withdrawal is a change like another: the next publication carries it."""
    publisher.publish()
    stolen = publisher.issuers[0]
    publisher.issuers[0] = replace(stolen, state=Word.REVOKED, revoked_at=MORNING)

    assert Role.TARGETS in publisher.publish(MORNING + hours(1)).renewed
