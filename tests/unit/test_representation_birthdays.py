"""Sixteen and eighteen, to the day: leap days, days no calendar has, midnight in Paris."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from apcv_backend.enrolment.rules import DossierAssure
from apcv_backend.representation.rules import (
    USUAL_SCOPE,
    DelegationType,
    NotAMinor,
    OpeningOrder,
    Portee,
    Preuve,
    Representation,
    accept_opening,
)
from apcv_backend.rights.demo_source import FileRightsSource
from cartes.naissance import DateNaissance
from tests.simulators.clock import MORNING
from tests.simulators.issuance_stage import PERSONAS
from tests.simulators.representation_stage import INES, ZOE

ORDER = OpeningOrder(ZOE, INES, DelegationType.PARENT, Preuve.LIVRET_FAMILLE)


@pytest.fixture(scope="module")
def zoe() -> DossierAssure:
    """Zoé, as the register tells of her."""
    return FileRightsSource(PERSONAS / "droits", acknowledged=True).droits_of(ZOE, MORNING).dossier()


def _born(person: DossierAssure, text: str) -> DossierAssure:
    traits = replace(person.beneficiaire.traits, naissance=DateNaissance(text))
    return replace(person, beneficiaire=replace(person.beneficiaire, traits=traits))


@pytest.mark.parametrize(
    ("born", "opened_on", "narrows_on", "ends_on"),
    [
        ("20210512", date(2026, 11, 21), date(2037, 5, 12), date(2039, 5, 11)),
        # On the 29th of February: sixteen in a leap year again; eighteen on the 1st of March.
        ("20120229", date(2026, 11, 21), date(2028, 2, 29), date(2030, 2, 28)),
        # Still a minor on the 28th, the last day there is.
        ("20120229", date(2030, 2, 28), date(2028, 2, 29), date(2030, 2, 28)),
        # On a day or in a month nobody knows: the first there can be, so that nothing lasts too long.
        ("20121500", date(2026, 11, 21), date(2028, 1, 1), date(2029, 12, 31)),
        ("20120600", date(2026, 11, 21), date(2028, 6, 1), date(2030, 5, 31)),
        # The very day of sixteen, and the eve of eighteen.
        ("20101121", date(2026, 11, 21), date(2026, 11, 21), date(2028, 11, 20)),
        ("20081122", date(2026, 11, 21), date(2024, 11, 22), date(2026, 11, 21)),
    ],
)
def test_a_parents_authority_narrows_and_ends_on_its_day(
    zoe: DossierAssure, born: str, opened_on: date, narrows_on: date, ends_on: date
) -> None:
    """Both days are the law's, whatever the calendar does to them."""
    assert accept_opening(ORDER, _born(zoe, born), opened_on) == (ends_on, narrows_on)


@pytest.mark.parametrize(
    ("born", "opened_on"),
    [
        ("20081121", date(2026, 11, 21)),  # eighteen today
        ("20120229", date(2030, 3, 1)),
        # Perhaps of age since January, perhaps not before December: not certainly a minor.
        ("20081500", date(2026, 11, 21)),
        ("20081100", date(2026, 11, 21)),
        ("20270101", date(2026, 11, 21)),  # not born yet
    ],
)
def test_who_is_not_certainly_a_minor_has_no_parents_to_act(
    zoe: DossierAssure, born: str, opened_on: date
) -> None:
    """The refusal says so, and not that the end is wrong: there is no end that would do."""
    with pytest.raises(NotAMinor):
        accept_opening(ORDER, _born(zoe, born), opened_on)


@pytest.mark.parametrize(
    ("sixteen_on", "midnight"),
    [
        (date(2037, 5, 12), datetime(2037, 5, 11, 22, 0, tzinfo=UTC)),  # summer: two hours ahead
        (date(2037, 1, 12), datetime(2037, 1, 11, 23, 0, tzinfo=UTC)),  # winter: one
    ],
)
def test_both_birthdays_begin_at_midnight_in_paris(sixteen_on: date, midnight: datetime) -> None:
    """A minute before, the record is read; from then on it is not, and the card is still shown."""
    held = Representation(
        reference="r", beneficiary=ZOE, beneficiary_subject="z", delegate=INES, delegate_subject="i",
        type=DelegationType.PARENT, proof=Preuve.LIVRET_FAMILLE, scope=USUAL_SCOPE | {Portee.LIRE_DMP},
        starts_on=date(2026, 11, 21), ends_on=date(2039, 5, 11), narrows_on=sixteen_on, ended_at=None,
    )  # fmt: skip
    before = midnight.replace(hour=midnight.hour - 1, minute=59)

    assert held.allows(Portee.LIRE_DMP, before)
    assert not held.allows(Portee.LIRE_DMP, midnight)
    assert held.allows(Portee.PRESENTER_DROITS, midnight)
