"""Somebody holds one offline key too few, a key of another role, or an online key: the till counts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from apcv_backend.publication.offered import Offered
from apcv_backend.publication.ports import Role
from cartes.errors import CarteError, TrustStoreUnusable, VerifierClockBehind
from cartes.signed_metadata import canonical_json
from cartes.signing_draft import SigningDraft
from keys.offline_roles import describe_key
from tests.simulators.clock import MORNING
from tests.simulators.issuing import WordKey
from tests.simulators.keepers import ThresholdPublisher, sign
from tests.simulators.publisher import hours
from tests.simulators.tuf_forger import sign_timestamp_over
from verifier.refresh import refresh
from verifier.trust_bundle import TrustFiles
from verifier.trust_errors import TrustForged, TrustRolledBack
from verifier.trust_store import TrustStore

LATER = MORNING + hours(1)
EVEN_LATER = MORNING + hours(2)
FAR = 2_000_000_000


@pytest.fixture
def publisher(tmp_path: Path) -> ThresholdPublisher:
    publisher = ThresholdPublisher(tmp_path / "publication")
    publisher.slots.revoked_slots = {1: {5}}
    publisher.start()
    return publisher


@pytest.fixture
def store(publisher: ThresholdPublisher, tmp_path: Path) -> TrustStore:
    store = publisher.new_till(tmp_path / "store")
    refresh(store, str(publisher.directory), MORNING)
    return store


def files_of(store: TrustStore) -> TrustFiles:
    files = store.files()
    assert files is not None
    return files


def put_root(publisher: ThresholdPublisher, root: SigningDraft) -> bytes:
    """A root written straight into the publication folder, whoever signed it."""
    data = root.metadata()
    (publisher.directory / "metadata" / f"{root.version}.root.json").write_bytes(data)
    return data


def signed_by(data: bytes, *keys: WordKey) -> bytes:
    """The same metadata with the signatures of these keys instead, each under its own name."""
    body = json.loads(data)["signed"]
    message = canonical_json(body)
    signatures = [
        {"keyid": describe_key(key.public_key)[0], "sig": key.sign_der(message).hex()} for key in keys
    ]
    return json.dumps({"signed": body, "signatures": signatures}).encode()


def someone(publisher: ThresholdPublisher, words: list[str]) -> list[WordKey]:
    """The keys these words name: `root:0`, `targets:1`, an online role, or a stranger."""
    found = []
    for word in words:
        role, _, number = word.partition(":")
        if number:
            found.append(publisher.keepers[Role(role)][int(number)])
        else:
            found.append(WordKey(word) if word == "stranger" else publisher.keys[Role(role)])
    return found


TOO_FEW_FOR_ROOT = [
    ["root:0"],
    ["root:0", "root:0"],
    ["root:0", "targets:0", "targets:1"],
    ["root:0", "timestamp", "snapshot", "status"],
    ["root:0", "stranger"],
    ["targets:0", "targets:1"],
    [],
]


@pytest.mark.parametrize("words", TOO_FEW_FOR_ROOT, ids=lambda words: "+".join(words) or "nobody")
def test_a_root_by_too_few_is_refused_by_both_readers(
    publisher: ThresholdPublisher, store: TrustStore, words: list[str]
) -> None:
    """By the TUF client, and by the till's own proof when handed over without it."""
    root = replace(publisher.root_draft(2, LATER))
    data = put_root(publisher, sign(root, *someone(publisher, words)))

    with pytest.raises(TrustForged):
        refresh(store, str(publisher.directory), LATER)
    files = files_of(store)
    with pytest.raises(TrustForged, match=r"file=2\.root\.json, why=signature"):
        store.accept(replace(files, roots={**files.roots, 2: data}), LATER)
    assert store.load(LATER).signed_at == MORNING


def test_a_root_by_the_new_keepers_alone_is_refused(publisher: ThresholdPublisher, store: TrustStore) -> None:
    """Three strangers sign a root in which they are the keepers: the old ones did not."""
    strangers = [WordKey(f"stranger {number}") for number in (1, 2, 3)]
    publisher.keepers[Role.ROOT] = strangers
    put_root(publisher, sign(publisher.root_draft(2, LATER), *strangers))

    with pytest.raises(TrustForged):
        refresh(store, str(publisher.directory), LATER)


def test_a_root_by_the_old_keepers_alone_is_refused(publisher: ThresholdPublisher, store: TrustStore) -> None:
    """The new keepers must show that they hold their keys: a typing error would lock every till out."""
    old = publisher.keepers[Role.ROOT]
    publisher.keepers[Role.ROOT] = [WordKey(f"new {number}") for number in (1, 2, 3)]
    put_root(publisher, sign(publisher.root_draft(2, LATER), *old))

    with pytest.raises(TrustForged):
        refresh(store, str(publisher.directory), LATER)


TOO_FEW_FOR_TARGETS = [
    ["targets:0"],
    ["targets:0", "targets:0"],
    ["targets:0", "status"],
    ["targets:0", "root:0", "root:1", "root:2"],
    ["timestamp", "snapshot"],
    ["stranger"],
    [],
]


@pytest.mark.parametrize("words", TOO_FEW_FOR_TARGETS, ids=lambda words: "+".join(words) or "nobody")
def test_a_trust_list_by_too_few_is_refused_by_both_readers(
    publisher: ThresholdPublisher, store: TrustStore, tmp_path: Path, words: list[str]
) -> None:
    """Root keepers do not sign lists, online keys do not, and one keeper is one."""
    path = publisher.directory / "metadata" / "1.targets.json"
    forged = signed_by(path.read_bytes(), *someone(publisher, words))
    path.write_bytes(forged)

    with pytest.raises(TrustForged):
        refresh(publisher.new_till(tmp_path / "another"), str(publisher.directory), MORNING)
    with pytest.raises(TrustForged, match=r"file=targets\.json, why=signature"):
        store.accept(replace(files_of(store), targets=forged), LATER)


OTHERS = [["targets:0", "targets:1"], ["root:0", "root:1", "root:2"], ["timestamp"], ["snapshot"], ["status"]]
NOT_ITS_OWN = [
    pytest.param(role, words, id=f"{role.value} by {'+'.join(words)}")
    for role in (Role.TIMESTAMP, Role.SNAPSHOT, Role.STATUS)
    for words in OTHERS
    if words != [role.value]
]


@pytest.mark.parametrize(("role", "words"), NOT_ITS_OWN)
def test_no_key_signs_for_a_role_that_is_not_its_own(
    publisher: ThresholdPublisher, store: TrustStore, role: Role, words: list[str]
) -> None:
    """Not even the keepers', whose keys are worth more: on disk too, the till refuses."""
    files = files_of(store)
    forged: dict[str, Any] = {role.value: signed_by(getattr(files, role.value), *someone(publisher, words))}

    with pytest.raises(TrustForged, match=f"file={role.value}.json, why=signature"):
        store.accept(replace(files, **forged), LATER)


def test_a_store_on_disk_with_one_signature_taken_away_is_refused(
    publisher: ThresholdPublisher, store: TrustStore, tmp_path: Path
) -> None:
    """Below the threshold, what was accepted yesterday is not believed today."""
    generation = tmp_path / "store" / "generations" / (tmp_path / "store" / "current").read_text()
    for file in ("targets.json", "1.root.json"):
        path = generation / file
        whole = path.read_bytes()
        cut = json.loads(whole)
        cut["signatures"] = cut["signatures"][:1]
        path.write_text(json.dumps(cut))

        with pytest.raises(TrustStoreUnusable, match=f"file={file}, why=signature"):
            store.load(MORNING)
        path.write_bytes(whole)
    assert store.load(MORNING)


# --- Coming back from a stolen online key -----------------------------------------------------------------


def far_forward(publisher: ThresholdPublisher, at: datetime) -> None:
    """The thief of the timestamp key makes tills believe a version, and a time, that truth never reaches."""
    sign_timestamp_over(publisher, at)
    path = publisher.directory / "metadata" / "timestamp.json"
    whole = json.loads(path.read_bytes())
    whole["signed"] |= {
        "version": FAR,
        "issued_at": "2099-01-01T00:00:00Z",
        "expires": "2099-01-02T00:00:00Z",
    }
    path.write_bytes(signed_by(json.dumps(whole).encode(), publisher.keys[Role.TIMESTAMP]))


@pytest.fixture
def deaf(publisher: ThresholdPublisher, store: TrustStore) -> TrustStore:
    """A till that met the thief once, and since then refuses everything true."""
    honest = (publisher.directory / "metadata" / "timestamp.json").read_bytes()
    far_forward(publisher, LATER)
    with pytest.raises(VerifierClockBehind):
        refresh(store, str(publisher.directory), LATER)
    (publisher.directory / "metadata" / "timestamp.json").write_bytes(honest)
    with pytest.raises(CarteError):
        store.load(LATER)
    publisher.publish(LATER)
    with pytest.raises((TrustRolledBack, VerifierClockBehind)):
        refresh(store, str(publisher.directory), LATER)
    return store


def test_the_keepers_of_the_root_bring_back_a_till_that_met_a_thief(
    publisher: ThresholdPublisher, deaf: TrustStore
) -> None:
    """The stolen key loses its right: the version and the time it forged bind nobody any more."""
    publisher.keys[Role.TIMESTAMP] = WordKey("second timestamp")
    publisher.rotate(EVEN_LATER, *publisher.keepers[Role.ROOT][:2])

    assert refresh(deaf, str(publisher.directory), EVEN_LATER).changed
    assert deaf.load(EVEN_LATER).floor == EVEN_LATER
    assert deaf.load(EVEN_LATER).revoked[1].is_set(5)


def test_the_thief_cannot_speak_again_after_that(
    publisher: ThresholdPublisher, deaf: TrustStore, tmp_path: Path
) -> None:
    """The forged timestamp, offered again or put back as the floor, is nobody's word."""
    forged = (tmp_path / "store" / "floor.json").read_bytes()
    publisher.keys[Role.TIMESTAMP] = WordKey("second timestamp")
    publisher.rotate(EVEN_LATER, *publisher.keepers[Role.ROOT][:2])
    refresh(deaf, str(publisher.directory), EVEN_LATER)
    (tmp_path / "store" / "floor.json").write_bytes(forged)

    assert deaf.load(EVEN_LATER).floor == EVEN_LATER
    with pytest.raises(TrustForged):
        deaf.accept(replace(files_of(deaf), timestamp=forged), EVEN_LATER)


def test_what_other_keys_signed_still_binds_after_a_rotation(
    publisher: ThresholdPublisher, store: TrustStore
) -> None:
    """Taking one key's right away lets no other role go back."""
    before = files_of(store)
    publisher.slots.revoked_slots = {1: {5, 6}}
    publisher.publish(LATER)
    refresh(store, str(publisher.directory), LATER)
    publisher.keys[Role.TIMESTAMP] = WordKey("second timestamp")
    publisher.rotate(EVEN_LATER, *publisher.keepers[Role.ROOT][:2])
    refreshed = publisher.new_till(store.directory.parent / "another")
    refresh(refreshed, str(publisher.directory), EVEN_LATER)
    new = files_of(refreshed)
    body = json.loads(new.timestamp)
    body["signed"]["meta"]["snapshot.json"]["version"] = 1
    timestamp = signed_by(json.dumps(body).encode(), publisher.keys[Role.TIMESTAMP])

    old_lists = replace(before, roots=new.roots, timestamp=timestamp)
    with pytest.raises(TrustRolledBack, match="role=snapshot"):
        store.accept(old_lists, EVEN_LATER)


# --- Tills that slept -------------------------------------------------------------------------------------


def test_a_till_two_roots_behind_follows(publisher: ThresholdPublisher, store: TrustStore) -> None:
    """Every keeper of the root changed, one at a time: each root is proven by the one before."""
    for step in (1, 2):
        old = list(publisher.keepers[Role.ROOT])
        publisher.keepers[Role.ROOT] = [*old[1:], WordKey(f"keeper root {3 + step}")]
        publisher.rotate(MORNING + hours(step), *old[1:])

    refresh(store, str(publisher.directory), EVEN_LATER)

    assert sorted(store.roots()) == [1, 2, 3]
    assert store.load(EVEN_LATER).signed_at == EVEN_LATER


def test_a_root_in_the_middle_cannot_be_skipped(publisher: ThresholdPublisher, store: TrustStore) -> None:
    """A mirror that hides the second root cannot make a till follow the third."""
    for step in (1, 2):
        publisher.rotate(MORNING + hours(step), *publisher.keepers[Role.ROOT][:2])
    hidden = publisher.directory / "metadata" / "2.root.json"
    third = (publisher.directory / "metadata" / "3.root.json").read_bytes()
    hidden.unlink()

    refresh(
        store, str(publisher.directory), EVEN_LATER
    )  # the till stays at the first root, which still holds
    assert sorted(store.roots()) == [1]
    files = files_of(store)
    with pytest.raises(TrustForged, match=r"2\.root\.json, why=missing"):
        store.accept(replace(files, roots={**files.roots, 3: third}), EVEN_LATER)


def test_a_till_that_slept_for_years_follows(publisher: ThresholdPublisher, store: TrustStore) -> None:
    """More roots than one refresh takes, most of them expired: a second refresh finishes the way."""
    steps = 70
    for step in range(1, steps + 1):
        at = MORNING + timedelta(days=30 * step)
        for role in (Role.TIMESTAMP, Role.SNAPSHOT, Role.STATUS):
            publisher.keys[role] = WordKey(f"{role.value} {step}")
        root = sign(publisher.root_draft(step + 1, at), *publisher.keepers[Role.ROOT][:2])
        publisher.publish_targets(at, root=root)

    try:
        refresh(store, str(publisher.directory), at)
    except TrustForged:
        refresh(store, str(publisher.directory), at)

    assert max(store.roots()) == steps + 1
    assert store.load(at).signed_at == at


def test_offered_needs_a_root_of_this_line(publisher: ThresholdPublisher, tmp_path: Path) -> None:
    """Another ceremony's root, well signed by its own keepers, is not published over ours."""
    other = ThresholdPublisher(tmp_path / "other")
    other.keepers[Role.ROOT] = [WordKey(f"other {number}") for number in (1, 2, 3)]
    root = sign(other.root_draft(2, LATER), *other.keepers[Role.ROOT])

    with pytest.raises(CarteError, match="offline_signatures_missing"):
        publisher.service.publish(LATER, Offered(root))
