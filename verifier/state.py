"""How fit this till is to judge: the age of what it trusts, and what that allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cartes.errors import CardRefused
from verifier.display import age_text, instant_text, light_line
from verifier.inert import inert
from verifier.lights import Light, light_of
from verifier.policy import TRUST_OLD_AFTER
from verifier.sentences import Language, sentence_for
from verifier.trust_store import TrustSnapshot, TrustStore
from verifier.verify import check_clock
from verifier.words import words_in


@dataclass(frozen=True, slots=True)
class State:
    """What a till knows of itself at `checked_at`. `snapshot` is `None` when it may judge nothing."""

    checked_at: datetime
    snapshot: TrustSnapshot | None
    code: str | None = None
    why: str | None = None

    @property
    def light(self) -> Light:
        """Green: fresh; amber: more than a day old; red: this till judges nothing."""
        return light_of(() if self.code is None else (self.code,))

    def to_json(self) -> dict[str, Any]:
        """For a program: the light, the reason, and when the publisher last spoke."""
        told: dict[str, Any] = {
            "light": self.light.word,
            "reasons": [] if self.code is None else [self.code],
            "trust_signed_at": None,
        }
        if self.snapshot is not None:
            told["trust_signed_at"] = self.snapshot.signed_at.isoformat().replace("+00:00", "Z")
            told["trust_age_s"] = max(0, int(self.snapshot.age(self.checked_at).total_seconds()))
            told["trust_version"] = self.snapshot.trust.version
            told["env"] = self.snapshot.trust.env
            told["issuers"] = [issuer.name for issuer in self.snapshot.trust.issuers]
        return told


def state_of(store: TrustStore, at: datetime) -> State:
    """Load what `store` holds and say how old it is. Raises nothing: an unusable store is a state too."""
    try:
        snapshot = store.load(at)
        check_clock(snapshot, at)
    except CardRefused as refused:
        why = refused.facts.get("why")
        return State(at, None, refused.code, why if isinstance(why, str) else None)
    old = snapshot.age(at) > TRUST_OLD_AFTER
    return State(at, snapshot, "trust_data_old" if old else None)


def draw_state(state: State, language: Language = Language.FRENCH) -> str:
    """A few lines for people."""
    words = words_in(language)
    lines = [light_line(state.light, words)]
    if state.code is not None:
        sentence = sentence_for("never_refreshed" if state.why == "never_refreshed" else state.code, language)
        lines += [sentence.said, f"  → {sentence.to_do}"]
    if state.snapshot is not None:
        age = max(0, int(state.snapshot.age(state.checked_at).total_seconds()))
        lines.append(f"{words.trust_age:<28} {age_text(age, words)}")
        lines.append(f"{words.signed_at:<28} {instant_text(state.snapshot.signed_at, words)}")
        names = ", ".join(inert(issuer.name) for issuer in state.snapshot.trust.issuers)
        lines.append(f"{words.issuers:<28} {names}")
    return "".join(f"{line}\n" for line in lines)
