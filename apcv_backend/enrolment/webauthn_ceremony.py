"""The relying party's policy around the `webauthn` package: what it lets through, refused here by name.

Every WebAuthn exchange of the house passes through the three functions of this module. Each response is
first read strictly by our own code (duplicate members, trailing bytes, junk inside base64url, points off the
curve, frames of other sites, …: `docs/threats.md`), then handed, rebuilt from what was read, to the
`webauthn` package, which checks it a second time in its own way. No input gives anything but a leaf of
`CeremonyRefused`.

The module knows no database and no clock. It does not say whether a person may have this device (`rules`),
and it remembers nothing: the challenge was taken once by the caller, the counter is compared again by the
caller's conditional statement.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from webauthn import generate_registration_options
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorAttachment,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from apcv_backend.enrolment.attestation.statement import check_statement
from apcv_backend.enrolment.attestation.verdict import AttestationVerdict, StatementContext
from apcv_backend.enrolment.ceremony import client_data, library, response
from apcv_backend.enrolment.ceremony.authenticator_data import AuthenticatorData, split_attestation_object
from apcv_backend.enrolment.ceremony.cose_key import ES256, Es256Key, es256_key
from apcv_backend.enrolment.ceremony.errors import (
    AuthenticatorDenied,
    BackupEligibilityChanged,
    BackupStateWithoutEligibility,
    CredentialIdMismatch,
    RpIdMismatch,
    SignCountRegressed,
    SyncedKeyNotAllowed,
    UserHandleMismatch,
    UserPresenceMissing,
    UserVerificationMissing,
)
from apcv_backend.enrolment.ceremony.policy import CeremonyPolicy
from cartes.cards import Binding


@dataclass(frozen=True, slots=True)
class KnownCredential:
    """A credential the person already has: the phone that holds it must not make a second one."""

    credential_id: bytes
    transports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewDeviceKey:
    """A key a phone has just made for us, with all that was proven about it (requirement WA-8).

    `public_key` is the COSE key, `point` the same as a compressed P-256 point (33 bytes), the form cards
    carry; `algorithm` is -7, always. `binding` says how far we may believe that the key cannot leave its
    phone. `attestation_object` and `client_data_json` are kept raw: an attestation is judged once, under its
    own date (`registered_at`, aware UTC), and can only be looked at again, not judged again.
    """

    credential_id: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    point: bytes = field(repr=False)
    algorithm: int
    sign_count: int
    user_verified: bool
    backup_eligible: bool
    backed_up: bool
    transports: tuple[str, ...]
    aaguid: uuid.UUID
    attestation_format: str
    binding: Binding
    attestation_object: bytes = field(repr=False)
    client_data_json: bytes = field(repr=False)
    verdict: AttestationVerdict
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    """A device's key as the register knows it: what an assertion is compared with."""

    credential_id: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int
    backup_eligible: bool
    backed_up: bool
    user_handle: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProvenAssertion:
    """The registered phone, and its owner, answered this very challenge.

    `sign_count` is for the caller's conditional update (`WHERE sign_count < :new OR both are 0`);
    `backup_state_changed` is worth an event in the journal. Nothing here may serve as a replay key: an
    ECDSA signature has a twin. The challenge does.
    """

    credential_id: bytes = field(repr=False)
    sign_count: int
    user_verified: bool
    backup_eligible: bool
    backed_up: bool
    backup_state_changed: bool
    authenticator_data: bytes = field(repr=False)
    client_data_json: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    proven_at: datetime


def creation_options(
    *,
    policy: CeremonyPolicy,
    challenge: bytes,
    user_handle: bytes,
    user_name: str,
    user_display_name: str,
    known: Iterable[KnownCredential] = (),
) -> dict[str, object]:
    """The options of `navigator.credentials.create()`, as PublicKeyCredentialCreationOptionsJSON.

    `user_handle` is opaque (never a NIR, at most 64 bytes); the two names are shown by the phone to its
    owner. Phones of `known` refuse to make a second key.
    """
    options = generate_registration_options(
        rp_id=policy.rp_id,
        rp_name=policy.rp_name,
        user_id=user_handle,
        user_name=user_name,
        user_display_name=user_display_name,
        challenge=challenge,
        timeout=policy.timeout_ms,
        attestation=(
            AttestationConveyancePreference.NONE
            if policy.formats == {"none"}
            else AttestationConveyancePreference.DIRECT
        ),
        authenticator_selection=AuthenticatorSelectionCriteria(
            authenticator_attachment=AuthenticatorAttachment(policy.attachment)
            if policy.attachment
            else None,
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=(
                UserVerificationRequirement.REQUIRED
                if policy.require_user_verification
                else UserVerificationRequirement.PREFERRED
            ),
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(
                id=credential.credential_id,
                transports=[
                    AuthenticatorTransport(word)
                    for word in credential.transports
                    if word in response.LIBRARY_TRANSPORTS
                ],
            )
            for credential in known
        ],
        supported_pub_key_algs=[COSEAlgorithmIdentifier.ECDSA_SHA_256],
    )
    return dict(options_to_json_dict(options))


def check_creation(
    unverified: Mapping[str, object],
    *,
    challenge: bytes,
    policy: CeremonyPolicy,
    at: datetime,
) -> NewDeviceKey:
    """Prove that a phone has just made a key for us, answering `challenge` (WebAuthn Level 3 section 7.1).

    `unverified` is the decoded RegistrationResponseJSON; `at` the instant of judgement, aware UTC, under
    which certificates are dated. The caller has already taken the challenge, once.

    Raises:
        CeremonyRefused: one leaf a reason (`ceremony.errors`); nothing else, whatever the input.
    """
    # 1. The envelope, and what the browser says of the exchange.
    created = response.parse_registration(unverified)
    client_data.check(created.client_data_json, kind="webauthn.create", challenge=challenge, policy=policy)
    # 2. What the authenticator says of itself and of the key.
    claimed = split_attestation_object(created.attestation_object)
    about = claimed.authenticator_data
    _check_flags(about, policy)
    attested = about.attested
    if attested.credential_id != created.credential_id:
        raise CredentialIdMismatch(between="raw_id and authenticator data")
    if attested.aaguid in policy.denied_aaguids:
        raise AuthenticatorDenied(aaguid=str(attested.aaguid))
    if about.backup_eligible and not policy.allow_synced:
        raise SyncedKeyNotAllowed(kind=policy.kind)
    # 3. The key: a point of P-256, for ES256.
    key = es256_key(attested.cose_key)
    # 4. How far is that proven, and by whom?
    context = StatementContext(
        unverified_statement=claimed.unverified_statement,
        authenticator_data=about.raw,
        client_data_hash=hashlib.sha256(created.client_data_json).digest(),
        aaguid=attested.aaguid,
        algorithm=ES256,
        spki=key.spki,
        at=at,
    )
    verdict = check_statement(claimed.format, context, policy)
    # 5. The `webauthn` package reads the whole again, its own way.
    library.check_registration(created, claimed, challenge=challenge, policy=policy)
    return _new_device_key(created, about, key, verdict, at)


def check_assertion(
    unverified: Mapping[str, object],
    *,
    challenge: bytes,
    device: RegisteredKey,
    policy: CeremonyPolicy,
    at: datetime,
) -> ProvenAssertion:
    """Prove that `device` and its owner have just answered `challenge` (WebAuthn Level 3 section 7.2).

    `unverified` is the decoded AuthenticationResponseJSON. The caller found `device` by its credential id
    and knows that it is alive; that the answer comes from that very credential and that very person is
    checked here.

    Raises:
        CeremonyRefused: one leaf a reason (`ceremony.errors`); nothing else, whatever the input.
    """
    # 1. The envelope: which credential, for whom?
    asserted = response.parse_assertion(unverified)
    if asserted.credential_id != device.credential_id:
        raise CredentialIdMismatch(between="response and register")
    if asserted.user_handle is not None and asserted.user_handle != device.user_handle:
        raise UserHandleMismatch
    # 2. What the browser and the authenticator say.
    client_data.check(asserted.client_data_json, kind="webauthn.get", challenge=challenge, policy=policy)
    about = AuthenticatorData.parse_assertion(asserted.authenticator_data)
    _check_flags(about, policy)
    if about.backup_eligible != device.backup_eligible:
        raise BackupEligibilityChanged(registered=device.backup_eligible, now=about.backup_eligible)
    # 3. The signature, by the package; then the counter, which only a true signature may accuse.
    library.check_assertion(asserted, challenge=challenge, device_key=device.public_key, policy=policy)
    if (about.sign_count or device.sign_count) and about.sign_count <= device.sign_count:
        raise SignCountRegressed(registered=device.sign_count, now=about.sign_count)
    return ProvenAssertion(
        credential_id=asserted.credential_id,
        sign_count=about.sign_count,
        user_verified=about.user_verified,
        backup_eligible=about.backup_eligible,
        backed_up=about.backed_up,
        backup_state_changed=about.backed_up != device.backed_up,
        authenticator_data=asserted.authenticator_data,
        client_data_json=asserted.client_data_json,
        signature=asserted.signature,
        proven_at=at,
    )


def _check_flags(about: AuthenticatorData, policy: CeremonyPolicy) -> None:
    if about.rp_id_hash != hashlib.sha256(policy.rp_id.encode()).digest():
        raise RpIdMismatch(expected=policy.rp_id)
    if not about.user_present:
        raise UserPresenceMissing
    if policy.require_user_verification and not about.user_verified:
        raise UserVerificationMissing
    if about.backed_up and not about.backup_eligible:
        raise BackupStateWithoutEligibility


def _new_device_key(
    created: response.UnverifiedCreation,
    about: AuthenticatorData,
    key: Es256Key,
    verdict: AttestationVerdict,
    at: datetime,
) -> NewDeviceKey:
    return NewDeviceKey(
        credential_id=created.credential_id,
        public_key=key.cose,
        point=key.point,
        algorithm=ES256,
        sign_count=about.sign_count,
        user_verified=about.user_verified,
        backup_eligible=about.backup_eligible,
        backed_up=about.backed_up,
        transports=created.transports,
        aaguid=about.attested.aaguid,
        attestation_format=verdict.format,
        binding=_binding(about, verdict),
        attestation_object=created.attestation_object,
        client_data_json=created.client_data_json,
        verdict=verdict,
        registered_at=at,
    )


def _binding(about: AuthenticatorData, verdict: AttestationVerdict) -> Binding:
    """A key that may be copied is synced whatever vouches for it; BE=0 without a trusted root is a claim."""
    if about.backup_eligible:
        return Binding.SYNCED
    return Binding.HARDWARE_ATTESTED if verdict.hardware else Binding.DEVICE_BOUND_CLAIMED
