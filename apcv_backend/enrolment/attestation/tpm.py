"""TPM attestation (WebAuthn Level 3 section 8.3): what we add to the `webauthn` package's own checks.

The package reads the TPM structures (`certInfo`, `pubArea`) and checks the signature over them and the
manufacturer; `ceremony.library` gives it every TPM statement. What it leaves out stands here: the path under
the registration's own date, the exact members, no SHA-1, and the AAGUID of the certificate.
"""

from __future__ import annotations

from apcv_backend.enrolment.attestation.certificate import AttestationCertificate
from apcv_backend.enrolment.attestation.chain import ProvenPath, check_path, parse_chain
from apcv_backend.enrolment.attestation.packed import check_aaguid_extension
from apcv_backend.enrolment.attestation.signature import check_signature
from apcv_backend.enrolment.attestation.verdict import StatementContext
from apcv_backend.enrolment.ceremony.errors import (
    AttestationCertificateExtension,
    AttestationCertificateIsCa,
    AttestationCertificateSubject,
    AttestationCertificateVersion,
    AttestationSignatureInvalid,
    AttestationStatementMalformed,
)

_AIK_USAGE = "2.23.133.8.3"  # tcg-kp-AIKCertificate
_SAN = "2.5.29.17"
_V3 = 3


def check(context: StatementContext, anchors: tuple[AttestationCertificate, ...]) -> ProvenPath:
    """Check members, signature over `certInfo`, the certificate rules of section 8.3.1, and the path.

    Raises:
        AttestationRefused: one leaf a rule.
    """
    statement = context.unverified_statement
    if set(statement) != {"ver", "alg", "x5c", "sig", "certInfo", "pubArea"} or statement["ver"] != "2.0":
        raise AttestationStatementMalformed(why="members")
    if not isinstance(statement["pubArea"], bytes):
        raise AttestationStatementMalformed(why="pubArea")
    certified = statement["certInfo"]
    if not isinstance(certified, bytes):
        raise AttestationSignatureInvalid
    chain = parse_chain(statement["x5c"])
    leaf = chain[0]
    check_signature(leaf.public_key, statement["alg"], statement["sig"], certified)
    if leaf.version != _V3:
        raise AttestationCertificateVersion(version=leaf.version)
    if len(leaf.parsed.subject):
        raise AttestationCertificateSubject(member="not empty")
    if _AIK_USAGE not in leaf.extended_usages:
        raise AttestationCertificateExtension(why="extended key usage")
    if _SAN not in leaf.extensions:
        raise AttestationCertificateExtension(why="subject alternative name")
    if leaf.is_ca is None:
        raise AttestationCertificateExtension(why="no basic constraints")
    if leaf.is_ca:
        raise AttestationCertificateIsCa
    check_aaguid_extension(leaf, context)
    return check_path(chain, anchors, context.at)
