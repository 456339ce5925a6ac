"""Everything the doors and the commands lead to, and the few things that need several of them at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from apcv_backend.audit import Journal
from apcv_backend.bootstrap.online_rights import OnlineRights
from apcv_backend.bootstrap.signin_approval import (
    SigninApproval,
)
from apcv_backend.bootstrap.transparency import inspect_journal, log_keys
from apcv_backend.callers import Callers
from apcv_backend.complementary.service import ContractDesk
from apcv_backend.config import Config
from apcv_backend.database import Database
from apcv_backend.enrolment.activation_codes import DeskAgent
from apcv_backend.enrolment.ceremony.policy import CeremonyPolicy
from apcv_backend.enrolment.revocation_desk import RevocationDesk, actor_of
from apcv_backend.enrolment.rules import Device
from apcv_backend.enrolment.service import CardTerms, EnrolmentRoom
from apcv_backend.ephemeral import PUBLICATION_BELL, MemoryEphemeral, RedisEphemeral
from apcv_backend.erasure import Erasure
from apcv_backend.issuance.service import IssuanceService
from apcv_backend.migrations import is_new_enough, own_step
from apcv_backend.operations.service import OperationsDesk
from apcv_backend.patient_journal.service import PatientJournal
from apcv_backend.patient_journal.store import SqlIncidents
from apcv_backend.person_keys import give_keys
from apcv_backend.professionals.service import DirectoryService
from apcv_backend.professionals.store import SqlDirectory
from apcv_backend.publication.service import PublicationService
from apcv_backend.publication.status_tokens import StatusTokenDesk
from apcv_backend.record_access.service import RecordDesk
from apcv_backend.representation.service import Representations
from apcv_backend.retention import Retention
from apcv_backend.rights.demo_source import FileRightsSource
from apcv_backend.signin.provider.desk import ProviderDesk
from apcv_backend.staff.service import StaffRoom
from apcv_backend.subjects import Subjects
from apcv_backend.transparency.rules import Finding
from apcv_backend.transparency.service import LogDesk
from apcv_backend.vault import Vault
from cartes.cards import CardKind
from cartes.checkpoint import LogKey
from cartes.errors import CarteError
from keys.errors import RotationRefused
from keys.keyring import Keyring, Purpose
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
        own_step()  # read before the database's second begins: files are no sign of how it is
        reachable = self.database.ready()
        return {
            "database": reachable,
            "schema": reachable and self.database.ready(is_new_enough),
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


def _compromised(policy: CeremonyPolicy) -> frozenset[UUID]:
    return frozenset() if policy.metadata is None else policy.metadata.compromised_models()
