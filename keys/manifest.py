"""The keyring's manifest, `keyring.json`: which key serves which purpose, from when to when, in which state.

It holds public keys and references, no secret. States are those of a planned rotation: a key is published
before it signs (`pre_published`), signs (`active`), stays trusted until the last thing it signed has died
(`retiring`), is forgotten (`retired`); or is withdrawn at once (`revoked`).

    {"format": 1, "environment": "development",
     "keys": [{"purpose": "apcv", "kid": "0a1b2c3d", "public_key": "02…",
               "not_before": "2026-01-01T00:00:00Z", "not_after": "2027-01-01T00:00:00Z",
               "state": "active", "revoked_at": null, "uri": "file:apcv-1.pem"}],
     "secrets": [{"name": "codes", "uri": "file:codes.key"}]}
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from cryptography.hazmat.primitives.asymmetric import ec

from cartes.errors import BadJson
from cartes.wire import strict_json
from keys.errors import KeyringUnusable
from keys.signer import RSA_PURPOSES, Purpose, fingerprint_of, kid_of
from keys.software_rsa import parse_public_der

_Word = TypeVar("_Word", bound=enum.Enum)

FORMAT = 1
_COMPRESSED_BYTES = 33
_KEY_MEMBERS = frozenset(
    {"purpose", "kid", "public_key", "not_before", "not_after", "state", "revoked_at", "uri"}
)


class SecretName(enum.Enum):
    """The symmetric secrets of the backend, each 32 bytes and each for one use."""

    CODES = "codes"
    NONCE = "nonce"
    NIR_INDEX = "nir-index"
    NIR_AT_REST = "nir-at-rest"
    AUDIT = "audit"


class KeyState(enum.Enum):
    """Where a key stands in its life."""

    PRE_PUBLISHED = "pre_published"
    ACTIVE = "active"
    RETIRING = "retiring"
    RETIRED = "retired"
    REVOKED = "revoked"


_LARGEST_MANIFEST = 1 << 20


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One key of the manifest. `not_before <= t < not_after` is when it may sign; instants are aware UTC."""

    purpose: Purpose
    kid: str
    public_key: bytes
    not_before: datetime
    not_after: datetime
    state: KeyState
    uri: str
    revoked_at: datetime | None = None

    @property
    def fingerprint(self) -> str:
        """What two people read to each other to agree that they speak of the same key."""
        return fingerprint_of(self.public_key)

    def signs_at(self, at: datetime) -> bool:
        """Whether the key may make a signature at this instant."""
        return self.state is KeyState.ACTIVE and self.not_before <= at < self.not_after


def signing_record(records: Iterable[KeyRecord], at: datetime) -> KeyRecord | None:
    """Of the keys of one purpose, the one that signs at `at`: of the active ones, the one that began last."""
    candidates = [record for record in records if record.signs_at(at)]
    return max(candidates, key=lambda record: record.not_before, default=None)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `keyring.json` says."""

    environment: str
    keys: tuple[KeyRecord, ...]
    secrets: Mapping[SecretName, str]

    def encode(self) -> bytes:
        """The manifest as the UTF-8 JSON that `parse` reads."""
        document = {
            "format": FORMAT,
            "environment": self.environment,
            "keys": [_record_to_json(record) for record in self.keys],
            "secrets": [{"name": name.value, "uri": uri} for name, uri in self.secrets.items()],
        }
        return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> Manifest:
        """Read a manifest. Raises `KeyringUnusable`, naming the member that is wrong."""
        try:
            document = strict_json.loads(data, max_size=_LARGEST_MANIFEST)
        except BadJson as error:  # a member twice, bad UTF-8, too long
            raise KeyringUnusable(why="not_json") from error
        members = _object(document, {"format", "environment", "keys", "secrets"}, "manifest")
        if members["format"] != FORMAT:
            raise KeyringUnusable(why="format")
        environment = _text(members, "environment")
        keys = tuple(_record_from_json(item) for item in _list(members, "keys"))
        for position, record in enumerate(keys):
            # One key, one purpose: the same point may not come back under another name.
            if any(record.public_key == other.public_key for other in keys[:position]):
                raise KeyringUnusable(why="key_used_twice", kid=record.kid)
        secrets: dict[SecretName, str] = {}
        for item in _list(members, "secrets"):
            secret = _object(item, {"name", "uri"}, "secret")
            name = _word(SecretName, secret, "name")
            if name in secrets:
                raise KeyringUnusable(why="secret_named_twice", name=name.value)
            secrets[name] = _text(secret, "uri")
        return cls(environment, keys, secrets)


def _record_to_json(record: KeyRecord) -> dict[str, Any]:
    return {
        "purpose": record.purpose.value,
        "kid": record.kid,
        "public_key": record.public_key.hex(),
        "not_before": _instant_to_text(record.not_before),
        "not_after": _instant_to_text(record.not_after),
        "state": record.state.value,
        "revoked_at": None if record.revoked_at is None else _instant_to_text(record.revoked_at),
        "uri": record.uri,
    }


def _record_from_json(item: object) -> KeyRecord:
    members = _object(item, _KEY_MEMBERS, "key")
    purpose = _word(Purpose, members, "purpose")
    public_key = _public_key(members, purpose)
    record = KeyRecord(
        purpose=purpose,
        kid=_text(members, "kid"),
        public_key=public_key,
        not_before=_instant(members, "not_before"),
        not_after=_instant(members, "not_after"),
        state=_word(KeyState, members, "state"),
        uri=_text(members, "uri"),
        revoked_at=None if members["revoked_at"] is None else _instant(members, "revoked_at"),
    )
    if record.kid != kid_of(public_key):
        raise KeyringUnusable(why="kid", kid=record.kid)
    if record.not_after <= record.not_before:
        raise KeyringUnusable(why="dates", kid=record.kid)
    if (record.state is KeyState.REVOKED) != (record.revoked_at is not None):
        raise KeyringUnusable(why="revoked_at", kid=record.kid)
    return record


def _public_key(members: Mapping[str, Any], purpose: Purpose) -> bytes:
    try:
        point = bytes.fromhex(_text(members, "public_key"))
        if purpose in RSA_PURPOSES:
            parse_public_der(point)
            return point
        if len(point) != _COMPRESSED_BYTES:
            raise KeyringUnusable(why="public_key")
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise KeyringUnusable(why="public_key") from error
    return point


def _instant_to_text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _instant(members: Mapping[str, Any], name: str) -> datetime:
    try:
        return datetime.strptime(_text(members, name), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise KeyringUnusable(why=name) from error


def _object(value: object, names: set[str] | frozenset[str], what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or set(value) != names:
        raise KeyringUnusable(why=f"{what}_members")
    return cast("dict[str, Any]", value)


def _list(members: Mapping[str, Any], name: str) -> list[object]:
    value = members[name]
    if not isinstance(value, list):
        raise KeyringUnusable(why=name)
    return cast("list[object]", value)


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members[name]
    if not isinstance(value, str) or not value:
        raise KeyringUnusable(why=name)
    return value


def _word(kind: type[_Word], members: Mapping[str, Any], name: str) -> _Word:
    try:
        return kind(_text(members, name))
    except ValueError as error:
        raise KeyringUnusable(why=name) from error
