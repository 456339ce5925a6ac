"""Lead a chain of certificates to one of our anchors, explicitly (RFC 5280 section 6, the part that applies).

The anchor comes from configuration, never from the message: a self-signed root in `x5c` that is not ours
vouches for nothing (the fault of GHSA-6hxq-p678-4hr2), and a chain without its root is as good as one with it
(phones with remotely provisioned keys send none). Dates are judged at the time of the registration, not by
the machine's clock. `cryptography.x509.verification` does not fit: it asks for the web's rules (a name, EKU).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from apcv_backend.enrolment.attestation.certificate import AttestationCertificate
from apcv_backend.enrolment.ceremony.errors import (
    AttestationCertificateExpired,
    AttestationCertificateRevoked,
    AttestationChainInvalid,
    AttestationChainUntrusted,
    AttestationRootsMissing,
    AttestationStatementMalformed,
)

MAX_CERTIFICATES = 10
_STRONG_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


@dataclass(frozen=True, slots=True)
class ProvenPath:
    """A path from the leaf to an anchor of ours; `anchor` is the last of it (the leaf itself may be one)."""

    leaf: AttestationCertificate
    issuers: tuple[AttestationCertificate, ...]
    anchor: AttestationCertificate


def parse_chain(unverified: object) -> tuple[AttestationCertificate, ...]:
    """Read the `x5c` of a statement: the leaf, then each certificate's issuer.

    Raises:
        AttestationStatementMalformed: not a list of one to ten certificates.
        AttestationCertificateMalformed: one of them cannot be read.
    """
    if not isinstance(unverified, list) or not 0 < len(unverified) <= MAX_CERTIFICATES:
        raise AttestationStatementMalformed(why="x5c")
    return tuple(AttestationCertificate.parse(each) for each in unverified)


def check_path(
    chain: Sequence[AttestationCertificate],
    anchors: Iterable[AttestationCertificate],
    at: datetime,
    *,
    revoked_serials: frozenset[str] = frozenset(),
) -> ProvenPath:
    """Prove that `chain` leads to one of `anchors` at the instant `at`.

    Raises:
        AttestationRefused: AttestationRootsMissing, AttestationChainUntrusted, AttestationCertificateExpired,
            AttestationChainInvalid, AttestationCertificateRevoked.
    """
    trusted = tuple(anchors)
    if not trusted:
        raise AttestationRootsMissing
    path = _find_path(chain, trusted)
    for below, certificate in enumerate(path):
        if not certificate.not_before <= at <= certificate.not_after:
            raise AttestationCertificateExpired(depth=below)
        if certificate.serial in revoked_serials:
            raise AttestationCertificateRevoked(depth=below)
        if certificate.unread_critical:
            raise AttestationChainInvalid(why="critical extension", depth=below)
        if below:
            _check_may_issue(certificate, below, is_anchor=below == len(path) - 1)
    return ProvenPath(path[0], tuple(path[1:]), path[-1])


def _find_path(
    chain: Sequence[AttestationCertificate],
    anchors: tuple[AttestationCertificate, ...],
) -> list[AttestationCertificate]:
    path: list[AttestationCertificate] = []
    for position, certificate in enumerate(chain):
        path.append(certificate)
        # An anchor first: what the message says after it no longer matters.
        if any(certificate.der == anchor.der for anchor in anchors):
            return path
        issuing_anchor = next((anchor for anchor in anchors if _issued(anchor, certificate)), None)
        if issuing_anchor is not None:
            return [*path, issuing_anchor]
        if position + 1 == len(chain) or not _issued(chain[position + 1], certificate):
            break
    raise AttestationChainUntrusted(certificates=len(chain))


def _issued(issuer: AttestationCertificate, certificate: AttestationCertificate) -> bool:
    """Whether the name and the signature of `certificate` are those of `issuer`, with a hash still sound."""
    try:
        if not isinstance(certificate.parsed.signature_hash_algorithm, _STRONG_HASHES):
            return False
        certificate.parsed.verify_directly_issued_by(issuer.parsed)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _check_may_issue(certificate: AttestationCertificate, below: int, *, is_anchor: bool) -> None:
    # An anchor is a name and a key the operator chose (RFC 5280 section 6.1.1 d): old ones say nothing of CA.
    if certificate.is_ca is not True and not (is_anchor and certificate.is_ca is None):
        raise AttestationChainInvalid(why="not a CA", depth=below)
    if certificate.may_sign_certificates is False:
        raise AttestationChainInvalid(why="key usage", depth=below)
    # `below - 1` intermediates stand between this certificate and the leaf.
    if certificate.path_length is not None and below - 1 > certificate.path_length:
        raise AttestationChainInvalid(why="path length", depth=below)
