"""What the till answers: a light, the reasons, the facts, and how fresh all of it is.

Three times are three different things and all are told: when the card was issued, when it expires, and
when the rights it carries were read at their source (`as_of`). Nobody here says "rights up to date":
offline, nobody knows.

A red verdict names nobody. Whatever a refused card claims is either not proven (up to check 12) or of no use
to the person at the counter (revoked, expired, replayed), so only its kind is told, once its seal is proven.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from cartes.cards import CardKind
from verifier.facts import CardFacts
from verifier.lights import Light, light_of


@dataclass(frozen=True, slots=True)
class Reason:
    """A stable word code, and facts that are safe to show and to log (ages, dates; never a name or a NIR)."""

    code: str
    facts: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def light(self) -> Light:
        """What this reason alone would do."""
        return light_of((self.code,))


@dataclass(frozen=True, slots=True)
class Freshness:
    """The times of a verdict, all aware UTC; `None` for what was not reached or not proven.

    `checked_at` is this workstation's clock. `trust_signed_at` is when the issuers' list was last signed, and
    `status_issued_at` when the status list the card points into was made.
    """

    checked_at: datetime
    trust_signed_at: datetime | None = None
    status_issued_at: datetime | None = None
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    as_of: datetime | None = None
    proof_time: datetime | None = None

    @property
    def trust_age_s(self) -> int | None:
        """Seconds since the trust data were signed; never negative (a clock may lag a little behind)."""
        return self._age(self.trust_signed_at)

    @property
    def status_age_s(self) -> int | None:
        """Seconds since the status list was made; never negative."""
        return self._age(self.status_issued_at)

    def _age(self, then: datetime | None) -> int | None:
        return None if then is None else max(0, int((self.checked_at - then).total_seconds()))

    def to_json(self) -> dict[str, str | int | None]:
        """Every time as RFC 3339 in UTC, every age in seconds."""
        return {
            "checked_at": _text(self.checked_at),
            "issued_at": _text(self.issued_at),
            "expires_at": _text(self.expires_at),
            "as_of": _text(self.as_of),
            "proof_time": _text(self.proof_time),
            "trust_signed_at": _text(self.trust_signed_at),
            "trust_age_s": self.trust_age_s,
            "status_issued_at": _text(self.status_issued_at),
            "status_age_s": self.status_age_s,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one scan. `kind` is what an issuer sealed, `None` when no seal was proven.

    `facts` stands only beside a light that is not red: every one of them was proven by checks 0 to 14.
    """

    light: Light
    reasons: tuple[Reason, ...]
    freshness: Freshness
    kind: CardKind | None = None
    facts: CardFacts | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """The reasons' codes, in the order of the checks."""
        return tuple(reason.code for reason in self.reasons)

    @property
    def is_ours(self) -> bool:
        """False when what was scanned is not a card of this system at all."""
        return not {"not_sq1", "no_code_found"} & set(self.codes)

    def to_json(self, *, with_nir: bool = False) -> dict[str, Any]:
        """One object for a program. The NIR is in it only when asked for by name, to bill."""
        card: dict[str, Any] | None = None
        if self.facts is not None:
            card = self.facts.to_json(with_nir=with_nir)
        elif self.kind is not None:
            card = {"kind": self.kind.value}
        return {
            "light": self.light.word,
            "reasons": list(self.codes),
            "card": card,
            "freshness": self.freshness.to_json(),
        }


def verdict(
    reasons: tuple[Reason, ...],
    freshness: Freshness,
    *,
    kind: CardKind | None = None,
    facts: CardFacts | None = None,
) -> Verdict:
    """Let the table decide the light, and take the facts away from a red one."""
    light = light_of(reason.code for reason in reasons)
    return Verdict(light, reasons, freshness, kind, None if light is Light.RED else facts)


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds").replace("+00:00", "Z")
