"""What the offline roles say, in the words of The Update Framework: who may sign for what, and how many must.

Only descriptions of public keys and unsigned metadata are made here; no private key is touched. A key's
identifier is the SHA-256 of its own description, so nobody chooses it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cartes import es256
from cartes.signed_metadata import canonical_json
from keys.errors import SigningRefused
from keys.signer import Purpose

ROOT_LIFE: Final = timedelta(days=365)
ROOT_ROLES: Final = {
    Purpose.TUF_ROOT: "root",
    Purpose.TUF_TARGETS: "targets",
    Purpose.TUF_SNAPSHOT: "snapshot",
    Purpose.TUF_TIMESTAMP: "timestamp",
}
"""The roles a root speaks of; `status` is delegated by targets."""
OFFLINE: Final = (Purpose.TUF_ROOT, Purpose.TUF_TARGETS)
_SPEC_VERSION: Final = "1.0.31"
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class RoleHolders:
    """The compressed public keys that may sign for a role, and how many of them must."""

    points: tuple[bytes, ...]
    threshold: int = 1


def describe_key(point: bytes) -> tuple[str, dict[str, Any]]:
    """The identifier and the description of a P-256 key given as 33 bytes."""
    pem = es256.public_key(point).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    described = {
        "keytype": "ecdsa",
        "scheme": "ecdsa-sha2-nistp256",
        "keyval": {"public": pem.decode("ascii")},
    }
    return hashlib.sha256(canonical_json(described)).hexdigest(), described


def root_body(version: int, holders: Mapping[Purpose, RoleHolders], at: datetime) -> dict[str, Any]:
    """An unsigned root, good for a year from `at`.

    Raises `SigningRefused` when a role has fewer keys than signatures it needs, or a key serves two roles.
    """
    keys: dict[str, Any] = {}
    roles: dict[str, Any] = {}
    for purpose, role in ROOT_ROLES.items():
        described = dict(describe_key(point) for point in holders[purpose].points)
        if len(described) < holders[purpose].threshold or holders[purpose].threshold < 1:
            raise SigningRefused(why="threshold", role=role)
        if described.keys() & keys.keys():
            raise SigningRefused(why="one_key_two_roles", role=role)
        keys |= described
        roles[role] = {"keyids": list(described), "threshold": holders[purpose].threshold}
    return {
        "_type": "root",
        "spec_version": _SPEC_VERSION,
        "version": version,
        "expires": (at.astimezone(UTC) + ROOT_LIFE).strftime(_TIME),
        "consistent_snapshot": True,
        "keys": keys,
        "roles": roles,
    }


def points_in(root: Mapping[str, Any], role: str) -> Sequence[bytes]:
    """The compressed keys of a role of a proven root, in its order."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    return [
        load_pem_public_key(root["keys"][keyid]["keyval"]["public"].encode("ascii")).public_bytes(
            Encoding.X962, PublicFormat.CompressedPoint
        )
        for keyid in root["roles"][role]["keyids"]
    ]
