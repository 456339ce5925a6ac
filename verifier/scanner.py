"""From what a reader gives to one line of text: typed, piped, or photographed.

A hand-held reader is a keyboard: it may put a symbology mark in front (`]Q1`), control characters around,
and type digits as `&é"'(-è_çà` on an AZERTY layout. All of that is undone here and nothing else is: what
is left goes to `cartes.wire.qr`, which judges it. An image is opened with bounds on its bytes and its
pixels, by the two libraries it takes, imported only then.

Nothing here believes what it reads.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import warnings
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Final, Literal

from cartes.errors import CarteError
from cartes.sealed_answer import ANSWER
from cartes.wire import qr

if TYPE_CHECKING:
    from PIL import Image

MAX_TEXT_CHARS: Final = 8_192  # the largest QR symbol holds 7,089 digits
_MAX_BLANK_LINES: Final = 64
MAX_IMAGE_BYTES: Final = 32_000_000
MAX_IMAGE_PIXELS: Final = 64_000_000
_FORMATS: Final = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
# What readers and terminals put around a line: STX, ETX, EOT, RS, GS, blanks, line ends, a BOM.
_AROUND: Final = "\x00\x02\x03\x04\x1e\x1d \t\r\n\v\f\ufeff"
# The AIM identifier of QR codes (ISO/IEC 15424: `]Q` and a digit), also as an AZERTY layout types it.
_AIM: Final = re.compile(r"(?:\]Q[0-6]|\$[AaQq][0-6à&é\"'(\-§])")


class UnreadableInput(CarteError):
    """What was given cannot be read at all. The leaf says why."""

    code = "unreadable_input"


class NoSuchFile(UnreadableInput):
    """There is no such file, or it may not be opened."""

    code = "no_such_file"


class NotAFile(UnreadableInput):
    """A folder, a device or a pipe where an image was expected."""

    code = "not_a_file"


class FileTooLarge(UnreadableInput):
    """More bytes than the picture of a code has."""

    code = "file_too_large"


class NotAnImage(UnreadableInput):
    """Not one of the image formats this till opens."""

    code = "not_an_image"


class DamagedImage(UnreadableInput):
    """An image that ends early or contradicts itself."""

    code = "damaged_image"


class TooManyPixels(UnreadableInput):
    """An image that would take too much memory."""

    code = "too_many_pixels"


class TextTooLong(UnreadableInput):
    """Longer than any QR code can be."""

    code = "text_too_long"


class NoCodeFound(CarteError):
    """The image was read, and there is no QR code in it."""

    code = "no_code_found"


def clean(raw: str) -> str:
    """One scanned line: its surroundings dropped, an AZERTY layout undone. `TextTooLong` if endless."""
    if len(raw) > MAX_TEXT_CHARS:
        raise TextTooLong(limit=MAX_TEXT_CHARS)
    line = raw.strip(_AROUND)
    mark = _AIM.match(line)
    return qr.repair_azerty(line[mark.end() :] if mark else line)


def read_stream(stream: BinaryIO) -> str:
    """The first line that holds something, from a reader on standard input: UTF-8, else Windows-1252.

    Ends at the end of that line, so that a reader in keyboard mode need not close the stream.
    """
    for _ in range(_MAX_BLANK_LINES):
        data = stream.readline(4 * MAX_TEXT_CHARS)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
        lines = [line for line in text.splitlines() if line.strip(_AROUND)]
        if lines:
            return clean(lines[0])
        if not data:
            break
    return ""


def read_image(path: Path) -> str:
    """The text of the first QR code in `path` that is a card or a sealed answer, else of the first one.

    Raises `NoCodeFound`, or `UnreadableInput` for a file that is missing, is no image, or is out of bounds.
    """
    try:
        about = path.stat()
    except OSError as failure:
        raise NoSuchFile from failure
    if not stat.S_ISREG(about.st_mode):
        raise NotAFile
    if about.st_size > MAX_IMAGE_BYTES:
        raise FileTooLarge(limit=MAX_IMAGE_BYTES)
    return _best_of(_codes_in(path.open))


def read_picture(data: bytes) -> str:
    """The same as `read_image`, for the bytes of an image that came by another way than the disk."""
    if len(data) > MAX_IMAGE_BYTES:
        raise FileTooLarge(limit=MAX_IMAGE_BYTES)
    return _best_of(_codes_in(lambda _mode: io.BytesIO(data)))


def read_frame(grey: bytes, width: int, height: int) -> str:
    """The code in one frame of a camera: `width` times `height` grey levels, rows from the top.

    Raises `NoCodeFound`, or `DamagedImage` when the bytes are not that many.
    """
    if width <= 0 or height <= 0 or len(grey) != width * height:
        raise DamagedImage
    return _best_of(_codes_on(memoryview(grey).cast("B", shape=[height, width])))


def _best_of(codes: Iterable[str]) -> str:
    texts = [clean(text) for text in codes if len(text) <= MAX_TEXT_CHARS]
    if not texts:
        raise NoCodeFound
    return _first_of_ours(texts)


def _codes_in(opened: Callable[[Literal["rb"]], IO[bytes]]) -> list[str]:
    from PIL import Image, UnidentifiedImageError

    # What Pillow raises on a damaged file differs from one format to the next.
    damaged = (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError, MemoryError)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of pixels and odd metadata; the bounds here are ours
        try:
            with opened("rb") as file, Image.open(file, formats=_FORMATS) as image:
                if image.width * image.height > MAX_IMAGE_PIXELS:
                    raise TooManyPixels(limit=MAX_IMAGE_PIXELS)
                grey = _grey(image)
        except UnidentifiedImageError as failure:
            raise NotAnImage from failure
        except Image.DecompressionBombError as failure:
            raise TooManyPixels(limit=MAX_IMAGE_PIXELS) from failure
        except (*damaged, struct.error, zlib.error) as failure:
            raise DamagedImage from failure
    return _codes_on(grey)


def _codes_on(grey: Image.Image | memoryview) -> list[str]:
    import zxingcpp

    wanted = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    found = zxingcpp.read_barcodes(grey, formats=wanted, text_mode=zxingcpp.TextMode.Plain)
    return [code.text for code in found if code.valid]


def _grey(image: Image.Image) -> Image.Image:
    """Grey levels on white paper: a transparent background counts as white."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        from PIL import Image as Picture

        flat = image.convert("RGBA")
        paper = Picture.new("RGBA", flat.size, "white")
        paper.alpha_composite(flat)
        return paper.convert("L")
    return image.convert("L")


def _first_of_ours(texts: Iterable[str]) -> str:
    candidates = list(texts)
    for text in candidates:
        if qr.is_form(text, qr.CARD) or qr.is_form(text, ANSWER):
            return text
    return candidates[0]
