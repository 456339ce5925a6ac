"""A relying party and a phone face to face, without HTTP: what the WebAuthn tests play on."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from apcv_backend.enrolment.attestation.roots import AttestationRoots, read_pem
from apcv_backend.enrolment.ceremony.policy import AndroidApp, CeremonyPolicy
from apcv_backend.enrolment.webauthn_ceremony import (
    NewDeviceKey,
    ProvenAssertion,
    RegisteredKey,
    check_assertion,
    check_creation,
    creation_options,
)
from cartes.wire import base64url
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.authenticator import Authenticator, Tamper
from mobile_mock.client_data import Client, ClientShape
from mobile_mock.phone_model import MODELS, PhoneModel

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
RP_ID = "apcv.localhost"
ORIGIN = "https://apcv.localhost:8443"
ANDROID_ORIGIN = "android:apk-key-hash:sNQuyNnhJ0VLvYc3T0dnUpfEhjyVmVuJtTUUoWpDcJU"
PACKAGE = "fr.example.cartes"
CHALLENGE = bytes(range(32))
USER_HANDLE = b"opaque handle of one person"
PAGE = Client(ClientShape.CHROMIUM_PLAIN, ORIGIN)


def seeded(seed: int) -> random.Random:
    """Randomness that is the same at every run."""
    return random.Random(seed)


@cache
def makers(seed: int = 1) -> AttestationCa:
    """The makers of the phones; another seed gives makers nobody trusts."""
    return AttestationCa.make(seeded(seed).randbytes, AT)


def roots_of(ca: AttestationCa) -> AttestationRoots:
    return AttestationRoots(
        {form: read_pem(ca.root_pem(form)) for form in ("packed", "android-key", "apple")},
    )


def policy_of(**changes: Any) -> CeremonyPolicy:
    """A policy that takes every honest phone of the catalogue; `changes` make it narrower."""
    policy = CeremonyPolicy(
        kind="apcv",
        rp_id=RP_ID,
        rp_name="apCV",
        origins=frozenset({ORIGIN}),
        android_apps=(AndroidApp(ANDROID_ORIGIN, PACKAGE),),
        formats=frozenset({"none", "packed", "android-key", "apple", "tpm"}),
        roots=roots_of(makers()),
        allow_synced=True,
    )
    return replace(policy, **changes)


@dataclass
class Stage:
    """One phone in front of one relying party. `client` and `tamper` say who lies, and how."""

    model: PhoneModel = field(default_factory=lambda: MODELS["plain"])
    tamper: Tamper = field(default_factory=Tamper)
    client: Client = PAGE
    policy: CeremonyPolicy = field(default_factory=policy_of)
    ca: AttestationCa = field(default_factory=makers)
    at: datetime = AT
    seed: int = 7

    def __post_init__(self) -> None:
        self.phone = Authenticator(self.model, seeded(self.seed).randbytes, ca=self.ca, tamper=self.tamper)

    def unverified_creation(self) -> dict[str, Any]:
        """What the phone answers to our options."""
        options = creation_options(
            policy=self.policy,
            challenge=CHALLENGE,
            user_handle=USER_HANDLE,
            user_name="apCV",
            user_display_name="apCV",
        )
        return self.phone.create(options, self.client)

    def register(self) -> NewDeviceKey:
        return check_creation(self.unverified_creation(), challenge=CHALLENGE, policy=self.policy, at=self.at)

    def unverified_assertion(self, rp_id: str = RP_ID) -> dict[str, Any]:
        """What the phone answers to a request for a signature."""
        return self.phone.get({"challenge": base64url.encode(CHALLENGE), "rpId": rp_id}, self.client)

    def assert_with(self, device: RegisteredKey) -> ProvenAssertion:
        return check_assertion(
            self.unverified_assertion(), challenge=CHALLENGE, device=device, policy=self.policy, at=self.at
        )


def registered(made: NewDeviceKey) -> RegisteredKey:
    """What a register keeps of a new key."""
    return RegisteredKey(
        made.credential_id,
        made.public_key,
        made.sign_count,
        made.backup_eligible,
        made.backed_up,
        USER_HANDLE,
    )
