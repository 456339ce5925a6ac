"""A film for Chromium's fake camera: still pictures of codes, as a YUV4MPEG2 file it plays without end."""

from __future__ import annotations

from pathlib import Path

from verifier import drawing

WIDTH, HEIGHT = 1280, 720
CAMERA = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")


def film(path: Path, *texts: str, frames_each: int = 5) -> str:
    """Write a film that shows each code in turn; gives the argument that makes it Chromium's camera."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode())
        for text in texts:
            frame = b"FRAME\n" + _levels(text) + b"\x80" * (WIDTH * HEIGHT // 2)
            file.write(frame * frames_each)
    return f"--use-file-for-fake-video-capture={path}"


def _levels(text: str) -> bytes:
    """A phone's screen in the middle of a grey room."""
    import io

    from PIL import Image

    room = Image.new("L", (WIDTH, HEIGHT), 96)
    if text:
        code = Image.open(io.BytesIO(drawing.png(text, scale=6))).convert("L")
        code.thumbnail((HEIGHT - 80, HEIGHT - 80))
        room.paste(code, ((WIDTH - code.width) // 2, (HEIGHT - code.height) // 2))
    return room.tobytes()
