"""Someone without the right key, or with the key of another role, signs for the publisher."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from apcv_backend.publication.ports import Role
from cartes.errors import TrustStoreUnusable
from cartes.status import StatusList, StatusPurpose
from tests.simulators.clock import MORNING
from tests.simulators.issuing import WordKey
from tests.simulators.publisher import CAPACITY, Publisher, hours
from tests.simulators.tuf_forger import put_target, resign, sign_timestamp_over
from verifier.refresh import refresh
from verifier.trust_bundle import TrustFiles
from verifier.trust_errors import TrustForged
from verifier.trust_store import TrustStore

LATER = MORNING + hours(1)


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    publisher = Publisher(tmp_path / "publication")
    publisher.slots.revoked_slots = {1: {5}}
    publisher.publish()
    return publisher


@pytest.fixture
def store(publisher: Publisher, tmp_path: Path) -> TrustStore:
    store = publisher.new_till(tmp_path / "store")
    refresh(store, str(publisher.directory), MORNING)
    return store


@pytest.mark.parametrize("role", [None, Role.TARGETS, Role.STATUS, Role.SNAPSHOT])
def test_a_timestamp_by_another_key_is_refused(
    publisher: Publisher, store: TrustStore, role: Role | None
) -> None:
    """A stranger's key or another role's: the till keeps what it had."""
    sign_timestamp_over(publisher, LATER, WordKey("stranger") if role is None else publisher.keys[role])

    with pytest.raises(TrustForged):
        refresh(store, str(publisher.directory), LATER)
    assert store.load(LATER).signed_at == MORNING


@pytest.mark.parametrize("role", [Role.TARGETS, Role.STATUS, Role.SNAPSHOT, Role.TIMESTAMP])
def test_the_store_refuses_by_itself_a_role_signed_by_another(
    publisher: Publisher, store: TrustStore, role: Role
) -> None:
    """The till's own proof, without the TUF client: each role signed by a stranger under the right name."""
    files = store.files()
    assert files is not None
    parts: dict[str, Any] = {field.name: getattr(files, field.name) for field in fields(files)}
    file = "timestamp.json" if role is Role.TIMESTAMP else f"1.{role.value}.json"
    forged = resign(publisher, file, lambda _: None, WordKey("stranger"))

    with pytest.raises(TrustForged, match=f"file={role.value}.json, why=signature"):
        store.accept(TrustFiles(**{**parts, role.value: forged}), LATER)


def _list_for(publisher: Publisher, list_id: int, purpose: StatusPurpose, at: datetime) -> dict[str, Any]:
    data = StatusList(list_id, purpose, CAPACITY, at, frozenset()).encode()
    return put_target(publisher, "status/1-revoked", data)


def test_a_status_list_that_is_another_list_is_refused(publisher: Publisher, tmp_path: Path) -> None:
    """The status key puts the empty list of suspensions under the name of the revocations: refused."""
    entry = _list_for(publisher, 1, StatusPurpose.SUSPENDED, MORNING)

    def edit(signed: dict[str, Any]) -> None:
        signed["targets"]["status/1-revoked"] = entry

    resign(publisher, "1.status.json", edit, publisher.keys[Role.STATUS])
    with pytest.raises(TrustForged, match="another_list"):
        refresh(publisher.new_till(tmp_path / "store"), str(publisher.directory), MORNING)


def test_the_status_key_cannot_name_issuers(publisher: Publisher, tmp_path: Path) -> None:
    """A trust list under the status role is outside its paths: the one of the targets role is believed."""
    entry = put_target(publisher, "trust.json", b"{}")

    def edit(signed: dict[str, Any]) -> None:
        signed["targets"]["trust.json"] = entry

    resign(publisher, "1.status.json", edit, publisher.keys[Role.STATUS])
    store = publisher.new_till(tmp_path / "store")
    refresh(store, str(publisher.directory), MORNING)

    assert len(store.load(MORNING).trust.issuers) == 2


def test_a_status_list_left_out_is_refused(publisher: Publisher, tmp_path: Path) -> None:
    """Silence about revocations is not an empty list."""

    def edit(signed: dict[str, Any]) -> None:
        del signed["targets"]["status/1-revoked"]

    resign(publisher, "1.status.json", edit, publisher.keys[Role.STATUS])
    with pytest.raises(TrustForged, match="not_listed"):
        refresh(publisher.new_till(tmp_path / "store"), str(publisher.directory), MORNING)


def test_a_target_with_one_bit_flipped_is_refused(publisher: Publisher, tmp_path: Path) -> None:
    """The mirror changes a status list and nothing else."""
    for path in (publisher.directory / "targets" / "status").iterdir():
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(bytes(data))

    store = publisher.new_till(tmp_path / "store")
    with pytest.raises(TrustForged):
        refresh(store, str(publisher.directory), MORNING)
    with pytest.raises(TrustStoreUnusable, match="never_refreshed"):
        store.load(MORNING)


def test_a_timestamp_without_its_issue_time_is_refused(publisher: Publisher, tmp_path: Path) -> None:
    """Genuine TUF, but no floor for the clock: not a publication of this house."""

    def edit(signed: dict[str, Any]) -> None:
        del signed["issued_at"]

    resign(publisher, "timestamp.json", edit, publisher.keys[Role.TIMESTAMP])
    with pytest.raises(TrustForged, match="issued_at"):
        refresh(publisher.new_till(tmp_path / "store"), str(publisher.directory), MORNING)


def test_a_second_delegation_is_refused(publisher: Publisher, tmp_path: Path) -> None:
    """This house delegates once; more would be read differently by different clients."""

    def edit(signed: dict[str, Any]) -> None:
        role = dict(signed["delegations"]["roles"][0])
        signed["delegations"]["roles"].append({**role, "name": "other"})

    resign(publisher, "1.targets.json", edit, publisher.keys[Role.TARGETS])
    with pytest.raises(TrustForged, match="delegations"):
        refresh(publisher.new_till(tmp_path / "store"), str(publisher.directory), MORNING)
