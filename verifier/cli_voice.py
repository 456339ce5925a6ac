"""How the command line speaks when it does not judge: refusals in a sentence, and progress on one line.

Loads click alone; sentences are imported when one is said.
"""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from cartes.errors import CarteError

_USUAL_FILES: Final = 10  # four roles, the trust list, two kinds of status for two lists, and a root


class Refusal(click.ClickException):
    """Something about the command is wrong; shown as it is, without click's English prefix."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence on the error stream."""
        click.echo(self.message, file=file, err=file is None)


def sentence_text(code: str, lang: str) -> str:
    """What is the matter, and what to do, on two lines."""
    from verifier.sentences import Language, sentence_for

    sentence = sentence_for(code, Language(lang))
    return f"{sentence.said}\n  → {sentence.to_do}"


def usage(code: str, lang: str) -> Refusal:
    """A wrong command, by its code."""
    return Refusal(sentence_text(code, lang))


def refused_by(refused: CarteError, lang: str) -> Refusal:
    """A refusal as a sentence, with the facts that are safe to show."""
    code = "no_store" if refused.facts.get("why") == "not_initialised" else refused.code
    facts = ", ".join(f"{name}={value}" for name, value in refused.facts.items())
    return Refusal(sentence_text(code, lang) + (f"\n  ({facts})" if facts else ""))


def progress(name: str, requests: int, received: int) -> None:
    """One line that fills as files arrive; nothing when nobody is watching."""
    if sys.stderr.isatty():
        filled = min(requests, _USUAL_FILES)
        bar = "█" * filled + "░" * (_USUAL_FILES - filled)
        click.echo(f"\r{bar} {received / 1000:8.1f} ko  {name[-40:]:<40}", nl=False, err=True)


def progress_ends() -> None:
    """Leave that line."""
    if sys.stderr.isatty():
        click.echo("", err=True)
