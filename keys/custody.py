"""Custody: one offline key, its holder's name, and the memory of what it signed, in a folder of its own.

    custody.json    role, holder, public key, reference of the private key
    public.json     the same without the reference: what the ceremony needs when the key is made elsewhere
    key.pem         the private key (absent when the reference names a token)
    root.json       the newest root this holder has proven, from which the next is judged
    signed.json     role, version and SHA-256 of everything this key ever signed

A folder holds one key and never two, so that a machine that has it has one signature at most. What was signed
is written down before the signature exists: a key that signed one thing under a version never signs another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from cartes import es256
from cartes.errors import BadJson, InvalidValue
from cartes.signing_draft import SigningDraft
from cartes.wire import strict_json
from keys.ceremony import empty_folder
from keys.errors import CustodyUnusable, SigningRefused
from keys.files import read_private, sync_directory, write_private
from keys.offline_roles import OFFLINE, describe_key
from keys.signer import Purpose, Signer, fingerprint_of, signer_from_uri

DESCRIPTION: Final = "custody.json"
PUBLIC: Final = "public.json"
ROOT: Final = "root.json"
SIGNED: Final = "signed.json"
KEY: Final = "key.pem"
_FORMAT: Final = 1
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_LARGEST: Final = 1 << 20
_LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class Keeper:
    """The public half of a custody: who keeps which offline key."""

    purpose: Purpose
    holder: str
    public_key: bytes

    @property
    def fingerprint(self) -> str:
        """What two people read to each other."""
        return fingerprint_of(self.public_key)

    def to_json(self) -> dict[str, Any]:
        """The members `parse` reads."""
        return {
            "format": _FORMAT,
            "role": self.purpose.value,
            "holder": self.holder,
            "public_key": self.public_key.hex(),
        }

    @classmethod
    def parse(cls, data: bytes, file: str = PUBLIC) -> Keeper:
        """Read a public half. Raises `CustodyUnusable`."""
        try:
            members = strict_json.loads(data)
            purpose, point = Purpose(members["role"]), bytes.fromhex(members["public_key"])
            es256.public_key(point)
            if purpose not in OFFLINE or members["format"] != _FORMAT:
                raise CustodyUnusable(file=file, why="role")
            return cls(purpose, check_holder(members["holder"]), point)
        except (BadJson, InvalidValue, KeyError, TypeError, ValueError) as refused:
            raise CustodyUnusable(file=file, why=type(refused).__name__) from refused

    @classmethod
    def read(cls, path: Path) -> Keeper:
        """The public half in a file, or in the folder of a custody. Raises `CustodyUnusable`."""
        file = path / PUBLIC if path.is_dir() else path
        try:
            return cls.parse(file.read_bytes(), file.name)
        except OSError as refused:
            raise CustodyUnusable(path=str(file), why=type(refused).__name__) from refused


class Custody:
    """An opened custody. The private key is opened when it signs."""

    def __init__(self, directory: Path, keeper: Keeper, uri: str) -> None:
        self.directory = directory
        self.keeper = keeper
        self._uri = uri

    @classmethod
    def open(cls, directory: Path) -> Custody:
        """Open the folder of a custody. Raises `CustodyUnusable`, `KeyFileUnusable` or `KeyFileExposed`."""
        data = read_private(directory / DESCRIPTION)
        keeper = Keeper.parse(data, DESCRIPTION)
        uri = strict_json.loads(data).get("uri")
        if not isinstance(uri, str):
            raise CustodyUnusable(file=DESCRIPTION, why="uri")
        return cls(directory, keeper, uri)

    @property
    def keyid(self) -> str:
        """The identifier of the key in the publication's metadata."""
        return describe_key(self.keeper.public_key)[0]

    @property
    def known_root(self) -> bytes | None:
        """The newest root this holder has proven, or `None` before the first."""
        try:
            return (self.directory / ROOT).read_bytes()
        except FileNotFoundError:
            return None

    def learn_root(self, root: bytes) -> None:
        """Keep a root the caller has proven, to judge the next by."""
        _replace(self.directory / ROOT, root)

    def signed_before(self) -> tuple[dict[str, Any], ...]:
        """What this key signed, oldest first: `role`, `version`, `sha256`, `at`. Raises `CustodyUnusable`."""
        try:
            found = strict_json.loads(read_private(self.directory / SIGNED), _LARGEST)
            if not all(
                {"role", "version", "sha256", "at"} == set(entry) and isinstance(entry["version"], int)
                for entry in found
            ):
                raise CustodyUnusable(file=SIGNED, why="members")
        except (BadJson, TypeError) as refused:
            raise CustodyUnusable(file=SIGNED, why="not_json") from refused
        return tuple(found)

    def check_never_signed_another(self, draft: SigningDraft, at: datetime) -> None:
        """Refuse what contradicts what this key signed. Raises `SigningRefused`."""
        for entry in self.signed_before():
            if entry["at"] > at.astimezone(UTC).strftime(_TIME):
                raise SigningRefused(why="clock_behind", signed_at=entry["at"])
            if entry["role"] == draft.role and (
                entry["version"] > draft.version
                or (entry["version"] == draft.version and entry["sha256"] != draft.fingerprint)
            ):
                raise SigningRefused(why="already_signed_another", version=entry["version"])

    def sign(self, draft: SigningDraft, at: datetime) -> SigningDraft:
        """Sign a draft the holder has read and judged (`keys.draft_reading`), and remember it first.

        Raises `SigningRefused`, `CustodyUnusable`, or what opening the key raises.
        """
        self.check_never_signed_another(draft, at)
        signer = self._signer()
        entry = {
            "role": draft.role,
            "version": draft.version,
            "sha256": draft.fingerprint,
            "at": at.astimezone(UTC).strftime(_TIME),
        }
        _replace(self.directory / SIGNED, _json([*self.signed_before(), entry]))
        raw = signer.sign(draft.message)
        half = len(raw) // 2
        der = encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
        return draft.with_signature(self.keyid, der)

    def _signer(self) -> Signer:
        # A keeper's machine is theirs alone and off the network: a key in a file is no surprise here.
        signer = signer_from_uri(
            self._uri, self.keeper.purpose, directory=self.directory, acknowledged_development=True
        )
        if signer.public_key != self.keeper.public_key:
            raise CustodyUnusable(file=KEY, why="not_the_key_announced")
        return signer


def make_custody(directory: Path, purpose: Purpose, holder: str, *, uri: str | None = None) -> Custody:
    """Make an offline key in `directory`, which must not exist or be empty; or adopt the one `uri` names.

    Raises `CeremonyRefused`, `CustodyUnusable`, or what opening the reference raises; nothing is left then.
    """
    if purpose not in OFFLINE:
        raise CustodyUnusable(why="role", role=purpose.value)
    check_holder(holder)
    with empty_folder(directory.absolute()) as written:
        if uri is None:
            private_key = ec.generate_private_key(ec.SECP256R1())
            written.append(directory / KEY)
            write_private(
                directory / KEY,
                private_key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                ),
            )
            point = private_key.public_key().public_bytes(
                serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
            )
            uri = f"file:{KEY}"
        else:
            point = signer_from_uri(
                uri, purpose, directory=directory, acknowledged_development=True
            ).public_key
        keeper = Keeper(purpose, holder, point)
        for name, contents in (
            (SIGNED, []),
            (PUBLIC, keeper.to_json()),
            (DESCRIPTION, {**keeper.to_json(), "uri": uri}),
        ):
            written.append(directory / name)
            write_private(directory / name, _json(contents))
        # What follows in the caller may still fail: the files are forgotten only when the block ends well.
    return Custody(directory, keeper, uri)


def check_holder(name: object) -> str:
    """A name a person can read aloud. Raises `CustodyUnusable`."""
    if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise CustodyUnusable(why="holder")
    return name


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def _replace(path: Path, data: bytes) -> None:
    """Put a private file in place of another, in one step."""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    write_private(beside, data)
    beside.replace(path)
    sync_directory(path.parent)
