"""The QR as drawn is the QR as read, at the level and version the format promises."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import pytest
import zxingcpp
from PIL import Image

from cartes.cards import CardKind
from mobile_mock.draw import QUIET_ZONE, draw
from mobile_mock.errors import CannotDraw
from mobile_mock.pocket_records import KeptCard
from mobile_mock.showing import Presentation
from tests.simulators.stopwatch import work_of

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def digits(count: int) -> str:
    return "".join(str((7 * place + place // 10) % 10) for place in range(1, count + 1))


def read(picture: Image.Image) -> zxingcpp.Barcode:
    found = zxingcpp.read_barcodes(picture)
    assert len(found) == 1
    return found[0]


# ISO/IEC 18004 table 7, numeric mode: the most digits of a version, and the first that needs the next.
CAPACITIES = [
    (871, 14, "M"),
    (872, 15, "M"),
    (991, 15, "M"),
    (992, 16, "M"),
    (1082, 16, "M"),
    (1083, 14, "L"),
    (1470, 17, "L"),
]


@pytest.mark.parametrize(("count", "version", "level"), CAPACITIES)
@pytest.mark.parametrize("scale", [1, 3, 6])
def test_a_png_reads_back_at_the_promised_version(count: int, version: int, level: str, scale: int) -> None:
    """Numeric mode, M up to version 16, L beyond: the capacities are those of the standard."""
    symbol = draw(digits(count))

    seen = read(Image.open(io.BytesIO(symbol.png(scale))))

    assert (seen.text, seen.ec_level) == (digits(count), level)
    assert (symbol.version, symbol.level) == (version, level)


def test_the_quiet_zone_is_four_modules_and_modules_are_whole_pixels() -> None:
    """The picture is white four modules deep on each side, and every module is a square of one colour."""
    symbol = draw(digits(900))
    picture = Image.open(io.BytesIO(symbol.png(5))).convert("L")

    side = (symbol.size + 2 * QUIET_ZONE) * 5
    assert picture.size == (side, side)
    assert picture.crop((0, 0, side, QUIET_ZONE * 5)).getextrema() == (255, 255)
    assert picture.crop((0, 0, QUIET_ZONE * 5, side)).getextrema() == (255, 255)
    corner = picture.crop((QUIET_ZONE * 5, QUIET_ZONE * 5, (QUIET_ZONE + 7) * 5, (QUIET_ZONE + 1) * 5))
    assert corner.getextrema() == (0, 0)  # the top edge of a finder pattern


def test_an_svg_draws_the_same_modules() -> None:
    """The one black path of the SVG, painted on a grid, reads back as the same text."""
    symbol = draw(digits(900))

    root = ET.fromstring(symbol.svg("QR apCV & e-CPS"))
    title, _, path = list(root)
    side = int(root.attrib["viewBox"].split()[2])
    picture = Image.new("L", (side, side), 255)
    for run in path.attrib["d"].removeprefix("M").split("M"):
        place, _, rest = run.partition("h")
        x, y = map(int, place.split())
        for step in range(int(rest.partition("v")[0])):
            picture.putpixel((x + step, y), 0)

    assert title.text == "QR apCV & e-CPS"
    assert read(picture.resize((side * 4, side * 4), Image.Resampling.NEAREST)).text == digits(900)


@pytest.mark.parametrize("dark_background", [True, False])
def test_the_terminal_shows_the_same_modules(*, dark_background: bool) -> None:
    """Half blocks, read as a camera would see them on either background, say the same text."""
    lines = draw(digits(900)).terminal(dark_background=dark_background).split("\n")

    ink, paper = (255, 0) if dark_background else (0, 255)
    picture = Image.new("L", (len(lines[0]), 2 * len(lines)), paper)
    for y, line in enumerate(lines):
        for x, block in enumerate(line):
            picture.putpixel((x, 2 * y), ink if block in "▀█" else paper)
            picture.putpixel((x, 2 * y + 1), ink if block in "▄█" else paper)

    large = picture.resize((picture.width * 4, picture.height * 4), Image.Resampling.NEAREST)
    assert read(large).text == digits(900)


@pytest.mark.parametrize("text", ["", "12a4", "١٢٣", "1" * 2062, "-12"])
def test_what_is_not_digits_or_too_long_is_not_drawn(text: str) -> None:
    """Only ASCII digits are drawn, and no more than a version 20 holds."""
    with pytest.raises(CannotDraw):
        draw(text)


@pytest.mark.parametrize("scale", [0, -1, 41])
def test_a_module_is_one_to_forty_pixels(scale: int) -> None:
    """No picture without pixels, and none that fills the memory."""
    with pytest.raises(CannotDraw):
        draw(digits(900)).png(scale)


def test_ten_times_the_digits_is_no_hundred_times_the_work() -> None:
    """What drawing costs grows with what is drawn; `make bench` measures it against its budget."""
    assert work_of(lambda: draw(digits(900)).png()) < 30 * work_of(lambda: draw(digits(90)).png())


@pytest.mark.parametrize(
    ("kind", "title"),
    [(CardKind.APCV, "QR apCV"), (CardKind.ECPS, "QR e-CPS"), (CardKind.AMC, "QR complémentaire")],
)
def test_a_screen_reader_is_told_which_card_a_picture_is_of(kind: CardKind, title: str) -> None:
    """An insurer's card is not called a professional's."""
    card = KeptCard(kind, "name", b"", NOW, NOW, NOW)

    assert f"<title>{title}</title>" in Presentation(card, b"", "1234", NOW).svg()
