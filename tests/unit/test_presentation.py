"""The phone's proof: what is rebuilt, what is refused, and what a real platform writes."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cartes import presentation, seal
from cartes.cards import CardKind
from cartes.errors import (
    BadStructure,
    CardRefused,
    ClientProfileUnknown,
    HolderSignatureInvalid,
    InvalidValue,
    ProofFromFuture,
    ProofStale,
)
from cartes.presentation import HeldCard, HolderProof
from cartes.trust import standard_profiles
from tests.simulators.issuing import ANDROID, NOW, ORIGINS, Phone, apcv, credential, ecps, policy, trust

SEALED = credential(apcv())
T = int(NOW.timestamp())


def judged(shown: bytes, at: datetime = NOW, **asked: Any) -> HeldCard:
    unverified = presentation.parse(shown)
    opened = seal.open_seal(unverified.credential, trust(), at)
    return presentation.check_holder_proof(unverified, opened, trust().kinds[opened.card.kind], at, **asked)


@pytest.mark.parametrize("profile", [0, 1, 2, 3])
def test_every_platform_is_rebuilt(profile: int) -> None:
    """An assertion in each published shape becomes a proof of that profile, and holds."""
    phone = Phone(counter=41)
    suffix = policy().profiles[profile]
    data, client, der = phone.assertion(presentation.challenge_for(SEALED, T), suffix)

    proof = presentation.proof_from_assertion(data, client, der, T, policy())

    assert (proof.profile, proof.flags, proof.counter) == (profile, 0x1D, 41)
    held = judged(presentation.build(SEALED, proof))
    assert held.synced
    assert held.proof_time == NOW
    assert held.replay_key == (hashlib.sha256(SEALED).digest(), T)


def test_an_unknown_member_travels_inline() -> None:
    """A browser of tomorrow appends a member: the tail goes with the proof."""
    suffix = policy().profiles[0][:-1] + ',"new":{"a":[1,2]}}'
    data, client, der = Phone().assertion(presentation.challenge_for(SEALED, T), suffix)

    proof = presentation.proof_from_assertion(data, client, der, T, policy())

    assert proof.profile == b',"new":{"a":[1,2]}}'
    assert judged(presentation.build(SEALED, proof))


@pytest.mark.parametrize(
    "suffix",
    ['","origin":"https://evil.test","crossOrigin":false}',
     '","origin":"https://apcv.localhost","crossOrigin":true}',
     '","origin":"https://apcv.localhost","crossOrigin":false,"topOrigin":"https://a.test"}',
     '","origin":"https://apcv.localhost","crossOrigin":false,"x":"' + "y" * 160 + '"}',
     '","origin":"https://apcv.localhost","crossOrigin":false',
     ""],
)  # fmt: skip
def test_client_data_that_cannot_travel_is_refused_on_the_phone(suffix: str) -> None:
    """Better no QR than one that no till accepts."""
    data, client, der = Phone().assertion(presentation.challenge_for(SEALED, T), suffix)

    with pytest.raises(ClientProfileUnknown):
        presentation.proof_from_assertion(data, client, der, T, policy())


def test_an_assertion_of_another_kind_is_no_proof() -> None:
    """Wrong RP ID, extensions in the authenticator data, a signature that is not DER, a creation."""
    suffix = policy().profiles[0]
    data, client, der = Phone().assertion(presentation.challenge_for(SEALED, T), suffix)

    for broken in (
        (data, client, der, policy(CardKind.ECPS)),
        (data + b"\xa0", client, der, policy()),
        (data[:-1], client, der, policy()),
        (data, client, bytes(64), policy()),
        (data, client.replace(b"webauthn.get", b"webauthn.create"), der, policy()),
    ):
        with pytest.raises((InvalidValue, ClientProfileUnknown)):
            presentation.proof_from_assertion(*broken[:3], T, broken[3])


def test_a_screenshot_lives_a_minute() -> None:
    """Sixty seconds back and fifteen ahead, to the second, whatever the fraction."""
    shown = Phone().show(SEALED, NOW)

    assert judged(shown, NOW + timedelta(seconds=60, microseconds=999_999))
    with pytest.raises(ProofStale):
        judged(shown, NOW + timedelta(seconds=61))
    assert judged(shown, NOW - timedelta(seconds=15))
    with pytest.raises(ProofFromFuture):
        judged(shown, NOW - timedelta(seconds=16))


def test_a_replay_is_remembered_as_long_as_it_could_be_accepted() -> None:
    """The window covers every second between the first and the last acceptance."""
    first, last = -presentation.PROOF_MAX_AHEAD_S, presentation.PROOF_MAX_AGE_S

    assert last - first + 1 == presentation.REPLAY_WINDOW_S


def test_the_other_half_of_a_signature_is_the_same_presentation() -> None:
    """(r, n - s) holds too, and has the same replay key."""
    phone = Phone()
    proof = phone.prove(SEALED, NOW)
    n = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    s = n - int.from_bytes(proof.signature[32:], "big")
    other = HolderProof(
        proof.t, proof.flags, proof.counter, proof.profile, proof.signature[:32] + s.to_bytes(32, "big")
    )

    keys = {judged(presentation.build(SEALED, one)).replay_key for one in (proof, other)}

    assert len(keys) == 1


def test_a_context_of_another_size_is_a_mistake_of_the_caller() -> None:
    """A context is 32 bytes, or empty."""
    with pytest.raises(InvalidValue):
        judged(Phone().show(SEALED, NOW), ctx=b"short")


def test_other_requests_never_make_a_proof_acceptable() -> None:
    """They name the failure; they do not cure it."""
    request = bytes(range(32))
    shown = Phone().show(SEALED, NOW, ctx=request)

    for asked in ({}, {"also_asked": [request]}, {"ctx": bytes(32), "also_asked": [request]}):
        with pytest.raises(CardRefused):
            judged(shown, **asked)
    assert judged(shown, ctx=request)


def test_a_device_bound_card_is_not_synced() -> None:
    """Flags 05 on a hardware-attested card pass the strictest policy."""
    phone = Phone(kind=CardKind.ECPS, flags=0x05)

    held = judged(phone.show(credential(ecps(), phone), NOW), require_device_bound=True)

    assert not held.synced


@pytest.mark.parametrize(
    "changes",
    [{"t": -1}, {"t": 1 << 32}, {"t": True}, {"flags": 256}, {"counter": 1 << 32}, {"profile": 256},
     {"profile": -1}, {"profile": b""}, {"profile": bytes(161)}, {"profile": "0"}, {"signature": bytes(63)}],
)  # fmt: skip
def test_a_proof_that_cannot_travel_cannot_be_built(changes: dict[str, Any]) -> None:
    """Each member within its bounds."""
    told: dict[str, Any] = {"t": T, "flags": 5, "counter": 0, "profile": 0, "signature": bytes(64)}

    with pytest.raises(InvalidValue):
        HolderProof(**(told | changes))


@pytest.mark.parametrize(
    "data", [b"\x80", b"\x82\x40\x80", b"\x82\x60\x85\x00\x00\x00\x00\x58\x40" + bytes(64)]
)
def test_other_shapes_are_no_presentation(data: bytes) -> None:
    """A credential in bytes and a proof of five."""
    with pytest.raises(BadStructure):
        presentation.parse(data)


def test_challenges_of_two_purposes_never_meet() -> None:
    """Showing a card and asking for one are signed under different names."""
    request = SEALED

    shown = presentation.challenge_for(SEALED, T)
    asked = presentation.issuance_challenge(hashlib.sha256(SEALED).digest()[:28], request)

    assert (
        shown
        == hashlib.sha256(b"FR-SQ1-POP\x00" + hashlib.sha256(SEALED).digest() + T.to_bytes(4, "big")).digest()
    )
    assert (
        asked
        == hashlib.sha256(
            b"FR-ISSUE\x00" + hashlib.sha256(SEALED).digest()[:28] + hashlib.sha256(request).digest()
        ).digest()
    )


def test_an_ecps_proof_never_serves_an_apcv() -> None:
    """One key, two RP IDs: the other card's proof does not hold."""
    phone = Phone(kind=CardKind.ECPS)

    with pytest.raises(HolderSignatureInvalid):
        judged(presentation.build(SEALED, phone.prove(SEALED, NOW)))


def test_standard_profiles_are_what_the_platforms_write() -> None:
    """Byte for byte, as in the public sources quoted in `docs/formats/qr.md`."""
    origin = ORIGINS[CardKind.APCV]

    assert standard_profiles(origin, ANDROID) == {
        0: '","origin":"https://apcv.localhost","crossOrigin":false}',
        1: '","origin":"https://apcv.localhost","crossOrigin":false,"other_keys_can_be_added_here":'
        '"do not compare clientDataJSON against a template. See https://goo.gl/yabPex"}',
        2: '","origin":"https://apcv.localhost"}',
        3: f'","origin":"android:apk-key-hash:{ANDROID[0]}","androidPackageName":"{ANDROID[1]}"}}',
    }
    assert datetime.fromtimestamp(T, UTC) == NOW
