"""What happened, for those who ask: the page that draws it, and the pharmacy's own software.

The screen shows one patient. When a card and a contract meet (`patient.py`), both are drawn as one: the
person large, the contract among their rights in the insurer's own words. Of a contract that goes with
another card, or was refused, that alone is told, and the patient's card stays what it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cartes.amc import AmcCard, EtatContrat
from cartes.cards import CardKind
from cartes.droits import PeriodeDroits
from verifier.display import contract_rows, period_text
from verifier.facts import CardFacts
from verifier.inert import inert
from verifier.kiosk.card_view import Row, read_ago, reasons, row, verdict_view
from verifier.kiosk.desk import Happening, Happens
from verifier.kiosk.patient import Beside
from verifier.kiosk.phrases import phrase
from verifier.lights import light_of
from verifier.paris import clock_of
from verifier.sentences import Language
from verifier.verdict import Verdict
from verifier.words import Words, words_in


def happening_view(happening: Happening, language: Language) -> dict[str, Any]:
    """What the page draws for one happening."""
    view: dict[str, Any] = {
        "seq": happening.seq,
        "what": happening.what.value,
        "at": clock_of(happening.at).strftime("%H:%M:%S"),
        "source": happening.source.value if happening.source else None,
    }
    if happening.code:
        view["reasons"] = reasons((happening.code,), language)
    if happening.judged is not None:
        if happening.beside is None:
            view |= verdict_view(happening.judged, happening.policy, language)
        else:
            view |= _pair_view(happening.judged, happening.policy, happening.beside, language)
        if happening.what is Happens.AUTHORISED:
            view["headline"] = phrase("authorised", language)
        view["answered"] = happening.answered
    return view


def scan_json(happening: Happening, *, with_nir: bool = False) -> dict[str, Any]:
    """The object of `scan --json`, and `beside`: the patient's other card, its content if both are theirs."""
    assert happening.judged is not None  # a scan has a verdict
    told, beside = happening.judged.to_json(with_nir=with_nir), happening.beside
    if beside is None:
        return {**told, "beside": None}
    other: dict[str, Any] = {"goes_with": beside.goes_with}
    if beside.goes_with:
        other |= beside.judged.to_json(with_nir=with_nir)
    return {**told, "beside": other}


def _pair_view(scanned: Verdict, policy: str, beside: Beside, language: Language) -> dict[str, Any]:
    """A card and a contract as one patient's. The light: the graver of the two, or that of what was shown."""
    words = words_in(language)
    if scanned.kind is CardKind.AMC:
        contract, card, policy = scanned, beside.judged, beside.policy
    else:
        contract, card = beside.judged, scanned
    view = verdict_view(card, policy, language)
    facts = contract.facts if beside.goes_with else None
    if facts is not None and isinstance(facts.card, AmcCard):
        codes, light = (*card.codes, *contract.codes), light_of((*card.codes, *contract.codes))
        view["headline"] = phrase(f"pair_{light.word}_headline", language)
        # The insurer's word stands in the place of what the fund had heard of the contract.
        view["rights"] = [right for right in view["rights"] if right["of"] != "amc"]
        view["rights"].append(_contract_right(facts, facts.card, words, language))
        view["rows"] += _contract_rows(facts, facts.card, words)
        view["ages"] += _contract_age(contract, language)
        view["badges"] = list(dict.fromkeys((*view["badges"], *_badges(facts, language))))
    else:
        is_refused = contract is scanned
        codes, light = (*contract.codes, *card.codes) if is_refused else card.codes, scanned.light
        if is_refused:
            view["headline"] = phrase("contract_red_headline", language)
        view["rights"].append(_no_contract(contract, language))
    view |= {"light": light.word, "word": words.lights[light]}
    view["reasons"] = reasons(dict.fromkeys(codes), language)
    return view


def _contract_right(facts: CardFacts, card: AmcCard, words: Words, language: Language) -> dict[str, Any]:
    right: dict[str, Any] = {"of": "contract", "label": phrase("contract", language)}
    right["label"] += f" — {inert(card.nom_amc)}"
    if card.etat in {EtatContrat.INCONNU, EtatContrat.SUSPENDU}:
        # Unknown is neither open nor closed.
        return right | {
            "open": None if card.etat is EtatContrat.INCONNU else False,
            "text": words.states[card.etat],
        }
    end = min((day for day in (card.periode.fin, card.resilie_le) if day is not None), default=None)
    text = period_text(PeriodeDroits(min(card.periode.debut, end or facts.day), end), facts.day, words)
    return right | {"open": card.open_on(facts.day), "text": text}


def _contract_rows(facts: CardFacts, card: AmcCard, words: Words) -> list[Row]:
    """What to bill with: state and days already stand among the rights."""
    wanted = {words.convention, words.domains, words.member}
    rows = contract_rows(card, facts.day, words)
    return [
        row(words.insurer, f"{card.nom_amc} ({card.numero_amc})"),
        *(row(label, value) for label, value in rows if label in wanted),
    ]


def _contract_age(contract: Verdict, language: Language) -> Iterator[Row]:
    freshness = contract.freshness
    if freshness.as_of is not None:
        said = read_ago(freshness.as_of, freshness.checked_at, language)
        yield row(phrase("contract_as_of", language), said)


def _badges(facts: CardFacts, language: Language) -> list[str]:
    return [phrase("synced_badge", language)] if facts.synced else []


def _no_contract(contract: Verdict, language: Language) -> dict[str, Any]:
    is_another = contract.facts is not None or "amc_of_another_card" in contract.codes
    text = phrase("contract_of_another" if is_another else "contract_refused", language)
    return {"of": "contract", "label": phrase("contract_shown", language), "open": False, "text": text}
