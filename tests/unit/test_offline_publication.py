"""A publisher that holds no offline key publishes what several people signed and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from apcv_backend.publication.offered import Offered
from apcv_backend.publication.offline import (
    KeyringMixed,
    OfflineContentRefused,
    OfflineRootMissing,
    OfflineSignaturesMissing,
    OfflineTargetsMissing,
    OfflineVersionNotNext,
    OnlineKeyNotTrusted,
)
from apcv_backend.publication.ports import Role
from cartes.signing_draft import SigningDraft
from tests.simulators.clock import MORNING
from tests.simulators.issuing import WordKey
from tests.simulators.keepers import ThresholdPublisher, sign
from tests.simulators.publisher import IssuerRecord, Publisher, Word, hours
from verifier.refresh import refresh

LATER = MORNING + hours(1)


@pytest.fixture
def publisher(tmp_path: Path) -> ThresholdPublisher:
    return ThresholdPublisher(tmp_path / "publication")


def edited(draft: SigningDraft, **members: Any) -> SigningDraft:
    return replace(draft, unverified_body={**draft.unverified_body, **members}, signatures={})


def test_what_two_of_three_and_two_of_two_signed_is_believed(
    publisher: ThresholdPublisher, tmp_path: Path
) -> None:
    """The first publication under thresholds, all the way to a till."""
    published = publisher.start()

    store = publisher.new_till(tmp_path / "store")
    refresh(store, str(publisher.directory), MORNING)
    assert published.renewed == tuple(Role)
    assert len(store.load(MORNING).trust.issuers) == 2


def test_without_a_root_or_a_list_by_the_keepers_nothing_is_published(publisher: ThresholdPublisher) -> None:
    """The publisher cannot make them, and says which is missing."""
    with pytest.raises(OfflineRootMissing):
        publisher.publish()

    root = sign(publisher.root_draft(), *publisher.keepers[Role.ROOT][:2])
    with pytest.raises(OfflineTargetsMissing):
        publisher.service.publish(MORNING, Offered(root))
    assert publisher.service.expires_at() is None


def test_online_roles_move_every_day_without_the_keepers(
    publisher: ThresholdPublisher, tmp_path: Path
) -> None:
    """A revocation needs no ceremony."""
    publisher.start()
    publisher.slots.revoked_slots = {1: {5}}

    published = publisher.publish(LATER)

    store = publisher.new_till(tmp_path / "store")
    refresh(store, str(publisher.directory), LATER)
    assert published.renewed == (Role.STATUS, Role.SNAPSHOT, Role.TIMESTAMP)
    assert store.load(LATER).revoked[1].is_set(5)


def test_a_new_issuer_waits_for_the_keepers(publisher: ThresholdPublisher, tmp_path: Path) -> None:
    """The keyring does not decide whom tills trust: the change is told, signed, then published."""
    publisher.start()
    publisher.issuers.append(IssuerRecord(Word.APCV, WordKey("issuer apcv 2").public_key))
    store = publisher.new_till(tmp_path / "store")

    waiting = publisher.publish(LATER)
    refresh(store, str(publisher.directory), LATER)
    before = len(store.load(LATER).trust.issuers)
    signed = publisher.publish_targets(LATER)
    refresh(store, str(publisher.directory), LATER)

    assert waiting.awaiting == ("trust_list_changed",)
    assert (before, len(store.load(LATER).trust.issuers)) == (2, 3)
    assert (Role.TARGETS in signed.renewed, signed.awaiting) == (True, ())


def test_the_publisher_says_when_signatures_end_soon(publisher: ThresholdPublisher) -> None:
    """Three weeks before the list, a month before the root."""
    publisher.start()

    assert publisher.publish(MORNING + timedelta(days=60)).awaiting == ()
    assert publisher.publish(MORNING + timedelta(days=70)).awaiting == ("trust_list_ends_soon",)
    assert "root_ends_soon" in publisher.publish(MORNING + timedelta(days=336)).awaiting


@pytest.mark.parametrize("role", [Role.ROOT, Role.TARGETS])
def test_one_signature_is_not_enough(publisher: ThresholdPublisher, role: Role) -> None:
    """Of the root or of the list: what was published stands."""
    publisher.start()

    draft = publisher.root_draft(2, LATER) if role is Role.ROOT else publisher.draft(LATER)
    signed = sign(draft, publisher.keepers[role][0])
    offered = Offered(signed, None) if role is Role.ROOT else Offered(None, signed)

    with pytest.raises(OfflineSignaturesMissing, match=f"role={role.value}"):
        publisher.service.publish(LATER, offered)
    assert publisher.publish(LATER).renewed == (Role.TIMESTAMP,)


def test_one_keeper_who_signs_twice_is_one(publisher: ThresholdPublisher) -> None:
    """And an online key never stands in for a keeper."""
    publisher.start()
    one, online = publisher.keepers[Role.TARGETS][0], publisher.keys[Role.TIMESTAMP]

    strangers = [one, one, online, *publisher.keepers[Role.ROOT]]
    with pytest.raises(OfflineSignaturesMissing):
        publisher.publish_targets(LATER, by=strangers)


def test_a_version_already_published_is_not_published_again(publisher: ThresholdPublisher) -> None:
    """Neither the one in force with other words, nor an older one; the very same is no news."""
    publisher.start()
    first = sign(publisher.draft(LATER), *publisher.keepers[Role.TARGETS])
    publisher.service.publish(LATER, Offered(None, first))
    other = sign(edited(first, version=1), *publisher.keepers[Role.TARGETS])

    assert Role.TARGETS not in publisher.service.publish(LATER, Offered(None, first)).renewed
    with pytest.raises(OfflineVersionNotNext):
        publisher.service.publish(LATER, Offered(None, other))


@pytest.mark.parametrize(
    "members",
    [
        {"targets": {}},
        {"delegations": None},
        {"expires": "2026-11-21T09:00:00Z"},
    ],
    ids=["no trust list", "no delegation", "expired"],
)
def test_what_tills_would_refuse_is_not_published(
    publisher: ThresholdPublisher, members: dict[str, Any]
) -> None:
    """Even signed by everybody."""
    publisher.start()
    draft = publisher.draft(LATER)
    body = {name: value for name, value in {**draft.unverified_body, **members}.items() if value is not None}
    wrong = replace(draft, unverified_body=body)

    with pytest.raises(OfflineContentRefused):
        publisher.service.publish(LATER, Offered(None, sign(wrong, *publisher.keepers[Role.TARGETS])))


def test_files_other_than_those_signed_are_not_published(publisher: ThresholdPublisher) -> None:
    """The list travels beside its signatures: swapped on the way, it is refused."""
    publisher.start()
    draft = sign(publisher.draft(LATER), *publisher.keepers[Role.TARGETS])

    with pytest.raises(OfflineContentRefused, match="files"):
        publisher.service.publish(LATER, Offered(None, replace(draft, files={"trust.json": b"{}"})))


@pytest.mark.parametrize("role", [Role.STATUS, Role.SNAPSHOT, Role.TIMESTAMP])
def test_an_online_key_the_keepers_never_listed_signs_nothing(
    publisher: ThresholdPublisher, role: Role
) -> None:
    """Tills would refuse it: the publisher says so first."""
    publisher.start()
    publisher.keys[role] = WordKey("a key nobody listed")

    with pytest.raises(OnlineKeyNotTrusted, match=f"role={role.value}"):
        publisher.publish(LATER)


def test_an_online_key_changes_with_a_root_and_a_list(publisher: ThresholdPublisher, tmp_path: Path) -> None:
    """Old keepers list the new keys; a till crosses over in one refresh."""
    publisher.start()
    store = publisher.new_till(tmp_path / "store")
    refresh(store, str(publisher.directory), MORNING)
    for role in (Role.STATUS, Role.SNAPSHOT, Role.TIMESTAMP):
        publisher.keys[role] = WordKey(f"second {role.value}")
    root = sign(publisher.root_draft(2, LATER), *publisher.keepers[Role.ROOT][1:])

    publisher.publish_targets(LATER, root=root)

    refresh(store, str(publisher.directory), LATER)
    assert store.load(LATER).signed_at == LATER


def test_keepers_of_the_list_change_with_a_list_signed_by_the_new_ones(
    publisher: ThresholdPublisher, tmp_path: Path
) -> None:
    """A root that forgets who signed the list in force is not published without a new list."""
    publisher.start()
    store = publisher.new_till(tmp_path / "store")
    refresh(store, str(publisher.directory), MORNING)
    publisher.keepers[Role.TARGETS] = [WordKey("new keeper 1"), WordKey("new keeper 2")]

    with pytest.raises(OfflineSignaturesMissing, match="role=targets"):
        publisher.rotate(LATER, *publisher.keepers[Role.ROOT][:2])
    publisher.publish_targets(
        LATER, root=sign(publisher.root_draft(2, LATER), *publisher.keepers[Role.ROOT][:2])
    )

    refresh(store, str(publisher.directory), LATER)
    assert store.load(LATER).signed_at == LATER


def test_a_publisher_with_its_own_keys_takes_nothing_from_outside(tmp_path: Path) -> None:
    """With one key a role, in development, there is nothing to bring; with one of two, nothing works."""
    publisher = Publisher(tmp_path / "publication")
    publisher.publish()

    with pytest.raises(KeyringMixed):
        publisher.service.publish(LATER, Offered())
    with pytest.raises(KeyringMixed):
        publisher.service.draft_targets(LATER)
