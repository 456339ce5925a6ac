"""The composition root: the only file that knows concrete stores, sources and keys.

`build(config)` opens everything once and gives `Services`; rooms receive what they asked for in their ports.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from apcv_backend.audit import Journal
from apcv_backend.bootstrap.complementary import build_complementary
from apcv_backend.bootstrap.enrolment import build_enrolment
from apcv_backend.bootstrap.online_rights import build_online_rights
from apcv_backend.bootstrap.operations import build_operations
from apcv_backend.bootstrap.patient_journal import build_patient_journal
from apcv_backend.bootstrap.publication import build_publication, build_status_tokens
from apcv_backend.bootstrap.record_access import build_record_access
from apcv_backend.bootstrap.representation import build_representation
from apcv_backend.bootstrap.services import Services
from apcv_backend.bootstrap.signin_approval import (
    RepresentedPeople,
    build_approval,
    build_attempts,
)
from apcv_backend.bootstrap.signin_provider import build_provider, build_sessions
from apcv_backend.bootstrap.staff import build_staff
from apcv_backend.bootstrap.transparency import build_log
from apcv_backend.complementary.service import ContractDesk
from apcv_backend.config import Config, ConfigError
from apcv_backend.connections import EnteredAs, GesturesOfPhones, OwnTrustList, PeopleOfBothKinds
from apcv_backend.database import Database
from apcv_backend.enrolment.revocation_desk import RevocationDesk
from apcv_backend.enrolment.service import CardTerms
from apcv_backend.enrolment.store.register import SqlRegisters
from apcv_backend.ephemeral import PUBLICATION_BELL, EmbeddedEphemeral, MemoryEphemeral, RedisEphemeral
from apcv_backend.erasure import ErasedList, Erasure
from apcv_backend.issuance.openid4vci import Nonces
from apcv_backend.issuance.planning import Planner
from apcv_backend.issuance.proving import Prover
from apcv_backend.issuance.service import CREDENTIAL_PATH, IssuanceService
from apcv_backend.issuance.store import SqlIssuanceRegisters, SqlPhones
from apcv_backend.patient_journal.store import SqlIncidents
from apcv_backend.person_keys import SqlPersonKeys
from apcv_backend.policies import card_terms
from apcv_backend.professionals.service import DirectoryService
from apcv_backend.professionals.store import SqlDirectory, SqlDirectoryRegisters
from apcv_backend.representation.service import Representations
from apcv_backend.retention import Retention
from apcv_backend.rights.demo_source import FileRightsSource
from apcv_backend.signin.provider.token_callers import TokenCallers
from apcv_backend.signin.store.forgetting import SigninForgetting
from apcv_backend.status_slots import StatusSlots
from apcv_backend.subjects import Subjects
from apcv_backend.vault import Vault
from cartes.cards import CardKind
from cartes.seal import Signer
from keys.keyring import Keyring, Purpose, SecretName

__all__ = ["Services", "build", "now_utc", "services_from_env"]


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
    sessions = build_sessions(vault, journal, random)
    slots = StatusSlots(config.status_capacity, random, is_sqlite=database.is_sqlite, sessions=sessions)
    rights = FileRightsSource(config.rights_dir, shift_days=config.rights_shift_days, acknowledged=True)
    directory = SqlDirectory(database)
    people = PeopleOfBothKinds(rights, directory)
    one_key = EnteredAs(people)
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
    record_access = build_record_access(
        config,
        database,
        journal,
        subjects,
        enrolment.devices,
        one_key,
        representation.answering_for,
        random,
    )
    complementary = build_complementary(
        config=config,
        database=database,
        vault=vault,
        journal=journal,
        subjects=subjects,
        one_key=one_key,
        clock=clock,
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
            one_key=one_key,
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
            database,
            Subjects(vault, random),
            slots,
            journal,
            ErasedList(config.erased_list),
            random,
            one_key,
            SigninForgetting(sessions),
        ),
        patient_journal=build_patient_journal(config, database, journal, directory, representation, random),
        incidents=SqlIncidents(database, journal),
        operations=build_operations(database, publication),
        retention=Retention(
            timedelta(hours=config.raw_attestation_hours), timedelta(days=config.enrolment_days)
        ),
    )


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
