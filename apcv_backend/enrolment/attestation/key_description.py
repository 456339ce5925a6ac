"""Android's key description: where a key lives, what it may do, and what system the phone was running.

The certificate extension 1.3.6.1.4.1.11129.2.1.17, written by the phone's trusted environment. Source: the
"Key and ID attestation" page of the Android Open Source Project, schema of KeyDescription (KeyMint versions
1 to 400 share these eight fields).

    KeyDescription ::= SEQUENCE {
        attestationVersion INTEGER, attestationSecurityLevel ENUMERATED,
        keyMintVersion INTEGER, keyMintSecurityLevel ENUMERATED,
        attestationChallenge OCTET STRING, uniqueId OCTET STRING,
        softwareEnforced AuthorizationList, hardwareEnforced AuthorizationList }
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from apcv_backend.enrolment.attestation import der

EXTENSION = "1.3.6.1.4.1.11129.2.1.17"

_PURPOSE, _ALL_APPLICATIONS, _ORIGIN, _ROOT_OF_TRUST = 1, 600, 702, 704
_FIELDS = 8
_ROOT_OF_TRUST_FIELDS = (3, 4)  # the boot hash came with version 3


class SecurityLevel(enum.IntEnum):
    """Where the key, or the attestation, is made."""

    SOFTWARE = 0
    TRUSTED_ENVIRONMENT = 1
    STRONG_BOX = 2


class BootState(enum.IntEnum):
    """What the phone knows of the system it runs."""

    VERIFIED = 0
    SELF_SIGNED = 1
    UNVERIFIED = 2
    FAILED = 3


@dataclass(frozen=True, slots=True)
class RootOfTrust:
    """The boot loader is locked or not, and the system was verified or not."""

    device_locked: bool
    boot_state: BootState


@dataclass(frozen=True, slots=True)
class Authorizations:
    """The part of an AuthorizationList that matters here. `origin` 0 is GENERATED, `purposes` 2 is SIGN."""

    purposes: frozenset[int]
    origin: int | None
    all_applications: bool
    root_of_trust: RootOfTrust | None


@dataclass(frozen=True, slots=True)
class KeyDescription:
    """One key, as its phone's trusted environment describes it. Believed once the chain is proven."""

    version: int
    attestation_level: SecurityLevel
    key_level: SecurityLevel
    challenge: bytes = field(repr=False)
    software: Authorizations
    hardware: Authorizations

    @classmethod
    def parse(cls, unverified: bytes) -> KeyDescription:
        """Read the extension's DER.

        Raises:
            BadDer: not that structure, or a tag said twice.
        """
        fields = der.read_whole(unverified).items()
        if len(fields) != _FIELDS:
            raise der.BadDer(why="fields", found=len(fields))
        fields[2].integer()
        fields[5].octets()
        return cls(
            version=fields[0].integer(),
            attestation_level=_level(fields[1]),
            key_level=_level(fields[3]),
            challenge=fields[4].octets(),
            software=_authorizations(fields[6]),
            hardware=_authorizations(fields[7]),
        )

    def as_details(self) -> dict[str, str | int | bool]:
        """The words kept with the verdict."""
        trust = self.hardware.root_of_trust
        return {
            "key_description_version": self.version,
            "attestation_security_level": self.attestation_level.name.lower(),
            "key_security_level": self.key_level.name.lower(),
            "boot_state": trust.boot_state.name.lower() if trust else "not_said",
            "device_locked": bool(trust and trust.device_locked),
        }


def _level(value: der.Value) -> SecurityLevel:
    try:
        return SecurityLevel(value.integer(der.ENUMERATED))
    except ValueError as error:
        raise der.BadDer(why="security level") from error


def _authorizations(value: der.Value) -> Authorizations:
    found: dict[int, der.Value] = {}
    for entry in value.items():
        if entry.kind != der.CONTEXT or entry.tag in found:
            raise der.BadDer(why="authorization", tag=entry.tag)
        found[entry.tag] = entry
    purposes: frozenset[int] = frozenset()
    if _PURPOSE in found:
        purposes = frozenset(each.integer() for each in found[_PURPOSE].explicit().items(der.SET))
    return Authorizations(
        purposes=purposes,
        origin=found[_ORIGIN].explicit().integer() if _ORIGIN in found else None,
        all_applications=_ALL_APPLICATIONS in found,
        root_of_trust=_root_of_trust(found[_ROOT_OF_TRUST].explicit()) if _ROOT_OF_TRUST in found else None,
    )


def _root_of_trust(value: der.Value) -> RootOfTrust:
    fields = value.items()
    if len(fields) not in _ROOT_OF_TRUST_FIELDS:
        raise der.BadDer(why="root of trust")
    try:
        return RootOfTrust(fields[1].boolean(), BootState(fields[2].integer(der.ENUMERATED)))
    except ValueError as error:
        raise der.BadDer(why="boot state") from error
