"""Whom a workstation trusts: which key may sign which kind of card, and what the phones' proofs look like.

A trust list reaches a workstation through TUF (`docs/formats/trust.md`); the signature over it is checked
there. Here it is a value: canonical JSON (RFC 8785) in, canonical JSON out, refused when anything is odd.

Several issuers may share a key identifier: it has four bytes, and somebody could look for a collision. So
`issuers_for` gives all of them, and the signature decides.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec

from cartes import fields
from cartes.cards import COMPRESSED_POINT_SIZE, MAX_LIST, SYNCED_MAX_LIFE, CardKind
from cartes.errors import InvalidValue
from cartes.wire import base64url, strict_json

MAX_SIZE: Final = 1 << 20
RESERVED_PROFILE: Final = 32
"""A raw key without WebAuthn: reserved, and refused, since nobody would sign its presence flags."""
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_ENVS: Final = ("test", "demo", "production")
_RP_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*:[A-Za-z0-9._~:/-]{1,240}")
_PACKAGE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+")
_APK_KEY_HASH: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_SUFFIX_START: Final = '","origin":"'
_SUFFIX_MOST: Final = 1024
# Chromium adds this member to one assertion in five, so that nobody compares with a template
# (components/webauthn/core/browser/client_data_json.cc).
_GREASE: Final = (
    ',"other_keys_can_be_added_here":"do not compare clientDataJSON against a template.'
    ' See https://goo.gl/yabPex"}'
)


def standard_profiles(origin: str, android: tuple[str, str] | None = None) -> dict[int, str]:
    """The client-data shapes in the field for one `origin`: what follows the challenge, by profile number.

    0 Chromium, 1 Chromium with its extra member, 2 WebKit and iOS, 3 Android native when `android` gives the
    (base64url SHA-256 of the signing certificate, package name) of the application.
    """
    if not _ORIGIN.fullmatch(origin):
        raise InvalidValue(what="origin", why="characters")
    canonical = f'{_SUFFIX_START}{origin}","crossOrigin":false}}'
    profiles = {0: canonical, 1: canonical[:-1] + _GREASE, 2: f'{_SUFFIX_START}{origin}"}}'}
    if android is not None:
        key_hash, package = android
        if not _APK_KEY_HASH.fullmatch(key_hash) or not _PACKAGE.fullmatch(package):
            raise InvalidValue(what="android_application", why="characters")
        profiles[3] = f'{_SUFFIX_START}android:apk-key-hash:{key_hash}","androidPackageName":"{package}"}}'
    return profiles


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """One issuer's key: a compressed P-256 point, the kinds it may sign, and from when to when (UTC).

    `kid` is the first four bytes of SHA-256 of the point. A key off the curve cannot be built.
    """

    public_key: bytes
    kinds: frozenset[CardKind]
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None
    name: str
    kid: bytes = field(init=False, compare=False)
    verifying_key: ec.EllipticCurvePublicKey = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.public_key) != COMPRESSED_POINT_SIZE:
            raise InvalidValue(what="issuer_key", why="not_a_compressed_point")
        if type(self.name) is not str:
            raise InvalidValue(what="issuer_key", why="name")
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.public_key)
        except ValueError as refused:
            raise InvalidValue(what="issuer_key", why="not_on_curve") from refused
        if self.valid_until <= self.valid_from:
            raise InvalidValue(what="issuer_key", why="ends_before_it_starts")
        object.__setattr__(self, "verifying_key", key)
        object.__setattr__(self, "kid", kid_of(self.public_key))

    def is_revoked(self, at: datetime) -> bool:
        """Whether the key is withdrawn as of `at`; then nothing it ever signed is believed."""
        return self.revoked_at is not None and self.revoked_at <= at


def kid_of(public_key: bytes) -> bytes:
    """The key identifier of a compressed point: the first four bytes of its SHA-256."""
    return hashlib.sha256(public_key).digest()[:4]


@dataclass(frozen=True, slots=True)
class KindPolicy:
    """What holds for all cards of one kind: RP ID of the proofs, client-data profiles, longest life.

    A profile is the text that follows the challenge in clientDataJSON; inline tails extend profile 0.
    """

    rp_id: str
    profiles: Mapping[int, str]
    max_ttl_s: int
    rp_id_hash: bytes = field(init=False, compare=False, repr=False)
    suffixes: Mapping[int, bytes] = field(init=False, compare=False, repr=False)
    longest_life: timedelta = field(init=False, compare=False, repr=False)
    longest_synced_life: timedelta = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not _RP_ID.fullmatch(self.rp_id):
            raise InvalidValue(what="rp_id", why="characters")
        if not 0 < self.max_ttl_s <= fields.MAX_UINT32:
            raise InvalidValue(what="max_ttl_s", why="out_of_range")
        for number, suffix in self.profiles.items():
            _check_profile(number, suffix)
        object.__setattr__(self, "profiles", MappingProxyType(dict(self.profiles)))
        object.__setattr__(self, "rp_id_hash", hashlib.sha256(self.rp_id.encode("ascii")).digest())
        suffixes = {number: suffix.encode("utf-8") for number, suffix in self.profiles.items()}
        object.__setattr__(self, "suffixes", MappingProxyType(suffixes))
        life = timedelta(seconds=self.max_ttl_s)
        object.__setattr__(self, "longest_life", life)
        object.__setattr__(self, "longest_synced_life", min(life, SYNCED_MAX_LIFE))


def _check_profile(number: int, suffix: str) -> None:
    if not 0 <= number <= 0xFF or number == RESERVED_PROFILE:  # noqa: PLR2004 - one byte
        raise InvalidValue(what="profile", why="number")
    if len(suffix) > _SUFFIX_MOST or not suffix.startswith(_SUFFIX_START):
        raise InvalidValue(what="profile", why="shape")
    # The suffix closes the challenge and then the object: together they must be one JSON object.
    members = strict_json.loads('{"challenge":"' + suffix)
    if not isinstance(members, dict) or members.get("crossOrigin", False) is not False:
        raise InvalidValue(what="profile", why="cross_origin")
    if "type" in members or "topOrigin" in members:
        raise InvalidValue(what="profile", why="shape")


@dataclass(frozen=True, slots=True)
class TrustList:
    """The whole list, as published: a growing `version`, its date, its environment, and three tables."""

    version: int
    issued_at: datetime
    env: str
    issuers: tuple[IssuerKey, ...]
    kinds: Mapping[CardKind, KindPolicy]
    status_lists: Mapping[int, CardKind]
    _by_kid: Mapping[bytes, tuple[IssuerKey, ...]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.version < 1:
            raise InvalidValue(what="trust_list", why="version")
        if self.env not in _ENVS:
            raise InvalidValue(what="trust_list", why="env")
        if not all(0 <= number <= MAX_LIST for number in self.status_lists):
            raise InvalidValue(what="trust_list", why="status_lists")
        if len({issuer.public_key for issuer in self.issuers}) != len(self.issuers):
            raise InvalidValue(what="trust_list", why="same_key_twice")
        by_rp_id: dict[str, CardKind] = {}
        for kind, policy in self.kinds.items():
            # A proof made for one key must never serve the other. An insurer's card has no key of its own.
            if by_rp_id.setdefault(policy.rp_id, kind.held_as) is not kind.held_as:
                raise InvalidValue(what="trust_list", why="rp_id_shared_by_two_kinds")
            held = self.kinds.get(kind.held_as)
            if held is not None and held.rp_id != policy.rp_id:
                raise InvalidValue(what="trust_list", why="rp_id_not_its_holders")
        by_kid: dict[bytes, tuple[IssuerKey, ...]] = {}
        for issuer in self.issuers:
            by_kid[issuer.kid] = (*by_kid.get(issuer.kid, ()), issuer)
        object.__setattr__(self, "issued_at", fields.whole_second(self.issued_at, "trust_list"))
        object.__setattr__(self, "kinds", MappingProxyType(dict(self.kinds)))
        object.__setattr__(self, "status_lists", MappingProxyType(dict(self.status_lists)))
        object.__setattr__(self, "_by_kid", MappingProxyType(by_kid))

    def issuers_for(self, kid: bytes) -> tuple[IssuerKey, ...]:
        """Every issuer key with this identifier, perhaps none."""
        return self._by_kid.get(kid, ())

    def encode(self) -> bytes:
        """The list as canonical JSON."""
        return strict_json.canonical(
            {
                "version": self.version,
                "issued_at": _time_text(self.issued_at),
                "env": self.env,
                "issuers": [_issuer_members(issuer) for issuer in self.issuers],
                "kinds": {kind.value: _policy_members(policy) for kind, policy in self.kinds.items()},
                "status_lists": {str(number): kind.value for number, kind in self.status_lists.items()},
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> TrustList:
        """Read what `encode` writes; `InvalidValue` or `BadJson` for anything else, unknown members included.

        That the bytes come from the right publisher was proven before, or is not proven at all.
        """
        whole = strict_json.loads(data, MAX_SIZE)
        try:
            read = _trust_list(cls, whole)
        except (KeyError, TypeError, ValueError, AttributeError) as refused:
            raise InvalidValue(what="trust_list", why="shape") from refused
        if read.encode() != data:
            raise InvalidValue(what="trust_list", why="not_canonical")
        return read


def _trust_list(cls: type[TrustList], whole: Any) -> TrustList:
    return cls(
        version=_integer(whole["version"]),
        issued_at=_time(whole["issued_at"]),
        env=whole["env"],
        issuers=tuple(_issuer(members) for members in whole["issuers"]),
        kinds={CardKind(kind): _policy(members) for kind, members in whole["kinds"].items()},
        status_lists={int(number): CardKind(kind) for number, kind in whole["status_lists"].items()},
    )


def _issuer(members: Any) -> IssuerKey:
    revoked_at = members["revoked_at"]
    return IssuerKey(
        public_key=base64url.decode(members["public_key"]),
        kinds=frozenset(CardKind(kind) for kind in members["kinds"]),
        valid_from=_time(members["valid_from"]),
        valid_until=_time(members["valid_until"]),
        revoked_at=None if revoked_at is None else _time(revoked_at),
        name=members["name"],
    )


def _issuer_members(issuer: IssuerKey) -> dict[str, Any]:
    return {
        "public_key": base64url.encode(issuer.public_key),
        "kinds": sorted(kind.value for kind in issuer.kinds),
        "valid_from": _time_text(issuer.valid_from),
        "valid_until": _time_text(issuer.valid_until),
        "revoked_at": None if issuer.revoked_at is None else _time_text(issuer.revoked_at),
        "name": issuer.name,
    }


def _policy(members: Any) -> KindPolicy:
    profiles = {int(number): suffix for number, suffix in members["profiles"].items()}
    return KindPolicy(members["rp_id"], profiles, _integer(members["max_ttl_s"]))


def _policy_members(policy: KindPolicy) -> dict[str, Any]:
    return {
        "rp_id": policy.rp_id,
        "profiles": {str(number): suffix for number, suffix in policy.profiles.items()},
        "max_ttl_s": policy.max_ttl_s,
    }


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("an integer was expected")
    return value


def _time(text: Any) -> datetime:
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)


def _time_text(at: datetime) -> str:
    return at.astimezone(UTC).strftime(_TIME)
