"""Honest phones are taken, and what was proven about them is kept."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from apcv_backend.enrolment.attestation.verdict import AttestationType
from apcv_backend.enrolment.ceremony import errors
from apcv_backend.enrolment.ceremony.policy import AndroidApp, CeremonyPolicy, parse_origins
from apcv_backend.enrolment.webauthn_ceremony import KnownCredential, check_assertion, creation_options
from cartes.cards import Binding
from cartes.errors import InvalidValue
from mobile_mock.authenticator import Tamper
from mobile_mock.client_data import Client, ClientShape
from mobile_mock.p256 import ORDER
from mobile_mock.phone_model import MODELS
from tests.simulators.ceremony_stage import (
    ANDROID_ORIGIN,
    AT,
    CHALLENGE,
    ORIGIN,
    PACKAGE,
    USER_HANDLE,
    Stage,
    policy_of,
    registered,
)

EXPECTED = {
    "android": (Binding.HARDWARE_ATTESTED, "android-key", AttestationType.CERTIFIED),
    "android-strongbox": (Binding.HARDWARE_ATTESTED, "android-key", AttestationType.CERTIFIED),
    "certified": (Binding.HARDWARE_ATTESTED, "packed", AttestationType.CERTIFIED),
    "self": (Binding.DEVICE_BOUND_CLAIMED, "packed", AttestationType.SELF),
    "plain": (Binding.DEVICE_BOUND_CLAIMED, "none", AttestationType.NONE),
    "apple": (Binding.HARDWARE_ATTESTED, "apple", AttestationType.CERTIFIED),
    "synced": (Binding.SYNCED, "none", AttestationType.NONE),
}


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_honest_phone_registers_with_the_binding_it_proved(name: str) -> None:
    """A phone is believed as far as its attestation goes, and no further."""
    stage = Stage(model=MODELS[name])

    made = stage.register()

    binding, form, kind = EXPECTED[name]
    assert (made.binding, made.attestation_format, made.verdict.type) == (binding, form, kind)
    assert made.point == stage.phone.keys[0].public_key
    assert made.algorithm == -7
    assert made.aaguid == uuid.UUID(bytes=MODELS[name].aaguid)
    assert made.registered_at == AT
    assert made.transports == ("internal",)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_registered_phone_answers_a_challenge(name: str) -> None:
    """The key that was registered proves itself later."""
    stage = Stage(model=MODELS[name])
    made = stage.register()

    proven = stage.assert_with(registered(made))

    assert proven.credential_id == made.credential_id
    assert proven.sign_count == (2 if MODELS[name].counts else 0)
    assert not proven.backup_state_changed


@pytest.mark.parametrize("shape", list(ClientShape))
def test_every_client_data_shape_in_the_field_is_read(shape: ClientShape) -> None:
    """Browsers and native applications write the client data differently; all are ours."""
    native = shape is ClientShape.ANDROID_NATIVE
    client = Client(shape, ANDROID_ORIGIN, PACKAGE) if native else Client(shape, ORIGIN)
    stage = Stage(client=client)

    made = stage.register()

    assert stage.assert_with(registered(made)).user_verified


def test_the_twin_of_a_signature_is_accepted_and_is_no_replay_key() -> None:
    """(r, n - s) is as valid as (r, s): replays are stopped by the challenge, which is the same."""

    def twin(signature: bytes) -> bytes:
        r, s = decode_dss_signature(signature)
        return encode_dss_signature(r, ORDER - s)

    stage = Stage(tamper=Tamper(signature=twin))
    made = stage.register()

    assert stage.assert_with(registered(made)).signature


def test_a_change_of_backup_state_is_told_and_not_refused() -> None:
    """A synced key that has just been copied elsewhere is worth a line in the journal."""
    stage = Stage(model=MODELS["synced"])
    device = replace(registered(stage.register()), backed_up=False)

    assert stage.assert_with(device).backup_state_changed


def test_a_missing_user_handle_is_allowed() -> None:
    """An authenticator that was told which credential to use need not say whose it is."""
    stage = Stage(tamper=Tamper(user_handle=lambda _: b""))

    assert stage.assert_with(registered(stage.register())).user_verified


def test_options_ask_for_one_algorithm_verification_and_attestation() -> None:
    """What is asked of the phone is what will be checked."""
    options = creation_options(
        policy=policy_of(),
        challenge=CHALLENGE,
        user_handle=USER_HANDLE,
        user_name="apCV",
        user_display_name="Ma carte",
        known=[KnownCredential(b"\x01\x02", ("internal", "smart-card"))],
    )

    assert options["pubKeyCredParams"] == [{"type": "public-key", "alg": -7}]
    assert options["attestation"] == "direct"
    selection = options["authenticatorSelection"]
    assert isinstance(selection, dict)
    assert selection["userVerification"] == "required"
    assert selection["authenticatorAttachment"] == "platform"
    assert options["excludeCredentials"] == [{"id": "AQI", "type": "public-key", "transports": ["internal"]}]


def test_no_attestation_is_asked_where_none_is_judged() -> None:
    """A card kind that takes only `none` does not ask phones to name themselves."""
    options = creation_options(
        policy=policy_of(formats=frozenset({"none"})),
        challenge=CHALLENGE,
        user_handle=USER_HANDLE,
        user_name="apCV",
        user_display_name="apCV",
    )

    assert options["attestation"] == "none"


def test_a_key_answers_for_its_own_card_kind_only() -> None:
    """The same phone's apCV key proves nothing at the e-CPS relying party."""
    stage = Stage()
    made = stage.register()
    other = policy_of(kind="ecps", rp_id="ecps.localhost")

    with pytest.raises(errors.RpIdMismatch):
        check_assertion(
            stage.unverified_assertion(), challenge=CHALLENGE, device=registered(made), policy=other, at=AT
        )


def test_the_verdict_is_kept_as_plain_words() -> None:
    """What is stored with a device can be read by a person in ten years."""
    record = Stage(model=MODELS["android"]).register().verdict.as_record()

    assert record["attestation_security_level"] == "trusted_environment"
    assert record["boot_state"] == "verified"
    assert record["device_locked"] is True
    assert isinstance(record["anchor"], str)


def test_nothing_about_the_person_or_the_key_is_printed() -> None:
    """A device key can be logged: identifiers and raw objects stay out of its text."""
    made = Stage().register()

    assert made.credential_id.hex() not in repr(made)
    assert "client_data_json" not in repr(made)


@pytest.mark.parametrize(
    "changes",
    [
        {"origins": frozenset(), "android_apps": ()},
        {"origins": frozenset({"https://apcv.localhost/path"})},
        {"origins": frozenset({"*"})},
        {"formats": frozenset()},
        {"formats": frozenset({"none", "android-safetynet"})},
    ],
)
def test_a_policy_that_could_not_be_meant_is_not_built(changes: dict[str, object]) -> None:
    """A wrong setting stops the start, not the first enrolment."""
    with pytest.raises(InvalidValue):
        policy_of(**changes)


def test_the_default_policy_denies_the_virtual_authenticator() -> None:
    """Forgetting a setting leaves the strict rule in place."""
    policy = CeremonyPolicy("apcv", "r.example", "R", frozenset({"https://r.example"}), frozenset({"none"}))

    assert uuid.UUID("01020304-0506-0708-0102-030405060708") in policy.denied_aaguids
    assert policy.require_user_verification
    assert not policy.allow_synced


def test_configured_origins_are_split_into_pages_and_applications() -> None:
    """`android:` entries carry their package; anything else is a whole web origin."""
    web, apps = parse_origins((ORIGIN, f"{ANDROID_ORIGIN};{PACKAGE}"))

    assert web == {ORIGIN}
    assert apps == (AndroidApp(ANDROID_ORIGIN, PACKAGE),)


@pytest.mark.parametrize(
    "text", ["android:apk-key-hash:short;a.b", ANDROID_ORIGIN, "apcv.localhost", "https://x/"]
)
def test_a_half_written_origin_is_refused(text: str) -> None:
    """An origin that could match more, or nothing, is a mistake of configuration."""
    with pytest.raises(InvalidValue):
        parse_origins((text,))


def test_the_point_of_a_new_key_is_on_the_curve() -> None:
    """The 33 bytes go into a card as they are."""
    made = Stage().register()

    assert ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), made.point)
