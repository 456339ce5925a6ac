"""The words in which an attestation is judged; they are kept with the device for later readers."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


class AttestationType(enum.Enum):
    """How the statement vouches for the key (WebAuthn Level 3 section 6.5.4)."""

    NONE = "none"
    SELF = "self"
    CERTIFIED = "certified"


@dataclass(frozen=True, slots=True)
class StatementContext:
    """Everything a statement is about. All of it was read strictly; none of it is attested yet.

    `unverified_statement` is the decoded `attStmt`; `client_data_hash` is SHA-256(clientDataJSON);
    `algorithm` and `spki` are the new key's COSE algorithm and its DER SubjectPublicKeyInfo; `at` is the
    instant of judgement, aware UTC.
    """

    unverified_statement: Mapping[object, object]
    authenticator_data: bytes
    client_data_hash: bytes
    aaguid: uuid.UUID
    algorithm: int
    spki: bytes
    at: datetime

    @property
    def signed(self) -> bytes:
        """What the statement's signature covers: authenticator data and the hash of the client data."""
        return self.authenticator_data + self.client_data_hash


@dataclass(frozen=True, slots=True)
class AttestationVerdict:
    """One attestation, judged. `hardware` is true only when a trusted root vouches for a hardware key.

    `anchor` is the SHA-256 (hex) of the root certificate that vouches, `certificate` that of the leaf;
    both are None for none and self attestation. `details` are words and numbers a person may want later
    (security level, boot state, metadata number); `metadata_degraded` says the FIDO metadata was past its
    date when this was judged.
    """

    format: str
    type: AttestationType
    hardware: bool
    anchor: str | None = None
    certificate: str | None = None
    metadata_degraded: bool = False
    details: Mapping[str, str | int | bool] = field(default_factory=dict)

    def as_record(self) -> dict[str, str | int | bool | None]:
        """The verdict as one flat JSON object, for the register of devices."""
        return {
            "format": self.format,
            "type": self.type.value,
            "hardware": self.hardware,
            "anchor": self.anchor,
            "certificate": self.certificate,
            "metadata_degraded": self.metadata_degraded,
            **self.details,
        }
