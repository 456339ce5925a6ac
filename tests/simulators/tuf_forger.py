"""Someone who holds some of the publisher's keys, or none, and writes in the publication folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from apcv_backend.publication.ports import Role
from cartes.signed_metadata import canonical_json
from tests.simulators.issuing import WordKey
from tests.simulators.publisher import Publisher

Edit = Callable[[dict[str, Any]], None]


def resign(publisher: Publisher, file: str, edit: Edit, key: WordKey, keyid: str | None = None) -> bytes:
    """Edit a piece of metadata in place and sign it with `key`, under the key name it had or another."""
    path = publisher.directory / "metadata" / file
    whole = json.loads(path.read_bytes())
    edit(whole["signed"])
    name = keyid or whole["signatures"][0]["keyid"]
    whole["signatures"] = [{"keyid": name, "sig": key.sign_der(canonical_json(whole["signed"])).hex()}]
    data = json.dumps(whole).encode()
    path.write_bytes(data)
    return data


def sign_timestamp_over(publisher: Publisher, at: datetime, key: WordKey | None = None) -> None:
    """A new timestamp over the same snapshot, as the holder of the timestamp key alone can make."""

    def edit(signed: dict[str, Any]) -> None:
        signed["version"] += 1
        signed["issued_at"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        signed["expires"] = (at + timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M:%SZ")

    resign(publisher, "timestamp.json", edit, key or publisher.keys[Role.TIMESTAMP])


def put_target(publisher: Publisher, name: str, data: bytes) -> dict[str, Any]:
    """Write a target under its hash; give its description for a targets role."""
    digest = hashlib.sha256(data).hexdigest()
    folder, _, base = name.rpartition("/")
    (publisher.directory / "targets" / folder / f"{digest}.{base}").write_bytes(data)
    return {"length": len(data), "hashes": {"sha256": digest}}
