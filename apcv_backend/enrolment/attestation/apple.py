"""Apple anonymous attestation (WebAuthn Level 3 section 8.8): a certificate made for this very exchange.

The nonce inside it binds the certificate to the authenticator data and the client data; there is no other
signature. Certificates live three days.
"""

from __future__ import annotations

import hashlib

from apcv_backend.enrolment.attestation import der
from apcv_backend.enrolment.attestation.certificate import AttestationCertificate
from apcv_backend.enrolment.attestation.chain import ProvenPath, check_path, parse_chain
from apcv_backend.enrolment.attestation.verdict import StatementContext
from apcv_backend.enrolment.ceremony.errors import (
    AttestationCertificateExtension,
    AttestationCertificateIsCa,
    AttestationChallengeMismatch,
    AttestationKeyMismatch,
    AttestationStatementMalformed,
)

NONCE_EXTENSION = "1.2.840.113635.100.8.2"
_NONCE_TAG = 1


def check(context: StatementContext, anchors: tuple[AttestationCertificate, ...]) -> ProvenPath:
    """Check nonce, key and path.

    Raises:
        AttestationRefused: one leaf a rule.
    """
    statement = context.unverified_statement
    if not {"x5c"} <= set(statement) <= {"x5c", "alg"}:
        raise AttestationStatementMalformed(why="members")
    chain = parse_chain(statement["x5c"])
    leaf = chain[0]
    value = leaf.extensions.get(NONCE_EXTENSION)
    if value is None:
        raise AttestationCertificateExtension(why="no nonce")
    if _nonce(value) != hashlib.sha256(context.signed).digest():
        raise AttestationChallengeMismatch
    if leaf.spki != context.spki:
        raise AttestationKeyMismatch
    if leaf.is_ca:
        raise AttestationCertificateIsCa
    return check_path(chain, anchors, context.at)


def _nonce(value: bytes) -> bytes:
    """SEQUENCE { [1] EXPLICIT OCTET STRING }, and nothing else."""
    try:
        (tagged,) = der.read_whole(value).items()
        if (tagged.kind, tagged.tag) != (der.CONTEXT, _NONCE_TAG):
            raise AttestationCertificateExtension(why="nonce")
        return tagged.explicit().octets()
    except (der.BadDer, ValueError) as error:
        raise AttestationCertificateExtension(why="nonce") from error
