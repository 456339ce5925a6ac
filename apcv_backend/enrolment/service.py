"""A person proves who they are and registers a phone: walk A, steps 2 to 9.

The order of the steps and what is true together. Nothing here decides a right (`rules.py`), reads a signature
(`webauthn_ceremony.py`, `dpop.py`) or writes a row (`store/`). Three moments decide something once, each by
one statement of the database: a wrong code counts before its answer leaves, a ceremony is taken before it is
judged, and the code is spent by the transaction that records the phone.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from apcv_backend.dpop import AppKey, check_dpop
from apcv_backend.enrolment import activation_codes, rules, webauthn_ceremony
from apcv_backend.enrolment.ceremony.policy import CeremonyPolicy
from apcv_backend.enrolment.code_service import CodeDesk
from apcv_backend.enrolment.device_service import DeviceDesk
from apcv_backend.enrolment.ports import (
    Ceremonies,
    Ceremony,
    IdentityProofs,
    Macs,
    NewDevice,
    Notice,
    People,
    Register,
    Registers,
    UnverifiedProof,
)
from apcv_backend.enrolment.refusals import ActivationCodeRefused
from apcv_backend.enrolment.webauthn_ceremony import KnownCredential
from cartes.cards import Binding, CardKind
from cartes.wire import base64url

CEREMONY_LIFE = timedelta(minutes=2)
"""How long a phone has to answer: a person finds the finger reader, or begins again."""

CHALLENGE_BYTES = 32


@dataclass(frozen=True, slots=True)
class BegunEnrolment:
    """What the phone needs to make its key: WebAuthn creation options, and until when to answer."""

    ceremony_id: str = field(repr=False)
    expires_at: datetime
    public_key: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class EnrolledDevice:
    """The phone just registered. `loss_code` is readable here and never again."""

    device_id: str
    reference: str
    card: CardKind
    binding: Binding
    attestation_format: str
    loss_code: str = field(repr=False)
    renew_until: datetime


@dataclass(frozen=True, slots=True)
class CardTerms:
    """What one kind of card asks: of the WebAuthn exchange, and of the phone."""

    ceremony: CeremonyPolicy
    device: rules.DevicePolicy


class Registration:
    """Begins and finishes the registration of a phone."""

    def __init__(
        self,
        *,
        identities: IdentityProofs,
        people: People,
        ceremonies: Ceremonies,
        registers: Registers,
        macs: Macs,
        terms: Mapping[CardKind, CardTerms],
        public_url: str,
        random: Callable[[int], bytes],
    ) -> None:
        self._identities = identities
        self._people = people
        self._ceremonies = ceremonies
        self._registers = registers
        self._macs = macs
        self._terms = terms
        self._public_url = public_url
        self._random = random

    def begin(
        self, proof: UnverifiedProof, device_name: str, app_key: AppKey, at: datetime
    ) -> BegunEnrolment:
        """Prove the person, judge whether they may hold the card, and promise the phone a challenge.

        Nothing is kept of a refused attempt but its line in the journal and its place among the five errors.

        Raises:
            ActivationCodeRefused: whatever is wrong with the code.
            EnrolmentRefused: its leaves, in the order of `rules.check_may_hold`; `TooManyDevices`.
            InvalidValue: the device name.
        """
        name = rules.parse_device_name(device_name)
        # 3. Who is there? Then: what do the registers know of them, and may they hold this card?
        proven = self._identities.check(proof, at)
        dossier = self._people.find(proven.person, at)
        rules.check_may_hold(dossier, rules.day_in_france(at))
        # 4. The person is entered under a pseudonym, and the phone is promised a challenge.
        terms = self._terms[proof.card]

        def enter(register: Register) -> tuple[str, list[KnownCredential]]:
            subject_id = register.subject_of(dossier.key_of(proven.person), at)
            live = register.live_devices(subject_id)
            # Said now as a courtesy, before the gesture; decided in `finish`, where two phones may race.
            rules.check_room_for_device(live, terms.device)
            return subject_id, [KnownCredential(device.credential_id, device.transports) for device in live]

        subject_id, known = self._registers.run(enter)
        ceremony = Ceremony(
            ceremony_id=self._new_id(),
            card=proof.card,
            subject_id=subject_id,
            reference=proven.reference,
            challenge=self._random(CHALLENGE_BYTES),
            app_jwk=app_key.jwk,
            device_name=name,
            expires_at=at + CEREMONY_LIFE,
        )
        label = _label(proof.card)
        options = webauthn_ceremony.creation_options(
            policy=terms.ceremony,
            challenge=ceremony.challenge,
            user_handle=rules.user_handle(subject_id),
            user_name=label,
            user_display_name=label,
            known=known,
        )
        self._ceremonies.open(ceremony, at)
        return BegunEnrolment(ceremony.ceremony_id, ceremony.expires_at, options)

    def finish(
        self, ceremony_id: str, unverified_creation: Mapping[str, object], unverified_dpop: str, at: datetime
    ) -> EnrolledDevice:
        """Judge the key the phone made, and record the phone with everything that follows from it.

        Raises:
            CeremonyGone: no such ceremony, or not any more; a failed answer needs a new ceremony, not a new
            code. DpopRefused: the app key named at `begin` did not sign this very request over this
            challenge. CeremonyRefused: what WebAuthn refuses, each row with its own code.
            ActivationCodeRefused: the code was spent meanwhile by another phone.
            EnrolmentRefused: what `rules.accept_device` refuses, or `CredentialAlreadyRegistered`.
        """
        # 6. Taken before it is judged: an answer is tried once.
        ceremony = self._ceremonies.take(ceremony_id, at)
        app_key = AppKey.parse(dict(ceremony.app_jwk))
        check_dpop(
            unverified_dpop,
            htm="POST",
            htu=f"{self._public_url}/v1/enrolments/{ceremony_id}",
            at=at,
            nonce=base64url.encode(ceremony.challenge),  # single use comes with the ceremony's own
            expected_jkt=app_key.jkt,
        )
        # 7. Origin and RP identifier come from the configuration, by the policy.
        terms = self._terms[ceremony.card]
        new_key = webauthn_ceremony.check_creation(
            unverified_creation, challenge=ceremony.challenge, policy=terms.ceremony, at=at
        )
        loss_code = activation_codes.draw(activation_codes.LOSS_CODE_LENGTH, self._random)
        reference = activation_codes.draw(activation_codes.REFERENCE_LENGTH, self._random)
        device_id, notice_id = self._new_id(), self._new_id()

        def record(register: Register) -> Binding:
            # 8. Decided where no other phone of the person can slip in.
            register.lock_subject(ceremony.subject_id)
            live = register.live_devices(ceremony.subject_id)
            binding = rules.accept_device(new_key, live, terms.device)
            spent = register.spend_code(ceremony.reference, at)
            if spent is None:
                raise ActivationCodeRefused
            method, agent = spent
            # 9. The phone, the word to the other phones, the journal: all or nothing.
            device = NewDevice(
                device_id=device_id,
                reference=reference,
                subject_id=ceremony.subject_id,
                card=ceremony.card,
                name=ceremony.device_name,
                binding=binding,
                credential_id=new_key.credential_id,
                public_key=new_key.point,
                cose_key=new_key.public_key,
                sign_count=new_key.sign_count,
                backup_eligible=new_key.backup_eligible,
                backed_up=new_key.backed_up,
                transports=new_key.transports,
                aaguid=str(new_key.aaguid),
                attestation_format=new_key.attestation_format,
                attestation_object=new_key.attestation_object,
                client_data_json=new_key.client_data_json,
                attestation_verdict=new_key.verdict.as_record(),
                app_jkt=app_key.jkt,
                app_jwk=app_key.jwk,
                loss_mac=self._macs.code_mac(reference, loss_code, activation_codes.LOSS_PURPOSE),
            )
            if not register.add_device(device, method, agent, at):
                raise rules.CredentialAlreadyRegistered
            notice = Notice(notice_id, "device_added", at, ceremony.device_name)
            register.add_notice(ceremony.subject_id, notice)
            register.note(
                "device.enrolled",
                actor=f"desk:{agent.name}@{agent.place}"[:120] if agent else "holder",
                subject=ceremony.subject_id,
                facts={
                    "device_id": device_id,
                    "card": ceremony.card.value,
                    "binding": binding.word,
                    "format": new_key.attestation_format,
                    "method": method.value,
                },
                at=at,
            )
            return binding

        binding = self._registers.run(record)
        return EnrolledDevice(
            device_id=device_id,
            reference=reference,
            card=ceremony.card,
            binding=binding,
            attestation_format=new_key.attestation_format,
            loss_code=activation_codes.grouped(loss_code),
            renew_until=rules.renew_until(at),
        )

    def _new_id(self) -> str:
        return str(uuid.UUID(bytes=self._random(16), version=4))


def _label(card: CardKind) -> str:
    """What the phone shows beside the key. Never a name or a number: phones sync and show these labels."""
    return "Carte Vitale" if card is CardKind.APCV else "e-CPS"


@dataclass(frozen=True, slots=True)
class EnrolmentRoom:
    """Everything the doors of this room lead to."""

    registration: Registration
    devices: DeviceDesk
    codes: CodeDesk
    people: People
