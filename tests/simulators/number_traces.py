"""How a person's number could lie somewhere: every form in which somebody could still read it, or guess it.

Whole and without its key, spaced as people write it, with Corsica's letter as digits; in hex, in base64
whatever came before it, in an address; and under a hash without a secret, which anybody who counts through
the numbers can turn back.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from urllib.parse import quote

_GROUPS = re.compile(r"(.)(..)(..)(..)(...)(...)(..)?")
_SEPARATORS = (" ", "-", ".", "\u00a0", "/")
_CORSICA = {"2A": "19", "2B": "18"}
_HASHES = ("md5", "sha1", "sha256", "sha512")


@cache
def forms_of(number: str) -> dict[str, bytes]:
    """Each form of a NIR of 15 characters, by a word that names the form and not the number."""
    found: dict[str, bytes] = {}
    for length in (15, 13):
        cut = number[:length]
        for name, text in _written(cut):
            found[f"{length} {name}"] = text.encode()
        found |= {f"{length} {name}": form for name, form in _encoded(cut)}
        found |= {f"{length} {name}": form for name, form in _hashed(cut)}
    return found


def forms_in(told: bytes, numbers: Iterable[str]) -> list[str]:
    """The forms of these numbers that stand in `told`, in either case."""
    lower = told.lower()
    return sorted(
        {
            name
            for number in numbers
            for name, form in forms_of(number).items()
            # base64 has a case of its own; everything else is looked for in either.
            if (form in told if "base64" in name else form.lower() in lower)
        }
    )


def _written(number: str) -> Iterator[tuple[str, str]]:
    yield "characters", number
    groups = _GROUPS.fullmatch(number)
    assert groups is not None, "a NIR has 13 or 15 characters"
    parts = [part for part in groups.groups() if part]
    for separator in _SEPARATORS:
        spaced = separator.join(parts)
        yield f"spaced by {separator!r}", spaced
        yield f"spaced by {separator!r}, in an address", quote(spaced, safe="")
    yield "spaced by +", "+".join(parts)
    letters = number[5:7]
    if letters in _CORSICA:
        yield "all digits", number[:5] + _CORSICA[letters] + number[7:]


def _encoded(number: str) -> Iterator[tuple[str, bytes]]:
    raw = number.encode()
    yield "hex", raw.hex().encode()
    yield "utf-16", number.encode("utf-16-le")
    for before in range(3):
        # The characters that do not depend on what stands around it.
        first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        yield f"base64 after {before}", base64.b64encode(b"\0" * before + raw)[first:last]
    if number.isdigit():
        yield "number", int(number).to_bytes(8, "big").lstrip(b"\0")


def _hashed(number: str) -> Iterator[tuple[str, bytes]]:
    for name in _HASHES:
        digest = hashlib.new(name, number.encode()).digest()
        yield f"{name}", digest
        yield f"{name} in hex", digest.hex().encode()
        yield f"{name} in base64", base64.b64encode(digest)[: len(digest) * 8 // 6]
        yield f"{name} in base64url", base64.urlsafe_b64encode(digest)[: len(digest) * 8 // 6]
