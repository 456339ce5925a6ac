"""Draw what a till shows: a code as a PNG, or as blocks in a terminal. By zxing-cpp and Pillow."""

from __future__ import annotations

import io
from typing import Any, Final

QUIET_ZONE: Final = 4  # modules (ISO/IEC 18004, 6.3.8)
_LARGEST_AT_M: Final = 1082  # digits of version 16 at M; longer ones at L, as the phone draws them


def png(text: str, scale: int = 6) -> bytes:
    """A PNG of the digits `text`, `scale` pixels a module, quiet zone included."""
    from PIL import Image

    rows = _rows(text)
    side = len(rows)
    image = Image.frombytes("L", (side, side), bytes(0 if dark else 255 for row in rows for dark in row))
    file = io.BytesIO()
    image.resize((side * scale, side * scale), Image.Resampling.NEAREST).convert("1").save(file, "PNG")
    return file.getvalue()


def terminal(text: str) -> str:
    """Lines of half blocks, two modules a character high, for a terminal that writes light on dark."""
    rows = _rows(text)
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    # What is drawn is the light modules, since the dark ones are the background.
    glyphs = {(True, True): " ", (True, False): "▄", (False, True): "▀", (False, False): "█"}
    return "\n".join(
        "".join(glyphs[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    )


def _rows(text: str) -> list[list[bool]]:
    """The modules with their quiet zone, True where dark."""
    import zxingcpp

    level = "M" if len(text) <= _LARGEST_AT_M else "L"
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
    image: Any = made.to_image(scale=1, add_quiet_zones=False)
    size = int(image.shape[0])
    pixels = memoryview(image).tobytes()
    beside, above = [False] * QUIET_ZONE, [False] * (size + 2 * QUIET_ZONE)
    rows = [
        [*beside, *(pixel == 0 for pixel in pixels[start : start + size]), *beside]
        for start in range(0, size * size, size)
    ]
    return [list(above) for _ in range(QUIET_ZONE)] + rows + [list(above) for _ in range(QUIET_ZONE)]
