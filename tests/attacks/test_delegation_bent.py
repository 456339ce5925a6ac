"""Attacks on delegation: passed on, used from another phone, kept after its end, opened on a wrong ground."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from apcv_backend.enrolment.rules import Under16
from apcv_backend.representation.rules import (
    AlreadyOpen,
    DelegationType,
    EndedBy,
    EndsWrongly,
    NotAMinor,
    NotTransmissible,
    Portee,
    Preuve,
    ProofNotForType,
    RepresentationUnknown,
    RepresentsOneself,
    ScopeRefused,
)
from apcv_backend.tables import representations
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, LAURE, SARAH, IssuanceStage
from tests.simulators.representation_stage import (
    BEBE,
    CAMILLE,
    HUGO,
    INES,
    LINA,
    MARIA,
    PAUL,
    ZOE,
    open_for,
    open_tutelle,
)

SOON = date(2026, 11, 23)


def test_a_reference_is_worth_nothing_on_another_phone(stage: IssuanceStage) -> None:
    """Sarah learned the reference of Paul's delegation: her phone gets the answer given to nonsense."""
    opened, thief = open_tutelle(stage), stage.enrolled(SARAH)

    stolen, invented = (
        thief.fetch(**{"for": opened.reference}),
        thief.fetch(**{"for": "AAAAAAAAAAAAAAAAAAAAAA"}),
    )

    assert stolen.status_code == invented.status_code == 404
    assert stolen.get_json() == invented.get_json()
    assert stolen.get_json()["code"] == "representation_unknown"
    assert stage.intents() == []


def test_it_cannot_be_passed_on(stage: IssuanceStage) -> None:
    """A parent sends no third party with a child's card, nor a tutor with a ward's: only the person may."""
    for beneficiary in (ZOE, MARIA):
        for kind in (DelegationType.TIERS_PONCTUEL, DelegationType.AIDANT_DEMARCHE):
            with pytest.raises(NotTransmissible):
                open_for(stage, beneficiary, SARAH, kind, Preuve.MANDAT, until=SOON)


def test_a_delegated_card_gives_no_right_to_act_for_its_owner(stage: IssuanceStage) -> None:
    """Paul holds Maria's card, and Maria represents nobody: what she would hold is not his."""
    paul = stage.enrolled(PAUL)
    open_tutelle(stage)
    by_ange = open_for(stage, ANGE, SARAH, DelegationType.TIERS_PONCTUEL, Preuve.MANDAT, until=SOON)

    assert paul.fetch(**{"for": by_ange.reference}).get_json()["code"] == "representation_unknown"


def test_after_its_end_nothing_is_issued_and_nothing_repeated_lives(stage: IssuanceStage) -> None:
    """A withdrawn delegation: a new request is refused, and the old answer is of a revoked slot."""
    paul, opened = stage.enrolled(PAUL), open_tutelle(stage)
    request = paul.request(**{"for": opened.reference})
    key = "the-same-key-again"
    assert paul.post(request, key, paul.renewal_proof(request)).status_code == 200

    stage.services.representation.end(opened.reference, EndedBy.JUGE, "desk:test@Corte", stage.clock())
    fresh = paul.renew(**{"for": opened.reference})

    assert fresh.get_json()["code"] == "representation_over"
    assert [slot.state for slot in stage.slots()] == ["revoked"]


def test_one_ends_it_once(stage: IssuanceStage) -> None:
    """The second withdrawal finds nothing to withdraw, so the journal tells one."""
    opened = open_tutelle(stage)
    stage.services.representation.end(opened.reference, EndedBy.JUGE, "desk:test@Corte", stage.clock())

    with pytest.raises(RepresentationUnknown):
        stage.services.representation.end(opened.reference, EndedBy.JUGE, "desk:test@Corte", stage.clock())
    assert stage.events().count("representation.ended") == 1


def test_a_child_does_not_represent(stage: IssuanceStage) -> None:
    """Five-year-old Zoé is nobody's representative, whatever the paper says."""
    with pytest.raises(Under16):
        open_for(stage, ANGE, ZOE, DelegationType.TIERS_PONCTUEL, Preuve.MANDAT, until=SOON)


def test_no_parent_of_a_grown_up(stage: IssuanceStage) -> None:
    """Sarah is twenty-two: no family record book gives her card to anybody."""
    with pytest.raises(NotAMinor):
        open_for(stage, SARAH, INES)


def test_the_paper_fits_the_ground(stage: IssuanceStage) -> None:
    """A family record book proves no guardianship, and a mandate no parenthood."""
    with pytest.raises(ProofNotForType):
        open_for(stage, MARIA, PAUL, DelegationType.MESURE_PROTECTION, Preuve.LIVRET_FAMILLE, until=SOON)
    with pytest.raises(ProofNotForType):
        open_for(stage, ZOE, INES, DelegationType.PARENT, Preuve.MANDAT)


def test_a_third_party_is_short_lived(stage: IssuanceStage, clock: SteerableClock) -> None:
    """More than seven days, no end, an end gone by: refused. A parent's goes no further than majority."""
    today = clock().date()
    for until in (None, today + timedelta(days=8), today - timedelta(days=1)):
        with pytest.raises(EndsWrongly):
            open_for(stage, ANGE, SARAH, DelegationType.TIERS_PONCTUEL, Preuve.MANDAT, until=until)
    with pytest.raises(EndsWrongly):
        open_for(stage, LINA, INES, until=date(2028, 5, 17))


def test_a_third_party_never_reads_the_record(stage: IssuanceStage) -> None:
    """The record is not in what a short errand can be given; and a scope without the card is no scope."""
    kind = DelegationType.TIERS_PONCTUEL
    with pytest.raises(ScopeRefused):
        open_for(stage, ANGE, SARAH, kind, Preuve.MANDAT, until=SOON, scope=frozenset(Portee))
    with pytest.raises(ScopeRefused):
        open_for(stage, BEBE, CAMILLE, scope=frozenset())


def test_nobody_represents_themselves_nor_twice(stage: IssuanceStage) -> None:
    """Under whichever of their numbers they are told; and two open at once between two people are one."""
    with pytest.raises(RepresentsOneself):
        open_for(stage, ANGE, ANGE, DelegationType.TIERS_PONCTUEL, Preuve.MANDAT, until=SOON)
    open_for(stage, ZOE, HUGO)
    with pytest.raises(AlreadyOpen):
        open_for(stage, ZOE, HUGO)


def test_a_professional_card_is_never_delegated(stage: IssuanceStage) -> None:
    """An e-CPS for somebody else is not a request that exists."""
    refused = stage.enrolled(LAURE).fetch(**{"for": "AAAAAAAAAAAAAAAAAAAAAA"})

    assert (refused.status_code, refused.get_json()["code"]) == (400, "invalid_credential_request")


def test_the_database_names_no_child(stage: IssuanceStage) -> None:
    """Numbers, birthdays and names of both are in the envelope: the row tells pseudonyms and a ground."""
    open_for(stage, ZOE, INES)

    (row,) = stage.rows(representations)
    told = " ".join(str(value) for value in row)
    for secret in ("221054299910147", "291094299906119", "2037", "2039", "MOREAU"):
        assert secret not in told
