"""A file that goes from the publisher to the keepers of offline keys and back, gathering signatures.

It carries what is to be signed (`root` or `targets` metadata, as The Update Framework writes it), the
signatures so far, and what each keeper needs to judge for themselves with no network: every root in force,
the metadata in force of that role, and the files both describe. Nothing in it is trusted for being there.

    {"format": "cartes-signing-draft/1", "role": "targets",
     "metadata": {"signed": {…}, "signatures": [{"keyid": "…", "sig": "…"}]},
     "roots": [{…}], "standing": {…}, "files": {"trust.json": "…"}, "standing_files": {"trust.json": "…"}}

A finished root is also a file by itself, `N.root.json`: `parse` reads that too, with nothing beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from cartes.errors import BadJson
from cartes.signed_metadata import BadMetadata, UnverifiedRole, canonical_json, members_of, parse_role
from cartes.wire import strict_json

ROLES: Final = ("root", "targets")
MAX_DRAFT_SIZE: Final = 1 << 23
_FORMAT: Final = "cartes-signing-draft/1"
_FILE: Final = "draft"


@dataclass(frozen=True, slots=True)
class SigningDraft:
    """What is to be signed and what it follows. Only its shape is proven."""

    role: str
    unverified_body: Mapping[str, Any]
    signatures: Mapping[str, str] = field(default_factory=dict)
    roots: tuple[Mapping[str, Any], ...] = ()
    standing: Mapping[str, Any] | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    standing_files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """The version that would be signed."""
        return cast("int", self.unverified_body["version"])

    @property
    def message(self) -> bytes:
        """The bytes a signature is over. Raises `BadMetadata` when they have no canonical form."""
        try:
            return canonical_json(self.unverified_body)
        except TypeError as refused:
            raise BadMetadata(file=_FILE, why="not_canonical") from refused

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what is signed, in hexadecimal: what keepers read to each other."""
        return hashlib.sha256(self.message).hexdigest()

    def metadata(self) -> bytes:
        """The metadata as it is published, with the signatures it has now."""
        return _written(
            {
                "signed": self.unverified_body,
                "signatures": [{"keyid": keyid, "sig": sig} for keyid, sig in self.signatures.items()],
            }
        )

    def unverified_role(self) -> UnverifiedRole:
        """The metadata, ready to be checked against keys. Raises `BadMetadata`."""
        return parse_role(self.metadata(), self.role, f"{self.version}.{self.role}.json")

    def root_files(self) -> Mapping[int, bytes]:
        """The roots in force, by version, as files. Raises `BadMetadata`."""
        found: dict[int, bytes] = {}
        for root in self.roots:
            data = _written(root)
            found[parse_role(data, "root", "root.json").unverified_body["version"]] = data
        return found

    def standing_file(self) -> bytes | None:
        """The metadata in force of this role, as a file."""
        return None if self.standing is None else _written(self.standing)

    def with_signature(self, keyid: str, der: bytes) -> SigningDraft:
        """The same draft with one more signature, or another by the same key."""
        return replace(self, signatures={**self.signatures, keyid: der.hex()})

    def encode(self) -> bytes:
        """The file, which `parse` reads."""
        return _written(
            {
                "format": _FORMAT,
                "role": self.role,
                "metadata": strict_json.loads(self.metadata(), MAX_DRAFT_SIZE),
                "roots": list(self.roots),
                "standing": self.standing,
                "files": {name: data.decode("utf-8") for name, data in self.files.items()},
                "standing_files": {name: data.decode("utf-8") for name, data in self.standing_files.items()},
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> SigningDraft:
        """Read a draft, or a root alone. Raises `BadMetadata`."""
        try:
            whole = members_of(_FILE, strict_json.loads(data, MAX_DRAFT_SIZE), "whole")
        except BadJson as refused:
            raise BadMetadata(file=_FILE, why="not_json") from refused
        if "signed" in whole:
            return cls._of("root", whole)
        if whole.get("format") != _FORMAT or whole.get("role") not in ROLES:
            raise BadMetadata(file=_FILE, why="format")
        roots = whole.get("roots")
        if not isinstance(roots, list):
            raise BadMetadata(file=_FILE, why="roots")
        standing = whole.get("standing")
        return replace(
            cls._of(whole["role"], members_of(_FILE, whole.get("metadata"), "metadata")),
            roots=tuple(members_of(_FILE, root, "roots") for root in roots),
            standing=None if standing is None else members_of(_FILE, standing, "standing"),
            files=_files(whole.get("files"), "files"),
            standing_files=_files(whole.get("standing_files"), "standing_files"),
        )

    @classmethod
    def _of(cls, role: str, metadata: Mapping[str, Any]) -> SigningDraft:
        unverified = parse_role(_written(metadata), role, _FILE)
        signatures = {keyid: signature.hex() for keyid, signature in unverified.signatures}
        return cls(role, unverified.unverified_body, signatures)


def _files(value: object, what: str) -> Mapping[str, bytes]:
    files = members_of(_FILE, value, what)
    if not all(isinstance(text, str) for text in files.values()):
        raise BadMetadata(file=_FILE, why=what)
    return {name: text.encode("utf-8") for name, text in files.items()}


def _written(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"
