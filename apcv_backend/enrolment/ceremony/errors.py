"""Every way a WebAuthn exchange can be refused: one leaf a reason, one stable word code a leaf.

The leaves follow the order in which the checks are made: the envelope, the client data, the authenticator
data, the key, the attestation, then what only an assertion can break. Facts never hold a user handle, a
credential id or a key: they are safe to log.
"""

from __future__ import annotations

from cartes.errors import CarteError


class CeremonyRefused(CarteError):
    """A WebAuthn registration or assertion was refused; nothing it says may be believed."""

    code = "ceremony_refused"


# --- The envelope: the JSON a browser's `toJSON()` gives (WebAuthn Level 3 section 5.1) -------------


class ResponseMalformed(CeremonyRefused):
    """The response is not the JSON object of WebAuthn: `member` is missing or of the wrong type."""

    code = "ceremony_response_malformed"


class ResponseTooLarge(CeremonyRefused):
    """A member is larger than anything a real authenticator sends."""

    code = "ceremony_response_too_large"


class CredentialIdMismatch(CeremonyRefused):
    """`id`, `rawId`, the authenticator data, or the device that was asked do not name one same credential."""

    code = "credential_id_mismatch"


class CredentialIdTooLong(CeremonyRefused):
    """The credential id is over 1023 bytes, or empty (WebAuthn Level 3 section 7.1 step 25)."""

    code = "credential_id_length"


# --- The client data (section 5.8.1) ----------------------------------------------------------------


class ClientDataMalformed(CeremonyRefused):
    """`clientDataJSON` is not strict UTF-8 JSON, or lacks a member it must have."""

    code = "client_data_malformed"


class ClientDataDuplicateMember(CeremonyRefused):
    """`clientDataJSON` says the same thing twice, and could be read in two ways."""

    code = "client_data_duplicate_member"


class CeremonyTypeMismatch(CeremonyRefused):
    """An assertion was sent where a registration is due, or the reverse."""

    code = "ceremony_type_mismatch"


class ChallengeNotCanonical(CeremonyRefused):
    """The challenge is not canonical unpadded base64url: it carries junk characters."""

    code = "challenge_not_canonical"


class ChallengeMismatch(CeremonyRefused):
    """The response answers another challenge than ours."""

    code = "challenge_mismatch"


class OriginNotAllowed(CeremonyRefused):
    """The page or application that asked the authenticator is not, exactly, one of ours."""

    code = "origin_not_allowed"


class AndroidPackageNotAllowed(CeremonyRefused):
    """The signing certificate is ours but the Android package name is missing or is another's."""

    code = "android_package_not_allowed"


class CrossOriginNotAllowed(CeremonyRefused):
    """The exchange ran inside a frame of another site (`crossOrigin` is not absent or false)."""

    code = "cross_origin_not_allowed"


class TopOriginNotAllowed(CeremonyRefused):
    """The outer page is named, and no outer page is allowed."""

    code = "top_origin_not_allowed"


# --- The attestation object and the authenticator data (sections 6.1 and 6.5) -----------------------


class CborMalformed(CeremonyRefused):
    """The attestation object is not the CBOR of CTAP2: `why` says what was wrong with it."""

    code = "ceremony_cbor_malformed"


class CborDuplicateKey(CeremonyRefused):
    """A CBOR map of the attestation object, or the COSE key, says the same thing twice."""

    code = "ceremony_cbor_duplicate_key"


class AttestationObjectMalformed(CeremonyRefused):
    """The attestation object is not the map of `fmt`, `attStmt` and `authData`."""

    code = "attestation_object_malformed"


class AuthenticatorDataMalformed(CeremonyRefused):
    """The authenticator data is short, long, or does not match its own flags."""

    code = "authenticator_data_malformed"


class RpIdMismatch(CeremonyRefused):
    """The key was made for another relying party: another card kind's, or another site's."""

    code = "rp_id_mismatch"


class UserPresenceMissing(CeremonyRefused):
    """Nobody made a gesture (flag UP)."""

    code = "user_presence_missing"


class UserVerificationMissing(CeremonyRefused):
    """The phone did not verify its owner by code, finger or face (flag UV)."""

    code = "user_verification_missing"


class BackupStateWithoutEligibility(CeremonyRefused):
    """The key says it is backed up (BS) and cannot be (BE): no honest authenticator says so."""

    code = "backup_state_without_eligibility"


class SyncedKeyNotAllowed(CeremonyRefused):
    """The key can leave this phone (BE) and this card kind wants one that cannot."""

    code = "synced_key_not_allowed"


class AuthenticatorDenied(CeremonyRefused):
    """This model of authenticator (AAGUID) is on the deny list: a test tool, or withdrawn by the operator."""

    code = "authenticator_denied"


# --- The key ----------------------------------------------------------------------------------------


class AlgorithmNotAllowed(CeremonyRefused):
    """The new key is not an ES256 key (COSE algorithm -7): no card can be bound to it."""

    code = "key_algorithm_not_allowed"


class PublicKeyMalformed(CeremonyRefused):
    """The COSE key is not the five members of a P-256 key (RFC 9053 section 7.1)."""

    code = "public_key_malformed"


class PublicKeyNotOnCurve(CeremonyRefused):
    """The coordinates are not a point of P-256; a signature by it could never be checked."""

    code = "public_key_not_on_curve"


# --- The attestation (section 8) --------------------------------------------------------------------


class AttestationRefused(CeremonyRefused):
    """What the authenticator says of itself is not proven."""

    code = "attestation_refused"


class AttestationFormatNotAllowed(AttestationRefused):
    """This attestation format is not one this card kind accepts: a downgrade, or an unsupported one."""

    code = "attestation_format_not_allowed"


class AttestationStatementMalformed(AttestationRefused):
    """The attestation statement has not the members its format asks for; `why` says which."""

    code = "attestation_statement_malformed"


class AttestationCertificateMalformed(AttestationRefused):
    """A certificate of the statement cannot be read as X.509 (RFC 5280)."""

    code = "attestation_certificate_malformed"


class AttestationRootsMissing(AttestationRefused):
    """The statement carries certificates and this server knows no root to judge them by."""

    code = "attestation_roots_missing"


class AttestationChainUntrusted(AttestationRefused):
    """The certificates do not lead to one of our roots."""

    code = "attestation_chain_untrusted"


class AttestationChainInvalid(AttestationRefused):
    """A certificate of the path may not do what it does there; `why` says which rule it breaks."""

    code = "attestation_chain_invalid"


class AttestationCertificateExpired(AttestationRefused):
    """A certificate of the path is outside its dates at the time of the registration."""

    code = "attestation_certificate_expired"


class AttestationCertificateRevoked(AttestationRefused):
    """A certificate of the path is on the manufacturer's revocation list."""

    code = "attestation_certificate_revoked"


class AttestationKeyDenied(AttestationRefused):
    """The attestation key is public knowledge: a browser's virtual authenticator."""

    code = "attestation_key_denied"


class AttestationCertificateIsCa(AttestationRefused):
    """The attestation certificate may sign other certificates (section 8.2.1: CA must be false)."""

    code = "attestation_certificate_is_ca"


class AttestationCertificateVersion(AttestationRefused):
    """The attestation certificate is not X.509 version 3."""

    code = "attestation_certificate_version"


class AttestationCertificateSubject(AttestationRefused):
    """The subject of the attestation certificate breaks the rules of its format; `member` names the part."""

    code = "attestation_certificate_subject"


class AttestationCertificateExtension(AttestationRefused):
    """An extension the format asks for is missing or wrong; `why` names it."""

    code = "attestation_certificate_extension"


class AttestationAaguidMismatch(AttestationRefused):
    """The certificate was given to another model than the one the authenticator says it is."""

    code = "attestation_aaguid_mismatch"


class AttestationAlgorithmNotAllowed(AttestationRefused):
    """The statement is signed with an algorithm that is weak, unknown, or not that of its key."""

    code = "attestation_algorithm_not_allowed"


class AttestationSignatureInvalid(AttestationRefused):
    """The signature of the statement does not hold."""

    code = "attestation_signature_invalid"


class AttestationKeyMismatch(AttestationRefused):
    """The certificate is for another key than the one being registered."""

    code = "attestation_key_mismatch"


class AttestationChallengeMismatch(AttestationRefused):
    """The certificate was made for another exchange than this one."""

    code = "attestation_challenge_mismatch"


class AttestationSecurityLevelTooLow(AttestationRefused):
    """The Android key lives in software, not in the trusted environment or a StrongBox."""

    code = "attestation_security_level_too_low"


class AttestationBootNotVerified(AttestationRefused):
    """The phone is unlocked, or runs a system nobody verified, or does not say (Android root of trust)."""

    code = "attestation_boot_not_verified"


class AttestationKeyUseNotAllowed(AttestationRefused):
    """The Android key was imported, may be used by every application, or does more than sign."""

    code = "attestation_key_use_not_allowed"


class AuthenticatorCompromised(AttestationRefused):
    """The FIDO Metadata Service reports this model as broken; `status` is the word of the report."""

    code = "authenticator_compromised"


class MetadataStale(AttestationRefused):
    """What we know of authenticator models is past its date and this card kind will not judge with it."""

    code = "metadata_stale"


class LibraryRefused(CeremonyRefused):
    """Our own checks passed and the `webauthn` package still refused: the second pair of eyes."""

    code = "ceremony_library_refused"


# --- What only an assertion can break (section 7.2) -------------------------------------------------


class UserHandleMismatch(CeremonyRefused):
    """The authenticator answers for another person than the owner of the device that was asked."""

    code = "user_handle_mismatch"


class BackupEligibilityChanged(CeremonyRefused):
    """The key said at registration whether it can leave its phone, and now says otherwise."""

    code = "backup_eligibility_changed"


class SignCountRegressed(CeremonyRefused):
    """The signature counter did not move forward: two phones hold this key. The caller makes it an event."""

    code = "sign_count_regressed"


class AssertionSignatureInvalid(CeremonyRefused):
    """The assertion is not signed by the registered key."""

    code = "assertion_signature_invalid"
