"""Films for Chromium's fake camera: still pictures in the form it takes in a camera's place (YUV4MPEG2).

It plays a file without end, and reads it anew each time a page opens the camera.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from verifier import drawing

WIDTH, HEIGHT = 1280, 720
CAMERA = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
_WALL = 90
_NO_COLOUR = b"\x80" * (WIDTH * HEIGHT // 2)  # both colour planes stand in the middle


def film(path: Path, *texts: str) -> str:
    """Write a film that shows each code in turn; gives the argument that makes it Chromium's camera."""
    _write(path, (_code(text) for text in texts), rate=10, frames_each=5)
    return f"--use-file-for-fake-video-capture={path}"


def film_of(picture: Path, path: Path) -> None:
    """Write a second of a picture, centred on the wall and as large as the frame allows."""
    with Image.open(picture) as opened:
        seen = opened.convert("L")
    scale = min(0.92 * WIDTH / seen.width, 0.92 * HEIGHT / seen.height)
    size = (round(seen.width * scale), round(seen.height * scale))
    _write(path, [seen.resize(size, Image.Resampling.BICUBIC)], rate=30, frames_each=30)


def _code(text: str) -> Image.Image:
    """A code as a phone's screen shows it; the bare wall for an empty text."""
    if not text:
        return Image.new("L", (1, 1), _WALL)
    code = Image.open(io.BytesIO(drawing.png(text, scale=6))).convert("L")
    code.thumbnail((HEIGHT - 80, HEIGHT - 80))
    return code


def _write(path: Path, pictures: Iterable[Image.Image], *, rate: int, frames_each: int) -> None:
    """Each picture in the middle of a grey wall, for so many frames."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{rate}:1 Ip A1:1 C420jpeg\n".encode("ascii"))
        for picture in pictures:
            wall = Image.new("L", (WIDTH, HEIGHT), _WALL)
            wall.paste(picture, ((WIDTH - picture.width) // 2, (HEIGHT - picture.height) // 2))
            file.write((b"FRAME\n" + wall.tobytes() + _NO_COLOUR) * frames_each)
