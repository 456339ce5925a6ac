"""One certificate of an attestation statement, read once: every surprise of X.509 becomes one refusal.

The facts the formats ask about are plain members, so that no later check can stumble over an extension the
parser had put off reading.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID

from apcv_backend.enrolment.ceremony.errors import AttestationCertificateMalformed

Kind = TypeVar("Kind", bound=x509.ExtensionType)

MAX_CERTIFICATE = 16_384
MIN_RSA_BITS = 2048
# Critical extensions a path may carry: they are read here, or only narrow what is not used here.
_CRITICAL_READ = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CERTIFICATE_POLICIES,
    },
)


@dataclass(frozen=True, slots=True)
class AttestationCertificate:
    """A certificate and what it says of itself; nothing in it is trusted before `chain.check_path`.

    `is_ca` is None without basic constraints; `may_sign_certificates` is None without key usage;
    `extended_usages` are dotted object identifiers; `extensions` maps such an identifier to the raw DER
    value.
    """

    parsed: x509.Certificate = field(repr=False)
    der: bytes = field(repr=False)
    version: int
    spki: bytes = field(repr=False)
    public_key: CertificatePublicKeyTypes = field(repr=False)
    not_before: datetime
    not_after: datetime
    is_ca: bool | None
    path_length: int | None
    may_sign_certificates: bool | None
    extended_usages: frozenset[str]
    extensions: dict[str, bytes] = field(repr=False)
    critical: frozenset[str]

    @classmethod
    def parse(cls, unverified: object) -> AttestationCertificate:
        """Read one DER certificate as it comes in `x5c`.

        Raises:
            AttestationCertificateMalformed: not a byte string, too large, not X.509, an extension that cannot
                be read or is there twice, a key of a type or size nobody should attest with.
        """
        if not isinstance(unverified, bytes) or len(unverified) > MAX_CERTIFICATE:
            raise AttestationCertificateMalformed(why="not a certificate")
        try:
            return cls.of(x509.load_der_x509_certificate(unverified))
        # InvalidVersion, UnsupportedAlgorithm, DuplicateExtension, ValueError: the parser's errors have no
        # common root.
        except Exception as error:
            raise AttestationCertificateMalformed(why=type(error).__name__) from error

    @classmethod
    def of(cls, certificate: x509.Certificate) -> AttestationCertificate:
        """The facts of a certificate that was already read; what the parser raises passes through."""
        # Names are parsed when first read: here, where what the parser raises is expected.
        _ = certificate.subject, certificate.issuer
        extensions = certificate.extensions
        basic = _value(extensions, x509.BasicConstraints)
        usage = _value(extensions, x509.KeyUsage)
        extended = _value(extensions, x509.ExtendedKeyUsage)
        public_key = certificate.public_key()
        _check_strength(public_key)
        return cls(
            parsed=certificate,
            der=certificate.public_bytes(Encoding.DER),
            version=certificate.version.value + 1,
            spki=public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            public_key=public_key,
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            is_ca=basic.ca if basic else None,
            path_length=basic.path_length if basic else None,
            may_sign_certificates=usage.key_cert_sign if usage else None,
            extended_usages=frozenset(each.dotted_string for each in extended or ()),
            extensions={each.oid.dotted_string: each.value.public_bytes() for each in extensions},
            critical=frozenset(each.oid.dotted_string for each in extensions if each.critical),
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the whole certificate, hexadecimal."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def key_fingerprint(self) -> str:
        """SHA-256 of the SubjectPublicKeyInfo, hexadecimal."""
        return hashlib.sha256(self.spki).hexdigest()

    @property
    def serial(self) -> str:
        """The serial number as Google's status list writes it: lower-case hexadecimal, no leading zero."""
        return format(self.parsed.serial_number, "x").lstrip("0")

    @property
    def unread_critical(self) -> frozenset[str]:
        """Critical extensions this house does not read (RFC 5280 section 4.2: a reason to refuse)."""
        return self.critical - {oid.dotted_string for oid in _CRITICAL_READ}


def _value(extensions: x509.Extensions, kind: type[Kind]) -> Kind | None:
    return next((each.value for each in extensions if isinstance(each.value, kind)), None)


def _check_strength(key: CertificatePublicKeyTypes) -> None:
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < MIN_RSA_BITS:
        raise AttestationCertificateMalformed(why="short RSA key")
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name not in {
        "secp256r1",
        "secp384r1",
        "secp521r1",
    }:
        raise AttestationCertificateMalformed(why="curve")
