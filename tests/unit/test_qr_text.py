"""The decimal text of a code, and the keyboard that types it wrong."""

from __future__ import annotations

import unicodedata

import pytest

from cartes.errors import BadTransport, InvalidValue, NotSq1
from cartes.wire import qr

DATA = bytes(range(256)) + b"end of a card"
TEXT = qr.pack(DATA)
ROW = dict(zip("1234567890", "&é\"'(-è_çà", strict=True))


def test_leading_zero_bytes_come_back() -> None:
    """The byte 01 in front keeps zeros that an integer would lose."""
    assert qr.unpack(qr.pack(bytes(300))) == bytes(300)


@pytest.mark.parametrize(
    "text",
    ["", "0", "3400930000120", "https://example.test", "HC1:6BFOXN", "shc:/567629", "-" + TEXT[:100],
     TEXT.translate({48 + n: 0x660 + n for n in range(10)}), "DC04FR0000" + "A" * 600],
)  # fmt: skip
def test_other_codes_are_not_ours(text: str) -> None:
    """What was never a card of ours is told apart from a damaged one."""
    with pytest.raises(NotSq1):
        qr.unpack(text)


@pytest.mark.parametrize(
    "text",
    ["0" + TEXT, TEXT + "\n", " " + TEXT, TEXT[:300] + "_" + TEXT[300:], "+" + TEXT, TEXT[:-1], TEXT[1:],
     TEXT + "7", TEXT * 3, "9" * 4300, "9" * 4301, "9" * 100_000, TEXT[:200] + "٣" + TEXT[201:]],
)  # fmt: skip
def test_damaged_text_is_named_as_such(text: str) -> None:
    """Lost, added or foreign characters, and numbers Python itself would refuse to read."""
    with pytest.raises(BadTransport):
        qr.unpack(text)


def test_longest_presentation_is_written_and_no_longer_one() -> None:
    """The limit is the longest card with the longest inline tail."""
    longest = b"\xff" * qr.MAX_BYTES

    assert qr.unpack(qr.pack(longest)) == longest
    with pytest.raises(InvalidValue):
        qr.pack(longest + b"\xff")


def test_text_typed_on_azerty_is_repaired() -> None:
    """A reader in keyboard mode on a French layout: the whole number row comes back."""
    typed = "".join(ROW[digit] for digit in TEXT)

    assert qr.repair_azerty(typed) == TEXT
    assert qr.repair_azerty(typed.upper()) == TEXT
    assert qr.repair_azerty(unicodedata.normalize("NFD", typed)) == TEXT
    assert qr.repair_azerty(typed.replace("-", "§").replace("_", "!")) == TEXT


def test_mixed_text_keeps_its_digits() -> None:
    """Caps lock pressed half-way: what is already a digit stays."""
    typed = TEXT[:100] + "".join(ROW[digit] for digit in TEXT[100:])

    assert qr.repair_azerty(typed) == TEXT


@pytest.mark.parametrize("text", [TEXT, "", "https://example.test/(a)", "C'EST-À-DIRE", "été"])
def test_other_text_is_left_alone(text: str) -> None:
    """Only a text made of that row alone is touched."""
    assert qr.repair_azerty(text) == text
