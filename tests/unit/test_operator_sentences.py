"""What the operator reads: a sentence where there is one, the code and its facts always."""

from __future__ import annotations

from apcv_backend.backup import BackupRefused
from apcv_backend.database import DatabaseUnavailable
from apcv_backend.operator_sentences import SENTENCES, told
from apcv_backend.publication import offline, ports
from cartes.errors import CarteError


def test_a_refusal_says_what_to_do_and_what_it_was() -> None:
    """The sentence comes first, then what a search or a colleague needs."""
    said = told(BackupRefused(why="damaged"))

    assert said.startswith("La sauvegarde")
    assert "backup_refused (why=damaged)" in said


def test_a_refusal_without_a_sentence_still_says_its_code() -> None:
    """Nothing is swallowed."""
    assert told(CarteError(what="x")) == "Refusé : carte_error (what=x)"


def test_every_sentence_belongs_to_an_error_that_exists() -> None:
    """A code that was renamed leaves no sentence behind, and no refusal to publish is left without one."""
    refusals = {
        leaf.code
        for module in (offline, ports)
        for leaf in vars(module).values()
        if isinstance(leaf, type) and issubclass(leaf, ports.PublicationRefused)
    } - {ports.PublicationRefused.code}

    assert refusals <= set(SENTENCES)
    assert set(SENTENCES) - refusals <= {DatabaseUnavailable.code, BackupRefused.code, "keyring_mixed"}
