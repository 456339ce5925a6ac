"""The wiring of the room `staff`: its own relying party, and what a desk does in other rooms."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from apcv_backend.audit import Journal
from apcv_backend.config import Config, Environment
from apcv_backend.database import Database
from apcv_backend.enrolment import webauthn_ceremony
from apcv_backend.enrolment.activation_codes import DeskAgent
from apcv_backend.enrolment.ceremony import response
from apcv_backend.enrolment.ceremony.policy import (
    FORMATS,
    VIRTUAL_AUTHENTICATOR_AAGUID,
    VIRTUAL_AUTHENTICATOR_KEY,
    CeremonyPolicy,
)
from apcv_backend.enrolment.rules import PersonKey, PersonUnknown, user_handle
from apcv_backend.enrolment.service import CardTerms, EnrolmentRoom
from apcv_backend.enrolment.webauthn_ceremony import KnownCredential, RegisteredKey
from apcv_backend.quotas import Quotas
from apcv_backend.staff.counter import CounterDesk
from apcv_backend.staff.ports import Agent, Delegations, HandedCode, KeyUse, NewStaffKey, SeenPhone, StaffKey
from apcv_backend.staff.proposals import ProposalDesk
from apcv_backend.staff.registration import RegistrationDesk
from apcv_backend.staff.service import StaffRoom
from apcv_backend.staff.sessions import SessionDesk
from apcv_backend.staff.store import SqlStaffRegisters
from apcv_backend.vault import Vault
from cartes.cards import Binding, CardKind
from cartes.identifiers.mode import Mode
from cartes.wire import base64url


def build_staff(
    config: Config,
    database: Database,
    vault: Vault,
    journal: Journal,
    random: Callable[[int], bytes],
    terms: Mapping[CardKind, CardTerms],
    enrolment: EnrolmentRoom,
    delegations: Delegations,
    quotas: Quotas,
) -> StaffRoom:
    """The room, on staff's own WebAuthn terms; roots and metadata are those read once for the e-CPS."""
    registers = SqlStaffRegisters(database, journal, quotas)
    webauthn = StaffCeremonies(staff_policy(config, terms[CardKind.ECPS].ceremony))
    return StaffRoom(
        registration=RegistrationDesk(
            registers=registers, webauthn=webauthn, macs=vault, required=config.staff_binding, random=random
        ),
        sessions=SessionDesk(registers=registers, webauthn=webauthn, macs=vault, random=random),
        proposals=ProposalDesk(registers=registers, webauthn=webauthn, macs=vault, random=random),
        counter=CounterDesk(
            registers=registers,
            counter=EnrolmentCounter(enrolment),
            delegations=delegations,
            mode=Mode.STRICT if config.is_production else Mode.TEST,
        ),
    )


def staff_policy(config: Config, known: CeremonyPolicy) -> CeremonyPolicy:
    """Staff's terms: any authenticator whose hardware vouches for it, under their own RP identifier."""
    is_test = config.environment is Environment.TEST
    attested = config.staff_binding is Binding.HARDWARE_ATTESTED
    return CeremonyPolicy(
        kind="staff",
        rp_id=config.staff_party.rp_id,
        rp_name="Agents (démonstration)",
        origins=frozenset(config.staff_party.web_origins),
        formats=FORMATS - {"none"} if attested else FORMATS,
        roots=known.roots,
        metadata=known.metadata,
        refuse_stale_metadata=known.refuse_stale_metadata,
        revoked_serials=known.revoked_serials,
        allow_synced=config.staff_binding is Binding.SYNCED,
        denied_aaguids=frozenset() if is_test else frozenset({VIRTUAL_AUTHENTICATOR_AAGUID}),
        denied_attestation_keys=frozenset() if is_test else frozenset({VIRTUAL_AUTHENTICATOR_KEY}),
        attachment=None,
    )


@dataclass(frozen=True, slots=True)
class StaffCeremonies:
    """The room's `StaffWebAuthn`: the one wrapper around WebAuthn, under staff's policy."""

    policy: CeremonyPolicy

    def creation_options(
        self, *, challenge: bytes, member_id: str, name: str, known: Sequence[bytes]
    ) -> Mapping[str, object]:
        """See `StaffWebAuthn.creation_options`."""
        options = webauthn_ceremony.creation_options(
            policy=self.policy,
            challenge=challenge,
            user_handle=user_handle(member_id),
            user_name=name,
            user_display_name=name,
            known=[KnownCredential(credential_id) for credential_id in known],
        )
        # Where a key need not be vouched for, its statement is not asked: one that is sent is judged in full.
        return {**options, "attestation": "none"} if "none" in self.policy.formats else options

    def check_creation(
        self, unverified: Mapping[str, object], *, challenge: bytes, at: datetime
    ) -> NewStaffKey:
        """See `StaffWebAuthn.check_creation`."""
        made = webauthn_ceremony.check_creation(unverified, challenge=challenge, policy=self.policy, at=at)
        return NewStaffKey(
            credential_id=made.credential_id,
            cose_key=made.public_key,
            sign_count=made.sign_count,
            backup_eligible=made.backup_eligible,
            backed_up=made.backed_up,
            binding=made.binding,
            aaguid=str(made.aaguid),
            attestation_format=made.attestation_format,
            attestation_object=made.attestation_object,
            client_data_json=made.client_data_json,
            verdict=made.verdict.as_record(),
        )

    def request_options(self, *, challenge: bytes, allowed: Sequence[bytes]) -> Mapping[str, object]:
        """See `StaffWebAuthn.request_options` (WebAuthn Level 3, 5.1.10)."""
        return {
            "challenge": base64url.encode(challenge),
            "rpId": self.policy.rp_id,
            "timeout": self.policy.timeout_ms,
            "userVerification": "required",
            "allowCredentials": [{"type": "public-key", "id": base64url.encode(one)} for one in allowed],
        }

    def credential_of(self, unverified: Mapping[str, object]) -> bytes:
        """See `StaffWebAuthn.credential_of`."""
        return response.parse_assertion(unverified).credential_id

    def check_assertion(
        self, unverified: Mapping[str, object], *, challenge: bytes, key: StaffKey, at: datetime
    ) -> KeyUse:
        """See `StaffWebAuthn.check_assertion`."""
        proven = webauthn_ceremony.check_assertion(
            unverified,
            challenge=challenge,
            device=RegisteredKey(
                credential_id=key.credential_id,
                public_key=key.cose_key,
                sign_count=key.sign_count,
                backup_eligible=key.backup_eligible,
                backed_up=key.backed_up,
                user_handle=uuid.UUID(key.member_id).bytes,
            ),
            policy=self.policy,
            at=at,
        )
        return KeyUse(proven.sign_count, proven.backed_up)


@dataclass(frozen=True, slots=True)
class EnrolmentCounter:
    """The room's `Counter`: enrolment, as a desk uses it."""

    room: EnrolmentRoom

    def open_code(self, person: PersonKey, agent: Agent, at: datetime) -> HandedCode:
        """See `Counter.open_code`."""
        opened = self.room.codes.open(person, at, agent=DeskAgent(agent.name, agent.place))
        return HandedCode(opened.card, opened.reference, opened.secrets, opened.expires_at)

    def phones_of(self, person: PersonKey, at: datetime) -> Sequence[SeenPhone]:
        """See `Counter.phones_of`."""
        found = self.room.devices.list_for(self._entered_as(person, at))
        return [
            SeenPhone(phone.reference, phone.name, phone.card, phone.enrolled_at, phone.last_used_at)
            for phone in found
        ]

    def report_lost(self, person: PersonKey, reference: str, agent: Agent, at: datetime) -> None:
        """See `Counter.report_lost`."""
        who = DeskAgent(agent.name, agent.place)
        self.room.devices.withdraw_for(self._entered_as(person, at), reference, who, at)

    def _entered_as(self, person: PersonKey, at: datetime) -> PersonKey:
        """The key the person is entered under: the current number, also when a former one is typed."""
        try:
            return self.room.people.find(person, at).key_of(person)
        except PersonUnknown:
            return person  # gone from the registers since; their phones may still be here
