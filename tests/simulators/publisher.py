"""A publisher for tests: the real publication room over a folder, keys made from words, slots in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

from apcv_backend.config import Config
from apcv_backend.publication.ports import Published, Role
from apcv_backend.publication.repository import FolderRepository, write_in_one_step
from apcv_backend.publication.service import PublicationService
from cartes.status import StatusPurpose
from tests.simulators.clock import MORNING
from tests.simulators.issuing import WordKey
from verifier.trust_store import TrustStore

CAPACITY = 4096


class Word(Enum):
    APCV = "apcv"
    ECPS = "ecps"
    AMC = "amc"
    OIDC = "oidc"
    ACTIVE = "active"
    RETIRED = "retired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class IssuerRecord:
    """What a keyring's record offers."""

    purpose: Word
    public_key: bytes
    not_before: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    not_after: datetime = datetime(2027, 1, 1, tzinfo=UTC)
    state: Word = Word.ACTIVE
    revoked_at: datetime | None = None


@dataclass
class MemorySlots:
    """Slots that tests set by hand."""

    revoked_slots: dict[int, set[int]] = field(default_factory=dict)
    suspended_slots: dict[int, set[int]] = field(default_factory=dict)

    def live(self, list_id: int, purpose: StatusPurpose, at: datetime) -> Sequence[int]:
        return self.all(list_id, purpose)

    def all(self, list_id: int, purpose: StatusPurpose) -> Sequence[int]:
        slots = {StatusPurpose.REVOKED: self.revoked_slots, StatusPurpose.SUSPENDED: self.suspended_slots}
        return sorted(slots[purpose].get(list_id, ()))


def settings(publication_dir: Path, **changes: str) -> Config:
    told = {
        "APCV_ENV": "test",
        "APCV_PUBLIC_URL": "http://127.0.0.1:8000",
        "APCV_DATABASE_URL": "sqlite:////nowhere/x.db",
        "APCV_KEYS_DIR": "/nowhere/keys",
        "APCV_PUBLICATION_DIR": str(publication_dir),
        "APCV_RIGHTS_DIR": "/nowhere/rights",
        "APCV_RP_ID_APCV": "apcv.localhost",
        "APCV_RP_ID_ECPS": "ecps.localhost",
        "APCV_ORIGINS_APCV": "https://apcv.localhost",
        "APCV_ORIGINS_ECPS": "https://ecps.localhost",
        "APCV_ATTESTATION_ROOTS": "/nowhere/roots",
        "APCV_STATUS_CAPACITY": str(CAPACITY),
    }
    return Config.from_env(told | changes)


class Publisher:
    """Everything a publication needs, each part in the test's hands."""

    def __init__(self, directory: Path, *, write: Callable[[Path, bytes], None] = write_in_one_step) -> None:
        self.directory = directory
        self.slots = MemorySlots()
        self.keys = {role: WordKey(f"tuf {role.value}") for role in Role}
        self.issuers = [
            IssuerRecord(Word.APCV, WordKey("issuer apcv").public_key),
            IssuerRecord(Word.ECPS, WordKey("issuer ecps").public_key),
            IssuerRecord(Word.OIDC, WordKey("oidc").public_key),
        ]
        self.service = PublicationService(
            FolderRepository(directory, lambda role, _: self.keys[role], write=write),
            self.slots,
            lambda: self.issuers,
            settings(directory),
        )

    def publish(self, at: datetime = MORNING) -> Published:
        return self.service.publish(at)

    @property
    def root(self) -> bytes:
        return (self.directory / "metadata" / "1.root.json").read_bytes()

    def new_till(self, directory: Path) -> TrustStore:
        """A till started from the first root, which has fetched nothing yet."""
        store = TrustStore(directory)
        store.init(self.root)
        return store


def hours(number: float) -> timedelta:
    return timedelta(hours=number)
