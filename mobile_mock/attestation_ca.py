"""The makers of our pretended phones: a development attestation authority.

Real phones are vouched for by their makers, whose roots the relying party knows. For the demo and the tests
this module plays the makers: one root and one intermediate for each of packed, android-key and apple. A
root signs its intermediate when it is made and its private key is then forgotten; what is kept on disk is
the intermediates' keys, mode 0600, in a folder outside git. **Nobody should ever trust these roots outside
development.**

`export_roots` writes the three roots in the layout that the backend reads (APCV_ATTESTATION_ROOTS).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mobile_mock import der
from mobile_mock.errors import PocketDamaged, PocketExposed
from mobile_mock.p256 import new_key
from mobile_mock.phone_model import PackedFacts

FORMATS = ("packed", "android-key", "apple")
AAGUID_EXTENSION = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")  # WebAuthn Level 3, 8.2.1
ANDROID_KEY_EXTENSION = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.1.17")  # Android key attestation
APPLE_NONCE_EXTENSION = x509.ObjectIdentifier("1.2.840.113635.100.8.2")  # WebAuthn Level 3, 8.8

_ROOT_LIFE = timedelta(days=3650)
_BACKDATED = timedelta(days=1)  # machines of one demo may disagree by some minutes
_OTHERS = 0o077


Batch = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


@dataclass(frozen=True, slots=True)
class Maker:
    """One maker's chain: the root's certificate, the intermediate's certificate and key."""

    root: x509.Certificate
    intermediate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)


class AttestationCa:
    """The three makers, and the batch certificates they gave to their models.

    Everything it signs is valid as long as its intermediate: it needs no clock once made.
    """

    def __init__(self, makers: Mapping[str, Maker], random: Callable[[int], bytes]) -> None:
        self._makers = dict(makers)
        self._random = random
        self._batches: dict[tuple[bytes, PackedFacts], Batch] = {}

    @classmethod
    def make(cls, random: Callable[[int], bytes], at: datetime) -> AttestationCa:
        """A new authority, valid ten years from `at` (aware UTC)."""
        return cls({fmt: _make_maker(fmt, random, at) for fmt in FORMATS}, random)

    @classmethod
    def open_or_make(cls, folder: Path, random: Callable[[int], bytes], at: datetime) -> AttestationCa:
        """The authority kept in `folder`; made there first when the folder holds none."""
        if all((folder / fmt / "intermediate.key").exists() for fmt in FORMATS):
            return cls.load(folder, random)
        made = cls.make(random, at)
        made.save(folder)
        return made

    @classmethod
    def load(cls, folder: Path, random: Callable[[int], bytes]) -> AttestationCa:
        """The authority kept in `folder`.

        Raises:
            PocketExposed: a key can be read by others.
            PocketDamaged: a file is missing or is not what it should be.
        """
        return cls({fmt: _load_maker(folder / fmt) for fmt in FORMATS}, random)

    def save(self, folder: Path) -> None:
        """Keep certificates and intermediate keys in `folder`, the keys readable by their owner only."""
        for fmt, maker in self._makers.items():
            place = folder / fmt
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            (place / "root.pem").write_bytes(_pem(maker.root))
            (place / "intermediate.pem").write_bytes(_pem(maker.intermediate))
            handle = os.open(place / "intermediate.key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(
                    maker.key.private_bytes(
                        serialization.Encoding.PEM,
                        serialization.PrivateFormat.PKCS8,
                        serialization.NoEncryption(),
                    )
                )

    def export_roots(self, folder: Path) -> None:
        """Write the roots for the relying party: `packed/`, `android-key/` and `apple/`, one PEM in each."""
        for fmt, maker in self._makers.items():
            place = folder / fmt
            place.mkdir(parents=True, exist_ok=True)
            (place / "development.pem").write_bytes(_pem(maker.root))

    def root_pem(self, fmt: str) -> bytes:
        """The PEM of one root; `fmt` is `packed`, `android-key` or `apple`."""
        return _pem(self._makers[fmt].root)

    def chain(self, fmt: str, *, with_root: bool = False) -> list[bytes]:
        """What follows the leaf in x5c: the intermediate's DER, and the root's when asked."""
        maker = self._makers[fmt]
        return [
            _der(cert) for cert in ([maker.intermediate, maker.root] if with_root else [maker.intermediate])
        ]

    def packed_batch(self, aaguid: bytes, facts: PackedFacts | None = None) -> Batch:
        """The batch certificate and key of one model, the same at each call (WebAuthn Level 3, 8.2.1)."""
        facts = facts or PackedFacts()
        if (known := self._batches.get((aaguid, facts))) is not None:
            return known
        key = new_key(self._random)
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Development phones"),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, facts.unit),
                x509.NameAttribute(NameOID.COMMON_NAME, "Development batch"),
            ]
        )
        extensions: list[tuple[x509.ExtensionType, bool]] = [
            (x509.BasicConstraints(ca=facts.is_ca, path_length=None), True)
        ]
        if facts.with_extension:
            value = der.octets(aaguid if facts.aaguid is None else facts.aaguid)
            extensions.append((x509.UnrecognizedExtension(AAGUID_EXTENSION, value), False))
        made = (self.certify("packed", subject, key.public_key(), extensions), key)
        self._batches[aaguid, facts] = made
        return made

    def certify(
        self,
        fmt: str,
        subject: x509.Name,
        public_key: ec.EllipticCurvePublicKey,
        extensions: list[tuple[x509.ExtensionType, bool]],
    ) -> x509.Certificate:
        """A leaf signed by one maker's intermediate, as long-lived as it; `extensions`: (value, critical)."""
        maker = self._makers[fmt]
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(maker.intermediate.subject)
            .public_key(public_key)
            .serial_number(_serial(self._random))
            .not_valid_before(maker.intermediate.not_valid_before_utc)
            .not_valid_after(maker.intermediate.not_valid_after_utc)
        )
        for value, critical in extensions:
            builder = builder.add_extension(value, critical)
        return builder.sign(maker.key, hashes.SHA256())


def _make_maker(fmt: str, random: Callable[[int], bytes], at: datetime) -> Maker:
    root_key, key = new_key(random), new_key(random)
    root_name = _common_name(f"Development {fmt} attestation root")
    name = _common_name(f"Development {fmt} attestation intermediate")
    root = _authority((root_name, root_key), (root_name, root_key.public_key()), random, at)
    intermediate = _authority((root_name, root_key), (name, key.public_key()), random, at)
    return Maker(root, intermediate, key)


def _authority(
    issuer: tuple[x509.Name, ec.EllipticCurvePrivateKey],
    subject: tuple[x509.Name, ec.EllipticCurvePublicKey],
    random: Callable[[int], bytes],
    at: datetime,
) -> x509.Certificate:
    issuer_name, issuer_key = issuer
    name, public_key = subject
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer_name)
        .public_key(public_key)
        .serial_number(_serial(random))
        .not_valid_before(at - _BACKDATED)
        .not_valid_after(at + _ROOT_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
        .sign(issuer_key, hashes.SHA256())
    )


def _load_maker(place: Path) -> Maker:
    key_file = place / "intermediate.key"
    try:
        if key_file.stat().st_mode & _OTHERS:
            raise PocketExposed(file=key_file.name)
        root = x509.load_pem_x509_certificate((place / "root.pem").read_bytes())
        intermediate = x509.load_pem_x509_certificate((place / "intermediate.pem").read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise PocketDamaged(file=str(place)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PocketDamaged(file=key_file.name)
    return Maker(root, intermediate, key)


def _serial(random: Callable[[int], bytes]) -> int:
    """A positive serial of at most 20 octets (RFC 5280, 4.1.2.2)."""
    return int.from_bytes(random(16), "big") | 1


def _common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
