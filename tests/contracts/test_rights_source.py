"""What every source of rights promises, whoever it is; today, the demonstration source on the personas."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from apcv_backend.enrolment.rules import PersonKey, PersonUnknown
from apcv_backend.rights.demo_source import (
    DemonstrationRightsWarning,
    FileRightsSource,
    RightsFilesInvalid,
    days_since_reference,
)
from apcv_backend.rights.ports import RightsSource
from cartes.cards import CardKind
from tests.testdata import ROOT

DROITS = ROOT / "examples" / "personas" / "droits"
AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
ANGE = PersonKey.parse(CardKind.APCV, "158032A99904296")
ZOE = PersonKey.parse(CardKind.APCV, "291094299906119/20210512/1")
TOM = PersonKey.parse(CardKind.APCV, "291094299906119/20210512/2")
BEBE = PersonKey.parse(CardKind.APCV, "295036999911808/20261103/1")

Opener = Callable[[], RightsSource]


def _files() -> RightsSource:
    return FileRightsSource(DROITS, acknowledged=True)


@pytest.fixture(params=[_files], ids=["files"])
def source(request: pytest.FixtureRequest) -> RightsSource:
    """Each source that keeps the contract, knowing the personas."""
    opener: Opener = request.param
    return opener()


# --- the contract


def test_an_answer_is_about_the_person_asked(source: RightsSource) -> None:
    """The number that was asked is the number that is answered."""
    answer = source.droits_of(ANGE, AT)

    assert answer.beneficiaire.nir is not None
    assert answer.beneficiaire.nir.digits == ANGE.text


def test_an_answer_says_when_it_was_read(source: RightsSource) -> None:
    """`as_of` is aware, and never later than the question."""
    for at in (AT, datetime(2026, 1, 1, tzinfo=UTC)):
        as_of = source.droits_of(ANGE, at).as_of

        assert as_of.tzinfo is not None
        assert as_of <= at


def test_twins_are_told_apart_by_their_rang(source: RightsSource) -> None:
    """Same ouvrant droit, same birth date: only the rang gémellaire separates Zoé from Tom."""
    assert source.droits_of(ZOE, AT).beneficiaire.traits.premier_prenom == "ZOE"
    assert source.droits_of(TOM, AT).beneficiaire.traits.premier_prenom == "TOM"


def test_a_newborn_is_found_without_a_number(source: RightsSource) -> None:
    """The mother's number, the birth date and the rang find a child who has no number."""
    person = source.droits_of(BEBE, AT).beneficiaire

    assert person.nir is None
    assert person.opening_nir.digits == "295036999911808"


@pytest.mark.parametrize(
    "key", ["185057512345673", "291094299906119/20210512/3", "291094299906119/20210513/1"]
)
def test_somebody_unknown_is_unknown(source: RightsSource, key: str) -> None:
    """A person the source does not know is a named refusal, not an empty answer."""
    with pytest.raises(PersonUnknown):
        source.droits_of(PersonKey.parse(CardKind.APCV, key), AT)


def test_a_professional_has_no_rights_here(source: RightsSource) -> None:
    """A key of the other kind of card finds nobody."""
    with pytest.raises(PersonUnknown):
        source.droits_of(PersonKey.parse(CardKind.ECPS, "899700900154"), AT)


# --- the demonstration source


def test_a_demonstration_says_that_it_is_one() -> None:
    """Built without a word, the source warns; nobody takes files for ADRi by accident."""
    with pytest.warns(DemonstrationRightsWarning):
        FileRightsSource(DROITS)


def test_a_shift_moves_rights_and_never_births() -> None:
    """A hundred days later every date of rights is a hundred days later; the person is born the same day."""
    usual = FileRightsSource(DROITS, acknowledged=True).droits_of(ANGE, AT)
    at = AT + timedelta(days=100)

    shifted = FileRightsSource(DROITS, shift_days=100, acknowledged=True).droits_of(ANGE, at)

    assert shifted.as_of - usual.as_of == timedelta(days=100)
    assert shifted.exonerations[0].periode.fin == date(2027, 6, 30) + timedelta(days=100)
    assert shifted.beneficiaire == usual.beneficiaire


def test_the_shift_of_a_day_is_counted_from_the_reference_day() -> None:
    """The personas are written for 21 November 2026."""
    assert days_since_reference(DROITS, date(2026, 11, 21)) == 0
    assert days_since_reference(DROITS, date(2027, 1, 1)) == 41


def test_a_resiliation_ends_the_contract() -> None:
    """Denis's paper card says 31 December; his contract ended on 30 June."""
    denis = _files().droits_of(PersonKey.parse(CardKind.APCV, "176125999933324"), AT)

    assert denis.amc is not None
    assert denis.amc.droits.periode.fin == date(2026, 12, 31)
    effective = denis.amc.effective()
    assert effective is not None
    assert effective.periode.fin == date(2026, 6, 30)


def _broken(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    folder = tmp_path / "droits"
    shutil.copytree(DROITS, folder)
    file = folder / "ange.json"
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))
    return folder


def _set(*path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        for name in path[:-1]:
            document = document[name]
        document[path[-1]] = value

    return change


_WHO, _BEYOND = "beneficiaireDeSoins", "horsAdri"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (_set("surprise", value=1), "surprise"),
        (_set("dateReponse", value="hier"), "dateReponse"),
        (_set("dateReponse", value="2026-13-01T00:00:00Z"), "dateReponse"),
        (_set(_WHO, "qualite", value="x"), "beneficiaireDeSoins.qualite"),
        (_set(_WHO, "qualite", value="6"), "beneficiaireDeSoins.qualite"),
        (_set(_WHO, "NIRCertifie", value="158032A999043"), "beneficiaireDeSoins.NIRCertifie"),
        (_set(_WHO, "dateNaissance", value="19580315"), "beneficiaireDeSoins.dateNaissance"),
        (_set(_WHO, "topMedecinTraitant", value="O"), "beneficiaireDeSoins.topMedecinTraitant"),
        (_set(_WHO, "lstPeriodeAMO", value=[{"dateDebut": None, "dateFin": None}]),
         "beneficiaireDeSoins.lstPeriodeAMO[0].dateDebut"),
        (_set(_WHO, "lstPeriodeAMO", value={}), "beneficiaireDeSoins.lstPeriodeAMO"),
        (_set(_WHO, "lstPeriodeAMO", value=[{"dateDebut": "2026-02-30", "dateFin": None}]),
         "beneficiaireDeSoins.lstPeriodeAMO[0].dateDebut"),
        (_set(_BEYOND, "identite", "oidMatricule", value="1.2.250.1.213.1.4.8"),
         "horsAdri.identite.oidMatricule"),
        (_set(_BEYOND, "identite", "natureMatricule", value="NIA"), "horsAdri.identite.natureMatricule"),
        (_set(_BEYOND, "identite", "nomNaissance", value="Orsini"), "horsAdri.identite"),
        (_set(_BEYOND, "identite", "attributs", value=["fictif"]), "beneficiaireDeSoins"),
        (_set(_BEYOND, "prestation", value="AMX"), "horsAdri.prestation"),
        (_set(_BEYOND, "complementaire", "numeroAMC", value="12"), "horsAdri.complementaire"),
        (_set(_BEYOND, "complementaire", "periodeValidite", value=None),
         "horsAdri.complementaire.periodeValidite"),
        (_set(_BEYOND, "autresOuvrantsDroit", value=["x"]), "horsAdri.autresOuvrantsDroit"),
        (_set("infosGlobales", "codeCaisse", value="9"), "infosGlobales"),
    ],
)  # fmt: skip
def test_a_bad_file_is_named_with_what_is_wrong(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], path: str
) -> None:
    """Each fault is refused by its file and its path, and the refusal holds no number of anybody."""
    with pytest.raises(RightsFilesInvalid) as refused:
        FileRightsSource(_broken(tmp_path, change), acknowledged=True)

    assert refused.value.facts["file"] == "ange.json"
    assert str(refused.value.facts["path"]).rstrip("./") == path
    assert "158032A" not in str(refused.value)


def test_a_bad_file_changes_nothing_that_was_known(tmp_path: Path) -> None:
    """Read again with a fault, the source refuses the whole and answers as before."""
    folder = tmp_path / "droits"
    shutil.copytree(DROITS, folder)
    source = FileRightsSource(folder, acknowledged=True)
    (folder / "zoe.json").write_text("{")

    with pytest.raises(RightsFilesInvalid):
        source.reload()

    assert source.droits_of(ZOE, AT).beneficiaire.rang_gemellaire == 1


def test_one_person_in_two_files_is_refused(tmp_path: Path) -> None:
    """Two answers about one person would be a choice nobody made."""
    folder = tmp_path / "droits"
    shutil.copytree(DROITS, folder)
    shutil.copy(folder / "ange.json", folder / "copie.json")

    with pytest.raises(RightsFilesInvalid) as refused:
        FileRightsSource(folder, acknowledged=True)

    assert refused.value.facts["why"] == "person_already_in_another_file"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A wrong setting stops the start with the folder's name."""
    with pytest.raises(RightsFilesInvalid) as refused:
        FileRightsSource(tmp_path / "nulle-part", acknowledged=True)

    assert refused.value.facts == {"file": "nulle-part", "path": "/", "why": "no_such_folder"}
