"""A stolen credential on a phone that is not the one it was issued to."""

from __future__ import annotations

from cartes import presentation
from cartes.cards import CardKind
from cartes.wire import qr
from tests.simulators.cards import NOON, Phone, World, a_doctor, an_apcv
from verifier.policy import POLICIES

OFFICINE = POLICIES["officine"]


def test_the_thiefs_phone_proves_nothing() -> None:
    """A valid card with another phone's perfectly good assertion."""
    world = World()
    stolen = world.issue(an_apcv())

    text = qr.pack(world.present(stolen, CardKind.APCV, NOON, phone=Phone("phone-thief")))

    assert world.till().check(text, OFFICINE, NOON).codes == ("holder_signature_invalid",)


def test_a_proof_for_one_card_does_not_serve_another_of_the_same_phone() -> None:
    """The proof names its credential: yesterday's card cannot ride on today's proof."""
    world = World()
    one, other = world.issue(an_apcv()), world.issue(an_apcv(given="DOMINIQUE"))
    proof = world.patient_phone.prove(one, NOON, world.policies[CardKind.APCV])

    text = qr.pack(presentation.build(other, proof))

    assert world.till().check(text, OFFICINE, NOON).codes == ("holder_signature_invalid",)


def test_a_proof_made_under_the_other_cards_rp_id_does_not_serve() -> None:
    """One phone key in both cards, one proof under the e-CPS's RP ID: it cannot show the apCV."""
    world = World()
    credential = world.issue(an_apcv())
    proof = world.patient_phone.prove(credential, NOON, world.policies[CardKind.ECPS])

    text = qr.pack(presentation.build(credential, proof))

    assert world.till().check(text, OFFICINE, NOON).codes == ("holder_signature_invalid",)


def test_putting_ones_own_key_in_the_card_breaks_the_seal() -> None:
    """The phone's key is under the issuer's signature."""
    world = World()
    thief = Phone("phone-thief")
    credential = world.issue(a_doctor())
    swapped = credential.replace(world.doctor_phone.public_key[1:], thief.public_key[1:])
    assert swapped != credential

    text = qr.pack(world.present(swapped, CardKind.ECPS, NOON, phone=thief))

    assert world.till().check(text, POLICIES["prescription"], NOON).codes == ("issuer_signature_invalid",)
