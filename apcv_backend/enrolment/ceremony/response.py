"""The JSON a browser gives back (`PublicKeyCredential.toJSON()`, WebAuthn Level 3, 5.1), read strictly.

Only what is needed is kept. Members that repeat what the signed bytes say (`publicKey`, `authenticatorData`
of a registration) are not read: two sources for one fact is how two readers disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apcv_backend.enrolment.ceremony.errors import (
    CredentialIdMismatch,
    CredentialIdTooLong,
    ResponseMalformed,
    ResponseTooLarge,
)
from cartes.errors import InvalidValue
from cartes.wire import base64url

MAX_CREDENTIAL_ID = 1023  # WebAuthn Level 3 section 7.1 step 25
MAX_CLIENT_DATA = 8_192
MAX_ATTESTATION_OBJECT = 65_536
MAX_AUTHENTICATOR_DATA = 4_096
MAX_SIGNATURE = 512
MAX_USER_HANDLE = 64
_MAX_TRANSPORTS = 16

# Words of section 5.8.4 (AuthenticatorTransport); others are dropped, as the specification asks.
TRANSPORTS = frozenset({"usb", "nfc", "ble", "smart-card", "hybrid", "internal"})
LIBRARY_TRANSPORTS = frozenset({"usb", "nfc", "ble", "hybrid", "internal"})


@dataclass(frozen=True, slots=True)
class UnverifiedCreation:
    """A registration response, decoded and not believed."""

    credential_id: bytes = field(repr=False)
    client_data_json: bytes = field(repr=False)
    attestation_object: bytes = field(repr=False)
    transports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnverifiedAssertion:
    """An authentication response, decoded and not believed."""

    credential_id: bytes = field(repr=False)
    client_data_json: bytes = field(repr=False)
    authenticator_data: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    user_handle: bytes | None = field(repr=False, default=None)


def parse_registration(unverified: object) -> UnverifiedCreation:
    """Read a RegistrationResponseJSON.

    Raises:
        CeremonyRefused: ResponseMalformed, ResponseTooLarge, CredentialIdMismatch, CredentialIdTooLong.
    """
    outer = _object(unverified)
    credential_id = _credential_id(outer)
    inner = _object(outer.get("response"))
    return UnverifiedCreation(
        credential_id,
        _bytes(inner, "clientDataJSON", MAX_CLIENT_DATA),
        _bytes(inner, "attestationObject", MAX_ATTESTATION_OBJECT),
        _transports(inner.get("transports")),
    )


def parse_assertion(unverified: object) -> UnverifiedAssertion:
    """Read an AuthenticationResponseJSON. An empty or absent `userHandle` is None.

    Raises:
        CeremonyRefused: ResponseMalformed, ResponseTooLarge, CredentialIdMismatch, CredentialIdTooLong.
    """
    outer = _object(unverified)
    credential_id = _credential_id(outer)
    inner = _object(outer.get("response"))
    user_handle = None
    if inner.get("userHandle") not in (None, ""):
        user_handle = _bytes(inner, "userHandle", MAX_USER_HANDLE)
    return UnverifiedAssertion(
        credential_id,
        _bytes(inner, "clientDataJSON", MAX_CLIENT_DATA),
        _bytes(inner, "authenticatorData", MAX_AUTHENTICATOR_DATA),
        _bytes(inner, "signature", MAX_SIGNATURE),
        user_handle,
    )


def _credential_id(unverified: Mapping[str, object]) -> bytes:
    if unverified.get("type") != "public-key":
        raise ResponseMalformed(member="type")
    said = unverified.get("id")
    if not isinstance(said, str):
        raise ResponseMalformed(member="id")
    raw = _decode(unverified.get("rawId"), "rawId", 16 * MAX_CREDENTIAL_ID)
    if not 0 < len(raw) <= MAX_CREDENTIAL_ID:
        raise CredentialIdTooLong(length=len(raw), limit=MAX_CREDENTIAL_ID)
    if said != unverified.get("rawId"):
        raise CredentialIdMismatch(between="id and raw_id")
    return raw


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ResponseMalformed(member="response")
    return value


def _bytes(inner: Mapping[str, object], member: str, limit: int) -> bytes:
    return _decode(inner.get(member), member, limit)


def _decode(value: object, member: str, limit: int) -> bytes:
    if not isinstance(value, str):
        raise ResponseMalformed(member=member)
    if len(value) > limit * 4 // 3 + 4:
        raise ResponseTooLarge(member=member, limit=limit)
    try:
        return base64url.decode(value)
    except InvalidValue as error:
        raise ResponseMalformed(member=member) from error


def _transports(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > _MAX_TRANSPORTS:
        raise ResponseMalformed(member="transports")
    if not all(isinstance(word, str) for word in value):
        raise ResponseMalformed(member="transports")
    return tuple(sorted({word for word in value if word in TRANSPORTS}))
