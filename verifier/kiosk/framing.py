"""From the bytes a hand reader sends on its serial line to one text for each code.

Readers end a code by CR, LF or both, and some by nothing at all: silence ends it then. Bytes arrive cut
anywhere. A line that never ends is not kept: it is counted, dropped up to its end, and told as too long.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from verifier.scanner import MAX_TEXT_CHARS

SILENCE_S: Final = 0.25
"""A code is over when nothing came for this long: ten times the gap a slow serial reader leaves."""
_ENDS: Final = frozenset(b"\r\n\x03\x04")  # CR, LF, ETX, EOT


@dataclass(frozen=True, slots=True)
class Frame:
    """One code as it was read; `too_long` when more came than any code holds, and the text is empty then."""

    text: str = field(repr=False)
    too_long: bool = False


@dataclass(slots=True)
class Framer:
    """Feed it what arrives and the seconds of a clock that never goes back."""

    _held: bytearray = field(default_factory=bytearray, repr=False)
    _dropping: bool = False
    _heard_at: float = 0.0

    def feed(self, data: bytes, now_s: float) -> list[Frame]:
        """The codes that `data` ends."""
        ended = self.after_silence(now_s)
        if data:
            self._heard_at = now_s
        for byte in data:
            if byte in _ENDS:
                ended += self._end()
            elif len(self._held) >= MAX_TEXT_CHARS:
                self._dropping = True
            else:
                self._held.append(byte)
        return ended

    def after_silence(self, now_s: float) -> list[Frame]:
        """The code that silence has ended, if one is held and it was silent for `SILENCE_S`."""
        return self._end() if self._held and now_s - self._heard_at >= SILENCE_S else []

    def forget(self) -> None:
        """The line was cut: half a code is no code."""
        self._held.clear()
        self._dropping = False

    def _end(self) -> list[Frame]:
        held, dropping = bytes(self._held), self._dropping
        self.forget()
        if dropping:
            return [Frame("", too_long=True)]
        text = held.decode("utf-8", errors="replace").strip("\x00\x02 \t")
        return [Frame(text)] if text else []
