"""The ways to spoil a publication, with the file and the word a phone refuses each with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apcv_backend.publication.ports import Role
from cartes.status import StatusList, StatusPurpose
from keys.offline_roles import describe_key
from tests.simulators.clock import MORNING
from tests.simulators.issuing import WordKey
from tests.simulators.publisher import CAPACITY, Publisher, hours
from tests.simulators.tuf_forger import put_target, resign, sign_timestamp_over

LATER = MORNING + hours(2)
Spoil = Callable[[Publisher], object]


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))


def _target(publisher: Publisher, base: str) -> Path:
    (found,) = (publisher.directory / "targets").rglob(f"*.{base}")
    return found


def _edit(file: str, role: Role, change: Callable[[dict[str, Any]], object]) -> Spoil:
    """The holder of a role's key says something else."""

    def spoil(publisher: Publisher) -> None:
        def edit(signed: dict[str, Any]) -> None:
            change(signed)

        resign(publisher, file, edit, publisher.keys[role])

    return spoil


def _append(name: str, size: int) -> Spoil:
    """Spaces after the JSON: genuine, and endless."""

    def spoil(publisher: Publisher) -> None:
        with (publisher.directory / "metadata" / name).open("ab") as file:
            file.write(b" " * size)

    return spoil


def _two_names_for_one_key(publisher: Publisher) -> None:
    """A root that asks two signatures of the timestamp and names one key twice."""

    def edit(signed: dict[str, Any]) -> None:
        signed["version"] = 2
        role = signed["roles"]["timestamp"]
        signed["keys"]["another name"] = signed["keys"][role["keyids"][0]]
        role["keyids"].append("another name")
        role["threshold"] = 2

    _next_root(publisher, edit)
    timestamp = publisher.directory / "metadata" / "timestamp.json"
    whole = json.loads(timestamp.read_bytes())
    whole["signatures"].append({**whole["signatures"][0], "keyid": "another name"})
    timestamp.write_text(json.dumps(whole))


def _next_root(publisher: Publisher, edit: Callable[[dict[str, Any]], None], name: str = "2") -> None:
    """Another root, signed by the key of the first."""
    folder = publisher.directory / "metadata"
    shutil.copy(folder / "1.root.json", folder / f"{name}.root.json")
    resign(publisher, f"{name}.root.json", edit, publisher.keys[Role.ROOT])


def _new_timestamp_key(version: int) -> Callable[[dict[str, Any]], None]:
    keyid, described = describe_key(WordKey("the next timestamp").public_key)

    def edit(signed: dict[str, Any]) -> None:
        signed["version"] = version
        signed["keys"][keyid] = described
        signed["roles"]["timestamp"]["keyids"] = [keyid]

    return edit


def _rotation_with_a_gap(publisher: Publisher) -> None:
    """Root 3 gives the timestamp to another key; root 2 is not there, so nobody can come to 3."""
    _next_root(publisher, _new_timestamp_key(3), "3")
    resign(
        publisher,
        "timestamp.json",
        lambda _: None,
        WordKey("the next timestamp"),
        describe_key(WordKey("the next timestamp").public_key)[0],
    )


def _endless_root(publisher: Publisher) -> None:
    _next_root(publisher, lambda _: None)
    _append("2.root.json", 1 << 16)(publisher)


def _stranger_root(publisher: Publisher) -> None:
    _next_root(publisher, lambda body: body.update(version=2))
    resign(publisher, "2.root.json", lambda _: None, WordKey("stranger"))


def _signed_by(role: Role) -> Spoil:
    file = "timestamp.json" if role is Role.TIMESTAMP else f"1.{role.value}.json"
    return lambda publisher: resign(publisher, file, lambda _: None, WordKey("stranger"))


def _other_list(publisher: Publisher) -> None:
    data = StatusList(1, StatusPurpose.SUSPENDED, CAPACITY, MORNING, frozenset()).encode()
    entry = put_target(publisher, "status/1-revoked", data)
    _edit("1.status.json", Role.STATUS, lambda body: body["targets"].update({"status/1-revoked": entry}))(
        publisher
    )


def _longer_list(publisher: Publisher) -> None:
    _edit(
        "1.status.json", Role.STATUS, lambda body: body["targets"]["status/1-revoked"].update(length=1 << 30)
    )(publisher)


@dataclass(frozen=True)
class Fault:
    """What somebody does to the folder, and what a phone says of it; `till` is a till's code."""

    spoil: Spoil
    code: str
    file: str
    why: str
    till: str = "trust_forged"


# python-tuf, which walks for the till, has one error for every version that is not the announced one.
_ANY_OTHER_VERSION = "trust_rolled_back"

FAULTS = {
    **{
        f"a stranger signs {role.value}": Fault(
            _signed_by(role), "trust_forged", f"{role.value}.json", "signature"
        )
        for role in (Role.TIMESTAMP, Role.SNAPSHOT, Role.TARGETS, Role.STATUS)
    },
    "the snapshot's key signs the timestamp": Fault(
        lambda publisher: sign_timestamp_over(publisher, LATER, publisher.keys[Role.SNAPSHOT]),
        "trust_forged",
        "timestamp.json",
        "signature",
    ),
    "one key under two names": Fault(_two_names_for_one_key, "trust_forged", "timestamp.json", "signature"),
    "a bit of the trust list": Fault(
        lambda publisher: _flip(_target(publisher, "trust.json")), "trust_forged", "trust.json", "hash"
    ),
    "a bit of a status list": Fault(
        lambda publisher: _flip(_target(publisher, "1-revoked")), "trust_forged", "status/1-revoked", "hash"
    ),
    "a status list cut": Fault(
        lambda publisher: _target(publisher, "1-revoked").write_bytes(b""),
        "trust_forged",
        "status/1-revoked",
        "length",
    ),
    "a status list too large to read": Fault(_longer_list, "trust_forged", "status/1-revoked", "too_long"),
    "a status list that is another one": Fault(
        _other_list, "trust_forged", "status/1-revoked", "another_list"
    ),
    "a status list left out": Fault(
        _edit("1.status.json", Role.STATUS, lambda body: body["targets"].pop("status/1-revoked")),
        "trust_forged",
        "status/1-revoked",
        "not_listed",
    ),
    "a second delegation": Fault(
        _edit(
            "1.targets.json", Role.TARGETS, lambda body: body["delegations"]["roles"].append({"name": "x"})
        ),
        "trust_forged",
        "targets.json",
        "delegations",
    ),
    "a timestamp without its moment": Fault(
        _edit("timestamp.json", Role.TIMESTAMP, lambda body: body.pop("issued_at")),
        "trust_forged",
        "timestamp.json",
        "issued_at",
    ),
    "a snapshot of another version": Fault(
        _edit("1.snapshot.json", Role.SNAPSHOT, lambda body: body.update(version=2)),
        "trust_forged",
        "snapshot.json",
        "mix_and_match",
        _ANY_OTHER_VERSION,
    ),
    "targets of another version": Fault(
        _edit("1.targets.json", Role.TARGETS, lambda body: body.update(version=2)),
        "trust_forged",
        "targets.json",
        "mix_and_match",
        _ANY_OTHER_VERSION,
    ),
    "a timestamp without end": Fault(
        _append("timestamp.json", 1 << 14), "trust_forged", "timestamp.json", "too_long"
    ),
    "a root without end": Fault(_endless_root, "trust_forged", "2.root.json", "too_long"),
    "a root that skips a version": Fault(
        lambda publisher: _next_root(publisher, lambda body: body.update(version=3)),
        "trust_forged",
        "2.root.json",
        "version",
        _ANY_OTHER_VERSION,
    ),
    "a root by a stranger": Fault(_stranger_root, "trust_forged", "2.root.json", "signature"),
    "a rotation whose middle is missing": Fault(
        _rotation_with_a_gap, "trust_forged", "timestamp.json", "signature"
    ),
    "not JSON": Fault(
        lambda publisher: (publisher.directory / "metadata" / "timestamp.json").write_text("{"),
        "trust_forged",
        "timestamp.json",
        "not_json",
    ),
}
