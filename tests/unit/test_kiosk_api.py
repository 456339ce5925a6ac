"""The door of the pharmacy's own software: the verdict of `scan --json`, from a text or a picture."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import qrcode

from tests.simulators.cards import NOON
from tests.simulators.kiosk import TestKiosk, a_kiosk
from verifier.policy import POLICIES


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[TestKiosk]:
    with a_kiosk(tmp_path) as running:
        yield running


def _picture(text: str) -> str:
    file = io.BytesIO()
    qrcode.make(text).get_image().save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def test_a_text_gets_the_object_of_the_command_line(kiosk: TestKiosk) -> None:
    """Member for member what `Verdict.to_json` says; and nobody's contract was shown beside it."""
    text = kiosk.world.show_apcv()

    told = kiosk.ask("POST", "/api/scans", {"text": text}).json

    alone = kiosk.world.till().check(text, POLICIES["officine"], NOON).to_json()
    assert told == {**alone, "beside": None}


def test_a_picture_is_read_here(kiosk: TestKiosk) -> None:
    """A screenshot or a scanner's image in base64."""
    told = kiosk.ask("POST", "/api/scans", {"image": _picture(kiosk.world.show_apcv())}).json

    assert (told["light"], told["card"]["given"]) == ("green", "ANGE")


def test_a_picture_without_a_code_is_a_verdict_too(kiosk: TestKiosk) -> None:
    """As on the command line."""
    from PIL import Image

    file = io.BytesIO()
    Image.new("L", (100, 100), 255).save(file, "PNG")

    told = kiosk.ask("POST", "/api/scans", {"image": base64.b64encode(file.getvalue()).decode()}).json

    assert told["reasons"] == ["no_code_found"]


def test_the_software_chooses_the_policy_and_may_ask_for_the_nir(kiosk: TestKiosk) -> None:
    """To bill; without asking it is not there."""
    text = kiosk.world.show_apcv()
    later = kiosk.world.show_apcv(at=NOON + timedelta(seconds=1))

    without = kiosk.ask("POST", "/api/scans", {"text": text, "policy": "identite"})
    with_nir = kiosk.ask("POST", "/api/scans", {"text": later, "with_nir": True})

    assert "158032A99904296" not in without.body.decode()
    assert with_nir.json["card"]["nir"] == "158032A99904296"


def test_what_the_software_reads_is_on_the_screen_without_its_nir(kiosk: TestKiosk) -> None:
    """The pharmacist sees whom the software speaks of."""
    kiosk.ask("POST", "/api/scans", {"text": kiosk.world.show_apcv(), "with_nir": True})

    (told,) = kiosk.ask("GET", "/api/happenings").json["happenings"]

    assert (told["source"], told["person"]) == ("software", "ANGE ORSINI-TEST")
    assert "158032A99904296" not in str(told)


def test_a_program_that_asks_twice_is_answered_twice(kiosk: TestKiosk) -> None:
    """No showing is guessed for a program: the second time is a replay."""
    text = kiosk.world.show_apcv()

    told = [kiosk.ask("POST", "/api/scans", {"text": text}).json["reasons"] for _ in range(2)]

    assert told == [[], ["replayed"]]


def test_two_way_only_refuses_a_card_in_clear(kiosk: TestKiosk) -> None:
    """As `scan --two-way`."""
    told = kiosk.ask("POST", "/api/scans", {"text": kiosk.world.show_apcv(), "two_way_only": True}).json

    assert told["reasons"] == ["context_mismatch"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "text_or_image"),
        ({"text": "1", "image": ""}, "text_or_image"),
        ({"text": 1}, "text_of_another_kind"),
        ({"text": "1", "policy": "nobody"}, "unknown_policy"),
        ({"text": "1", "surprise": True}, "unknown_member"),
        ({"text": "1", "with_nir": "yes"}, "with_nir_of_another_kind"),
        ({"image": "not base64!"}, "image_not_base64"),
        ([], "not_an_object"),
        ("text", "not_an_object"),
    ],
)
def test_a_request_that_is_not_understood_says_why(kiosk: TestKiosk, said: Any, why: str) -> None:
    """400, a code, a fact, a sentence."""
    answer = kiosk.ask("POST", "/api/scans", said)

    assert (answer.status, answer.json["code"]) == (400, "body_unreadable")
    assert answer.json["facts"] == {"why": why}


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b'{"text":"1","text":"2"}', b'{"text":"\\ud800"}', b"NaN", b"[" * 5000]
)
def test_a_body_that_readers_disagree_about_is_refused(kiosk: TestKiosk, body: bytes) -> None:
    """Strict JSON, or nothing."""
    assert kiosk.ask("POST", "/api/scans", body=body).json["facts"] == {"why": "bad_json"}


@pytest.mark.parametrize(
    ("image", "code"),
    [(b"not an image", "not_an_image"), (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "not_an_image")],
)
def test_an_image_that_is_none_is_told_as_such(kiosk: TestKiosk, image: bytes, code: str) -> None:
    """422 and the sentence of the command line."""
    answer = kiosk.ask("POST", "/api/scans", {"image": base64.b64encode(image).decode()})

    assert (answer.status, answer.json["code"]) == (422, code)


def test_a_text_longer_than_any_code_is_told_as_such(kiosk: TestKiosk) -> None:
    """Not a verdict: no code holds it."""
    answer = kiosk.ask("POST", "/api/scans", {"text": "1" * 9000})

    assert (answer.status, answer.json["code"]) == (422, "text_too_long")


def test_refusals_speak_the_language_asked_for(kiosk: TestKiosk) -> None:
    """French unless told otherwise."""
    french = kiosk.ask("POST", "/api/scans", {}).json["said"]
    english = kiosk.ask("POST", "/api/scans?lang=en", {}).json["said"]

    assert (french, english) == ("La demande ne se lit pas.", "The request cannot be read.")


@pytest.mark.parametrize(
    "query", ["", "?width=10", "?width=-1&height=1", "?width=3&height=3", "?width=1e3&height=2"]
)
def test_a_frame_of_another_size_than_it_says_is_refused(kiosk: TestKiosk, query: str) -> None:
    """Its bytes are as many as its rows and columns say."""
    assert kiosk.ask("POST", f"/api/frames{query}", body=b"\0" * 10).status == 400


def test_a_serial_port_that_is_not_listed_is_not_opened(kiosk: TestKiosk) -> None:
    """The page may choose a reader, not a file."""
    answer = kiosk.ask("POST", "/api/reader", {"port": "/etc/passwd"})

    assert (answer.status, answer.json["code"]) == (409, "reader_not_listed")
    assert kiosk.ask("GET", "/api/reader").json["port"] is None


def test_a_till_nobody_authorised_asks_for_no_card(kiosk: TestKiosk) -> None:
    """409, and what to press."""
    answer = kiosk.ask("POST", "/api/two-way/request", {})

    assert (answer.status, answer.json["code"]) == (409, "till_not_authorised")
    assert "authorise-till" not in answer.json["to_do"]
