"""From a reader's keystrokes or a picture to one line of text."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest
import qrcode
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from cartes.wire import qr
from tests.simulators.cards import World
from verifier.scanner import (
    NoCodeFound,
    NoSuchFile,
    NotAnImage,
    UnreadableInput,
    clean,
    read_image,
    read_stream,
)

TEXT = World().show_apcv()
AZERTY = str.maketrans("1234567890", "&é\"'(-è_çà")


def picture(text: str, box: int = 4) -> Image.Image:
    """A QR code as a phone draws it."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=box)
    code.add_data(text)
    return code.make_image().get_image().convert("L")


@pytest.mark.parametrize(
    "typed",
    [
        TEXT,
        TEXT + "\r\n",
        TEXT + "\r",
        TEXT + "\t",
        "\x02" + TEXT + "\x03",
        "]Q1" + TEXT,
        "]Q3" + TEXT + "\n",
        "\ufeff" + TEXT,
        TEXT.translate(AZERTY),
        TEXT.translate(AZERTY) + "\r",
        "$A&" + TEXT.translate(AZERTY),
        "\x02]Q1" + TEXT + "\x04",
    ],
)
def test_a_readers_habits_are_undone(typed: str) -> None:
    """Prefixes, suffixes, control characters and an AZERTY layout: the code comes back whole."""
    assert clean(typed) == TEXT


@given(st.binary(min_size=qr.MIN_BYTES, max_size=qr.MAX_BYTES))
def test_azerty_typing_of_any_code_comes_back(data: bytes) -> None:
    """Whatever the digits, and a mixture of shifted and unshifted keys too."""
    text = qr.pack(data)

    assert clean(text.translate(AZERTY)) == text
    assert clean(text[:100] + text[100:].translate(AZERTY)) == text


@pytest.mark.parametrize(
    "other", ["https://example.test/a(b)", "3400930000120", "HC1:NCFOXN", "-à la carte-"]
)
def test_other_codes_are_left_alone(other: str) -> None:
    """What is not digits in disguise is not touched, so that nothing foreign becomes ours."""
    assert clean(other) == other


def test_the_first_line_of_a_stream_is_the_scan() -> None:
    """Blank lines before are skipped, what follows waits for the next scan."""
    stream = io.BytesIO(f"\r\n\n{TEXT}\r\n12345\n".encode())

    assert read_stream(stream) == TEXT
    assert stream.read() == b"12345\n"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_both_encodings_of_a_french_keyboard_are_read(encoding: str) -> None:
    """A Windows console may give its own Western code instead of UTF-8."""
    assert read_stream(io.BytesIO((TEXT.translate(AZERTY) + "\r\n").encode(encoding))) == TEXT


@pytest.mark.parametrize("nothing", [b"", b"\n\n\n", b"\r\n" * 100])
def test_an_empty_stream_is_an_empty_text(nothing: bytes) -> None:
    """Nothing read is nothing, and it ends."""
    assert read_stream(io.BytesIO(nothing)) == ""


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "gif", "tiff"])
def test_a_picture_in_any_usual_format_is_read(tmp_path: Path, suffix: str) -> None:
    """A screenshot, a photograph, an export: the same text."""
    path = tmp_path / f"code.{suffix}"
    picture(TEXT).convert("RGB").save(path)

    assert read_image(path) == TEXT


def test_a_transparent_picture_is_read(tmp_path: Path) -> None:
    """Black modules on a transparent background count as black on white."""
    grey = picture(TEXT)
    see_through = Image.new("RGBA", grey.size, (0, 0, 0, 0))
    see_through.paste((0, 0, 0, 255), mask=grey.point(lambda level: 255 - level))
    see_through.save(tmp_path / "code.png")

    assert read_image(tmp_path / "code.png") == TEXT


def test_a_turned_picture_is_read(tmp_path: Path) -> None:
    """The till reads sideways."""
    picture(TEXT).rotate(90).save(tmp_path / "code.png")

    assert read_image(tmp_path / "code.png") == TEXT


def test_among_several_codes_the_one_of_ours_is_taken(tmp_path: Path) -> None:
    """A medicine box or a poster beside the phone does not matter."""
    foreign, ours = picture("https://example.test", box=6), picture(TEXT)
    for order, codes in enumerate(([foreign, ours], [ours, foreign])):
        sheet = Image.new("L", (ours.width + foreign.width + 80, ours.height + 40), 255)
        x = 20
        for code in codes:
            sheet.paste(code, (x, 20))
            x += code.width + 40
        path = tmp_path / f"{order}.png"
        sheet.save(path)

        assert read_image(path) == TEXT


def test_another_code_alone_is_given_as_it_is(tmp_path: Path) -> None:
    """So that the till can say it is not one of ours."""
    picture("https://example.test", box=6).save(tmp_path / "code.png")

    assert read_image(tmp_path / "code.png") == "https://example.test"


def test_a_picture_without_a_code_says_so(tmp_path: Path) -> None:
    """A photograph of anything else."""
    image = Image.new("RGB", (300, 300), "white")
    ImageDraw.Draw(image).ellipse((50, 50, 250, 250), fill="black")
    image.save(tmp_path / "dot.png")

    with pytest.raises(NoCodeFound):
        read_image(tmp_path / "dot.png")


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", NotAnImage),
        (b"hello", NotAnImage),
        (b"<svg/>", NotAnImage),
        (b"\x89PNG\r\n\x1a\n", UnreadableInput),
    ],
)
def test_a_file_that_is_no_image_says_so(
    tmp_path: Path, content: bytes, refusal: type[UnreadableInput]
) -> None:
    """Named as what it is, whatever its suffix."""
    path = tmp_path / "code.png"
    path.write_bytes(content)

    with pytest.raises(refusal):
        read_image(path)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    """No such file."""
    with pytest.raises(NoSuchFile):
        read_image(tmp_path / "none.png")


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "tiff", "webp", "bmp"])
def test_a_damaged_picture_is_a_named_refusal_or_a_reading(tmp_path: Path, suffix: str) -> None:
    """Cut or altered anywhere, an image never raises anything but the scanner's own refusals."""
    path = tmp_path / f"code.{suffix}"
    picture(TEXT, box=2).convert("RGB").save(path)
    whole = path.read_bytes()
    for step in range(60):
        position = step * len(whole) // 60
        damaged = whole[:position] if step % 2 else whole[:position] + b"\xff\x00\xff" + whole[position + 3 :]
        path.write_bytes(damaged)
        with contextlib.suppress(UnreadableInput, NoCodeFound):
            assert read_image(path) == TEXT
