"""The ways a phone or its browser can lie, as hooks for the software authenticator, and how one is tried."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from apcv_backend.enrolment.ceremony.errors import CeremonyRefused
from apcv_backend.enrolment.ceremony.policy import CeremonyPolicy
from apcv_backend.enrolment.webauthn_ceremony import check_creation
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.authenticator import Tamper
from mobile_mock.client_data import Client, ClientShape
from mobile_mock.phone_model import MODELS, AndroidFacts, PhoneModel
from tests.simulators.ceremony_stage import (
    AT,
    CHALLENGE,
    ORIGIN,
    Stage,
    makers,
    policy_of,
)

CERTIFIED = MODELS["certified"]
ANDROID = MODELS["android"]
OTHER_AAGUID = bytes.fromhex("00112233445566778899aabbccddeeff")
VIRTUAL_AAGUID = bytes.fromhex("01020304050607080102030405060708")


@dataclass(frozen=True)
class Hostile:
    """One lie: who tells it, to which policy, and the name under which it must be refused."""

    says: str
    code: str
    model: PhoneModel = MODELS["plain"]
    tamper: Tamper = field(default_factory=Tamper)
    policy: CeremonyPolicy = field(default_factory=policy_of)
    client: Client = field(default_factory=lambda: Client(ClientShape.CHROMIUM_PLAIN, ORIGIN))
    ca: AttestationCa = field(default_factory=makers)

    def __str__(self) -> str:
        return self.says


def client_data(change: Callable[[dict[str, Any]], object]) -> Tamper:
    """Client data rewritten before it is hashed and signed: a hostile page, not a broken line."""

    def rewrite(honest: bytes) -> bytes:
        members = json.loads(honest)
        change(members)
        return json.dumps(members, separators=(",", ":")).encode()

    return Tamper(client_data=rewrite)


def raw_client_data(old: str, new: str) -> Tamper:
    def rewrite(honest: bytes) -> bytes:
        assert old.encode() in honest
        return honest.replace(old.encode(), new.encode(), 1)

    return Tamper(client_data=rewrite)


def cross_origin(value: object) -> Tamper:
    return client_data(lambda said: said.update(crossOrigin=value))


def flags(set_bits: int = 0, clear_bits: int = 0) -> Tamper:
    def rewrite(honest: bytes) -> bytes:
        return honest[:32] + bytes([(honest[32] | set_bits) & ~clear_bits & 0xFF]) + honest[33:]

    return Tamper(auth_data=rewrite)


def statement(**changes: object) -> Tamper:
    return Tamper(statement=lambda honest: {**honest, **changes})


def without(member: str) -> Tamper:
    return Tamper(statement=lambda honest: {name: value for name, value in honest.items() if name != member})


def android(**facts: Any) -> PhoneModel:
    return replace(ANDROID, android=AndroidFacts(**facts))


def cose(text: str) -> Tamper:
    """Another COSE key in the place of the honest one; `{x}` and `{y}` stand for the honest coordinates."""

    def rewrite(honest: bytes) -> bytes:
        return bytes.fromhex(text.format(x=honest[10:42].hex(), y=honest[45:77].hex()).replace(" ", ""))

    return Tamper(cose_key=rewrite)


ZERO = "00" * 32
NOT_FALSE: tuple[object, ...] = ("false", 0, None, 1, {}, [])


def refusal_of(hostile: Hostile) -> str:
    """The name under which a lie at registration is refused; a lie that passes fails the test."""
    stage = Stage(hostile.model, hostile.tamper, hostile.client, hostile.policy, hostile.ca)
    unverified = stage.unverified_creation()

    with pytest.raises(CeremonyRefused) as refused:
        check_creation(unverified, challenge=CHALLENGE, policy=stage.policy, at=AT)

    return refused.value.code
