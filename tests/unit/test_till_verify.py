"""The walk of the till, check by check, on cards of a small world where one thing is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cartes import presentation
from cartes.cards import Binding, CardKind, Slot
from cartes.errors import TrustStoreUnusable
from cartes.wire import qr
from tests.simulators.cards import (
    APCV_LIST,
    ECPS_LIST,
    NOON,
    HeldStore,
    World,
    a_complete_apcv,
    a_doctor,
    an_apcv,
)
from verifier.lights import Light
from verifier.policy import POLICIES
from verifier.seen import FileSeen, MemorySeen
from verifier.trust_store import TrustSnapshot
from verifier.verdict import Verdict
from verifier.verify import Verifier

OFFICINE, PRESCRIPTION = POLICIES["officine"], POLICIES["prescription"]


def only_reason(verdict: Verdict) -> str:
    """The one reason of a refusal, after checking that it is a refusal that names nobody."""
    assert verdict.light is Light.RED
    assert verdict.facts is None
    assert len(verdict.reasons) == 1
    return verdict.codes[0]


def test_a_good_card_is_green_with_its_facts_and_times() -> None:
    """All checks pass: green, the facts, and the three times told apart."""
    verdict = World().till().check(World().show(a_complete_apcv()), OFFICINE, NOON)

    assert (verdict.light, verdict.codes) == (Light.GREEN, ())
    assert verdict.facts is not None
    assert verdict.facts.card == a_complete_apcv()
    assert verdict.freshness.issued_at == NOON - timedelta(hours=1)
    assert verdict.freshness.expires_at == NOON + timedelta(hours=71)
    assert verdict.freshness.as_of == NOON - timedelta(hours=3)
    assert verdict.freshness.proof_time == NOON
    assert verdict.freshness.trust_age_s == 3600


def test_a_doctor_may_prescribe() -> None:
    """The other card, on the strictest screen."""
    verdict = World().till().check(World().show(a_doctor()), PRESCRIPTION, NOON)

    assert (verdict.light, verdict.codes) == (Light.GREEN, ())


# --- Check 0 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "light", "codes"),
    [
        (timedelta(hours=24), Light.GREEN, ()),
        (timedelta(hours=24, seconds=1), Light.AMBER, ("trust_data_old",)),
        (timedelta(hours=72), Light.AMBER, ("trust_data_old",)),
        (timedelta(hours=72, seconds=1), Light.RED, ("trust_store_stale",)),
    ],
)
def test_trust_data_age_by_degrees(age: timedelta, light: Light, codes: tuple[str, ...]) -> None:
    """Fresh for a day, visible for two more, then nothing is judged."""
    world = World(signed_at=NOON - age)

    verdict = world.till().check(world.show_apcv(), OFFICINE, NOON)

    assert (verdict.light, verdict.codes) == (light, codes)


def test_prescribing_with_yesterdays_trust_data_is_red() -> None:
    """The one use that a day's age forbids; and a red verdict names nobody, proven or not."""
    world = World(signed_at=NOON - timedelta(hours=25))

    verdict = world.till().check(world.show(a_doctor()), PRESCRIPTION, NOON)

    assert only_reason(verdict) == "trust_data_too_old_to_prescribe"


def test_seventy_two_hours_hold_whatever_the_publisher_signed() -> None:
    """A timestamp signed for a month does not make a till judge for a month."""
    world = World(signed_at=NOON - timedelta(hours=80))
    snapshot = replace(world.snapshot(), expires_at=NOON + timedelta(days=20))

    verdict = Verifier(HeldStore(snapshot), MemorySeen()).check(world.show_apcv(), OFFICINE, NOON)

    assert only_reason(verdict) == "trust_store_stale"


@pytest.mark.parametrize(("behind", "refused"), [(300, False), (301, True)])
def test_a_clock_behind_a_signed_time_judges_nothing(behind: int, refused: bool) -> None:
    """Five minutes of difference are honest, one second more is not."""
    world = World(signed_at=NOON + timedelta(seconds=behind))

    verdict = world.till().check(world.show_apcv(), OFFICINE, NOON)

    assert (verdict.codes == ("verifier_clock_behind",)) is refused


def test_an_unusable_store_is_a_verdict() -> None:
    """Whatever the store refuses with becomes the reason."""

    class Broken:
        def load(self, at: object) -> TrustSnapshot:
            raise TrustStoreUnusable(file="targets.json", why="signature")

    verdict = Verifier(Broken(), MemorySeen()).check(World().show_apcv(), OFFICINE, NOON)

    assert only_reason(verdict) == "trust_store_unusable"
    assert verdict.freshness.trust_age_s is None


# --- Checks 1 to 6, as seen from the till -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"), [("", "not_sq1"), ("https://example.test", "not_sq1"), ("1" * 860, "bad_transport")]
)
def test_something_else_is_not_ours(text: str, code: str) -> None:
    """What is not a card of ours is red, and says which of the two it is."""
    assert only_reason(World().till().check(text, OFFICINE, NOON)) == code


def test_the_other_card_is_refused_by_kind() -> None:
    """A patient's card on a professional's screen, and the other way round."""
    till = World().till()

    assert only_reason(till.check(World().show_apcv(), PRESCRIPTION, NOON)) == "wrong_card_type"
    assert only_reason(till.check(World().show_ecps(), OFFICINE, NOON)) == "wrong_card_type"


def test_a_refusal_before_the_seal_is_proven_tells_no_kind() -> None:
    """Until an issuer's signature holds, not even the kind of card is believed."""
    world = World()
    forged = world.issue(an_apcv(), signer=world.ecps_issuer)
    text = qr.pack(world.present(forged, CardKind.APCV, NOON))

    verdict = world.till().check(text, OFFICINE, NOON)

    assert only_reason(verdict) == "issuer_not_authorised_for_type"
    assert verdict.to_json()["card"] is None


# --- Check 7 ----------------------------------------------------------------------------------------------


def test_a_revoked_card_is_red_and_names_its_kind_alone() -> None:
    """Revoked, not unknown; and nobody at the counter reads a name."""
    world = World(revoked={APCV_LIST: frozenset({7})})

    verdict = world.till().check(world.show_apcv(), OFFICINE, NOON)

    assert only_reason(verdict) == "revoked"
    assert verdict.to_json()["card"] == {"kind": "apcv"}
    assert "ORSINI" not in json.dumps(verdict.to_json())


def test_a_suspended_card_is_red() -> None:
    """The second list has its own reason."""
    world = World(suspended={ECPS_LIST: frozenset({4})})

    assert only_reason(world.till().check(world.show(a_doctor()), PRESCRIPTION, NOON)) == "suspended"


def test_revoked_wins_over_suspended() -> None:
    """A slot in both lists is revoked."""
    world = World(revoked={APCV_LIST: frozenset({7})}, suspended={APCV_LIST: frozenset({7})})

    assert only_reason(world.till().check(world.show_apcv(), OFFICINE, NOON)) == "revoked"


def test_the_neighbour_slot_does_not_matter() -> None:
    """Slots 6 and 8 revoked leave slot 7 alone."""
    world = World(revoked={APCV_LIST: frozenset({6, 8})})

    assert world.till().check(world.show_apcv(), OFFICINE, NOON).light is Light.GREEN


@pytest.mark.parametrize(
    ("slot", "code"),
    [
        (Slot(9, 7), "status_list_unknown"),
        (Slot(ECPS_LIST, 7), "status_list_unknown"),
        (Slot(APCV_LIST, 1000), "status_index_out_of_range"),
        (Slot(APCV_LIST, 999), None),
    ],
)
def test_a_slot_must_be_in_a_list_of_its_kind(slot: Slot, code: str | None) -> None:
    """An unknown list, the other card's list, and a slot past the end are refused."""
    verdict = World().till().check(World().show_apcv(slot=slot), OFFICINE, NOON)

    assert verdict.codes == (() if code is None else (code,))


def test_a_missing_suspended_list_is_an_unknown_list() -> None:
    """Half the knowledge is none."""
    world = World()
    snapshot = replace(world.snapshot(), suspended={})

    verdict = Verifier(HeldStore(snapshot), MemorySeen()).check(world.show_apcv(), OFFICINE, NOON)

    assert only_reason(verdict) == "status_list_unknown"


@pytest.mark.parametrize(("age", "refused"), [(timedelta(hours=96), False), (timedelta(hours=97), True)])
def test_an_old_status_list_does_not_clear_a_card(age: timedelta, refused: bool) -> None:
    """A fresh timestamp over a stale list says nothing about today's revocations."""
    world = World(status_issued_at=NOON - age)

    verdict = world.till().check(world.show_apcv(), OFFICINE, NOON)

    assert (verdict.codes == ("status_stale",)) is refused


# --- Checks 8 to 14 ---------------------------------------------------------------------------------------


def test_prescribing_refuses_a_key_that_can_be_copied() -> None:
    """On that screen a synced key is a refusal, elsewhere a wish not met."""
    world = World()
    synced = a_doctor(binding=Binding.SYNCED)

    strict = world.till().check(world.show(synced, flags=0x1D), PRESCRIPTION, NOON)
    lenient = world.till().check(world.show(synced, flags=0x1D), POLICIES["identite-pro"], NOON)

    assert only_reason(strict) == "key_not_device_bound"
    assert (lenient.light, lenient.codes) == (Light.AMBER, ("binding_below_policy",))
    assert lenient.facts is not None
    assert lenient.facts.synced


def test_an_answer_to_this_tills_request_is_accepted_and_others_are_named() -> None:
    """Two-way mode: the context is part of what is signed, and the till tells whose request it was."""
    world = World()
    mine, other = b"\x01" * 32, b"\x02" * 32
    answered = world.show(an_apcv(), ctx=mine)

    assert world.till().check(answered, OFFICINE, NOON, ctx=mine).light is Light.GREEN
    assert only_reason(world.till().check(answered, OFFICINE, NOON)) == "holder_signature_invalid"
    unexpected = world.till().check(answered, OFFICINE, NOON, also_asked=[mine])
    assert only_reason(unexpected) == "context_unexpected"
    mismatch = world.till().check(answered, OFFICINE, NOON, ctx=other, also_asked=[mine])
    assert only_reason(mismatch) == "context_mismatch"


def test_a_refused_scan_does_not_use_up_the_proof() -> None:
    """Check 14 comes last: what failed before it may be shown again once the cause is gone."""
    world = World()
    text = world.show(a_doctor())
    till = world.till()

    assert only_reason(till.check(text, OFFICINE, NOON)) == "wrong_card_type"
    assert till.check(text, PRESCRIPTION, NOON).light is Light.GREEN
    assert only_reason(till.check(text, PRESCRIPTION, NOON)) == "replayed"


def test_a_till_that_cannot_remember_refuses(tmp_path: Path) -> None:
    """Rather red than twice."""
    till = World().till(seen=FileSeen(tmp_path / "missing" / "seen"))

    assert only_reason(till.check(World().show_apcv(), OFFICINE, NOON)) == "till_memory_unusable"


def test_rights_are_judged_on_the_french_day() -> None:
    """Half past midnight in Paris is already tomorrow, though London still says today."""
    from cartes.droits import DroitsAmo, PeriodeDroits
    from cartes.identifiers.organisme import Organisme

    late = NOON.replace(hour=23, minute=30)
    ends_today = PeriodeDroits(late.date().replace(month=1, day=1), late.date())
    card = an_apcv(amo=DroitsAmo(Organisme("01", "999", "9999"), "10", ends_today))
    world = World()

    verdict = world.till().check(world.show(card, at=late), OFFICINE, late)

    assert verdict.codes == ("amo_not_open",)


def test_the_first_failing_check_is_the_reason() -> None:
    """A revoked card with a stale proof is revoked: the order of the table is the order of the code."""
    world = World(revoked={APCV_LIST: frozenset({7})})

    late = world.till().check(world.show_apcv(), OFFICINE, NOON + timedelta(minutes=5))

    assert only_reason(late) == "revoked"


def test_the_numbered_steps_stand_in_order_in_one_function() -> None:
    """Whoever reads the function meets the checks in the order of the table, within about sixty lines."""
    import inspect

    lines = inspect.getsource(Verifier.check).split("\n")
    steps = [line.strip(" #").split(".")[0] for line in lines if line.strip().startswith("# ")]

    assert steps == ["0", "1", "2", "3-6", "7", "8-13", "14", "15"]
    assert len(lines) <= 75
    assert presentation.REPLAY_WINDOW_S == 76
