"""Each ground of a delegation from the desk to the card, and the days on which it changes by itself.

What the other walks do not play: an aidant, the agent and the paper in the journal, what a scope opens to
other rooms, and a child who grows up while nobody does anything.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.representation.rules import (
    DelegationType,
    EndsWrongly,
    Portee,
    Preuve,
    RepresentationOver,
)
from apcv_backend.tables import journal
from cartes.apcv import ApcvCard
from cartes.wire import strict_json
from tests.simulators.issuance_stage import ANGE, SARAH, IssuanceStage
from tests.simulators.representation_stage import (
    DESK,
    HELENE,
    INES,
    LINA,
    MARIA,
    PAUL,
    ZOE,
    open_for,
    open_tutelle,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@pytest.mark.parametrize("proof", [Preuve.MANDAT, Preuve.GUICHET_MFS])
def test_an_aidant_holds_a_card_that_says_so(stage: IssuanceStage, proof: Preuve) -> None:
    """Ange gives Sarah his card for a year: her name and ground on it, and nothing he may keep to himself."""
    until = stage.clock().date() + timedelta(days=365)
    phone = stage.enrolled(SARAH)
    opened = open_for(stage, ANGE, SARAH, DelegationType.AIDANT_DEMARCHE, proof, until=until)

    answer = phone.fetch(**{"for": opened.reference}).get_json()["credentials"]

    assert [one["shape"] for one in answer] == ["identite", "soins"]
    card = stage.opened(answer[1]["credential"]).card
    assert isinstance(card, ApcvCard)
    assert card.delegate is not None
    assert (card.delegate.type, card.delegate.until) == (DelegationType.AIDANT_DEMARCHE, until)
    assert card.delegate.name.startswith("SARAH BENALI")
    assert opened.excludes_confidential(stage.clock().date())


def test_an_aidants_year_is_a_year(stage: IssuanceStage) -> None:
    """A day more than the ground allows is refused with how many it allows; without a last day too."""
    today = stage.clock().date()
    for until in (today + timedelta(days=367), None):
        with pytest.raises(EndsWrongly) as refused:
            open_for(stage, ANGE, SARAH, DelegationType.AIDANT_DEMARCHE, Preuve.MANDAT, until=until)
        assert refused.value.facts["most_days"] == 366


@pytest.mark.parametrize(
    ("beneficiary", "delegate", "kind", "proof", "until"),
    [
        (ZOE, INES, DelegationType.PARENT, Preuve.LIVRET_FAMILLE, None),
        (MARIA, PAUL, DelegationType.MESURE_PROTECTION, Preuve.JUGEMENT, date(2030, 1, 31)),
        (ANGE, SARAH, DelegationType.AIDANT_DEMARCHE, Preuve.GUICHET_MFS, date(2027, 1, 1)),
        (ANGE, SARAH, DelegationType.TIERS_PONCTUEL, Preuve.MANDAT, date(2026, 11, 23)),
    ],
)
def test_who_saw_which_paper_is_written_down(
    stage: IssuanceStage,
    beneficiary: PersonKey,
    delegate: PersonKey,
    kind: DelegationType,
    proof: Preuve,
    until: date | None,
) -> None:
    """The journal of the person represented names the agent, the place, the ground and the paper."""
    opened = open_for(stage, beneficiary, delegate, kind, proof, until=until)

    (line,) = [row for row in stage.rows(journal) if row.event == "representation.opened"]

    assert (line.actor, line.subject) == (DESK, opened.beneficiary_subject)
    assert strict_json.loads(line.facts) == {
        "type": kind.word,
        "proof": proof.value,
        "delegate": opened.delegate_subject,
    }


def test_a_scope_opens_what_it_says_and_no_more(stage: IssuanceStage) -> None:
    """Showing the card alone: no prescription fetched, no record read. All of it: what the ground allows."""
    narrow = open_for(stage, ZOE, INES, scope=frozenset({Portee.PRESENTER_DROITS}))
    tutor = open_for(
        stage,
        MARIA,
        PAUL,
        DelegationType.MESURE_PROTECTION,
        Preuve.JUGEMENT,
        until=date(2030, 1, 31),
        scope=frozenset(Portee),
    )
    aidant = open_for(
        stage,
        ANGE,
        SARAH,
        DelegationType.AIDANT_DEMARCHE,
        Preuve.MANDAT,
        until=date(2027, 1, 1),
        scope=frozenset(Portee),
    )

    allowed = {
        name: {what for what in Portee if one.allows(what, NOON)}
        for name, one in (("parent", narrow), ("tutor", tutor), ("aidant", aidant))
    }

    assert allowed == {
        "parent": {Portee.PRESENTER_DROITS},
        "tutor": set(Portee),
        # The person may keep their record to themselves: an aidant does not read it.
        "aidant": {Portee.PRESENTER_DROITS, Portee.RETIRER_ORDONNANCE},
    }


def test_a_child_grows_up_while_nobody_does_anything(stage: IssuanceStage) -> None:
    """Zoé: all until her sixteenth birthday, less until her eighteenth, then nothing; asked of the room."""
    opened = open_for(stage, ZOE, INES, scope=frozenset(Portee))
    room, mother = stage.services.representation, opened.delegate_subject
    eve, sixteen = date(2037, 5, 11), date(2037, 5, 12)
    last, eighteen = date(2039, 5, 11), date(2039, 5, 12)

    reads = {day: opened.allows(Portee.LIRE_DMP, _noon(day)) for day in (eve, sixteen, last, eighteen)}
    shows = {
        day: opened.allows(Portee.PRESENTER_DROITS, _noon(day)) for day in (eve, sixteen, last, eighteen)
    }

    assert reads == {eve: True, sixteen: False, last: False, eighteen: False}
    assert shows == {eve: True, sixteen: True, last: True, eighteen: False}
    assert [one.reference for one in room.of(mother, _noon(last))] == [opened.reference]
    assert room.of(mother, _noon(eighteen)) == ()
    with pytest.raises(RepresentationOver):
        room.held(opened.reference, mother, _noon(eighteen))


def test_the_last_day_ends_in_france(stage: IssuanceStage) -> None:
    """Eighteen at midnight in Paris, not in Greenwich: a second before it still holds, then it is over."""
    opened = open_for(stage, LINA, HELENE)

    assert opened.ends_on == date(2028, 5, 16)
    assert opened.in_force(datetime(2028, 5, 16, 21, 59, 59, tzinfo=UTC))
    assert not opened.in_force(datetime(2028, 5, 16, 22, 0, 0, tzinfo=UTC))


def test_a_tutelle_is_ten_years_at_most(stage: IssuanceStage) -> None:
    """A judgment's last day, and not beyond what a judgment may say (C. civ. 441, 442)."""
    today = stage.clock().date()
    with pytest.raises(EndsWrongly):
        open_tutelle(stage, today + timedelta(days=10 * 366 + 1))

    assert open_tutelle(stage, today + timedelta(days=3_650)).in_force(NOON)
