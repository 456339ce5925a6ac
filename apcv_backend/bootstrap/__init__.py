"""The composition root: the only file that knows concrete stores, sources and keys.

`build(config)` opens everything once and gives `Services`; rooms receive what they asked for in their ports.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from apcv_backend.audit import Journal
from apcv_backend.bootstrap.complementary import build_complementary
from apcv_backend.bootstrap.enrolment import build_enrolment
from apcv_backend.bootstrap.online_rights import OnlineRights, build_online_rights
from apcv_backend.bootstrap.operations import build_operations
from apcv_backend.bootstrap.patient_journal import build_patient_journal
from apcv_backend.bootstrap.publication import build_publication, build_status_tokens
from apcv_backend.bootstrap.record_access import build_record_access
from apcv_backend.bootstrap.representation import build_representation
from apcv_backend.bootstrap.signin_approval import (
    RepresentedPeople,
    SigninApproval,
    build_approval,
    build_attempts,
)
from apcv_backend.bootstrap.signin_provider import build_provider, build_sessions
from apcv_backend.bootstrap.staff import build_staff
from apcv_backend.bootstrap.transparency import build_log, inspect_journal, log_keys
from apcv_backend.callers import Callers
from apcv_backend.complementary.service import ContractDesk
from apcv_backend.config import Config, ConfigError
from apcv_backend.connections import GesturesOfPhones, OwnTrustList, PeopleOfBothKinds
from apcv_backend.database import Database, DatabaseUnavailable
from apcv_backend.enrolment.activation_codes import DeskAgent
from apcv_backend.enrolment.ceremony.policy import CeremonyPolicy
from apcv_backend.enrolment.revocation_desk import RevocationDesk, actor_of
from apcv_backend.enrolment.rules import Device
from apcv_backend.enrolment.service import CardTerms, EnrolmentRoom
from apcv_backend.enrolment.store.register import SqlRegisters
from apcv_backend.ephemeral import PUBLICATION_BELL, EmbeddedEphemeral, MemoryEphemeral, RedisEphemeral
from apcv_backend.erasure import ErasedList, Erasure
from apcv_backend.issuance.openid4vci import Nonces
from apcv_backend.issuance.planning import Planner
from apcv_backend.issuance.proving import Prover
from apcv_backend.issuance.service import CREDENTIAL_PATH, IssuanceService
from apcv_backend.issuance.store import SqlIssuanceRegisters, SqlPhones
from apcv_backend.migrations import is_current
from apcv_backend.operations.service import OperationsDesk
from apcv_backend.patient_journal.service import PatientJournal
from apcv_backend.patient_journal.store import SqlIncidents
from apcv_backend.person_keys import SqlPersonKeys, give_keys
from apcv_backend.policies import card_terms
from apcv_backend.professionals.service import DirectoryService
from apcv_backend.professionals.store import SqlDirectory, SqlDirectoryRegisters
from apcv_backend.publication.service import PublicationService
from apcv_backend.publication.status_tokens import StatusTokenDesk
from apcv_backend.record_access.service import RecordDesk
from apcv_backend.representation.service import Representations
from apcv_backend.retention import Retention
from apcv_backend.rights.demo_source import FileRightsSource
from apcv_backend.signin.provider.desk import ProviderDesk
from apcv_backend.signin.provider.token_callers import TokenCallers
from apcv_backend.staff.service import StaffRoom
from apcv_backend.status_slots import StatusSlots
from apcv_backend.subjects import Subjects
from apcv_backend.transparency.rules import Finding
from apcv_backend.transparency.service import LogDesk
from apcv_backend.vault import Vault
from cartes.cards import CardKind
from cartes.checkpoint import LogKey
from cartes.errors import CarteError
from cartes.seal import Signer
from keys.errors import RotationRefused
from keys.keyring import Keyring, Purpose, SecretName
from keys.rotating import revoke as revoke_key


@dataclass(frozen=True)
class Services:
    """Everything the doors lead to, built once a process."""

    config: Config
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    database: Database
    vault: Vault
    subjects: Subjects
    callers: Callers
    keyring: Keyring
    journal: Journal
    ephemeral: MemoryEphemeral | RedisEphemeral
    rights: FileRightsSource
    directory: SqlDirectory
    professionals: DirectoryService
    enrolment: EnrolmentRoom
    representation: Representations
    complementary: ContractDesk
    online_rights: OnlineRights
    issuance: IssuanceService
    publication: PublicationService
    status_tokens: StatusTokenDesk
    revocation: RevocationDesk
    terms: Mapping[CardKind, CardTerms]
    staff: StaffRoom
    record_access: RecordDesk
    signin_approval: SigninApproval
    signin: ProviderDesk
    log: LogDesk
    erasure: Erasure
    retention: Retention
    patient_journal: PatientJournal
    incidents: SqlIncidents
    operations: OperationsDesk

    def readiness(self, at: datetime) -> dict[str, bool]:
        """What a request needs, each true or false: database, schema, issuer keys, publication."""
        reachable = self.database.ready()
        return {
            "database": reachable,
            "schema": reachable and self._schema_is_current(),
            "keys": self._can_sign(at),
            "publication": self._is_published(at),
        }

    def _can_sign(self, at: datetime) -> bool:
        try:
            for kind in CardKind:
                self.keyring.signer(Purpose(kind.value), at)
        except CarteError:
            return False
        return True

    def _is_published(self, at: datetime) -> bool:
        try:
            return self.publication.is_in_force(at)
        except CarteError:
            return False

    def sweep(self, at: datetime) -> int:
        """Forget what can serve no more at `at`; how many issuances were forgotten."""
        self.erasure.repeat(at)
        give_keys(self.database, self.vault)
        self.retention.sweep(self.database, at)
        self.signin_approval.attempts.sweep(at)
        self.signin.sweep(at)
        return self.issuance.sweep(at)

    def ring_publication(self) -> None:
        """Tell the publisher that slots were revoked; it may be lost without harm."""
        self.ephemeral.ring(PUBLICATION_BELL)

    def revoke_issuer_key(self, kid: str, reason: str, agent: DeskAgent, at: datetime) -> None:
        """Revoke a key that signs cards, named by its identifier or fingerprint; the next one signs at once.

        The keyring keeps it and the trust list says it at the next publication. Raises `RotationRefused`.
        """
        signs_cards = {kind.value for kind in CardKind}
        named = [key for key in self.keyring.public_keys() if kid in {key.kid, key.fingerprint}]
        if not any(key.purpose.value in signs_cards for key in named):
            raise RotationRefused(kid=kid, why="no_such_issuer_key")
        revoke_key(self.config.keys_dir, kid, reason, at)
        self.database.run(
            lambda tx: self.journal.note(
                tx,
                "issuer_key.revoked",
                actor=actor_of(agent),
                subject=f"issuer_key:{kid}"[:120],
                facts={"reason": reason},
                at=at,
            )
        )
        self.ephemeral.ring(PUBLICATION_BELL)

    def compromised_phones(self) -> Sequence[Device]:
        """The live phones of a model that the FIDO metadata in use calls compromised (WA-14)."""
        named = {model for terms in self.terms.values() for model in _compromised(terms.ceremony)}
        return self.enrolment.devices.of_models(frozenset(str(model) for model in named))

    def check_journal(self, heads: Path | None) -> list[Finding]:
        """What does not agree in the journal; `heads` is a file of heads (ours, unless another is given)."""
        ours = self.config.log_heads if self.config.log_heads.exists() else None
        return inspect_journal(self.database, self.log_keys(), heads or ours, self.journal)

    def log_keys(self) -> tuple[LogKey, ...]:
        """Every public key the log of the journal ever signed with."""
        return log_keys(self.config, self.keyring)

    def restart_log(self, reason: str, at: datetime) -> None:
        """After a restore that was decided: write why, and set aside the heads given out before."""
        facts = {"reason": reason[:200]}
        self.database.run(
            lambda tx: self.journal.note(
                tx, "log.restarted", actor="operator", subject="log", facts=facts, at=at
            )
        )
        self.log.begin_again(at)

    def pause(self, seconds: float) -> None:
        """Wait, between two rounds of a command that watches."""
        time.sleep(seconds)

    def close(self) -> None:
        """Give connections back."""
        self.database.close()
        if isinstance(self.ephemeral, RedisEphemeral):
            self.ephemeral.close()

    def _schema_is_current(self) -> bool:
        try:
            with self.database.read() as connection:
                return is_current(connection)
        except DatabaseUnavailable:
            return False


def now_utc() -> datetime:
    """The clock of the real world, aware UTC."""
    return datetime.now(UTC)


def services_from_env() -> Services:
    """The services on the settings of this process's environment. Raises `ConfigError`."""
    return build(Config.from_env(os.environ))


def build(
    config: Config,
    *,
    clock: Callable[[], datetime] = now_utc,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Services:
    """Open the database, the vault, the sources and the rooms of `config`.

    Raises:
        KeyringUnusable, RightsFilesInvalid, InvalidValue: what could not be opened, by name.
    """
    at = clock()
    database = Database(config.database_url)
    keyring = Keyring.open(config.keys_dir, acknowledged_development=not config.is_production)
    _refuse_in_production(config, keyring)
    vault = _vault(keyring, random, SqlPersonKeys(database, clock))
    journal = Journal(vault)
    slots = StatusSlots(config.status_capacity, random, is_sqlite=database.is_sqlite)
    rights = FileRightsSource(config.rights_dir, shift_days=config.rights_shift_days, acknowledged=True)
    directory = SqlDirectory(database)
    people = PeopleOfBothKinds(rights, directory)
    terms = card_terms(config, database, at)
    ephemeral = _ephemeral(config, database)
    subjects = Subjects(vault, random)
    enrolment = build_enrolment(config, database, vault, journal, slots, people, random, terms, ephemeral)
    representation = build_representation(
        database=database,
        vault=vault,
        journal=journal,
        subjects=subjects,
        slots=slots,
        rights=rights,
        devices=enrolment.devices,
        random=random,
        ring_publication=lambda: ephemeral.ring(PUBLICATION_BELL),
    )
    sessions = build_sessions(vault, random)
    attempts = build_attempts(
        config=config,
        database=database,
        vault=vault,
        journal=journal,
        people=people,
        sessions=sessions,
        random=random,
    )
    represented = RepresentedPeople(representation, rights)
    provider = build_provider(
        config=config,
        database=database,
        vault=vault,
        journal=journal,
        subjects=subjects,
        people=people,
        keyring=keyring,
        sessions=sessions,
        attempts=attempts.desk,
        answers=attempts.store,
        polls=attempts.polls,
        representations=represented,
        random=random,
    )
    approval = build_approval(
        attempts=attempts,
        provider=provider,
        config=config,
        database=database,
        vault=vault,
        people=people,
        terms=terms,
        representations=represented,
        clock=clock,
        counters=ephemeral,
        random=random,
    )
    record_access = build_record_access(config, database, journal, subjects, enrolment.devices, random)
    complementary = build_complementary(
        config=config,
        database=database,
        vault=vault,
        journal=journal,
        subjects=subjects,
        slots=slots,
        random=random,
        ring_publication=lambda: ephemeral.ring(PUBLICATION_BELL),
    )
    online_rights = build_online_rights(
        config=config,
        database=database,
        vault=vault,
        journal=journal,
        subjects=subjects,
        keyring=keyring,
        source=rights,
        consents=record_access,
        memberships=complementary,
        random=random,
    )
    publication = build_publication(config, database, keyring)
    return Services(
        config=config,
        clock=clock,
        random=random,
        database=database,
        vault=vault,
        subjects=subjects,
        callers=TokenCallers(provider.live, provider.issuer),
        keyring=keyring,
        journal=journal,
        ephemeral=ephemeral,
        rights=rights,
        directory=directory,
        professionals=DirectoryService(SqlDirectoryRegisters(database, vault, journal, slots)),
        enrolment=enrolment,
        representation=representation,
        complementary=complementary,
        online_rights=online_rights,
        issuance=_issuance(
            config,
            database,
            vault,
            journal,
            slots,
            rights,
            directory,
            representation,
            complementary,
            keyring,
            random,
            terms,
        ),
        publication=publication,
        status_tokens=build_status_tokens(config, database, keyring),
        revocation=RevocationDesk(
            registers=SqlRegisters(database, vault, journal, slots),
            random=random,
            ring_publication=lambda: ephemeral.ring(PUBLICATION_BELL),
            end_representations=representation.end_every,
        ),
        terms=terms,
        record_access=record_access,
        staff=build_staff(
            config,
            database,
            vault,
            journal,
            random,
            terms,
            enrolment,
            representation,
            online_rights.quotas,
        ),
        signin_approval=approval,
        signin=provider,
        log=build_log(config, database, keyring, journal),
        erasure=Erasure(
            database, Subjects(vault, random), slots, journal, ErasedList(config.erased_list), random
        ),
        patient_journal=build_patient_journal(config, database, journal, directory, random),
        incidents=SqlIncidents(database, journal),
        operations=build_operations(database, publication),
        retention=Retention(
            timedelta(hours=config.raw_attestation_hours), timedelta(days=config.enrolment_days)
        ),
    )


def _compromised(policy: CeremonyPolicy) -> frozenset[UUID]:
    return frozenset() if policy.metadata is None else policy.metadata.compromised_models()


def _refuse_in_production(config: Config, keyring: Keyring) -> None:
    """Production serves no key of a development ceremony, and no right of a fictitious person."""
    if not config.is_production:
        return
    if keyring.environment != config.environment.value:
        raise ConfigError("Les clés de APCV_KEYS_DIR viennent d'une cérémonie d'essai : production refusée.")
    raise ConfigError(
        "Cette version ne connaît que la source de droits des démonstrations (APCV_RIGHTS_DIR) : "
        "brancher une source réelle au port RightsSource avant toute production."
    )


def _issuance(
    config: Config,
    database: Database,
    vault: Vault,
    journal: Journal,
    slots: StatusSlots,
    rights: FileRightsSource,
    directory: SqlDirectory,
    representation: Representations,
    complementary: ContractDesk,
    keyring: Keyring,
    random: Callable[[int], bytes],
    terms: Mapping[CardKind, CardTerms],
) -> IssuanceService:
    def signer_of(kind: CardKind, at: datetime) -> Signer:
        return keyring.signer(Purpose(kind.value), at)

    registers = SqlIssuanceRegisters(database, vault, journal, slots)
    planner = Planner(
        rights=rights,
        directory=directory,
        represented=representation.held,
        contracts=complementary.contracts_of,
    )
    nonces = Nonces(vault.nonce_mac, random)
    return IssuanceService(
        prover=Prover(
            phones=SqlPhones(database, vault),
            registers=registers,
            check_assertion=GesturesOfPhones(terms),
            nonces=nonces,
            address=config.public_url + CREDENTIAL_PATH,
        ),
        registers=registers,
        planner=planner,
        signers=signer_of,
        own_trust=OwnTrustList(keyring.public_keys, config),
        nonces=nonces,
        random=random,
    )


def _vault(keyring: Keyring, random: Callable[[int], bytes], person_keys: SqlPersonKeys) -> Vault:
    return Vault(
        codes=keyring.secret(SecretName.CODES),
        nonce=keyring.secret(SecretName.NONCE),
        nir_index=keyring.secret(SecretName.NIR_INDEX),
        nir_at_rest=keyring.secret(SecretName.NIR_AT_REST),
        audit=keyring.secret(SecretName.AUDIT),
        random=random,
        person_keys=person_keys,
    )


def _ephemeral(config: Config, database: Database) -> MemoryEphemeral | RedisEphemeral:
    here = EmbeddedEphemeral(database)
    return here if config.redis_url is None else RedisEphemeral(config.redis_url, here)
