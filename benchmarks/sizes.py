"""A phone shows a card: how many bytes and which QR version, for the largest persona."""

from __future__ import annotations

from benchmarks.figure import Aim, Figure, Quantity, Shown
from benchmarks.world import every_shape, largest_presentation
from cartes.wire import qr
from mobile_mock.draw import draw

# The aims at the top of `docs/formats/qr.md`, in bytes: v15-M, v16-M, v14-M.
_AIMS = {"soins": (385, 15), "complet": (449, 16), "complet, delegated": (449, 16), "e-CPS": (361, 14)}


def measure() -> list[Figure]:
    """One line a shape: bytes beside its aim, and the version of the symbol."""
    figures = []
    for name, card in every_shape().items():
        data = largest_presentation(card)
        symbol = draw(qr.pack(data))
        bound, version = _AIMS.get(name, (0, 0))
        figures.append(
            Figure(
                f"size {name}",
                f"Bytes of a presentation, {name}",
                Quantity(len(data), Shown.BYTES),
                f"symbol v{symbol.version}-{symbol.level}" + (f", aim v{version}-M" if version else ""),
                Quantity(len(data), Shown.BYTES),
                Aim.AT_MOST if bound else None,
                bound,
                note="" if not version or symbol.version <= version else "the symbol is larger than its aim",
            )
        )
    return figures
