"""Draw the decimal text of a card as a QR symbol: a picture, a path, or blocks in a terminal.

Pictures are made by zxing-cpp, in milliseconds; the terminal's blocks by `qrcode`, which draws them best.

Only digits are drawn, so the symbol is in numeric mode. Error correction is M: on a screen it is glare that
hurts, and M survives a reflection over a tenth of the symbol. A text too long for version 16 at M is drawn at
L, because modules that are too small hurt more than a reflection.

The quiet zone is four modules wide (ISO/IEC 18004, 6.3.8) and a module is a whole number of pixels.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from mobile_mock.errors import CannotDraw

QUIET_ZONE = 4
LARGEST_AT_M = 1082  # digits of version 16 at M (ISO/IEC 18004, table 7)
LARGEST_AT_L = 2061  # digits of version 20 at L, well above the longest card with an inline client-data tail
DEFAULT_SCALE = 6
_LARGEST_SCALE = 40
_NUMERIC: Final = 1  # the mode indicator of ISO/IEC 18004, table 2


@dataclass(frozen=True)
class Symbol:
    """One QR symbol.

    Attributes:
        text: the digits it says.
        level: error correction, `M` or `L`.
        size: modules on a side, quiet zone not counted.
    """

    text: str
    level: str
    size: int
    _pixels: bytes  # one byte a module, row by row: 0 dark, 255 light

    @property
    def version(self) -> int:
        """The version of ISO/IEC 18004: 1 is 21 modules wide, each next one four more."""
        return (self.size - 17) // 4

    @cached_property
    def rows(self) -> tuple[tuple[bool, ...], ...]:
        """The modules, True where dark, without quiet zone."""
        return tuple(
            tuple(pixel == 0 for pixel in self._pixels[start : start + self.size])
            for start in range(0, len(self._pixels), self.size)
        )

    def png(self, scale: int = DEFAULT_SCALE) -> bytes:
        """A PNG, one bit a pixel, `scale` pixels a module (1 to 40), quiet zone included."""
        from PIL import Image

        side = (self.size + 2 * QUIET_ZONE) * _scale(scale)
        page = Image.new("L", (self.size + 2 * QUIET_ZONE,) * 2, 255)
        page.paste(Image.frombytes("L", (self.size, self.size), self._pixels), (QUIET_ZONE, QUIET_ZONE))
        file = io.BytesIO()
        # One bit a pixel before it is enlarged: the whole picture then takes 2 ms instead of 3.
        page.convert("1", dither=Image.Dither.NONE).resize((side, side), Image.Resampling.NEAREST).save(
            file, "PNG", compress_level=1
        )
        return file.getvalue()

    def svg(self, title: str = "QR") -> str:
        """An SVG of one path, a unit a module, quiet zone included; `title` is what a screen reader says."""
        side = self.size + 2 * QUIET_ZONE
        path = "".join(
            f"M{QUIET_ZONE + start} {QUIET_ZONE + y}h{length}v1h-{length}z"
            for y, row in enumerate(self.rows)
            for start, length in _runs(row)
        )
        name = title.replace("&", "&amp;").replace("<", "&lt;")
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img"'
            f' shape-rendering="crispEdges"><title>{name}</title>'
            f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d="{path}"/></svg>\n'
        )

    def terminal(self, *, dark_background: bool = True) -> str:
        """Lines of half blocks, two modules a character high, quiet zone included.

        Most terminals write light on dark: the light modules are then the ones drawn. Say so if not.
        """
        import qrcode
        from qrcode.util import QRData

        code = qrcode.QRCode(
            error_correction=qrcode.ERROR_CORRECT_M if self.level == "M" else qrcode.ERROR_CORRECT_L,
            border=QUIET_ZONE,
        )
        code.add_data(QRData(self.text, _NUMERIC))
        page = io.StringIO()
        code.print_ascii(out=page, invert=dark_background)
        return page.getvalue().rstrip("\n")


def draw(text: str) -> Symbol:
    """The smallest symbol that says `text` at the level this format asks for.

    Raises:
        CannotDraw: the text is not ASCII digits, or does not fit.
    """
    if not (text.isascii() and text.isdigit()) or len(text) > LARGEST_AT_L:
        raise CannotDraw(digits=len(text))
    import zxingcpp

    level = "M" if len(text) <= LARGEST_AT_M else "L"
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
    image: Any = made.to_image(scale=1, add_quiet_zones=False)
    return Symbol(text, level, int(image.shape[0]), memoryview(image).tobytes())


def _scale(scale: int) -> int:
    if not 1 <= scale <= _LARGEST_SCALE:
        raise CannotDraw(scale=scale)
    return scale


def _runs(row: tuple[bool, ...]) -> list[tuple[int, int]]:
    """Where dark modules follow one another in a row: (start, length)."""
    runs: list[tuple[int, int]] = []
    start = None
    for x, dark in enumerate((*row, False)):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            runs.append((start, x - start))
            start = None
    return runs
