"""A source of rights for demonstrations: one answer a file, in the shape of ADRi's, read whole and strictly.

It stands where the real service would, under the same contract. Fictitious people only: a production OID is
refused by the reader. A bad file is named with what was wrong, and changes nothing: what was known stays
known.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from apcv_backend.enrolment.rules import PersonKey, PersonUnknown
from apcv_backend.rights.adri import other_openers, parse_answer
from apcv_backend.rights.reading import RightsAnswerInvalid
from apcv_backend.rights.rules import ReponseDroits
from cartes.cards import CardKind
from cartes.errors import CarteError, InvalidValue
from cartes.identifiers.nir import Nir
from cartes.wire import strict_json

_MAX_FILE_BYTES = 65_536


class DemonstrationRightsWarning(UserWarning):
    """Rights come from files of fictitious people: for development and demonstrations, never for care."""


class RightsFilesInvalid(CarteError):
    """A file of rights cannot be read; nothing was changed. Facts: `file`, `path`, `why`."""

    code = "rights_files_invalid"


class FileRightsSource:
    """Answers from the files of one folder, read once at the start and again at `reload`."""

    def __init__(self, folder: Path, *, shift_days: int = 0, acknowledged: bool = False) -> None:
        """Read every `*.json` of `folder`; every date of rights moves by `shift_days` whole days.

        Warns `DemonstrationRightsWarning` unless `acknowledged`: the caller knows these are not real.

        Raises:
            RightsFilesInvalid: the first file at fault, by name.
        """
        if not acknowledged:
            warnings.warn(
                "rights are read from files of fictitious people", DemonstrationRightsWarning, stacklevel=2
            )
        self._folder = folder
        self._shift_days = shift_days
        self._answers = self._read()

    def droits_of(self, person: PersonKey, at: datetime) -> ReponseDroits:
        """See `RightsSource.droits_of`: a file dated after `at` is told as read at `at`."""
        answer = self._answers.get(person.text) if person.card is CardKind.APCV else None
        if answer is None:
            raise PersonUnknown
        return answer if answer.as_of <= at else replace(answer, as_of=at)

    def reload(self) -> None:
        """Read the folder again; on `RightsFilesInvalid`, what was known before stays."""
        self._answers = self._read()

    def _read(self) -> Mapping[str, ReponseDroits]:
        if not self._folder.is_dir():
            raise RightsFilesInvalid(file=self._folder.name, path="/", why="no_such_folder")
        answers: dict[str, ReponseDroits] = {}
        for file in sorted(self._folder.glob("*.json")):
            answer, keys = self._read_file(file)
            for key in keys:
                if key in answers:
                    raise RightsFilesInvalid(
                        file=file.name, path="demande", why="person_already_in_another_file"
                    )
                answers[key] = answer
        return answers

    def _read_file(self, file: Path) -> tuple[ReponseDroits, list[str]]:
        try:
            document = strict_json.loads(file.read_bytes()[: _MAX_FILE_BYTES + 1], max_size=_MAX_FILE_BYTES)
            answer = parse_answer(document, shift_days=self._shift_days)
            return answer, _keys(answer, other_openers(document))
        except RightsAnswerInvalid as wrong:
            raise RightsFilesInvalid(file=file.name, **wrong.facts) from wrong
        except InvalidValue as wrong:
            raise RightsFilesInvalid(file=file.name, path="/", why=wrong.code) from wrong
        except OSError as unreadable:
            raise RightsFilesInvalid(file=file.name, path="/", why="unreadable") from unreadable


def days_since_reference(folder: Path, today: date) -> int:
    """By how many days to shift so that personas written for their `reference_day` are true on `today`.

    The reference day is read in the `personas.json` beside `folder`, or in it; 0 when there is none.

    Raises:
        RightsFilesInvalid: that file is there and its `reference_day` cannot be read.
    """
    for place in (folder, folder.parent):
        file = place / "personas.json"
        if file.is_file():
            try:
                told = strict_json.loads(file.read_bytes())
                return (today - date.fromisoformat(told["reference_day"])).days
            except (InvalidValue, LookupError, TypeError, ValueError) as wrong:
                raise RightsFilesInvalid(file=file.name, path="reference_day", why="invalid") from wrong
    return 0


def _keys(answer: ReponseDroits, openers: tuple[Nir, ...]) -> list[str]:
    """Every key that finds the person: their own number, and a Vitale's identity key under each opener."""
    person = answer.beneficiaire
    keys = [] if person.nir is None else [person.nir.digits]
    tail = f"/{person.traits.naissance.text}/{person.rang_gemellaire}"
    return keys + [nir.digits + tail for nir in (person.opening_nir, *openers)]
