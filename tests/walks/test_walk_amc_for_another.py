"""A child's complementary card on a parent's phone: beside the delegated apCV, and never beside another's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from apcv_backend.bootstrap import Services
from apcv_backend.complementary.ports import Outcome
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.representation.rules import DelegationType, EndedBy, Preuve, Representation
from apcv_backend.tables import journal
from cartes import presentation, seal
from cartes.amc import AmcCard, EtatContrat
from cartes.apcv import ApcvCard
from cartes.cards import CardKind
from cartes.wire import base64url, qr
from tests.simulators.clock import SteerableClock
from tests.simulators.contracts import NUMERO, line
from tests.simulators.issuance_stage import ANGE, SARAH, CardPhone, IssuanceStage, open_stage
from tests.simulators.online_rights_stage import Pocket
from tests.simulators.representation_stage import (
    BEBE,
    CAMILLE,
    HELENE,
    HUGO,
    INES,
    LINA,
    TOM,
    ZOE,
    open_for,
)

TWINS_BORN = "20210512"
DESK = "desk:test@Corte"


@dataclass
class Family:
    """Phones in front of the town hall, and what their insurer says."""

    stage: IssuanceStage

    def publish(self, person: str, reference: str, **changes: str) -> Outcome:
        """The insurer's line about `person`, under any of the keys insurers use."""
        told = line(contrat=reference, personne=person, lien="enfant", **changes)
        return self.stage.services.complementary.publish(NUMERO, told, "client:mutuelle", self.stage.clock())

    def cards(self, phone: CardPhone, kind: str, opened: Representation | None) -> list[seal.OpenedCard]:
        """The cards of this kind, of the owner or of the person represented, as a till opens them."""
        asked: dict[str, Any] = {"credential_configuration_id": kind}
        answer = phone.fetch(**asked, **({"for": opened.reference} if opened else {}))
        assert answer.status_code == 200, answer.get_json()
        return [self.stage.opened(one["credential"]) for one in answer.get_json()["credentials"]]

    def states(self) -> dict[tuple[int, int], str]:
        """Each slot of each list, and what the publication will say of it."""
        return {(slot.list_id, slot.idx): slot.state for slot in self.stage.slots()}

    def end(self, opened: Representation) -> None:
        """A judge withdraws it."""
        self.stage.services.representation.end(opened.reference, EndedBy.JUGE, DESK, self.stage.clock())


@pytest.fixture
def family(services: Services, client: FlaskClient, clock: SteerableClock, attestation_dir: Path) -> Family:
    return Family(open_stage(services, client, clock, attestation_dir))


def _place(one: seal.OpenedCard) -> tuple[int, int]:
    return one.card.slot.list, one.card.slot.idx


def test_a_parents_phone_holds_the_childs_insurers_card(family: Family) -> None:
    """Bound to the parent's key, tied to the child's delegated apCV, and to no other card on the phone."""
    family.publish(ZOE.text, "CT-ZOE")
    phone, opened = family.stage.enrolled(INES), open_for(family.stage, ZOE, INES)
    own = family.cards(phone, "apcv", None)[1]
    childs = family.cards(phone, "apcv", opened)[1]

    soins, complet = family.cards(phone, "amc", opened)

    assert isinstance(childs.card, ApcvCard)
    assert childs.card.delegate is not None
    assert childs.card.given == "ZOE"
    assert seal.goes_with(soins, childs)
    assert seal.goes_with(complet, childs)
    assert not seal.goes_with(soins, own)
    assert soins.holder_key == own.holder_key
    assert soins.issuer.kinds == {CardKind.AMC}


def test_it_is_shown_as_its_own_code_and_proven_offline(family: Family) -> None:
    """Two codes, two gestures, one key: both proofs hold under the trust list, and the two go together."""
    family.publish(ZOE.text, "CT-ZOE")
    phone, opened = family.stage.enrolled(INES), open_for(family.stage, ZOE, INES)
    credentials = {
        kind: base64url.decode(
            phone.fetch(credential_configuration_id=kind, **{"for": opened.reference}).get_json()[
                "credentials"
            ][-1]["credential"]
        )
        for kind in ("apcv", "amc")
    }
    at, trust = family.stage.clock(), family.stage.services.issuance.trust(family.stage.clock())
    shown = {kind: Pocket(family.stage, phone, credentials).show(kind) for kind in credentials}
    read: dict[str, seal.OpenedCard] = {}

    for kind, digits in shown.items():
        unverified = presentation.parse(qr.unpack(digits))
        read[kind] = seal.open_seal(unverified.credential, trust, at, expected=CardKind(kind))
        presentation.check_holder_proof(unverified, read[kind], trust.kinds[CardKind(kind)], at)

    assert shown["apcv"] != shown["amc"]
    assert seal.goes_with(read["amc"], read["apcv"])


def test_twins_never_pass_for_each_other(family: Family) -> None:
    """Same parent, same phone, same key, same insurer: one twin's card goes with that twin's apCV alone."""
    family.publish(f"{INES.text}/{TWINS_BORN}/1", "CT-ZOE")
    family.publish(f"{INES.text}/{TWINS_BORN}/2", "CT-TOM")
    phone = family.stage.enrolled(INES)
    apcv, amc = {}, {}
    for person in (ZOE, TOM):
        opened = open_for(family.stage, person, INES)
        apcv[person], amc[person] = family.cards(phone, "apcv", opened)[1], family.cards(phone, "amc", opened)

    going = {
        (mine, theirs): all(seal.goes_with(card, apcv[theirs]) for card in amc[mine])
        for mine in (ZOE, TOM)
        for theirs in (ZOE, TOM)
    }

    assert going == {(ZOE, ZOE): True, (TOM, TOM): True, (ZOE, TOM): False, (TOM, ZOE): False}
    assert not any(seal.goes_with(card, apcv[TOM]) for card in amc[ZOE])
    assert len({_place(card) for card in (amc[ZOE][0], amc[TOM][0])}) == 2


def test_it_ends_with_the_delegation(family: Family) -> None:
    """Withdrawn: the apCV and the insurer's card of that child are revoked; the twin's and one's own stay."""
    for person, reference in ((ZOE, "CT-ZOE"), (TOM, "CT-TOM"), (INES, "CT-INES")):
        family.publish(person.text, reference)
    phone = family.stage.enrolled(INES)
    zoe, tom = open_for(family.stage, ZOE, INES), open_for(family.stage, TOM, INES)
    gone = [*family.cards(phone, "apcv", zoe), *family.cards(phone, "amc", zoe)]
    stay = [
        card for one in (tom, None) for kind in ("apcv", "amc") for card in family.cards(phone, kind, one)
    ]

    family.end(zoe)

    states = family.states()
    assert {states[_place(card)] for card in gone} == {"revoked"}
    assert {states[_place(card)] for card in stay} == {"valid"}
    refused = phone.fetch(credential_configuration_id="amc", **{"for": zoe.reference})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "representation_over")


def test_what_the_insurer_changes_reaches_every_phone_that_holds_it(family: Family) -> None:
    """Both parents hold Zoé's card: ended by the insurer, both are revoked, and the apCVs are not."""
    family.publish(ZOE.text, "CT-ZOE")
    held = []
    for parent in (INES, HUGO):
        phone, opened = family.stage.enrolled(parent), open_for(family.stage, ZOE, parent)
        held.append(
            (phone, opened, family.cards(phone, "amc", opened)[0], family.cards(phone, "apcv", opened)[0])
        )

    outcome = family.publish(ZOE.text, "CT-ZOE", etat="resilie", date_resiliation="2026-11-20")

    states = family.states()
    assert outcome is Outcome.CHANGED
    assert {states[_place(amc)] for _, _, amc, _ in held} == {"revoked"}
    assert {states[_place(apcv)] for _, _, _, apcv in held} == {"valid"}
    for phone, opened, before, apcv in held:
        after = family.cards(phone, "amc", opened)[0]
        assert isinstance(after.card, AmcCard)
        assert after.card.etat is EtatContrat.RESILIE
        assert _place(after) != _place(before)
        assert seal.goes_with(after, apcv)


@pytest.mark.parametrize("key", [f"{INES.text}/{TWINS_BORN}/1", f"{HUGO.text}/{TWINS_BORN}/1", ZOE.text])
def test_an_insurer_may_name_a_child_by_either_parents_number(family: Family, key: str) -> None:
    """Found under each; the same line under another of them is the same line, and what changes revokes."""
    family.publish(key, "CT-ZOE")
    phone, opened = family.stage.enrolled(INES), open_for(family.stage, ZOE, INES)

    (before, _) = family.cards(phone, "amc", opened)
    assert family.publish(ZOE.text, "CT-ZOE") is Outcome.SAME
    assert family.publish(key, "CT-ZOE", etat="suspendu") is Outcome.CHANGED

    assert family.states()[_place(before)] == "revoked"
    assert (
        family.stage.services.complementary.of(NUMERO, ZOE, date(2026, 11, 21), family.stage.clock())
        is not None
    )


def test_the_linked_slot_is_the_one_the_apcv_will_have(family: Family) -> None:
    """The insurer's card first, the child's apCV after: still one person's; a renewal keeps both slots."""
    family.publish(BEBE.text, "CT-BEBE")
    phone, opened = family.stage.enrolled(CAMILLE), open_for(family.stage, BEBE, CAMILLE)

    amc = family.cards(phone, "amc", opened)[0]
    apcv = family.cards(phone, "apcv", opened)[1]
    renewed = phone.renew(credential_configuration_id="amc", **{"for": opened.reference})

    assert isinstance(apcv.card, ApcvCard)
    assert apcv.card.nir is None
    assert seal.goes_with(amc, apcv)
    assert renewed.status_code == 200
    again = family.stage.opened(renewed.get_json()["credentials"][0]["credential"])
    assert _place(again) == _place(amc)


def test_what_may_be_kept_from_a_parent_is_kept_here_too(family: Family) -> None:
    """Lina is sixteen: her mother's phone has her contract without the member's number."""
    family.publish(LINA.text, "CT-LINA")
    phone, opened = family.stage.enrolled(HELENE), open_for(family.stage, LINA, HELENE)

    (only,) = family.cards(phone, "amc", opened)

    assert isinstance(only.card, AmcCard)
    assert only.card.numero_adherent is None


def test_it_dies_on_the_last_evening_of_a_short_delegation(family: Family, clock: SteerableClock) -> None:
    """Ange sends Sarah until tomorrow: the card ends with the day, and none is issued after."""
    family.publish(ANGE.text, "CT-ANGE")
    phone, until = family.stage.enrolled(SARAH), clock().date() + timedelta(days=1)
    opened = open_for(family.stage, ANGE, SARAH, DelegationType.TIERS_PONCTUEL, Preuve.MANDAT, until=until)

    (card,) = family.cards(phone, "amc", opened)
    clock.at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    late = phone.fetch(credential_configuration_id="amc", **{"for": opened.reference})

    assert card.expires_at == datetime(2026, 11, 22, 21, 59, 59, tzinfo=UTC)
    assert (late.status_code, late.get_json()["code"]) == (403, "representation_over")


@pytest.mark.parametrize("person", [ZOE, BEBE])
def test_no_contract_and_no_delegation_are_two_answers(family: Family, person: PersonKey) -> None:
    """Nobody insured this child: said. Somebody else's reference: the same as nonsense, whatever the card."""
    parent = INES if person is ZOE else CAMILLE
    phone, opened = family.stage.enrolled(parent), open_for(family.stage, person, parent)
    thief = family.stage.enrolled(SARAH)

    none = phone.fetch(credential_configuration_id="amc", **{"for": opened.reference})
    stolen = thief.fetch(credential_configuration_id="amc", **{"for": opened.reference})
    nonsense = thief.fetch(credential_configuration_id="amc", **{"for": "A" * 22})

    assert (none.status_code, none.get_json()["code"]) == (404, "contract_unknown")
    assert stolen.get_json() == nonsense.get_json()
    assert stolen.get_json()["code"] == "representation_unknown"


def test_it_is_told_in_the_childs_journal(family: Family) -> None:
    """Issued to the parent, told under the child's pseudonym, with whose phone it went to."""
    family.publish(ZOE.text, "CT-ZOE")
    phone, opened = family.stage.enrolled(INES), open_for(family.stage, ZOE, INES)
    family.cards(phone, "amc", opened)

    (told,) = [row for row in family.stage.rows(journal) if row.event == "card.issuance"]

    assert told.subject == opened.beneficiary_subject
    assert opened.delegate_subject in told.facts
    assert '"kind":"amc"' in told.facts


@pytest.mark.parametrize("for_another", [True, False])
def test_a_change_between_the_draft_and_the_record_is_not_missed(
    family: Family, monkeypatch: pytest.MonkeyPatch, *, for_another: bool
) -> None:
    """The insurer speaks just after the contract was read: what is issued says the new state, not the old."""
    person = ZOE if for_another else INES
    family.publish(person.text, "CT-1")
    phone = family.stage.enrolled(INES)
    opened = open_for(family.stage, ZOE, INES) if for_another else None
    planner = family.stage.services.issuance._planner
    plan = planner.plan
    spoken: list[Outcome] = []

    def planned_then_overtaken(*asked: Any) -> Any:
        made = plan(*asked)
        if not spoken:
            spoken.append(family.publish(person.text, "CT-1", etat="suspendu"))
        return made

    monkeypatch.setattr(planner, "plan", planned_then_overtaken)
    card = family.cards(phone, "amc", opened)[0]

    assert spoken == [Outcome.CHANGED]
    assert isinstance(card.card, AmcCard)
    assert card.card.etat is EtatContrat.SUSPENDU
    assert family.states()[_place(card)] == "valid"
