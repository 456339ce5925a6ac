"""The only calls to the verifying functions of the `webauthn` package: the second reader.

Everything was read strictly before; what the package gets is rebuilt from that reading. Its certificate
chains are left to our own builder (`attestation.chain`): the package dates them by the machine's clock, takes
a chain without roots for a trusted one, and takes the last certificate of an Android chain for its root.
So a statement whose format the package cannot judge that way is replaced by `none` around the same bytes.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidSignature
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers.cose import COSEAlgorithmIdentifier

from apcv_backend.enrolment.ceremony.authenticator_data import UnverifiedAttestation
from apcv_backend.enrolment.ceremony.errors import AssertionSignatureInvalid, LibraryRefused
from apcv_backend.enrolment.ceremony.policy import CeremonyPolicy
from apcv_backend.enrolment.ceremony.response import UnverifiedAssertion, UnverifiedCreation
from cartes.wire import base64url, strict_cbor

_JUDGED_BY_THE_PACKAGE: Final = frozenset({"none", "packed", "tpm"})


def check_registration(
    created: UnverifiedCreation,
    claimed: UnverifiedAttestation,
    *,
    challenge: bytes,
    policy: CeremonyPolicy,
) -> None:
    """Let the package verify a registration our own checks have passed.

    Raises:
        LibraryRefused: it refuses.
    """
    attestation_object = created.attestation_object
    if claimed.format not in _JUDGED_BY_THE_PACKAGE:
        attestation_object = strict_cbor.dumps(
            {"fmt": "none", "attStmt": {}, "authData": claimed.authenticator_data.raw},
        )
    name = base64url.encode(created.credential_id)
    try:
        verify_registration_response(
            credential={
                "id": name,
                "rawId": name,
                "type": "public-key",
                "response": {
                    "clientDataJSON": base64url.encode(created.client_data_json),
                    "attestationObject": base64url.encode(attestation_object),
                },
            },
            expected_challenge=challenge,
            expected_rp_id=policy.rp_id,
            expected_origin=sorted({*policy.origins, *policy.package_of}),
            require_user_presence=True,
            require_user_verification=policy.require_user_verification,
            supported_pub_key_algs=[COSEAlgorithmIdentifier.ECDSA_SHA_256],
            pem_root_certs_bytes_by_fmt=None,
        )
    except Exception as error:
        raise LibraryRefused(why=type(error).__name__) from error


def check_assertion(
    asserted: UnverifiedAssertion,
    *,
    challenge: bytes,
    device_key: bytes,
    policy: CeremonyPolicy,
) -> None:
    """Let the package verify an assertion, its signature included, our own checks having passed.

    The stored counter is not given: a counter only accuses a phone once the signature is known to be true,
    and the caller's own code names that refusal.

    Raises:
        AssertionSignatureInvalid: the signature is not that of `device_key` (a COSE key).
        LibraryRefused: it refuses for another reason.
    """
    name = base64url.encode(asserted.credential_id)
    try:
        verify_authentication_response(
            credential={
                "id": name,
                "rawId": name,
                "type": "public-key",
                "response": {
                    "clientDataJSON": base64url.encode(asserted.client_data_json),
                    "authenticatorData": base64url.encode(asserted.authenticator_data),
                    "signature": base64url.encode(asserted.signature),
                },
            },
            expected_challenge=challenge,
            expected_rp_id=policy.rp_id,
            expected_origin=sorted({*policy.origins, *policy.package_of}),
            credential_public_key=device_key,
            credential_current_sign_count=0,
            require_user_verification=policy.require_user_verification,
        )
    except Exception as error:
        if isinstance(error.__context__, InvalidSignature):
            raise AssertionSignatureInvalid from error
        raise LibraryRefused(why=type(error).__name__) from error
