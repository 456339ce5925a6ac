"""How publishing is put together: the folder, the roles' keys, the states of slots."""

from __future__ import annotations

from datetime import datetime

from apcv_backend.config import Config
from apcv_backend.database import Database
from apcv_backend.publication.ports import Role
from apcv_backend.publication.repository import FolderRepository
from apcv_backend.publication.service import PublicationService
from apcv_backend.publication.status_tokens import StatusTokenDesk
from apcv_backend.publication.store import SqlStatusSlots
from cartes.seal import Signer
from keys.keyring import Keyring, Purpose


def build_publication(config: Config, database: Database, keyring: Keyring) -> PublicationService:
    """The publisher on these settings."""

    def signer_of(role: Role, at: datetime) -> Signer | None:
        purpose = Purpose(f"tuf-{role.value}")
        if role in {Role.ROOT, Role.TARGETS} and not keyring.public_keys(purpose):
            return None  # kept offline, by several people
        return keyring.signer(purpose, at)

    return PublicationService(
        FolderRepository(config.publication_dir, signer_of),
        SqlStatusSlots(database),
        keyring.public_keys,
        config,
    )


def build_status_tokens(config: Config, database: Database, keyring: Keyring) -> StatusTokenDesk:
    """The desk of Token Status Lists on these settings."""

    def signer(at: datetime) -> Signer | None:
        if not keyring.public_keys(Purpose.STATUS):
            return None  # made before there was such a key, or by an operator who serves no online verifier
        return keyring.signer(Purpose.STATUS, at)

    return StatusTokenDesk(
        slots=SqlStatusSlots(database),
        signer=signer,
        public_url=config.public_url,
        capacity=config.status_capacity,
    )
