"""Which of several insurers' cards a phone shows: by the names people know, and never a guess."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cartes.cards import CardKind, Shape
from mobile_mock import cli
from mobile_mock.contracts import choose, kept_contracts
from mobile_mock.errors import CardNotMine, ContractUnclear, NoCard
from mobile_mock.pocket_records import KeptCard
from tests.simulators import issuing

CHILD = "reference-of-a-child"


def _kept(
    contract_id: str, numero: str, nom: str, shape: Shape = Shape.SOINS, represents: str = ""
) -> KeptCard:
    card = issuing.amc(shape, numero_amc=numero, nom_amc=nom)
    draft = issuing.draft(card)
    return KeptCard(
        CardKind.AMC,
        f"{contract_id}.{shape.word}",
        issuing.credential(card),
        draft.issued_at,
        draft.expires_at,
        card.as_of,
        represents,
    )


HELD = [
    _kept("c-1", "99999001", "MUTUELLE FICTIVE"),
    _kept("c-1", "99999001", "MUTUELLE FICTIVE", Shape.COMPLET),
    _kept("c-2", "99999002", "PREVOYANCE D'ESSAI"),
    _kept("c-3", "99999001", "MUTUELLE FICTIVE", represents=CHILD),
]


@pytest.mark.parametrize("wanted", ["99999002", "pre", "Prevoyance d'", "c-2"])
def test_a_contract_is_named_as_people_name_it(wanted: str) -> None:
    """By the insurer's number, the beginning of its name in any case, or the backend's identifier."""
    assert choose(kept_contracts(HELD), wanted, Shape.SOINS) is HELD[2]


def test_two_contracts_are_not_guessed_between() -> None:
    """Without a name, the phone says which there are, and shows none."""
    with pytest.raises(ContractUnclear) as unclear:
        choose(kept_contracts(HELD), "", Shape.SOINS)

    assert unclear.value.facts["contracts"] == "MUTUELLE FICTIVE (99999001), PREVOYANCE D'ESSAI (99999002)"


def test_two_contracts_of_one_insurer_are_told_apart() -> None:
    """The insurer's name says nothing then: the identifiers do."""
    with pytest.raises(ContractUnclear) as unclear:
        choose(kept_contracts([HELD[0], _kept("c-9", "99999001", "MUTUELLE FICTIVE")]), "mut", Shape.SOINS)

    assert unclear.value.facts["contracts"] == "c-1, c-9"


def test_the_only_contract_needs_no_name() -> None:
    """A child's card is looked for among that child's, and one's own among one's own."""
    assert choose(kept_contracts(HELD, CHILD), "", Shape.SOINS) is HELD[3]
    assert choose(kept_contracts(HELD), "mutuelle", Shape.COMPLET) is HELD[1]


@pytest.mark.parametrize(("wanted", "shape"), [("autre", Shape.SOINS), ("99999002", Shape.COMPLET)])
def test_what_is_not_held_is_not_shown(wanted: str, shape: Shape) -> None:
    """Another insurer's, or a shape that was not given."""
    with pytest.raises(NoCard):
        choose(kept_contracts(HELD), wanted, shape)


def test_a_card_that_no_longer_reads_is_said() -> None:
    """A damaged memory names itself, and is not taken for no card."""
    with pytest.raises(CardNotMine):
        kept_contracts([replace(HELD[0], credential=b"\x84")])


@pytest.mark.parametrize(
    "words",
    [
        ["--card", "apcv", "--contract", "99999001"],
        ["--card", "amc", "--exercice", "x"],
        ["--card", "amc", "--shape", "identite"],
    ],
)
def test_options_go_with_their_card(words: list[str], tmp_path: Path) -> None:
    """A contract of an apCV, an exercice of an insurer, an insurer's `identite`: wrong usage, said so."""
    shown: Result = CliRunner().invoke(cli.main, ["qr", "--pocket", str(tmp_path), *words])

    assert shown.exit_code == 2
    assert "--contract avec amc" in shown.stderr
