"""Client certificates, as our own proxy hands them over (RFC 9440), and what a token is bound to (RFC 8705).

TLS ends at the proxy: it alone saw the handshake in which the client proved that it holds the private key.
It passes the certificate in `Client-Cert`, one structured-field byte sequence: base64 of the DER between two
colons. Whether the header comes from that proxy is `proxy_door`'s business; here it is only read. What is
not exactly one certificate, or is outside its dates, is refused: never half-believed, never an error of ours.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cartes.errors import CarteError
from cartes.wire import base64url

LONGEST_HEADER = 16_384
"""A certificate is one or two kilobytes; this is the longest a header is read at all (`caller_door`)."""
_BYTES = re.compile(r":[A-Za-z0-9+/]+={0,2}:")
_RSA_BITS = range(2_048, 8_193)
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


class CertificateRefused(CarteError):
    """No client certificate that counts. `why`: missing, header, der, key, not_yet or expired."""

    code: ClassVar[str] = "client_certificate_refused"


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """One X.509 certificate: its thumbprint (`x5t#S256`, base64url of the SHA-256 of the DER) and its dates.

    Nothing here says who signed it: RFC 8705 section 2.2 and section 3 need the certificate itself and no
    authority.
    """

    thumbprint: str
    not_before: datetime
    not_after: datetime
    public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey = field(repr=False)

    def check_dates(self, at: datetime) -> None:
        """Nothing, when `at` (aware UTC) is within the dates. Raises `CertificateRefused`."""
        if at < self.not_before:
            raise CertificateRefused(why="not_yet")
        if at > self.not_after:
            raise CertificateRefused(why="expired")

    def is_bound(self, thumbprint: str) -> bool:
        """Whether `thumbprint` is this certificate's."""
        return hmac.compare_digest(self.thumbprint.encode(), thumbprint.encode())


def open_certificate(unverified_header: str, at: datetime) -> ClientCertificate:
    """The certificate of a `Client-Cert` header (RFC 9440 section 2.2), within its dates at `at`.

    The header is one byte sequence (RFC 8941 section 3.3.5) and nothing else: two values joined by a comma,
    as a server joins a header sent twice, are refused, and so are parameters. Raises `CertificateRefused`.
    """
    if not unverified_header:
        raise CertificateRefused(why="missing")
    text = unverified_header.strip(" ")
    if len(text) > LONGEST_HEADER or not _BYTES.fullmatch(text):
        raise CertificateRefused(why="header")
    try:
        der = b64decode(text[1:-1].encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise CertificateRefused(why="header") from error
    certificate = parse_certificate(der)
    certificate.check_dates(at)
    return certificate


def parse_certificate(der: bytes) -> ClientCertificate:
    """One certificate from its DER, its dates unjudged: P-256, P-384, P-521, or RSA of 2048 bits or more.

    Raises `CertificateRefused`.
    """
    try:
        read = x509.load_der_x509_certificate(der)
        key = read.public_key()
        dates = (read.not_valid_before_utc, read.not_valid_after_utc)
    except (ValueError, TypeError, OverflowError, UnsupportedAlgorithm) as error:
        raise CertificateRefused(why="der") from error
    known = (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES)) or (
        isinstance(key, rsa.RSAPublicKey) and key.key_size in _RSA_BITS
    )
    if not known:
        raise CertificateRefused(why="key")
    assert isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)  # `known`
    return ClientCertificate(base64url.encode(hashlib.sha256(der).digest()), *dates, key)
