"""The status lists as published: what tills fetch, what auditors follow, and within which minute."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from apcv_backend.cli import publish as publish_command
from apcv_backend.publication.ports import PublicationRefused
from apcv_backend.publication.service import PublicationService
from apcv_backend.publication.status_targets import live_list
from cartes.status import StatusHead, StatusList, StatusPurpose
from cartes.status_delta import StatusDelta
from tests.simulators.clock import MORNING, SteerableClock
from tests.simulators.publisher import Publisher, hours
from verifier.refresh import refresh

REVOKED = StatusPurpose.REVOKED


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path / "publication")


def status_targets(publisher: Publisher) -> dict[str, bytes]:
    """The targets of the status role in force, by name."""
    files = (publisher.directory / "metadata").glob("*.status.json")
    last = max(files, key=lambda path: int(path.name.split(".")[0]))
    targets: dict[str, Any] = json.loads(last.read_bytes())["signed"]["targets"]
    read = {}
    for name, described in targets.items():
        folder, _, base = name.rpartition("/")
        path = publisher.directory / "targets" / folder / f"{described['hashes']['sha256']}.{base}"
        read[name] = path.read_bytes()
    return read


def test_an_auditor_follows_the_full_list_by_its_deltas(publisher: Publisher) -> None:
    """One edition a day, numbered; each delta makes the next, byte for byte, from the first to the last."""
    deltas: dict[str, bytes] = {}
    for day in range(10):
        publisher.slots.revoked_slots = {1: {7, day, 100 + day}}
        for hour in (0, 3):
            publisher.publish(MORNING + timedelta(days=day, hours=hour))
            deltas |= {name: data for name, data in status_targets(publisher).items() if "-delta-" in name}
        if day == 0:
            followed = StatusList.decode(status_targets(publisher)["status/1-revoked-all"])

    for number in range(2, 11):
        followed = StatusDelta.decode(deltas[f"status/1-revoked-delta-{number}"]).apply(followed)
    last = status_targets(publisher)
    assert followed.encode() == last["status/1-revoked-all"]
    assert followed.indices == {7, 9, 109}
    kept = {name for name in last if name.startswith("status/1-revoked-delta-")}
    assert kept == {f"status/1-revoked-delta-{number}" for number in range(4, 11)}


def test_a_till_fetches_the_live_window_and_nothing_for_audit(publisher: Publisher, tmp_path: Path) -> None:
    """A new edition of the full list is metadata for a till; warm with nothing new is 2 requests, 0.5 KB."""
    publisher.slots.revoked_slots = {1: {7}}
    publisher.publish()
    store = publisher.new_till(tmp_path / "store")
    fetched: list[str] = []
    refresh(store, str(publisher.directory), MORNING, lambda name, *_: fetched.append(name))
    assert not [name for name in fetched if "-all" in name or "-delta-" in name]

    fetched.clear()
    tomorrow = MORNING + hours(15)
    publisher.publish(tomorrow)
    refresh(store, str(publisher.directory), tomorrow, lambda name, *_: fetched.append(name))
    assert not [name for name in fetched if "-all" in name or "-delta-" in name]

    again = refresh(store, str(publisher.directory), tomorrow)
    assert again.requests == 2
    assert again.received <= 512


def test_a_list_of_a_format_before_is_written_anew() -> None:
    """A publication made by an older version does not stop the next one."""
    head = StatusHead(1, REVOKED, 100, MORNING)

    assert StatusList.decode(live_list(b"\x88old", head, [3])).indices == {3}


def test_a_live_window_stands_until_it_changes_or_is_half_a_day_old() -> None:
    """The same slots keep the same bytes; others, or twelve hours, make new ones."""
    first = live_list(None, StatusHead(1, REVOKED, 100, MORNING), [3])

    assert live_list(first, StatusHead(1, REVOKED, 100, MORNING + hours(11)), [3]) == first
    assert live_list(first, StatusHead(1, REVOKED, 100, MORNING + hours(12)), [3]) != first
    assert live_list(first, StatusHead(1, REVOKED, 100, MORNING + hours(1)), [4]) != first


class _EnoughSeen(Exception):
    """The publisher's loop has no end; the test's has."""


@dataclass
class LoopServices:
    """What `publish --watch` asks for: a bell that is heard or lost, and time in the test's hands."""

    publication: PublicationService
    clock: SteerableClock
    until: datetime
    rings: list[datetime]
    due: list[tuple[datetime, set[int]]]
    slots: dict[int, set[int]]
    waits: list[float] = field(default_factory=list)

    @property
    def ephemeral(self) -> LoopServices:
        return self

    def wait(self, name: str, timeout_s: float) -> bool:
        """Time passes to the ring, or to the end of the wait; what is revoked meanwhile is revoked."""
        self.waits.append(timeout_s)
        now = self.clock()
        heard = [at for at in self.rings if now <= at < now + timedelta(seconds=timeout_s)]
        end = min(heard, default=now + timedelta(seconds=timeout_s))
        if heard:  # one that comes as the wait ends is heard by the next
            self.rings = [at for at in self.rings if at > end]
        self.clock.advance((end - now).total_seconds())
        for at, slots in self.due:
            if at <= self.clock():
                self.slots.setdefault(1, set()).update(slots)
        if self.clock() > self.until:
            raise _EnoughSeen
        return bool(heard)

    def sweep(self, at: datetime) -> int:
        return 0


@pytest.mark.parametrize("heard", [True, False])
def test_a_revocation_is_published_within_one_minute(
    publisher: Publisher, tmp_path: Path, heard: bool
) -> None:
    """By the loop's own clock: at once when its bell is heard, sixty seconds later at most when not."""
    clock = SteerableClock()
    revoked_at = [clock() + timedelta(seconds=second) for second in (1, 59, 61, 150, 299)]
    due = [(at, {place}) for place, at in enumerate(revoked_at)]
    seen: dict[int, datetime] = {}

    class Watched(PublicationService):
        def publish(self, at: datetime, *args: Any) -> Any:
            published = super().publish(at, *args)
            listed = StatusList.decode(status_targets(publisher)["status/1-revoked"]).indices
            for slot in listed:
                seen.setdefault(slot, at)
            return published

    service = publisher.service
    watched = Watched(service._repository, service._slots, service._issuer_keys, service._config)
    services = LoopServices(
        watched,
        clock,
        clock() + timedelta(minutes=10),
        list(revoked_at) if heard else [],
        due,
        publisher.slots.revoked_slots,
    )

    done = CliRunner().invoke(publish_command, ["--watch"], obj=services)

    assert isinstance(done.exception, _EnoughSeen), done.output
    late = [seen[place] - at for place, at in enumerate(revoked_at)]
    assert max(late) <= (timedelta(0) if heard else timedelta(seconds=60)), late
    assert not issubclass(_EnoughSeen, PublicationRefused)
