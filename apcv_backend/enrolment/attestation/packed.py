"""Packed attestation (WebAuthn Level 3 section 8.2): by the model's certificate, or by the key itself.

The certificate rules of section 8.2.1 are all checked here; the `webauthn` package checks none of them, and
without the last one a cheap model of a vendor can pose as the vendor's certified one.
"""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.oid import NameOID

from apcv_backend.enrolment.attestation import der
from apcv_backend.enrolment.attestation.certificate import AttestationCertificate
from apcv_backend.enrolment.attestation.chain import ProvenPath, check_path, parse_chain
from apcv_backend.enrolment.attestation.signature import check_signature
from apcv_backend.enrolment.attestation.verdict import StatementContext
from apcv_backend.enrolment.ceremony.errors import (
    AttestationAaguidMismatch,
    AttestationAlgorithmNotAllowed,
    AttestationCertificateExtension,
    AttestationCertificateIsCa,
    AttestationCertificateSubject,
    AttestationCertificateVersion,
    AttestationKeyDenied,
    AttestationStatementMalformed,
)

AAGUID_EXTENSION = "1.3.6.1.4.1.45724.1.1.4"  # id-fido-gen-ce-aaguid
_COUNTRY = re.compile(r"[A-Z]{2}")
_UNIT = "Authenticator Attestation"
_V3 = 3


def check_self(context: StatementContext) -> None:
    """Self attestation: the new key signs for itself. It proves possession, and nothing of the hardware.

    Raises:
        AttestationRefused: other members, another algorithm than the key's, a signature that does not hold.
    """
    statement = context.unverified_statement
    if set(statement) != {"alg", "sig"}:
        raise AttestationStatementMalformed(why="members")
    if type(statement["alg"]) is not int or statement["alg"] != context.algorithm:
        raise AttestationAlgorithmNotAllowed(alg="not the key's")
    key = load_der_public_key(context.spki)
    check_signature(key, statement["alg"], statement["sig"], context.signed)  # type: ignore[arg-type]  # a public key of the kinds certificates hold


def check_certified(
    context: StatementContext,
    anchors: tuple[AttestationCertificate, ...],
    denied_keys: frozenset[str],
) -> ProvenPath:
    """Certificate attestation: path, signature, then the rules of section 8.2.1.

    Raises:
        AttestationRefused: one leaf a rule.
    """
    statement = context.unverified_statement
    if set(statement) != {"alg", "sig", "x5c"}:
        raise AttestationStatementMalformed(why="members")
    chain = parse_chain(statement["x5c"])
    leaf = chain[0]
    if leaf.key_fingerprint in denied_keys:
        raise AttestationKeyDenied
    check_signature(leaf.public_key, statement["alg"], statement["sig"], context.signed)
    check_certificate(leaf, context)
    return check_path(chain, anchors, context.at)


def check_certificate(leaf: AttestationCertificate, context: StatementContext) -> None:
    """The requirements on a packed attestation certificate (section 8.2.1).

    Raises:
        AttestationRefused: version, subject, CA, or an AAGUID that is not the authenticator's.
    """
    if leaf.version != _V3:
        raise AttestationCertificateVersion(version=leaf.version)
    _check_subject(leaf.parsed.subject)
    if leaf.is_ca is None:
        raise AttestationCertificateExtension(why="no basic constraints")
    if leaf.is_ca:
        raise AttestationCertificateIsCa
    check_aaguid_extension(leaf, context)


def check_aaguid_extension(leaf: AttestationCertificate, context: StatementContext) -> None:
    """Where the certificate names a model, it is the model the authenticator says it is.

    Raises:
        AttestationCertificateExtension: the extension is critical, or not an OCTET STRING of 16 bytes.
        AttestationAaguidMismatch: another model.
    """
    value = leaf.extensions.get(AAGUID_EXTENSION)
    if value is None:
        return
    if AAGUID_EXTENSION in leaf.critical:
        raise AttestationCertificateExtension(why="critical AAGUID")
    try:
        aaguid = der.read_whole(value).octets()
    except der.BadDer as error:
        raise AttestationCertificateExtension(why="AAGUID") from error
    if aaguid != context.aaguid.bytes:
        raise AttestationAaguidMismatch


def _check_subject(subject: x509.Name) -> None:
    found = {
        "C": _only(subject, NameOID.COUNTRY_NAME),
        "O": _only(subject, NameOID.ORGANIZATION_NAME),
        "OU": _only(subject, NameOID.ORGANIZATIONAL_UNIT_NAME),
        "CN": _only(subject, NameOID.COMMON_NAME),
    }
    if not _COUNTRY.fullmatch(found["C"]):
        raise AttestationCertificateSubject(member="C")
    if found["OU"] != _UNIT:
        raise AttestationCertificateSubject(member="OU")
    for member in ("O", "CN"):
        if not found[member]:
            raise AttestationCertificateSubject(member=member)


def _only(subject: x509.Name, oid: x509.ObjectIdentifier) -> str:
    values = [attribute.value for attribute in subject.get_attributes_for_oid(oid)]
    return values[0] if len(values) == 1 and isinstance(values[0], str) else ""
