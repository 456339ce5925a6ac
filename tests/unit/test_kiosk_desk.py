"""The desk behind the screen: one showing is judged once, the list is masked, the night clears it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.simulators.cards import NOON, an_identity_apcv
from tests.simulators.kiosk import TestKiosk, a_kiosk
from verifier.kiosk import reader_test
from verifier.kiosk.desk import SHOWN_FOR, Happens, Source
from verifier.kiosk.today import MOST_KEPT

AZERTY = str.maketrans("1234567890", "&é\"'(-è_çà")


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[TestKiosk]:
    with a_kiosk(tmp_path) as running:
        yield running


def test_a_phone_held_before_two_readers_is_judged_once(kiosk: TestKiosk) -> None:
    """The camera sees it ten times a second, the hand reader beeps: one green verdict, no replay."""
    desk, text = kiosk.kiosk.desk, kiosk.world.show_apcv()

    first = desk.take(text, Source.CAMERA, NOON)
    again = [desk.take(text, Source.CAMERA, NOON + timedelta(seconds=s)) for s in (0.1, 2, 4, 6)]
    by_hand = desk.take(text.translate(AZERTY) + "\r", Source.SERIAL, NOON + timedelta(seconds=7))

    assert first is not None
    assert first.judged is not None
    assert first.judged.light.word == "green"
    assert [*again, by_hand] == [None] * 5
    assert len(desk.today(NOON)) == 1


def test_the_same_phone_shown_again_later_is_a_replay(kiosk: TestKiosk) -> None:
    """It left the reader and came back: that is another showing, and it says so."""
    text = kiosk.world.show_apcv()
    kiosk.type(text)
    kiosk.wait(10)

    (told,) = kiosk.type(text)

    assert told["light"] == "red"
    assert [one["code"] for one in told["reasons"]] == ["replayed"]
    assert "person" not in told


def test_two_codes_in_one_picture_do_not_chase_each_other(kiosk: TestKiosk) -> None:
    """A leaflet beside the phone: each of the two is told once."""
    desk, text = kiosk.kiosk.desk, kiosk.world.show_apcv()

    told = [desk.take(one, Source.CAMERA, NOON) for one in (text, "leaflet", text, "leaflet", text)]

    assert [one is not None for one in told] == [True, True, False, False, False]


def test_a_minute_later_the_picture_is_red(kiosk: TestKiosk) -> None:
    """A screenshot: the reason is that it is old."""
    text = kiosk.world.show_apcv()
    kiosk.wait(61)

    (told,) = kiosk.type(text)

    assert [one["code"] for one in told["reasons"]] == ["proof_stale"]


def test_azerty_is_repaired_by_the_same_door(kiosk: TestKiosk) -> None:
    """What a QWERTY reader types on a French workstation is a card all the same."""
    (told,) = kiosk.type(kiosk.world.show_apcv().translate(AZERTY))

    assert told["light"] == "green"


def test_an_unused_line_is_nothing(kiosk: TestKiosk) -> None:
    """A reader's empty line draws nothing."""
    assert kiosk.type(" \r\n") == []


def test_what_is_longer_than_any_code_is_told_so(kiosk: TestKiosk) -> None:
    """In words, and nothing is judged."""
    (told,) = kiosk.type("1" * 9000)

    assert told["what"] == "refused"
    assert told["reasons"][0]["code"] == "text_too_long"


def test_a_medicine_box_is_no_alarm(kiosk: TestKiosk) -> None:
    """Neither green nor red: another code."""
    (told,) = kiosk.type("3400930000120")

    assert told["light"] == "other"
    assert kiosk.state()["today"][0]["who"] == ""


def test_the_trial_code_is_no_card(kiosk: TestKiosk) -> None:
    """It says that the reader reads, and leaves the list alone."""
    (told,) = kiosk.type(reader_test.TEXT)

    assert told["what"] == "reader_test"
    assert kiosk.state()["today"] == []


def test_an_identity_screen_shows_no_right(kiosk: TestKiosk) -> None:
    """What a screen has no use for is not sent to it."""
    assert kiosk.ask("POST", "/api/screen", {"policy": "identite"}).status == 200

    (told,) = kiosk.type(kiosk.world.show_apcv())

    assert told["light"] == "green"
    assert told["rights"] == []
    assert "Organisme" not in [row["label"] for row in told["rows"]]


def test_no_nir_ever_reaches_the_screen(kiosk: TestKiosk) -> None:
    """Its key alone, to tell two people apart."""
    kiosk.type(kiosk.world.show_apcv())

    answer = kiosk.ask("GET", "/api/happenings").body.decode() + kiosk.ask("GET", "/api/state").body.decode()

    assert "158032A99904296" not in answer
    assert "…96" in answer


def test_a_prescriber_is_checked_once_then_the_screen_goes_back_to_patients(kiosk: TestKiosk) -> None:
    """A patient's card shown meanwhile is refused by its kind and uses nothing up."""
    kiosk.ask("POST", "/api/screen", {"policy": "prescription", "once": True})

    (wrong,) = kiosk.type(kiosk.world.show_apcv())
    still = kiosk.state()["asked"]
    (right,) = kiosk.type(kiosk.world.show_ecps())

    assert [one["code"] for one in wrong["reasons"]] == ["wrong_card_type"]
    assert still == {"policy": "officine", "once": "prescription"}
    assert right["person"] == "LAURE PAOLI-TEST"
    assert right["reasons"][0]["code"] == "prescribes_within_limits"
    assert kiosk.state()["asked"] == {"policy": "officine", "once": None}


@pytest.mark.parametrize("late_s", [61, 10])
def test_a_prescriber_who_must_show_again_is_still_waited_for(kiosk: TestKiosk, late_s: int) -> None:
    """Too slow, or the same picture twice: the next code is theirs too, and nobody presses a button."""
    kiosk.ask("POST", "/api/screen", {"policy": "prescription", "once": True})
    text = kiosk.world.show_ecps()
    if late_s < 60:
        kiosk.kiosk.desk.judge(text, kiosk.now, "identite-pro")
    kiosk.wait(late_s)

    (red,) = kiosk.type(text)
    (right,) = kiosk.type(kiosk.world.show_ecps(at=kiosk.now))

    assert [one["code"] for one in red["reasons"]] == ["proof_stale" if late_s > 60 else "replayed"]
    assert right["person"] == "LAURE PAOLI-TEST"
    assert kiosk.state()["asked"] == {"policy": "officine", "once": None}


def test_the_list_holds_initials_only(kiosk: TestKiosk) -> None:
    """The hour, the light, initials, and why."""
    kiosk.type(kiosk.world.show(an_identity_apcv()))

    (entry,) = kiosk.state()["today"]

    assert (entry["at"], entry["light"], entry["who"]) == ("12:00", "amber", "A. O.-T.")
    assert "ORSINI" not in str(kiosk.state())


def test_the_list_is_gone_at_midnight_in_paris(kiosk: TestKiosk) -> None:
    """At 23:00 UTC in winter, whether or not anybody watched."""
    kiosk.type(kiosk.world.show_apcv())
    kiosk.now = NOON.replace(hour=22, minute=59)
    before = kiosk.state()["today"]

    kiosk.now = NOON.replace(hour=23)

    assert len(before) == 1
    assert kiosk.state()["today"] == []
    assert [one for one in kiosk.ask("GET", "/api/happenings").json["happenings"] if "person" in one] == []


def test_a_clock_turned_to_another_day_clears_the_list_too(kiosk: TestKiosk) -> None:
    """Backwards as well: yesterday's list never comes back."""
    kiosk.type(kiosk.world.show_apcv())
    kiosk.now = NOON - timedelta(days=1)
    kiosk.state()

    kiosk.now = NOON

    assert kiosk.state()["today"] == []


def test_the_list_is_bounded(kiosk: TestKiosk) -> None:
    """A reader gone mad fills no memory."""
    desk = kiosk.kiosk.desk
    for number in range(MOST_KEPT + 5):
        desk.take(f"box {number}", Source.KEYBOARD, NOON)

    assert len(desk.today(NOON)) == MOST_KEPT


def test_nothing_personal_is_written_to_disk(kiosk: TestKiosk) -> None:
    """After a scan, no file of the till holds a name."""
    kiosk.type(kiosk.world.show_apcv())

    assert not [path for path in kiosk.store.rglob("*") if path.is_file() and b"ORSINI" in path.read_bytes()]


def test_a_person_leaves_the_screen_after_two_minutes(kiosk: TestKiosk) -> None:
    """The next person in the queue reads nothing over the counter."""
    kiosk.type(kiosk.world.show_apcv())
    shown = kiosk.state()["on_screen"]
    kiosk.wait(SHOWN_FOR.total_seconds())

    after = kiosk.state()

    assert shown > 0
    assert after["on_screen"] == 0
    assert len(after["today"]) == 1
    assert [one["what"] for one in kiosk.ask("GET", "/api/happenings").json["happenings"]] == ["state"]


def test_the_screen_is_cleared_when_asked(kiosk: TestKiosk) -> None:
    """The button, at once."""
    kiosk.type(kiosk.world.show_apcv())

    kiosk.ask("POST", "/api/blank", {})

    assert kiosk.state()["on_screen"] == 0


def test_a_page_that_waits_is_told_at_once(kiosk: TestKiosk) -> None:
    """The long question is answered by the scan, not by its own end."""
    import threading
    import time

    answers: list[float] = []

    def wait() -> None:
        began = time.monotonic()
        kiosk.ask("GET", "/api/happenings?after=0&wait=9")
        answers.append(time.monotonic() - began)

    waiting = threading.Thread(target=wait)
    waiting.start()
    kiosk.kiosk.desk.take(kiosk.world.show_apcv(), Source.SERIAL, NOON)
    waiting.join()

    assert answers[0] < 5


@pytest.mark.parametrize(
    ("hours", "light", "code"),
    [(0, "green", None), (30, "amber", "trust_data_old"), (90, "red", "trust_store_stale")],
)
def test_the_age_of_the_trust_data_is_told(
    kiosk: TestKiosk, hours: int, light: str, code: str | None
) -> None:
    """Fresh, old, too old: a sentence that names a button, not a command."""
    kiosk.now = NOON + timedelta(hours=hours)

    trust = kiosk.state()["trust"]

    assert trust["light"] == light
    assert (trust["problem"] and trust["problem"]["code"]) == code
    assert "refresh" not in str(trust["problem"])


def test_a_clock_behind_has_its_own_sentence(kiosk: TestKiosk) -> None:
    """The till says that it is its own clock."""
    kiosk.now = NOON - timedelta(hours=5)

    assert kiosk.state()["trust"]["problem"]["code"] == "verifier_clock_behind"
    assert [one["code"] for one in kiosk.type(kiosk.world.show_apcv())[0]["reasons"]] == [
        "verifier_clock_behind"
    ]


def test_a_till_that_never_refreshed_says_so(tmp_path: Path) -> None:
    """Plug in the network; until then the plastic card."""
    with a_kiosk(tmp_path, refreshed=False) as kiosk:
        problem = kiosk.state()["trust"]["problem"]

    assert problem["code"] == "never_refreshed"
    assert "--" not in problem["to_do"]


def test_refresh_in_the_background_fails_without_a_word_to_the_patient(tmp_path: Path) -> None:
    """The cable is pulled: scans go on, the age is shown, and why is told apart."""
    with a_kiosk(tmp_path, source="http://127.0.0.1:9/nothing") as kiosk:
        keeper = kiosk.kiosk.keeper
        assert keeper is not None
        keeper.start()
        seq = 0
        for _ in range(50):
            seq = kiosk.ask("GET", f"/api/happenings?after={seq}&wait=5").json["last"]
            if kiosk.state()["refresh"]["problem"]:
                break
        state = kiosk.state()
        (told,) = kiosk.type(kiosk.world.show_apcv())
        keeper.stop()

    assert state["refresh"]["problem"]["code"] == "source_unreachable"
    assert state["trust"]["light"] == "green"
    assert told["light"] == "green"


def test_refresh_in_the_background_brings_what_was_published(tmp_path: Path) -> None:
    """A till that knew nothing knows, without a command."""
    with a_kiosk(tmp_path, refreshed=False, source=str(tmp_path / "publication")) as kiosk:
        keeper = kiosk.kiosk.keeper
        assert keeper is not None
        keeper.start()
        kiosk.ask("GET", "/api/happenings?after=0&wait=9")
        light = kiosk.state()["trust"]["light"]
        keeper.stop()

    assert light == "green"


def test_happenings_are_numbered_in_order(kiosk: TestKiosk) -> None:
    """The page misses none and draws none twice."""
    desk = kiosk.kiosk.desk
    for number in range(3):
        desk.take(f"box {number}", Source.KEYBOARD, NOON)

    told, last = desk.happenings(after=1, wait_s=0)

    assert [one.seq for one in told] == [2, 3]
    assert last == 3
    assert {one.what for one in told} == {Happens.VERDICT}
