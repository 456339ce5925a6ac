"""Inputs far larger than any code: text, images, files that are no files."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import pytest

from tests.simulators.cards import NOON, World
from verifier.lights import Light
from verifier.policy import POLICIES
from verifier.scanner import (
    MAX_IMAGE_BYTES,
    MAX_TEXT_CHARS,
    DamagedImage,
    FileTooLarge,
    NotAFile,
    TextTooLong,
    TooManyPixels,
    clean,
    read_image,
)

OFFICINE = POLICIES["officine"]


@pytest.mark.parametrize(
    "text", ["9" * 4_301, "9" * 1_000_000, "é" * 1_000_000, "1" + "0" * 5_000, " " * 10_000]
)
def test_an_endless_text_is_red_at_once(text: str) -> None:
    """Neither Python's own limit on integers nor quadratic work is reached."""
    assert World().till().check(text, OFFICINE, NOON).light is Light.RED


def test_the_scanner_refuses_what_no_code_can_hold() -> None:
    """The bound stands before any repair is tried."""
    with pytest.raises(TextTooLong):
        clean("1" * (MAX_TEXT_CHARS + 1))


def _png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(60_000, 60_000), (8_001, 8_001), (2**31 - 1, 1)])
def test_an_image_of_too_many_pixels_is_not_unpacked(tmp_path: Path, size: tuple[int, int]) -> None:
    """A few bytes that announce gigapixels are refused by their header."""
    path = tmp_path / "bomb.png"
    path.write_bytes(_png(*size, zlib.compress(b"\x00" * 1000)))

    with pytest.raises(TooManyPixels):
        read_image(path)


def test_an_image_that_ends_early_is_damaged(tmp_path: Path) -> None:
    """A header that promises more than there is."""
    path = tmp_path / "short.png"
    path.write_bytes(_png(500, 500, zlib.compress(b"\x00" * 1000))[:-30])

    with pytest.raises(DamagedImage):
        read_image(path)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """The bound is on the file's size, before it is opened."""
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(MAX_IMAGE_BYTES + 1)

    with pytest.raises(FileTooLarge):
        read_image(path)


def test_a_device_or_a_pipe_is_not_an_image(tmp_path: Path) -> None:
    """An endless device or a pipe that never answers does not hang the till."""
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)

    for path in (Path("/dev/zero"), pipe, tmp_path):
        with pytest.raises(NotAFile):
            read_image(path)
