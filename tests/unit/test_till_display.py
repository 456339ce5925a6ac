"""What people read on the till's card, and what programs get."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import pytest

from cartes.amc import EtatContrat
from cartes.apcv import Delegate, DelegationType
from cartes.cards import Binding, CardKind
from cartes.droits import DroitsAmo, PeriodeDroits
from cartes.identifiers.nir import Nir
from cartes.identifiers.organisme import Organisme
from cartes.naissance import DateNaissance
from cartes.wire import qr
from tests.simulators.cards import (
    NOON,
    World,
    a_complete_apcv,
    a_contract,
    a_doctor,
    an_apcv,
    an_identity_apcv,
)
from verifier.display import draw
from verifier.explain import explain
from verifier.explain_words import MEANINGS, draw_fields
from verifier.inert import inert
from verifier.lights import Light
from verifier.policy import POLICIES
from verifier.sentences import Language
from verifier.verdict import Verdict
from verifier.words import words_in

NIR_DIGITS = "158032A99904296"


def verdict_of(policy: str = "officine", card: object = None, **world: object) -> Verdict:
    """A verdict at NOON in a fresh world."""
    made = World(**world)  # type: ignore[arg-type]  # the world's own fields, by name
    return made.till().check(made.show(card or an_apcv()), POLICIES[policy], NOON)  # type: ignore[arg-type]  # either card


@pytest.mark.parametrize(
    ("light", "french", "english"),
    [
        (Light.GREEN, "● VERT", "● GREEN"),
        (Light.AMBER, "▲ ORANGE", "▲ AMBER"),
        (Light.RED, "■ ROUGE", "■ RED"),
    ],
)
def test_the_light_is_a_shape_and_a_word_first(light: Light, french: str, english: str) -> None:
    """The first line says it to somebody who sees no colour."""
    ages = {Light.GREEN: 1, Light.AMBER: 30, Light.RED: 80}
    verdict = verdict_of(signed_at=NOON - timedelta(hours=ages[light]))

    assert verdict.light is light
    assert draw(verdict).split("\n")[0] == french
    assert draw(verdict, Language.ENGLISH).split("\n")[0] == english


def test_the_card_tells_who_and_which_rights_and_three_times() -> None:
    """Name, birth date, rights with their end, three different times on a French clock, age of the data."""
    text = draw(verdict_of(card=a_complete_apcv()))

    for line in (
        r"ANGE ORSINI-TEST",
        r"Date de naissance +14/03/1958",
        r"Droits AMO +ouverts$",
        r"Droits AMC +ouverts jusqu’au 28/02/2027",
        r"Droits ALD +ouverts jusqu’au 30/06/2027",
        r"Carte émise le +21/11/2026 à 11:00:00",
        r"Carte expire le +24/11/2026 à 11:00:00",
        r"Droits lus le +21/11/2026 à 09:00:00",
        r"Âge des données de confiance +60 min",
    ):
        assert re.search(line, text, re.MULTILINE), line
    assert "à jour" not in text


def test_closed_rights_say_since_when_beside_a_good_signature() -> None:
    """The card is good, the rights are closed: the two are not confused."""
    closed = DroitsAmo(
        Organisme("01", "999", "9999"), "10", PeriodeDroits(date(2026, 1, 1), date(2026, 9, 30))
    )

    text = draw(verdict_of(card=an_apcv(amo=closed)))

    assert "▲ ORANGE" in text
    assert "La carte est bonne, mais les droits" in text
    assert re.search(r"Droits AMO +FERMÉS depuis le 30/09/2026", text)


def test_rights_not_said_are_not_said_closed() -> None:
    """The shape without rights shows none, rather than closed ones."""
    text = draw(verdict_of(card=an_identity_apcv()))

    assert re.search(r"Droits AMO +non communiqué", text)
    assert "FERMÉS" not in text


def test_rights_that_begin_later_say_so() -> None:
    """Closed before a day is not closed since a day."""
    later = DroitsAmo(Organisme("01", "999", "9999"), "10", PeriodeDroits(date(2026, 12, 1)))

    assert re.search(r"FERMÉS avant le 01/12/2026", draw(verdict_of(card=an_apcv(amo=later))))


def test_in_english_a_month_has_its_name() -> None:
    """12/05 is a day of May here and of December elsewhere: nobody has to know which."""
    text = draw(verdict_of(card=a_complete_apcv()), Language.ENGLISH)

    for line in (
        r"Birth date +14 March 1958",
        r"Complementary \(AMC\) +open until 28 February 2027",
        r"Long-term illness \(ALD\) +open until 30 June 2027",
        r"Card issued +21 November 2026 at 11:00:00",
    ):
        assert re.search(line, text), line


def test_a_lunar_birth_date_is_shown_to_the_character() -> None:
    """No calendar is forced upon it."""
    verdict = verdict_of(card=an_apcv(born=DateNaissance.parse("19421901")))

    assert re.search(r"01/19/1942 \(date incomplète", draw(verdict))
    assert re.search(r"1942-19-01 \(incomplete", draw(verdict, Language.ENGLISH))
    assert verdict.to_json()["card"]["born"] == "1942-19-01"
    assert verdict.to_json()["card"]["born_is_lunar"] is True


def test_a_delegate_a_twin_and_a_married_name_are_told() -> None:
    """Everything the human check needs is on the card."""
    card = an_apcv(
        use_name="CASANOVA-TEST",
        rang_gemellaire=2,
        delegate=Delegate("PAUL CASANOVA-TEST", DelegationType.MESURE_PROTECTION, date(2026, 12, 31)),
    )
    text = draw(verdict_of(card=card))

    assert "ANGE CASANOVA-TEST" in text
    assert re.search(r"Nom de naissance +ORSINI-TEST", text)
    assert re.search(r"Rang gémellaire +2", text)
    assert "PAUL CASANOVA-TEST (mesure de protection), jusqu’au 31/12/2026" in text


def test_a_synced_key_has_its_badge() -> None:
    """Said in words, in both outputs."""
    world = World()
    shown = world.show(an_apcv(binding=Binding.SYNCED), flags=0x1D)
    verdict = world.till().check(shown, POLICIES["cabinet"], NOON)

    assert verdict.light is Light.GREEN
    assert "plusieurs appareils du même compte" in draw(verdict)
    assert (verdict.to_json()["card"]["binding"], verdict.to_json()["card"]["synced"]) == ("synced", True)


def test_the_nir_is_shown_only_when_asked_for() -> None:
    """Masked by default, in text, in JSON and in `inspect`; whole when billing asks."""
    world = World()
    text = world.show(an_apcv(od_nir=Nir.parse("2950369999118 08")))
    verdict = world.till().check(text, POLICIES["officine"], NOON)

    masked = [draw(verdict), json.dumps(verdict.to_json()), draw_fields(explain(text)), repr(verdict)]
    whole = [
        draw(verdict, with_nir=True),
        json.dumps(verdict.to_json(with_nir=True)),
        draw_fields(explain(text, with_nir=True)),
    ]

    assert "nir" not in verdict.to_json()["card"]
    for shown in masked:
        assert NIR_DIGITS not in shown
        assert NIR_DIGITS[:13] not in shown
        assert "295036999911808" not in shown
    for shown in whole:
        assert NIR_DIGITS in shown
        assert "295036999911808" in shown


def test_the_members_number_follows_the_nir() -> None:
    """It identifies as well: only when asked for."""
    verdict = verdict_of(card=a_complete_apcv())

    assert "F0000001" not in json.dumps(verdict.to_json()) + draw(verdict)
    assert verdict.to_json(with_nir=True)["card"]["amc"]["numero_adherent"] == "F0000001"


def test_a_professional_is_named_with_their_practice() -> None:
    """Title, profession, category, mode, structure, national identifier; and the directory's own time."""
    text = draw(verdict_of("prescription", a_doctor()))

    for part in (
        "Dr KARIM HADDAD-TEST",
        "Médecin — Cardiologie et Maladies vasculaires (SM04)",
        "Libéral",
        "899700900147",
        "CABINET FICTIF",
        "Annuaire lu le",
    ):
        assert part in text
    assert "Doctor — Cardiologie et Maladies vasculaires (SM04)" in draw(
        verdict_of("prescription", a_doctor()), Language.ENGLISH
    )


def test_an_expired_card_says_since_when() -> None:
    """The seal held, so its date may be told; the person may not."""
    world = World()
    issued = world.issue(an_apcv(), life=timedelta(minutes=59))
    verdict = world.till().check(
        qr.pack(world.present(issued, CardKind.APCV, NOON)), POLICIES["officine"], NOON
    )

    assert verdict.codes == ("credential_expired",)
    assert re.search(r"Carte expire le +21/11/2026 à 11:59:00", draw(verdict))
    assert "ORSINI" not in draw(verdict)


def test_json_is_one_object_of_four_members() -> None:
    """`light`, `reasons`, `card`, `freshness`, whatever the light."""
    for hours in (1, 30, 80):
        told = verdict_of(signed_at=NOON - timedelta(hours=hours)).to_json()
        assert list(told) == ["light", "reasons", "card", "freshness"]
        assert json.loads(json.dumps(told)) == told
    assert told["card"] is None
    assert told["freshness"]["checked_at"] == "2026-11-21T11:00:00Z"


def test_nothing_read_can_move_a_cursor() -> None:
    """Escapes and direction marks become visible numbers."""
    assert inert("A\x1b[31mB\u202eC\x07") == "A\\u001b[31mB\\u202eC\\u0007"
    assert len(inert("x" * 10_000)) < 500


@pytest.mark.parametrize("language", list(Language))
def test_every_word_exists_in_both_languages(language: Language) -> None:
    """No light, binding or delegation without its word."""
    words = words_in(language)

    assert set(words.lights) == set(Light)
    assert set(words.bindings) == set(Binding)
    assert set(words.delegations) == set(DelegationType)


@pytest.mark.parametrize("card", [a_complete_apcv(), a_doctor(), a_contract()])
def test_inspect_explains_every_field_and_proves_none(card: object) -> None:
    """Each field has a name of the format and a meaning; the heading says that nothing was checked."""
    fields = explain(World().show(card))  # type: ignore[arg-type]  # the three cards
    names = {field.name for field in fields}

    assert names <= set(MEANINGS)
    assert {"alg", "kid", "iat", "exp", "cnf", "as_of", "t", "flags", "profile", "sig"} <= names
    assert "problem" not in names
    assert draw_fields(fields).startswith("NON PROUVÉ")
    assert draw_fields(fields, Language.ENGLISH).startswith("NOT PROVEN")


def test_inspect_reads_a_contract_to_the_support() -> None:
    """Days as days and codes with their word, as for the other cards."""
    card = a_contract(etat=EtatContrat.RESILIE, resilie_le=date(2026, 11, 30))
    told = {field.name: field.value for field in explain(World().show(card))}

    assert (told["from"], told["resilie_le"]) == ("2026-01-01", "2026-11-30")
    assert (told["etat"], told["lien"]) == ("2 (resilie)", "0 (adherent)")
    assert told["gestion"] == "3 (Gestion séparée)"
    assert told["domaines"] == "PHAR, MEDE"


def test_a_speciality_is_a_word_before_it_is_a_code() -> None:
    """Nobody at a counter knows the table by heart; a code that is not in ours is shown all the same."""
    told = draw(verdict_of("prescription", a_doctor(skills=("SM04", "ZZ99"))))

    assert "Médecin — Cardiologie et Maladies vasculaires (SM04) — ZZ99" in told
