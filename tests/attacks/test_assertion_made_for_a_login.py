"""A genuine assertion of the right phone, obtained for something else: a login, another site, an issuance."""

from __future__ import annotations

import hashlib

import pytest

from cartes import presentation
from cartes.cards import CardKind
from cartes.wire import qr
from tests.simulators.cards import NOON, World, an_apcv
from verifier.policy import POLICIES

OFFICINE = POLICIES["officine"]
T = int(NOON.timestamp())


@pytest.mark.parametrize(
    "challenge",
    [
        hashlib.sha256(b"a sign-in server's random challenge").digest(),
        presentation.issuance_challenge(b"nonce", b"{}"),
        hashlib.sha256(b"").digest(),
    ],
    ids=["login", "issuance", "guess"],
)
def test_an_assertion_over_another_challenge_is_no_proof(challenge: bytes) -> None:
    """A site that asks the phone to sign in cannot turn the answer into a card shown at a till."""
    world = World()
    credential = world.issue(an_apcv())
    proof = world.patient_phone.answer(challenge, T, world.policies[CardKind.APCV])

    text = qr.pack(presentation.build(credential, proof))

    assert world.till().check(text, OFFICINE, NOON).codes == ("holder_signature_invalid",)


def test_the_challenge_cannot_be_had_without_its_name() -> None:
    """A server that hashes card and moment without the name of the protocol gets another challenge."""
    world = World()
    credential = world.issue(an_apcv())
    unnamed = hashlib.sha256(hashlib.sha256(credential).digest() + T.to_bytes(4, "big")).digest()
    proof = world.patient_phone.answer(unnamed, T, world.policies[CardKind.APCV])

    text = qr.pack(presentation.build(credential, proof))

    assert world.till().check(text, OFFICINE, NOON).codes == ("holder_signature_invalid",)


def test_a_proof_made_on_another_site_is_no_proof() -> None:
    """The origin is inside what the phone signed; a phishing page's origin does not match the profile."""
    world = World()
    policy = world.policies[CardKind.APCV]
    credential = world.issue(an_apcv())
    foreign = '","origin":"https://apcv.localhost.evil.test","crossOrigin":false}'
    t_challenge = presentation.challenge_for(credential, T)
    suffix_of = dict(policy.profiles) | {0: foreign}
    foreign_policy = type(policy)(policy.rp_id, suffix_of, policy.max_ttl_s)
    proof = world.patient_phone.answer(t_challenge, T, foreign_policy, suffix=foreign)

    text = qr.pack(presentation.build(credential, proof))

    assert world.till().check(text, OFFICINE, NOON).codes == ("holder_signature_invalid",)


@pytest.mark.parametrize(("flags", "code"), [(0x04, "user_not_present"), (0x01, "user_not_verified")])
def test_a_silent_assertion_is_no_proof(flags: int, code: str) -> None:
    """Showing a card takes a gesture and an unlock; an assertion without them is refused."""
    world = World()

    verdict = world.till().check(world.show(an_apcv(), flags=flags), OFFICINE, NOON)

    assert verdict.codes == (code,)
