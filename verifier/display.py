"""Draw a verdict for people: one card of text, readable from two steps away, in French or English.

The light is a word and a shape as well as a colour, since many people do not tell red from green.
Hours are French hours. The three times of a card stand on three lines, and none of them is called "up to
date". The NIR shows its key alone unless asked for by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from cartes.amc import AmcCard
from cartes.apcv import ApcvCard
from cartes.cards import CardKind
from cartes.droits import CodeExoneration, PeriodeDroits
from cartes.ecps import EcpsCard
from cartes.naissance import DateNaissance
from cartes.nomenclatures.savoir_faire import SAVOIR_FAIRE
from verifier.facts import CardFacts
from verifier.inert import inert
from verifier.lights import Light
from verifier.paris import clock_of
from verifier.sentences import Language, sentence_for
from verifier.verdict import Freshness, Verdict
from verifier.words import Words, words_in

WIDTH: Final = 66
SHAPES: Final[Mapping[Light, str]] = MappingProxyType({Light.GREEN: "●", Light.AMBER: "▲", Light.RED: "■"})
_HOUR, _DAY = 3600, 86_400


def draw(verdict: Verdict, language: Language = Language.FRENCH, *, with_nir: bool = False) -> str:
    """The whole card, lines ending in newlines; no colour codes (the command line adds them to the light)."""
    words = words_in(language)
    lines = [light_line(verdict.light, words), "─" * WIDTH]
    for reason in verdict.reasons:
        sentence = sentence_for(reason.code, language)
        lines += [sentence.said, f"  → {sentence.to_do}"]
        expired_at = reason.facts.get("expired_at")
        if isinstance(expired_at, str):
            lines.append(_row(words.expires_at, instant_text(datetime.fromisoformat(expired_at), words)))
    if verdict.reasons:
        lines.append("─" * WIDTH)
    if verdict.facts is not None:
        lines += [*_facts(verdict.facts, words, with_nir=with_nir), "─" * WIDTH]
    lines += _freshness(verdict.freshness, verdict.kind, words)
    return "".join(f"{line}\n" for line in lines)


def light_line(light: Light, words: Words) -> str:
    """Shape and word of the light: `■ ROUGE`."""
    return f"{SHAPES[light]} {words.lights[light]}"


def day_text(day: date, words: Words) -> str:
    """A day nobody reads the wrong way round: 30/09/2026 in French, 30 September 2026 in English."""
    if not words.months:
        return f"{day:%d/%m/%Y}"
    return f"{day.day} {words.months[day.month - 1]} {day.year}"


def instant_text(at: datetime, words: Words) -> str:
    """An instant on a French clock: 21/11/2026 à 10:30:05."""
    there = clock_of(at)
    return f"{day_text(there.date(), words)} {words.at} {there:%H:%M:%S}"


def age_text(seconds: int, words: Words) -> str:
    """An age, roughly: `12 min`, `5 h`, `2 j`."""
    if seconds < 2 * _HOUR:
        return f"{seconds // 60} min"
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR} h"
    return f"{seconds // _DAY} {words.days}"


def _facts(facts: CardFacts, words: Words, *, with_nir: bool) -> Iterator[str]:
    if isinstance(facts.card, ApcvCard):
        yield from _apcv(facts.card, facts.day, words, with_nir=with_nir)
    elif isinstance(facts.card, AmcCard):
        yield inert(f"{facts.card.nom_amc} ({facts.card.numero_amc})")
        for label, value in contract_rows(facts.card, facts.day, words, with_nir=with_nir):
            yield _row(label, value)
    else:
        yield from _ecps(facts.card, words)
    yield _row(words.key, words.bindings[facts.binding])
    if facts.synced:
        yield _row("", words.synced_badge)


def _apcv(card: ApcvCard, day: date, words: Words, *, with_nir: bool) -> Iterator[str]:
    yield inert(f"{card.given} {card.use_name}")
    if card.birth_name != card.use_name:
        yield _row(words.birth_name, card.birth_name)
    yield _row(words.born, birth_text(card.born, words))
    if card.rang_gemellaire > 1:
        yield _row(words.rank, str(card.rang_gemellaire))
    yield _row(words.shape, card.shape.word)
    if card.nir is not None:
        yield _row("NIR", card.nir.digits if with_nir else f"…{card.nir.key}")
    if card.od_nir is not None:
        yield _row(words.od_nir, card.od_nir.digits if with_nir else f"…{card.od_nir.key}")
    if card.delegate is not None:
        until = f"{words.until} {day_text(card.delegate.until, words)}"
        yield _row(words.shown_by, f"{card.delegate.name} ({words.delegations[card.delegate.type]}), {until}")
    if card.amo is None:
        yield _row(words.amo, words.not_said)
    else:
        yield _row(words.amo, period_text(card.amo.periode, day, words))
        local = f" — {words.alsace}" if card.amo.alsace_moselle else ""
        yield _row(words.organisme, f"{card.amo.organisme.text}{local}")
        yield _row(words.quality, words.code_label(card.qualite))
        yield _row(words.amc, words.none if card.amc is None else period_text(card.amc.periode, day, words))
        yield _row(words.gp, words.yes if card.gp_declared else words.no)
    for exoneration in card.ald:
        ald = exoneration.code is CodeExoneration.SOINS_ALD
        label = words.ald if ald else words.code_label(exoneration.code)
        yield _row(label, period_text(exoneration.periode, day, words))
    if card.c2s is not None:
        yield _row(words.c2s, period_text(card.c2s.periode, day, words))


def _ecps(card: EcpsCard, words: Words) -> Iterator[str]:
    yield inert(" ".join(part for part in (words.code_label(card.title), card.given, card.name) if part))
    yield _row(words.profession, profession_text(card, words))
    yield _row(words.category, words.code_label(card.category))
    yield _row(words.mode, words.code_label(card.mode))
    yield _row(words.national_id, card.national_id.text)
    yield _row(words.structure, card.structure.raison_sociale or words.not_said)
    if card.structure.finess is not None:
        yield _row("FINESS", card.structure.finess.digits)
    if card.structure.siret is not None:
        yield _row("SIRET", card.structure.siret.digits)


def contract_rows(
    card: AmcCard, day: date, words: Words, *, with_nir: bool = False
) -> Iterator[tuple[str, str]]:
    """What a pharmacy bills a complementary contract with, a label and a value each."""
    yield words.contract_state, words.states[card.etat]
    yield words.amc, period_text(card.periode, day, words)
    if card.resilie_le is not None:
        yield words.until, day_text(card.resilie_le, words)
    yield words.convention, f"{card.type_convention} / {card.csr or words.none}"
    yield words.domains, ", ".join(card.domaines) or words.not_said
    if card.numero_adherent is not None:
        yield words.member, card.numero_adherent if with_nir else f"…{card.numero_adherent[-2:]}"


def _freshness(freshness: Freshness, kind: CardKind | None, words: Words) -> Iterator[str]:
    for label, at in (
        (words.issued_at, freshness.issued_at),
        (words.expires_at, freshness.expires_at),
        (words.as_of_directory if kind is CardKind.ECPS else words.as_of, freshness.as_of),
        (words.proof_time, freshness.proof_time),
    ):
        if at is not None:
            yield _row(label, instant_text(at, words))
    age = freshness.trust_age_s
    yield _row(words.trust_age, words.unknown if age is None else age_text(age, words))


def period_text(periode: PeriodeDroits, day: date, words: Words) -> str:
    """Whether rights are open on `day`, and until, since or before when."""
    if periode.open_on(day):
        return (
            words.open
            if periode.fin is None
            else f"{words.open} {words.until} {day_text(periode.fin, words)}"
        )
    if day < periode.debut:
        return f"{words.closed} {words.before} {day_text(periode.debut, words)}"
    assert periode.fin is not None  # closed after its first day: it has an end
    return f"{words.closed} {words.since} {day_text(periode.fin, words)}"


def birth_text(born: DateNaissance, words: Words) -> str:
    """A birth date as people write it, and a word when no calendar has that day."""
    if born.day is not None:
        return day_text(born.day, words)
    parts = (born.text[6:], born.text[4:6], born.text[:4])
    # Its month may be no month at all: where months have names, the year comes first, as nobody misreads it.
    return f"{'-'.join(reversed(parts)) if words.months else '/'.join(parts)} ({words.lunar})"


def profession_text(card: EcpsCard, words: Words) -> str:
    """The profession and its specialities: `Médecin — Cardiologie (SM04)`; an unknown one is its code."""
    skills = (f"{SAVOIR_FAIRE[code]} ({code})" if code in SAVOIR_FAIRE else code for code in card.skills)
    return " — ".join((words.code_label(card.profession), *skills))


def _row(label: str, value: str) -> str:
    return f"{label:<28} {inert(value)}"
