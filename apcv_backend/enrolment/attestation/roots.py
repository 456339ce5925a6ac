"""The certificates that may vouch for an authenticator, by attestation format, read from PEM files.

    ROOTS/packed/*.pem   ROOTS/android-key/*.pem   ROOTS/apple/*.pem   ROOTS/tpm/*.pem

An anchor may be a root, an intermediate or even a leaf (FIDO Metadata lists all three). Nothing is built in:
what is not in the folder does not vouch. `android-key/revoked.json` may hold Google's status list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from apcv_backend.enrolment.attestation.certificate import AttestationCertificate
from apcv_backend.enrolment.ceremony.errors import AttestationCertificateMalformed
from cartes.errors import BadJson, InvalidValue
from cartes.wire import strict_json

ROOTED_FORMATS = ("packed", "android-key", "apple", "tpm")
_REVOKED_WORDS = frozenset({"REVOKED", "SUSPENDED"})


_LARGEST_STATUS_LIST = 8 << 20


@dataclass(frozen=True, slots=True)
class AttestationRoots:
    """The anchors of each format. An empty value trusts nobody."""

    by_format: Mapping[str, tuple[AttestationCertificate, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    @classmethod
    def load(cls, folder: Path) -> AttestationRoots:
        """Read every PEM file of the four sub-folders; a missing sub-folder means no anchor for that format.

        Raises:
            InvalidValue: the folder is missing, or a file in it is not PEM certificates.
        """
        if not folder.is_dir():
            raise InvalidValue(what="attestation_roots", path=str(folder))
        return cls(
            MappingProxyType(
                {name: _anchors(folder / name) for name in ROOTED_FORMATS if (folder / name).is_dir()}
            ),
        )

    def anchors(self, form: str) -> tuple[AttestationCertificate, ...]:
        """The anchors of one attestation format; empty where there are none."""
        return self.by_format.get(form, ())


def load_revoked_serials(path: Path) -> frozenset[str]:
    """The serial numbers of Google's attestation status list: lower-case hexadecimal, no leading zero.

    The file is what https://developer.android.com/privacy-and-security/security-key-attestation describes:
    `{"entries": {SERIAL: {"status": "REVOKED" | "SUSPENDED", …}}}`.

    Raises:
        InvalidValue: not that shape.
    """
    try:
        entries = strict_json.loads(path.read_bytes(), max_size=_LARGEST_STATUS_LIST)["entries"]
        return frozenset(
            serial.lower().lstrip("0")
            for serial, entry in entries.items()
            if entry["status"] in _REVOKED_WORDS
        )
    except (OSError, BadJson, KeyError, TypeError, AttributeError) as error:
        raise InvalidValue(what="revoked_serials", path=str(path)) from error


def _anchors(folder: Path) -> tuple[AttestationCertificate, ...]:
    found: list[AttestationCertificate] = []
    for path in sorted(folder.glob("*.pem")):
        try:
            found.extend(read_pem(path.read_bytes()))
        except (OSError, ValueError, AttestationCertificateMalformed) as error:
            raise InvalidValue(what="attestation_root", path=str(path)) from error
    return tuple(found)


def read_pem(text: bytes) -> tuple[AttestationCertificate, ...]:
    """The certificates of one PEM text.

    Raises:
        ValueError: not PEM, or empty.
        AttestationCertificateMalformed: a certificate this house would not judge with.
    """
    return tuple(
        AttestationCertificate.parse(each.public_bytes(Encoding.DER))
        for each in x509.load_pem_x509_certificates(text)
    )
