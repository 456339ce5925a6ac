"""The shape of what the till says: what is the matter, and what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """`said` names the matter; `to_do` is the next gesture of the person at the counter."""

    said: str
    to_do: str
