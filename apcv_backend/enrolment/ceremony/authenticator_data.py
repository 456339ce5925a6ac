"""The bytes an authenticator signs (WebAuthn Level 3 section 6.1), split with nothing left over.

    rpIdHash 32 | flags 1 | signCount 4 | [aaguid 16 | length 2 | credential id | COSE key] | [extensions]

Flags say which of the bracketed parts are there; a part without its flag, or a flag without its part, is
refused. The two reserved flags must be zero.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from apcv_backend.enrolment.attestation.ctap_cbor import read_item, read_whole
from apcv_backend.enrolment.ceremony.errors import (
    AttestationObjectMalformed,
    AuthenticatorDataMalformed,
    CredentialIdTooLong,
)
from apcv_backend.enrolment.ceremony.response import MAX_CREDENTIAL_ID

UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
_RESERVED = 0x22
_HEAD = 37
_ATTESTED_HEAD = 18


@dataclass(frozen=True, slots=True)
class AttestedCredential:
    """The part that is there at registration only: model, credential id, raw COSE key."""

    aaguid: uuid.UUID
    credential_id: bytes = field(repr=False)
    cose_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthenticatorData:
    """Authenticator data, split; no signature over it has been checked yet."""

    raw: bytes = field(repr=False)
    rp_id_hash: bytes
    flags: int
    sign_count: int
    attested_or_none: AttestedCredential | None

    @classmethod
    def parse_registration(cls, unverified: bytes) -> AuthenticatorData:
        """Split what an authenticator says while it makes a key.

        Raises:
            CeremonyRefused: AuthenticatorDataMalformed, CredentialIdTooLong, CborMalformed, CborDuplicateKey.
        """
        parsed = cls._parse(unverified)
        if parsed.attested_or_none is None:
            raise AuthenticatorDataMalformed(why="no credential")
        return parsed

    @classmethod
    def parse_assertion(cls, unverified: bytes) -> AuthenticatorData:
        """Split what an authenticator says while it uses a key: no credential data may follow.

        Raises:
            CeremonyRefused: AuthenticatorDataMalformed, CborMalformed, CborDuplicateKey.
        """
        parsed = cls._parse(unverified)
        if parsed.attested_or_none is not None:
            raise AuthenticatorDataMalformed(why="unexpected credential")
        return parsed

    @classmethod
    def _parse(cls, raw: bytes) -> AuthenticatorData:
        if len(raw) < _HEAD:
            raise AuthenticatorDataMalformed(why="cut short")
        flags = raw[32]
        if flags & _RESERVED:
            raise AuthenticatorDataMalformed(why="reserved flags")
        position = _HEAD
        attested = None
        if flags & AT:
            attested, position = _attested(raw, position)
        if flags & ED:
            extensions, position = read_item(raw, position)
            if not isinstance(extensions, dict):
                raise AuthenticatorDataMalformed(why="extensions")
        if position != len(raw):
            raise AuthenticatorDataMalformed(why="trailing bytes")
        return cls(raw, raw[:32], flags, int.from_bytes(raw[33:37], "big"), attested)

    @property
    def attested(self) -> AttestedCredential:
        """The new credential; only where `parse_registration` made this value."""
        assert self.attested_or_none is not None
        return self.attested_or_none

    @property
    def user_present(self) -> bool:
        """Somebody made a gesture."""
        return bool(self.flags & UP)

    @property
    def user_verified(self) -> bool:
        """The phone recognised its owner."""
        return bool(self.flags & UV)

    @property
    def backup_eligible(self) -> bool:
        """The key may leave this phone."""
        return bool(self.flags & BE)

    @property
    def backed_up(self) -> bool:
        """A copy of the key is elsewhere already."""
        return bool(self.flags & BS)


@dataclass(frozen=True, slots=True)
class UnverifiedAttestation:
    """The three members of an attestation object (section 6.5.4), decoded and not believed."""

    format: str
    unverified_statement: Mapping[object, object]
    authenticator_data: AuthenticatorData


def split_attestation_object(unverified: bytes) -> UnverifiedAttestation:
    """Read the CBOR map of `fmt`, `attStmt` and `authData`.

    Raises:
        CeremonyRefused: AttestationObjectMalformed, and what `AuthenticatorData.parse_registration` raises.
    """
    members = read_whole(unverified)
    if not isinstance(members, dict) or not {"fmt", "attStmt", "authData"} <= set(members):
        raise AttestationObjectMalformed(why="members")
    # CTAP 2.1 and enterprise attestation may add integer-keyed or `epAtt` members; none of them is read.
    form, statement, about = members["fmt"], members["attStmt"], members["authData"]
    if not isinstance(form, str) or not isinstance(statement, dict) or not isinstance(about, bytes):
        raise AttestationObjectMalformed(why="types")
    return UnverifiedAttestation(form, statement, AuthenticatorData.parse_registration(about))


def _attested(raw: bytes, position: int) -> tuple[AttestedCredential, int]:
    if len(raw) < position + _ATTESTED_HEAD:
        raise AuthenticatorDataMalformed(why="cut short")
    aaguid = uuid.UUID(bytes=raw[position : position + 16])
    length = int.from_bytes(raw[position + 16 : position + _ATTESTED_HEAD], "big")
    position += _ATTESTED_HEAD
    if not 0 < length <= MAX_CREDENTIAL_ID:
        raise CredentialIdTooLong(length=length, limit=MAX_CREDENTIAL_ID)
    credential_id = raw[position : position + length]
    if len(credential_id) != length:
        raise AuthenticatorDataMalformed(why="cut short")
    position += length
    _, end = read_item(raw, position)
    return AttestedCredential(aaguid, credential_id, raw[position:end]), end
