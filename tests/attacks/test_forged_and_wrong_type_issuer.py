"""Cards sealed by somebody who may not: a stranger, a stranger with a known name, the other card's issuer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cartes.cards import CardKind
from cartes.trust import kid_of
from cartes.wire import qr
from tests.simulators.cards import NOON, World, a_doctor, an_apcv
from tests.simulators.issuing import WordKey
from verifier.policy import POLICIES

OFFICINE = POLICIES["officine"]


class Impostor(WordKey):
    """Signs with its own key and announces somebody else's."""

    def __init__(self, name: str, announced: bytes) -> None:
        super().__init__(name)
        self._announced = announced

    @property
    def public_key(self) -> bytes:
        """The key identifier is computed from this one."""
        return self._announced


def test_a_stranger_is_unknown() -> None:
    """A well-made card of an issuer nobody listed."""
    world = World()
    forged = world.issue(an_apcv(), signer=WordKey("stranger"))

    verdict = world.till().check(qr.pack(world.present(forged, CardKind.APCV, NOON)), OFFICINE, NOON)

    assert verdict.codes == ("issuer_unknown",)


def test_a_stranger_with_a_known_name_is_found_out() -> None:
    """The announced key identifier is the true issuer's; the signature is not."""
    world = World()
    impostor = Impostor("stranger", world.apcv_issuer.public_key)
    forged = world.issue(an_apcv(), signer=impostor)
    assert kid_of(impostor.public_key) in forged

    verdict = world.till().check(qr.pack(world.present(forged, CardKind.APCV, NOON)), OFFICINE, NOON)

    assert verdict.codes == ("issuer_signature_invalid",)


@pytest.mark.parametrize("policy", ["officine", "cabinet", "identite"])
def test_the_issuer_of_professionals_cannot_issue_patients(policy: str) -> None:
    """An e-CPS key that leaked gives no apCV."""
    world = World()
    forged = world.issue(an_apcv(), signer=world.ecps_issuer)

    verdict = world.till().check(qr.pack(world.present(forged, CardKind.APCV, NOON)), POLICIES[policy], NOON)

    assert verdict.codes == ("issuer_not_authorised_for_type",)


@pytest.mark.parametrize("policy", ["identite-pro", "prescription"])
def test_the_issuer_of_patients_cannot_make_a_doctor(policy: str) -> None:
    """An apCV key that leaked gives no e-CPS: the dangerous direction."""
    world = World()
    forged = world.issue(a_doctor(), signer=world.apcv_issuer)

    verdict = world.till().check(qr.pack(world.present(forged, CardKind.ECPS, NOON)), POLICIES[policy], NOON)

    assert verdict.codes == ("issuer_not_authorised_for_type",)


def test_a_withdrawn_issuer_key_seals_nothing_any_more() -> None:
    """Once the key is withdrawn, even what it sealed before is refused."""
    world = World()
    trust = world.trust()
    withdrawn = replace(trust.issuers[0], revoked_at=NOON - timedelta(minutes=1))
    trust = replace(trust, issuers=(withdrawn, trust.issuers[1]))

    verdict = world.till(trust=trust).check(world.show_apcv(), OFFICINE, NOON)

    assert verdict.codes == ("issuer_key_revoked",)
