"""A film made of one picture, in the form Chromium takes in the place of a camera (YUV4MPEG2)."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

_WIDTH, _HEIGHT = 1280, 720
_FRAMES = 30
_GREY = 128  # no colour: both colour planes stand in the middle


def film(picture: Path, path: Path) -> Path:
    """Write a second of `picture`, centred on a grey wall as tall as the frame allows; gives `path`."""
    wall = Image.new("L", (_WIDTH, _HEIGHT), 90)
    with Image.open(picture) as opened:
        seen = opened.convert("L")
    scale = min(0.92 * _WIDTH / seen.width, 0.92 * _HEIGHT / seen.height)
    seen = seen.resize((round(seen.width * scale), round(seen.height * scale)), Image.Resampling.BICUBIC)
    wall.paste(seen, ((_WIDTH - seen.width) // 2, (_HEIGHT - seen.height) // 2))
    frame = b"FRAME\n" + wall.tobytes() + bytes([_GREY]) * (_WIDTH * _HEIGHT // 2)
    head = f"YUV4MPEG2 W{_WIDTH} H{_HEIGHT} F30:1 Ip A1:1 C420jpeg\n".encode("ascii")
    path.write_bytes(head + frame * _FRAMES)
    return path
