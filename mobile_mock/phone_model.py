"""What one model of phone is: its flags, its counter, how its maker vouches for it.

A `PhoneModel` is only facts; `authenticator.py` behaves accordingly. The catalogue at the end holds the
models the demo and the tests speak of by name. The AAGUIDs are invented (version 4 UUIDs) and belong to no
maker.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

ZERO_AAGUID = bytes(16)


class AttestationFormat(enum.Enum):
    """How the phone proves what it is (WebAuthn Level 3, 8)."""

    NONE = "none"
    PACKED_SELF = "packed-self"
    PACKED = "packed"
    ANDROID_KEY = "android-key"
    APPLE = "apple"

    @property
    def fmt(self) -> str:
        """The word that travels in the attestation object."""
        return "packed" if self is AttestationFormat.PACKED_SELF else self.value


class SecurityLevel(enum.IntEnum):
    """Where an Android key lives (Android key attestation, `SecurityLevel`)."""

    SOFTWARE = 0
    TRUSTED_ENVIRONMENT = 1
    STRONGBOX = 2


class BootState(enum.IntEnum):
    """What the boot loader says of the system (Android key attestation, `VerifiedBootState`)."""

    VERIFIED = 0
    SELF_SIGNED = 1
    UNVERIFIED = 2
    FAILED = 3


@dataclass(frozen=True, slots=True)
class AndroidFacts:
    """What an Android keystore certifies about a key. Honest by default; every fact can be replaced.

    Attributes:
        level: where the key lives, in both `attestationSecurityLevel` and `keymasterSecurityLevel`.
        boot: verified boot state.
        locked: whether the boot loader is locked.
        challenge: None for the honest one (the hash of the client data).
        origin: 0 generated in the device, 2 imported.
        purposes: 2 sign, 3 verify (Keymaster tags).
        all_applications: the key may be used by any application; forbidden by WebAuthn 8.4.
        root_in_chain: whether x5c ends in the root. Phones provisioned remotely no longer send it.
    """

    level: SecurityLevel = SecurityLevel.TRUSTED_ENVIRONMENT
    boot: BootState = BootState.VERIFIED
    locked: bool = True
    challenge: bytes | None = None
    origin: int = 0
    purposes: tuple[int, ...] = (2,)
    all_applications: bool = False
    root_in_chain: bool = True


@dataclass(frozen=True, slots=True)
class PackedFacts:
    """What a packed attestation certificate says (WebAuthn Level 3, 8.2.1). Honest by default.

    Attributes:
        unit: the subject's OU.
        is_ca: basicConstraints CA.
        aaguid: the AAGUID in the extension; None for the model's own.
        with_extension: whether the extension is there at all.
    """

    unit: str = "Authenticator Attestation"
    is_ca: bool = False
    aaguid: bytes | None = None
    with_extension: bool = True


@dataclass(frozen=True, slots=True)
class PhoneModel:
    """One model of phone.

    Attributes:
        name: what the catalogue and the command line call it.
        attestation: how its maker vouches for its keys.
        aaguid: 16 bytes naming the model.
        user_present, user_verified: the flags UP and UV it sets.
        backup_eligible, backed_up: the flags BE and BS: may the key be copied, was it.
        counts: whether it keeps a signature counter per key; otherwise the counter stays at zero.
        transports: what it tells the relying party about how it is reached.
    """

    name: str
    attestation: AttestationFormat = AttestationFormat.NONE
    aaguid: bytes = ZERO_AAGUID
    user_present: bool = True
    user_verified: bool = True
    backup_eligible: bool = False
    backed_up: bool = False
    counts: bool = False
    transports: tuple[str, ...] = ("internal",)
    android: AndroidFacts = field(default_factory=AndroidFacts)
    packed: PackedFacts = field(default_factory=PackedFacts)

    @property
    def flags(self) -> int:
        """The flag byte of an assertion (WebAuthn Level 3, 6.1), without AT and ED."""
        return (
            (0x01 if self.user_present else 0)
            | (0x04 if self.user_verified else 0)
            | (0x08 if self.backup_eligible else 0)
            | (0x10 if self.backed_up else 0)
        )


def _aaguid(text: str) -> bytes:
    return bytes.fromhex(text.replace("-", ""))


MODELS: dict[str, PhoneModel] = {
    model.name: model
    for model in (
        # An Android phone whose keystore attests each key, chain complete to its root.
        PhoneModel(
            "android",
            AttestationFormat.ANDROID_KEY,
            _aaguid("6b1f9d0e-52c4-4f7a-9a35-0d3c8e27b411"),
            counts=True,
        ),
        # The same, provisioned remotely: StrongBox, and no root in the chain.
        PhoneModel(
            "android-strongbox",
            AttestationFormat.ANDROID_KEY,
            _aaguid("6b1f9d0e-52c4-4f7a-9a35-0d3c8e27b411"),
            counts=True,
            android=AndroidFacts(level=SecurityLevel.STRONGBOX, root_in_chain=False),
        ),
        # A phone certified by a metadata service, with a batch certificate.
        PhoneModel(
            "certified",
            AttestationFormat.PACKED,
            _aaguid("2f0c6c1b-8a55-4a0e-8f0e-5a4d1c9b7e02"),
            counts=True,
        ),
        # A phone whose key stays in it, and who can only say so itself.
        PhoneModel(
            "self",
            AttestationFormat.PACKED_SELF,
            _aaguid("91c4b6f8-3d07-4c1a-b8e9-7f2a6d5e0c33"),
            counts=True,
        ),
        # An old phone: no attestation, key said to stay in it.
        PhoneModel("plain", AttestationFormat.NONE),
        # A phone with the anonymous attestation of Apple's first format.
        PhoneModel("apple", AttestationFormat.APPLE, _aaguid("d4a7e5b1-6c20-4e8f-9b13-c8f05a2d7e44")),
        # A phone whose passkeys follow the account from phone to phone: flags 1d, counter always zero.
        PhoneModel("synced", AttestationFormat.NONE, backup_eligible=True, backed_up=True),
    )
}


def model_like(attestation: str, *, synced: bool) -> PhoneModel:
    """The catalogue's model for an attestation format word and a kind of key store.

    Raises:
        KeyError: no model attests that way.
    """
    words = {"none": "plain", "packed": "certified", "packed-self": "self", "android-key": "android"}
    return MODELS["synced" if synced else words.get(attestation, attestation)]
