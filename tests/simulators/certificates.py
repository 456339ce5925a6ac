"""Client certificates, made on the spot: an insurer's server has one, and so has whoever imitates it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from cartes.wire import base64url


@dataclass(frozen=True)
class TlsClient:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = field(repr=False)

    @classmethod
    def make(
        cls,
        at: datetime,
        *,
        name: str = "mutuelle.example",
        days: int = 365,
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
        server: bool = False,
    ) -> TlsClient:
        """A self-signed one, good from the day before `at` for `days` days; a server's names it (SAN)."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        begins = at - timedelta(days=1)
        builder = (
            x509.CertificateBuilder()
            .subject_name(who)
            .issuer_name(who)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + timedelta(days=days))
        )
        if server:
            names = x509.SubjectAlternativeName([x509.DNSName(name)])
            builder = builder.add_extension(names, critical=False)
        return cls(builder.sign(key, hashes.SHA256()), key)

    @property
    def der(self) -> bytes:
        """Its DER."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def header(self) -> str:
        """Its `Client-Cert` header, as RFC 9440 writes it."""
        return f":{base64.b64encode(self.der).decode()}:"

    @property
    def thumbprint(self) -> str:
        """Its `x5t#S256` (RFC 8705 section 3.1)."""
        return base64url.encode(hashlib.sha256(self.der).digest())

    @property
    def jwk(self) -> dict[str, Any]:
        """The key of a JWK set with this certificate (RFC 8705 section 2.2.2)."""
        public = self.key.public_key()
        told: dict[str, Any] = {"x5c": [base64.b64encode(self.der).decode()]}
        if isinstance(public, rsa.RSAPublicKey):
            numbers = public.public_numbers()
            return told | {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
        point = public.public_numbers()
        return told | {"kty": "EC", "crv": "P-256", "x": _number(point.x), "y": _number(point.y)}

    def files(self, folder: Path, name: str) -> tuple[str, str]:
        """The certificate and its key as PEM files in `folder`: what a TLS library takes."""
        folder.mkdir(parents=True, exist_ok=True)
        certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
        certificate.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        key.touch(mode=0o600)
        key.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return str(certificate), str(key)


def _number(value: int) -> str:
    return base64url.encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))
