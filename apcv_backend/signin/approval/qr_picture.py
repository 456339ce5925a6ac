"""The QR of a waiting page, drawn by the server as one SVG path: no script, no picture from elsewhere."""

from __future__ import annotations

import qrcode
from markupsafe import Markup, escape
from qrcode.constants import ERROR_CORRECT_M

_QUIET = 4  # modules, ISO/IEC 18004 6.3.8


def svg_of(text: str, label: str) -> Markup:
    """`text` as a QR symbol at level M; `label` says what it is to whoever does not see it."""
    symbol = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=_QUIET)
    symbol.add_data(text)
    symbol.make(fit=True)
    rows = symbol.get_matrix()
    runs = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark
    )
    size = len(rows)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img" aria-label="{label}" '
        'shape-rendering="crispEdges"><path fill="#ffffff" d="M0 0h{size}v{size}H0z"/>'
        '<path fill="#000000" d="{runs}"/></svg>'
    ).format(size=size, label=escape(label), runs=runs)
