"""How presences, rights queries and their limits are put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from apcv_backend.alarms import Alarms
from apcv_backend.audit import Journal
from apcv_backend.config import Config
from apcv_backend.connections import OwnTrustList
from apcv_backend.database import Database
from apcv_backend.presences.service import PresenceDesk
from apcv_backend.presences.store import PresenceTools, SqlPresenceRegisters, SqlStates
from apcv_backend.presences.token import PublicRecord, SignedPresences
from apcv_backend.quotas import Quotas
from apcv_backend.rights.batches import RightsBatches
from apcv_backend.rights.ports import Consents, Memberships, RightsSource
from apcv_backend.rights.query_service import RightsDesk
from apcv_backend.rights.query_store import QueryTools, SqlQueryRegisters
from apcv_backend.subjects import Subjects
from apcv_backend.vault import Vault
from cartes.wire import base64url
from keys.keyring import Keyring, KeyState, Purpose

_BELIEVED = {KeyState.ACTIVE, KeyState.RETIRING}


@dataclass(frozen=True)
class OnlineRights:
    """The desks of the two rooms, and what limits them."""

    presences: PresenceDesk
    queries: RightsDesk
    batches: RightsBatches
    quotas: Quotas
    alarms: Alarms


def build_online_rights(
    *,
    config: Config,
    database: Database,
    vault: Vault,
    journal: Journal,
    subjects: Subjects,
    keyring: Keyring,
    source: RightsSource,
    consents: Consents,
    memberships: Memberships,
    random: Callable[[int], bytes],
) -> OnlineRights:
    """The desks on these stores. `consents` and `memberships` are other rooms'."""
    alarms = Alarms(journal, random)
    quotas = Quotas(alarms, is_sqlite=database.is_sqlite)
    presences = PresenceDesk(
        registers=SqlPresenceRegisters(database, PresenceTools(journal, alarms, quotas, subjects)),
        trust=OwnTrustList(keyring.public_keys, config),
        states=SqlStates(database),
        tokens=_tokens(keyring),
        references=_references(vault),
        issuer=config.public_url,
        minutes=config.presence_minutes,
        random=random,
    )
    registers = SqlQueryRegisters(database, QueryTools(vault, journal, quotas, subjects))
    queries = RightsDesk(
        source=source,
        presences=presences,
        consents=consents,
        memberships=memberships,
        registers=registers,
        random=random,
    )
    return OnlineRights(presences, queries, RightsBatches(queries, registers), quotas, alarms)


def _tokens(keyring: Keyring) -> SignedPresences:
    def believed(at: datetime) -> Iterable[PublicRecord]:
        del at
        return [key for key in keyring.public_keys(Purpose.OIDC) if key.state in _BELIEVED]

    return SignedPresences(lambda at: keyring.signer(Purpose.OIDC, at), believed)


def _references(vault: Vault) -> Callable[[str, str], str]:
    def reference(subject_id: str, structure: str) -> str:
        return base64url.encode(vault.person_index(f"presence|{structure}", subject_id))

    return reference
