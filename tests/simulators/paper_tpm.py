"""A TPM on paper: it certifies the software authenticator's key as Windows Hello would (WebAuthn, 8.3).

It hooks into the authenticator: it watches what is to be signed and replaces the statement. `change` lets
a test lie in one member before the signature is made over `certInfo`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from mobile_mock.authenticator import Tamper
from tests.simulators.ceremony_stage import AT
from tests.simulators.paper_authority import Holder, certify

MAKER = certify("TPM maker")
_INTEL = "id:494E5443"
_ECC, _SHA256, _NULL, _P256 = b"\x00\x23", b"\x00\x0b", b"\x00\x10", b"\x00\x03"
Structures = dict[str, bytes]


def _sized(content: bytes) -> bytes:
    return len(content).to_bytes(2, "big") + content


def attestation_key_certificate(
    *, usage: str = "2.23.133.8.3", subject: str = "", ca: bool = False
) -> Holder:
    """The certificate of the TPM's attestation key (section 8.3.1)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)] if subject else [])
    about = x509.Name(
        [
            x509.NameAttribute(x509.ObjectIdentifier(f"2.23.133.2.{number}"), text)
            for number, text in ((1, _INTEL), (2, "Paper"), (3, "id:13"))
        ],
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(MAKER.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(usage)]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DirectoryName(about)]), critical=True)
        .sign(MAKER.key, hashes.SHA256())
    )
    return Holder(certificate, key)


@dataclass
class PaperTpm:
    """One TPM; `tamper` is what the authenticator is given."""

    key: Holder = field(default_factory=attestation_key_certificate)
    change: Callable[[Structures], Structures] = lambda honest: honest
    _auth_data: bytes = b""
    _client_data: bytes = b""

    @property
    def tamper(self) -> Tamper:
        return Tamper(
            fmt=lambda _: "tpm",
            auth_data=self._watch_auth_data,
            client_data=self._watch_client_data,
            statement=lambda _: self._statement(),
        )

    def _watch_auth_data(self, data: bytes) -> bytes:
        self._auth_data = data
        return data

    def _watch_client_data(self, data: bytes) -> bytes:
        self._client_data = data
        return data

    def _statement(self) -> dict[str, object]:
        x, y = self._auth_data[-67:-35], self._auth_data[-32:]
        area = (
            _ECC
            + _SHA256
            + b"\x00\x06\x00\x72"
            + _sized(b"")
            + _NULL
            + _NULL
            + _P256
            + _NULL
            + _sized(x)
            + _sized(y)
        )
        signed = self._auth_data + hashlib.sha256(self._client_data).digest()
        name = _SHA256 + hashlib.sha256(area).digest()
        info = (
            b"\xffTCG"
            b"\x80\x17"
            + _sized(b"signer")
            + _sized(hashlib.sha256(signed).digest())
            + bytes(17)
            + bytes(8)
            + _sized(name)
            + _sized(b"qualified")
        )
        said = self.change({"pubArea": area, "certInfo": info})
        return {
            "ver": "2.0",
            "alg": -7,
            "x5c": [self.key.certificate.public_bytes(Encoding.DER)],
            "sig": self.key.key.sign(said["certInfo"], ec.ECDSA(hashes.SHA256())),
            **said,
        }
