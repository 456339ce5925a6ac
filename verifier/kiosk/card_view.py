"""A verdict in words for one screen: what stands large, what stands small, what this screen has no use for.

The page that draws it decides nothing: every word is chosen here, in the person's language, from the
sentences and labels the command line uses. What a policy does not need is not sent to its screen (`_SHOWN`):
an identity check shows no right, and nobody's NIR is ever on a screen but for its key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from cartes.amc import AmcCard
from cartes.apcv import ApcvCard
from cartes.cards import CardKind
from cartes.droits import CodeExoneration, PeriodeDroits
from cartes.ecps import EcpsCard
from verifier.display import (
    age_text,
    birth_text,
    contract_rows,
    day_text,
    instant_text,
    period_text,
    profession_text,
)
from verifier.facts import CardFacts
from verifier.inert import inert
from verifier.kiosk.phrases import phrase, sentence_at_the_till
from verifier.lights import Light
from verifier.paris import clock_of
from verifier.sentences import Language
from verifier.verdict import Freshness, Verdict
from verifier.words import Words, words_in

_RIGHTS: Final = frozenset({"amo", "amc", "exonerations", "c2s"})
_SHOWN: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "officine": _RIGHTS | {"organisme", "quality", "nir"},
        "cabinet": _RIGHTS | {"organisme", "quality", "nir", "gp"},
        "identite": frozenset({"nir"}),
        "identite-pro": frozenset(),
        "prescription": frozenset(),
    }
)
"""What of a patient's card each screen shows, beside name, birth date, key and delegation."""

Row = dict[str, str]


def verdict_view(judged: Verdict, policy: str, language: Language) -> dict[str, Any]:
    """A verdict for the screen `policy`: words only, nothing left to decide."""
    words = words_in(language)
    view: dict[str, Any] = {
        "light": judged.light.word if judged.is_ours else "other",
        "word": words.lights[judged.light] if judged.is_ours else phrase("other_word", language),
        "headline": _headline(judged, language),
        "policy": policy,
        "reasons": reasons(judged.codes, language),
        "rights": [],
        "rows": [],
        "badges": [],
        "delegate": None,
        "ages": list(_ages(judged.freshness, judged.kind, language)) if judged.is_ours else [],
    }
    if judged.facts is not None:
        view |= _person(judged.facts, policy, words, language)
    return view


def _headline(judged: Verdict, language: Language) -> str:
    if not judged.is_ours:
        return phrase("other_headline", language)
    if judged.light is Light.RED:
        return phrase("red_headline", language)
    kind = CardKind.APCV if judged.kind is None else judged.kind
    return phrase(f"{judged.light.word}_{kind.value}_headline", language)


def _person(facts: CardFacts, policy: str, words: Words, language: Language) -> dict[str, Any]:
    badges = [phrase("synced_badge", language)] if facts.synced else []
    if isinstance(facts.card, EcpsCard):
        return {
            "person": inert(" ".join(filter(None, (facts.card.given, facts.card.name)))),
            "title": words.code_label(facts.card.profession),
            "check_face": phrase("check_professional", language),
            "rows": list(_professional_rows(facts.card, words)),
            "badges": badges,
        }
    if isinstance(facts.card, AmcCard):
        return {
            "person": inert(facts.card.nom_amc),
            "title": inert(facts.card.numero_amc),
            "check_face": phrase("check_contract", language),
            "rows": [row(label, value) for label, value in contract_rows(facts.card, facts.day, words)],
            "badges": badges,
        }
    card, shown = facts.card, _SHOWN.get(policy, frozenset())
    return {
        "person": inert(f"{card.given} {card.use_name}"),
        "birth_name": None if card.birth_name == card.use_name else inert(card.birth_name),
        "birth_name_label": words.birth_name,
        "born": birth_text(card.born, words),
        "born_label": phrase("born_label", language),
        "check_face": phrase("check_delegate" if card.delegate else "check_face", language),
        "delegate": _delegate(card, words, language),
        "rights": [{"of": name, **right} for name, right in _rights(facts, words, language) if name in shown],
        "rows": [row for name, row in _patient_rows(card, words) if name in shown],
        "badges": badges,
    }


def _delegate(card: ApcvCard, words: Words, language: Language) -> str | None:
    if card.delegate is None:
        return None
    return phrase("delegate", language).format(
        who=inert(card.delegate.name),
        link=words.delegations[card.delegate.type],
        whom=inert(f"{card.given} {card.use_name}"),
        until=f"{words.until} {day_text(card.delegate.until, words)}",
    )


def _rights(facts: CardFacts, words: Words, language: Language) -> Iterator[tuple[str, dict[str, Any]]]:
    card = facts.card
    assert isinstance(card, ApcvCard)  # rights are a patient's

    def right(label: str, periode: PeriodeDroits | None, otherwise: str) -> dict[str, Any]:
        if periode is None:
            return {"label": label, "open": None, "text": otherwise}
        is_open = periode.open_on(facts.day)
        text = period_text(periode, facts.day, words)
        if is_open and periode.fin is None:
            text = phrase("no_end", language).format(open=text)
        return {"label": label, "open": is_open, "text": text}

    yield "amo", right(words.amo, card.amo.periode if card.amo else None, words.not_said)
    if card.amo is not None:
        yield "amc", right(words.amc, card.amc.periode if card.amc else None, words.none)
    for exoneration in card.ald:
        ald = exoneration.code is CodeExoneration.SOINS_ALD
        yield (
            "exonerations",
            right(words.ald if ald else words.code_label(exoneration.code), exoneration.periode, ""),
        )
    if card.c2s is not None:
        yield "c2s", right(words.c2s, card.c2s.periode, "")


def _patient_rows(card: ApcvCard, words: Words) -> Iterator[tuple[str, Row]]:
    if card.amo is not None:
        local = f" — {words.alsace}" if card.amo.alsace_moselle else ""
        yield "organisme", row(words.organisme, f"{card.amo.organisme.text}{local}")
        yield "quality", row(words.quality, words.code_label(card.qualite))
        yield "gp", row(words.gp, words.yes if card.gp_declared else words.no)
    if card.rang_gemellaire > 1:
        yield "nir", row(words.rank, str(card.rang_gemellaire))
    if card.nir is not None:
        yield "nir", row("NIR", f"…{card.nir.key}")
    if card.od_nir is not None:
        yield "nir", row(words.od_nir, f"…{card.od_nir.key}")


def _professional_rows(card: EcpsCard, words: Words) -> Iterator[Row]:
    if card.skills:
        yield row(words.profession, profession_text(card, words))
    yield row(words.category, words.code_label(card.category))
    yield row(words.mode, words.code_label(card.mode))
    yield row(words.national_id, card.national_id.text)
    yield row(words.structure, card.structure.raison_sociale or words.not_said)
    if card.structure.finess is not None:
        yield row("FINESS", card.structure.finess.digits)


def _ages(freshness: Freshness, kind: CardKind | None, language: Language) -> Iterator[Row]:
    words = words_in(language)
    as_of = words.as_of_directory if kind is CardKind.ECPS else words.as_of
    if freshness.as_of is not None:
        yield row(as_of, read_ago(freshness.as_of, freshness.checked_at, language))
    if freshness.expires_at is not None:
        yield row(words.expires_at, instant_text(freshness.expires_at, words))
    if freshness.proof_time is not None:
        yield row(phrase("proof_hour", language), clock_of(freshness.proof_time).strftime("%H:%M:%S"))
    age_s = freshness.trust_age_s
    yield row(words.trust_age, words.unknown if age_s is None else age_text(age_s, words))


def read_ago(read_at: datetime, checked_at: datetime, language: Language) -> str:
    """When something was read at its source, and how long that was before the check."""
    words = words_in(language)
    age = max(0, int((checked_at - read_at).total_seconds()))
    return phrase("read_ago", language).format(at=instant_text(read_at, words), age=age_text(age, words))


def reasons(codes: Iterable[str], language: Language) -> list[Row]:
    """What each code says and what to do about it."""
    sentences = ((code, sentence_at_the_till(code, language)) for code in codes)
    return [{"code": code, "said": said.said, "to_do": said.to_do} for code, said in sentences]


def row(label: str, value: str) -> Row:
    """One detail, made inert."""
    return {"label": label, "value": inert(value)}
