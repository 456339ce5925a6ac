"""Android key attestation (WebAuthn Level 3 section 8.4): the phone's trusted environment describes the key.

More is asked than the specification does: the key and its attestation are made in the trusted environment
or a StrongBox, the boot loader is locked, the system verified, no certificate of the path on Google's status
list. The chain may lack its root (phones with remotely provisioned keys send none since 2026).
"""

from __future__ import annotations

from apcv_backend.enrolment.attestation import der
from apcv_backend.enrolment.attestation.certificate import AttestationCertificate
from apcv_backend.enrolment.attestation.chain import ProvenPath, check_path, parse_chain
from apcv_backend.enrolment.attestation.key_description import (
    EXTENSION,
    BootState,
    KeyDescription,
    SecurityLevel,
)
from apcv_backend.enrolment.attestation.signature import check_signature
from apcv_backend.enrolment.attestation.verdict import StatementContext
from apcv_backend.enrolment.ceremony.errors import (
    AttestationBootNotVerified,
    AttestationCertificateExtension,
    AttestationCertificateIsCa,
    AttestationChallengeMismatch,
    AttestationKeyMismatch,
    AttestationKeyUseNotAllowed,
    AttestationSecurityLevelTooLow,
    AttestationStatementMalformed,
)

_GENERATED = 0
_SIGN = 2


def check(
    context: StatementContext,
    anchors: tuple[AttestationCertificate, ...],
    revoked_serials: frozenset[str],
) -> tuple[ProvenPath, KeyDescription]:
    """Check signature, key, key description, then the path.

    Raises:
        AttestationRefused: one leaf a rule.
    """
    statement = context.unverified_statement
    if set(statement) != {"alg", "sig", "x5c"}:
        raise AttestationStatementMalformed(why="members")
    chain = parse_chain(statement["x5c"])
    leaf = chain[0]
    check_signature(leaf.public_key, statement["alg"], statement["sig"], context.signed)
    if leaf.spki != context.spki:
        raise AttestationKeyMismatch
    if leaf.is_ca:
        raise AttestationCertificateIsCa
    description = _description(chain)
    _check_description(description, context)
    return check_path(chain, anchors, context.at, revoked_serials=revoked_serials), description


def _description(chain: tuple[AttestationCertificate, ...]) -> KeyDescription:
    # Whoever can sign with an attested key could prolong the chain: only the leaf may describe a key.
    if any(EXTENSION in issuer.extensions for issuer in chain[1:]):
        raise AttestationCertificateExtension(why="key description above the leaf")
    value = chain[0].extensions.get(EXTENSION)
    if value is None:
        raise AttestationCertificateExtension(why="no key description")
    try:
        return KeyDescription.parse(value)
    except der.BadDer as error:
        raise AttestationCertificateExtension(why="key description") from error


def _check_description(description: KeyDescription, context: StatementContext) -> None:
    if description.challenge != context.client_data_hash:
        raise AttestationChallengeMismatch
    lowest = min(description.attestation_level, description.key_level)
    if lowest < SecurityLevel.TRUSTED_ENVIRONMENT:
        raise AttestationSecurityLevelTooLow(
            attestation=description.attestation_level.name.lower(),
            key=description.key_level.name.lower(),
        )
    if description.software.all_applications or description.hardware.all_applications:
        raise AttestationKeyUseNotAllowed(why="all applications")
    if description.hardware.origin != _GENERATED:
        raise AttestationKeyUseNotAllowed(why="not generated there")
    if description.hardware.purposes != {_SIGN}:
        raise AttestationKeyUseNotAllowed(why="purposes")
    trust = description.hardware.root_of_trust
    if trust is None:
        raise AttestationBootNotVerified(boot_state="not_said")
    if not trust.device_locked or trust.boot_state is not BootState.VERIFIED:
        raise AttestationBootNotVerified(boot_state=trust.boot_state.name.lower(), locked=trust.device_locked)
