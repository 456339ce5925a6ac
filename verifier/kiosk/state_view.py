"""How the workstation does, in words: trust data, readers, what is asked, the two-way mode, today's scans."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from verifier.display import age_text, instant_text
from verifier.kiosk.desk import Desk
from verifier.kiosk.phrases import sentence_at_the_till
from verifier.kiosk.serial_reader import SerialReader
from verifier.kiosk.today import Entry
from verifier.kiosk.trust_keeper import LastRefresh
from verifier.kiosk.two_way_screen import Symbol
from verifier.paris import clock_of
from verifier.sentences import Language
from verifier.state import state_of
from verifier.trust_store import TrustStore
from verifier.words import words_in


def state_view(
    desk: Desk,
    store: TrustStore,
    at: datetime,
    language: Language,
    *,
    reader: SerialReader,
    refreshes: bool,
    last_refresh: LastRefresh | None,
) -> dict[str, Any]:
    """What `/api/state` tells at `at`."""
    until = desk.two_way.authorised_until(at)
    return {
        "at": clock_of(at).strftime("%H:%M"),
        "trust": _trust(store, at, language),
        "refresh": {
            "configured": refreshes,
            "tried_at": clock_of(last_refresh.at).strftime("%H:%M") if last_refresh else None,
            "problem": _sentence(last_refresh.code, language) if last_refresh and last_refresh.code else None,
        },
        "reader": {"port": reader.port, "state": reader.state.value},
        "asked": {"policy": desk.asked.policy, "once": desk.asked.once},
        "two_way": {
            "awaited": desk.two_way.awaited,
            "until": clock_of(until).strftime("%H:%M") if until else None,
            "only": desk.two_way_only,
        },
        "on_screen": desk.on_screen(),
        "today": [_entry(entry, language) for entry in desk.today(at)],
    }


def symbol_view(symbol: Symbol, language: Language) -> dict[str, Any]:
    """A code to show to a phone."""
    until = instant_text(symbol.until, words_in(language)) if symbol.until else None
    return {"png": symbol.png, "mark": symbol.mark, "until": until}


def _trust(store: TrustStore, at: datetime, language: Language) -> dict[str, Any]:
    state = state_of(store, at)
    words = words_in(language)
    told: dict[str, Any] = {"light": state.light.word, "env": None, "age": words.unknown, "problem": None}
    if state.snapshot is not None:
        age = max(0, int(state.snapshot.age(at).total_seconds()))
        told["env"] = state.snapshot.trust.env
        told["age"] = age_text(age, words)
    if state.code is not None:
        plainer = {"never_refreshed": "never_refreshed", "not_initialised": "no_store"}
        told["problem"] = _sentence(plainer.get(state.why or "", state.code), language)
    return told


def _entry(entry: Entry, language: Language) -> dict[str, Any]:
    words = words_in(language)
    reason = entry.first_reason
    return {
        "seq": entry.seq,
        "at": clock_of(entry.at).strftime("%H:%M"),
        "light": entry.light.word if entry.is_ours else "other",
        "word": words.lights[entry.light] if entry.is_ours else "—",
        "who": entry.who,
        "kind": entry.kind.value if entry.kind else None,
        "why": sentence_at_the_till(reason, language).said if reason else "",
    }


def _sentence(code: str, language: Language) -> dict[str, str]:
    sentence = sentence_at_the_till(code, language)
    return {"code": code, "said": sentence.said, "to_do": sentence.to_do}
