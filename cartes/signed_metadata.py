"""One piece of TUF metadata, checked with `cryptography` alone: parse, count good signatures, read the facts.

The refresh uses python-tuf; a scan cannot afford it and python-tuf has no offline mode. What is on disk is
checked here again before each use, so that a store edited by hand is refused. Whoever keeps an offline key
checks with the same words what they are asked to sign.

Reads what this house publishes and nothing more: JSON in the OLPC canonical form for signing, keys
`ecdsa-sha2-nistp256` (TUF specification 1.0.33, sections 4.1 to 4.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from cartes.errors import BadJson, CarteError
from cartes.wire import strict_json

MAX_METADATA_SIZE: Final = 1 << 20
_STATUS_ROLE: Final = "status"
_STATUS_PATHS: Final = ["status/*"]
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_ES256: Final = ec.ECDSA(hashes.SHA256())


class BadMetadata(CarteError):
    """A file of the trust data does not hold. `file` names it, `why` says in a word."""

    code = "bad_metadata"


@dataclass(frozen=True, slots=True)
class RoleKeys:
    """Who may sign for a role, by key identifier, and how many of them must."""

    keys: Mapping[str, ec.EllipticCurvePublicKey]
    threshold: int


@dataclass(frozen=True, slots=True)
class SignedRole:
    """Metadata whose signatures were proven: its version, its end, and all its members."""

    file: str
    version: int
    expires_at: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UnverifiedRole:
    """Metadata as read: nothing is proven but its shape."""

    file: str
    unverified_body: Mapping[str, Any]
    signatures: tuple[tuple[str, bytes], ...]

    def check(self, authority: RoleKeys) -> SignedRole:
        """Prove that at least `threshold` different keys of the role signed. Raises `BadMetadata`."""
        try:
            message = canonical_json(self.unverified_body)
        except (TypeError, UnicodeEncodeError) as refused:  # a fraction, half a character: nobody signed that
            raise BadMetadata(file=self.file, why="not_canonical") from refused
        good: set[bytes] = set()
        for keyid, signature in self.signatures:
            key = authority.keys.get(keyid)
            if key is None:
                continue
            try:
                key.verify(signature, message, _ES256)
            except InvalidSignature:
                continue
            # One key listed under two names still counts once.
            numbers = key.public_numbers()
            good.add(numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big"))
        if len(good) < authority.threshold:
            raise BadMetadata(file=self.file, why="signature", good=len(good), needed=authority.threshold)
        body = self.unverified_body
        return SignedRole(self.file, body["version"], instant(self.file, body, "expires"), body)


def parse_role(data: bytes, kind: str, file: str) -> UnverifiedRole:
    """Read the metadata of a role of type `kind` (`root`, `timestamp`, …). Raises `BadMetadata`."""
    try:
        whole = strict_json.loads(data, MAX_METADATA_SIZE)
    except BadJson as refused:
        raise BadMetadata(file=file, why="not_json") from refused
    whole = members_of(file, whole, "whole")
    body = members_of(file, whole.get("signed"), "signed")
    if body.get("_type") != kind:
        raise BadMetadata(file=file, why="type")
    if not str(body.get("spec_version", "")).startswith("1."):
        raise BadMetadata(file=file, why="spec_version")
    if type(body.get("version")) is not int or body["version"] < 1:
        raise BadMetadata(file=file, why="version")
    listed = whole.get("signatures")
    if not isinstance(listed, list):
        raise BadMetadata(file=file, why="signatures")
    return UnverifiedRole(file, body, tuple(_signature(file, item) for item in listed))


def role_keys(file: str, keys: object, role: object) -> RoleKeys:
    """The authority a `keys` table and a role's `keyids` and `threshold` describe. Raises `BadMetadata`."""
    table, described = members_of(file, keys, "keys"), members_of(file, role, "role")
    keyids, threshold = described.get("keyids"), described.get("threshold")
    if not isinstance(keyids, list) or type(threshold) is not int or threshold < 1:
        raise BadMetadata(file=file, why="role")
    return RoleKeys({str(keyid): _public_key(file, table.get(str(keyid))) for keyid in keyids}, threshold)


def check_roots(roots: Mapping[int, bytes]) -> tuple[SignedRole, ...]:
    """Prove a chain of roots: the first by itself, each next by the one before and by itself.

    The first is the anchor: nothing here can say whether it is the right one. Raises `BadMetadata`.
    """
    if not roots:
        raise BadMetadata(file="root.json", why="missing")
    chain: list[SignedRole] = []
    for version in range(min(roots), max(roots) + 1):
        file = f"{version}.root.json"
        if version not in roots:
            raise BadMetadata(file=file, why="missing")
        unverified = parse_role(roots[version], "root", file)
        root = unverified.check(authority(chain[-1] if chain else self_described(unverified), "root"))
        unverified.check(authority(root, "root"))
        if root.version != version:
            raise BadMetadata(file=file, why="version")
        chain.append(root)
    return tuple(chain)


def authority(root: SignedRole, role: str) -> RoleKeys:
    """Who signs for a top-level role, as a root says."""
    roles = members_of(root.file, root.body.get("roles"), "roles")
    return role_keys(root.file, root.body.get("keys"), roles.get(role))


def status_authority(targets: SignedRole) -> RoleKeys:
    """Who signs the status lists: the one delegation we know, for its own paths and nothing else.

    Raises `BadMetadata`.
    """
    delegations = members_of(targets.file, targets.body.get("delegations"), "delegations")
    listed = delegations.get("roles")
    if not isinstance(listed, list) or len(listed) != 1:
        raise BadMetadata(file=targets.file, why="delegations")
    role = members_of(targets.file, listed[0], "delegations")
    if role.get("name") != _STATUS_ROLE or role.get("paths") != _STATUS_PATHS:
        raise BadMetadata(file=targets.file, why="delegations")
    return role_keys(targets.file, delegations.get("keys"), role)


def self_described(unverified_root: UnverifiedRole) -> SignedRole:
    """A root that speaks for itself: its keys are used to check it, and for nothing before that."""
    body, file = unverified_root.unverified_body, unverified_root.file
    return SignedRole(file, 0, instant(file, body, "expires"), body)


def instant(file: str, body: Mapping[str, Any], name: str) -> datetime:
    """An instant of the metadata, aware UTC. Raises `BadMetadata`."""
    try:
        return datetime.strptime(str(body.get(name)), _TIME).replace(tzinfo=UTC)
    except ValueError as refused:
        raise BadMetadata(file=file, why=name) from refused


def members_of(file: str, value: object, what: str) -> Mapping[str, Any]:
    """The members of a JSON object. Raises `BadMetadata` for anything else."""
    if not isinstance(value, dict):
        raise BadMetadata(file=file, why=what)
    return cast("dict[str, Any]", value)


def canonical_json(value: object) -> bytes:
    """The OLPC canonical JSON that TUF signs: members sorted by code point, only quote and backslash escaped.

    It differs from RFC 8785 in its escapes and in its order, hence a second encoder. Raises `TypeError` on
    what the form does not have, such as floats.
    """
    return _canonical(value).encode("utf-8")


def _canonical(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join([_canonical(item) for item in value]) + "]"
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        return (
            "{"
            + ",".join([_canonical(name) + ":" + _canonical(members[name]) for name in sorted(members)])
            + "}"
        )
    raise TypeError("canonical JSON has no " + type(value).__name__)


def _signature(file: str, item: object) -> tuple[str, bytes]:
    signature = members_of(file, item, "signature")
    try:
        return str(signature["keyid"]), bytes.fromhex(signature["sig"])
    except (KeyError, TypeError, ValueError) as refused:
        raise BadMetadata(file=file, why="signatures") from refused


def _public_key(file: str, described: object) -> ec.EllipticCurvePublicKey:
    key = members_of(file, described, "key")
    value = members_of(file, key.get("keyval"), "key")
    if (key.get("keytype"), key.get("scheme")) != ("ecdsa", "ecdsa-sha2-nistp256"):
        raise BadMetadata(file=file, why="key_scheme")
    try:
        public_key = load_pem_public_key(str(value.get("public")).encode("ascii"))
    except (ValueError, UnsupportedAlgorithm) as refused:
        raise BadMetadata(file=file, why="key") from refused
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or not isinstance(
        public_key.curve, ec.SECP256R1
    ):
        raise BadMetadata(file=file, why="key")
    return public_key
