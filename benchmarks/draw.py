"""A phone draws its QR: the matrix and the PNG, beside the PyPI package `qrcode` drawing the same digits."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Final

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import QRData

from benchmarks.figure import Aim, Figure, Quantity, Shown
from benchmarks.timing import interleaved
from benchmarks.world import full_card, largest_presentation
from cartes.wire import qr
from mobile_mock.draw import DEFAULT_SCALE, QUIET_ZONE, draw

AIM_S = 0.005
_NUMERIC: Final = 1  # the mode indicator of ISO/IEC 18004, table 2; `qrcode.util.MODE_NUMBER`


def measure(*, rounds: int = 15) -> list[Figure]:
    """Draw the full card's symbol in numeric mode at M, as a PNG and as a matrix."""
    text = qr.pack(largest_presentation(full_card()))
    taken = interleaved(
        {
            "ours": lambda: lambda: draw(text).png(),
            "matrix": lambda: lambda: draw(text),
            "peer": lambda: _with_qrcode(text),
        },
        rounds=rounds,
        operations=1,
    )
    beside = f"qrcode, PNG: {Quantity(taken['peer'], Shown.DURATION)}"
    return [
        Figure(
            "draw",
            "Drawing a QR, PNG",
            Quantity(taken["ours"], Shown.DURATION),
            f"{beside} ({taken['peer'] / taken['ours']:.1f} × ours)",
            Quantity(taken["ours"], Shown.DURATION),
            Aim.AT_MOST,
            AIM_S,
        ),
        Figure(
            "draw_matrix",
            "Drawing a QR, modules only",
            Quantity(taken["matrix"], Shown.DURATION),
            beside,
            Quantity(taken["matrix"], Shown.DURATION),
            Aim.AT_MOST,
            AIM_S,
        ),
    ]


def _with_qrcode(text: str) -> Callable[[], None]:
    def work() -> None:
        code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=DEFAULT_SCALE, border=QUIET_ZONE)
        code.add_data(QRData(text, mode=_NUMERIC))
        code.make(fit=True)
        code.make_image().save(io.BytesIO())

    return work
