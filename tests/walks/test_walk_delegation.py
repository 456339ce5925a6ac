"""A card shown by somebody else: opened at a desk, issued to the representative's phone, ended at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from apcv_backend.enrolment.rules import day_in_france
from apcv_backend.issuance.rules import delegated_expiry
from apcv_backend.representation.rules import DelegationType, EndedBy, Portee, Preuve
from apcv_backend.tables import journal, representations
from cartes.apcv import ApcvCard
from cartes.cards import Binding, CardKind
from cartes.seal import MAX_PRESENTED, PROOF_OVERHEAD
from cartes.wire import base64url, strict_json
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, SARAH, CardPhone, IssuanceStage
from tests.simulators.representation_stage import (
    BEBE,
    CAMILLE,
    HELENE,
    HUGO,
    INES,
    LINA,
    PAUL,
    TOM,
    ZOE,
    open_for,
    open_tutelle,
)


def _cards(stage: IssuanceStage, phone: CardPhone, reference: str) -> dict[str, ApcvCard]:
    answer = phone.fetch(**{"for": reference})
    assert answer.status_code == 200, answer.get_json()
    cards = {}
    for one in answer.get_json()["credentials"]:
        card = stage.opened(one["credential"]).card
        assert isinstance(card, ApcvCard)
        cards[one["shape"]] = card
    return cards


def test_a_tutor_holds_the_protected_persons_card(stage: IssuanceStage) -> None:
    """Maria may not hold a card; Paul's phone gets hers, with his name, his ground and his last day."""
    phone, opened = stage.enrolled(PAUL), open_tutelle(stage)

    cards = _cards(stage, phone, opened.reference)

    assert set(cards) == {"identite", "soins", "complet"}
    soins = cards["soins"]
    assert (soins.given, soins.use_name) == ("MARIA", "CASANOVA-TEST")
    assert soins.nir is not None
    assert soins.nir.digits == "224112B99900759"
    assert soins.delegate is not None
    assert soins.delegate.name.startswith("PAUL CASANOVA")
    assert soins.delegate.type is DelegationType.MESURE_PROTECTION
    assert soins.delegate.until == date(2030, 1, 31)


def test_a_newborn_without_a_number_is_presented_by_a_parent(stage: IssuanceStage) -> None:
    """The baby's card names the number that opens the rights, and none of the baby's own."""
    phone, opened = stage.enrolled(CAMILLE), open_for(stage, BEBE, CAMILLE)

    soins = _cards(stage, phone, opened.reference)["soins"]

    assert soins.nir is None
    assert soins.od_nir is not None
    assert soins.od_nir.digits == "295036999911808"
    assert soins.given == "BEBE"
    assert opened.ends_on == date(2044, 11, 2)


def test_twins_stay_apart_on_one_phone(stage: IssuanceStage) -> None:
    """Two children, one parent, one phone: two slots, two ranks, and ending one leaves the other."""
    phone = stage.enrolled(INES)
    zoe, tom = open_for(stage, ZOE, INES), open_for(stage, TOM, INES)

    first, second = (_cards(stage, phone, one.reference)["soins"] for one in (zoe, tom))
    stage.services.representation.end(zoe.reference, EndedBy.JUGE, "desk:test@Corte", stage.clock())

    assert (first.rang_gemellaire, second.rang_gemellaire) == (1, 2)
    assert first.slot != second.slot
    states = {slot.idx: slot.state for slot in stage.slots()}
    assert (states[first.slot.idx], states[second.slot.idx]) == ("revoked", "valid")


def test_two_parents_are_independent(stage: IssuanceStage) -> None:
    """Both hold Zoé's card; what one loses changes nothing for the other."""
    mother, father = stage.enrolled(INES), stage.enrolled(HUGO)
    by_mother, by_father = open_for(stage, ZOE, INES), open_for(stage, ZOE, HUGO)
    one = _cards(stage, mother, by_mother.reference)["soins"]
    other = _cards(stage, father, by_father.reference)["soins"]

    stage.services.representation.end(by_father.reference, EndedBy.JUGE, "desk:test@Corte", stage.clock())

    assert mother.fetch(**{"for": by_mother.reference}).status_code == 200
    refused = father.fetch(**{"for": by_father.reference})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "representation_over")
    states = {slot.idx: slot.state for slot in stage.slots()}
    assert (states[one.slot.idx], states[other.slot.idx]) == ("valid", "revoked")


def test_a_delegated_card_has_its_own_slot(stage: IssuanceStage) -> None:
    """One's own card and somebody else's, on the same phone, are revoked apart; a renewal keeps both."""
    phone, opened = stage.enrolled(CAMILLE), open_for(stage, BEBE, CAMILLE)
    own = stage.opened(phone.fetch().get_json()["credentials"][1]["credential"]).card

    delegated = _cards(stage, phone, opened.reference)["soins"]
    renewed = phone.renew(**{"for": opened.reference})

    assert own.slot != delegated.slot
    assert renewed.status_code == 200, renewed.get_json()
    again = stage.opened(renewed.get_json()["credentials"][1]["credential"]).card
    assert again.slot == delegated.slot
    assert sorted(slot.exercice for slot in stage.slots()) == ["", f"for:{opened.reference}"]


def test_it_is_in_the_journal_of_the_person_represented(stage: IssuanceStage) -> None:
    """Opening, issuing and ending are told under Zoé's pseudonym, with her mother's, and no number."""
    phone, opened = stage.enrolled(INES), open_for(stage, ZOE, INES)
    _cards(stage, phone, opened.reference)
    stage.services.representation.end(opened.reference, EndedBy.AUTORITE, "desk:test@Corte", stage.clock())

    lines = [row for row in stage.rows(journal) if row.subject == opened.beneficiary_subject]

    assert [line.event for line in lines] == [
        "representation.opened",
        "card.issuance",
        "representation.ended",
    ]
    assert all(opened.delegate_subject in line.facts for line in lines)
    assert not any("2210542" in line.facts or "2910942" in line.facts for line in lines)


def test_at_sixteen_the_parents_access_narrows(stage: IssuanceStage) -> None:
    """Lina holds her own card; her mother still shows one, without the shape that tells everything."""
    lina, helene = stage.enrolled(LINA), stage.enrolled(HELENE)
    opened = open_for(stage, LINA, HELENE, scope=frozenset(Portee))

    assert set(_cards(stage, helene, opened.reference)) == {"identite", "soins"}
    assert lina.fetch().status_code == 200
    assert opened.excludes_confidential(day_in_france(stage.clock()))
    assert not opened.allows(Portee.LIRE_DMP, stage.clock())
    assert opened.allows(Portee.PRESENTER_DROITS, stage.clock())


def test_a_parent_sees_all_until_the_sixteenth_birthday(stage: IssuanceStage, clock: SteerableClock) -> None:
    """Zoé is five: `complet` is there. On the day she is sixteen it is not, with nothing done by anybody."""
    phone, opened = stage.enrolled(INES), open_for(stage, ZOE, INES)
    assert "complet" in _cards(stage, phone, opened.reference)

    eve, birthday = date(2037, 5, 11), date(2037, 5, 12)

    assert not opened.excludes_confidential(eve)
    assert opened.excludes_confidential(birthday)


@pytest.mark.parametrize(
    ("sixteen_on", "shapes"),
    [
        (date(2026, 11, 25), {"identite", "soins", "complet"}),  # the card dies on the 24th
        (date(2026, 11, 24), {"identite", "soins"}),
        (date(2026, 11, 22), {"identite", "soins"}),
    ],
)
def test_no_card_that_tells_everything_outlives_the_eve_of_sixteen(
    stage: IssuanceStage, sixteen_on: date, shapes: set[str]
) -> None:
    """A card lives three days: one of the eve would tell a parent of a sixteen-year-old's care."""
    phone, opened = stage.enrolled(INES), open_for(stage, ZOE, INES)
    services, place = stage.services, f"representations|sealed_terms|{opened.reference}"
    terms = {
        "scope": sorted(opened.scope),
        "starts_on": opened.starts_on.isoformat(),
        "ends_on": opened.ends_on.isoformat(),
        "narrows_on": sixteen_on.isoformat(),
    }
    with services.database.write() as tx:
        sealed = services.vault.seal_for(
            tx, opened.beneficiary_subject, strict_json.canonical(terms), place=place
        )
        tx.execute(update(representations).values(sealed_terms=sealed))

    assert set(_cards(stage, phone, opened.reference)) == shapes


def test_at_eighteen_it_ends_by_itself(stage: IssuanceStage, clock: SteerableClock) -> None:
    """Lina is eighteen on 17 May 2028: the cards of the eve die that night, and none is issued after."""
    opened = open_for(stage, LINA, HELENE)
    clock.at = datetime(2028, 5, 15, 12, tzinfo=UTC)
    # The rights, the keys and the phone are those of 2026: the rules alone are asked here.
    expires_at = delegated_expiry(opened.ends_on, Binding.HARDWARE_ATTESTED, clock())

    assert opened.ends_on == date(2028, 5, 16)
    assert expires_at == datetime(2028, 5, 16, 21, 59, 59, tzinfo=UTC)
    assert opened.in_force(datetime(2028, 5, 16, 12, tzinfo=UTC))
    assert not opened.in_force(datetime(2028, 5, 17, 12, tzinfo=UTC))


def test_a_third_party_holds_a_card_for_days(stage: IssuanceStage, clock: SteerableClock) -> None:
    """Ange sends Sarah for two days: her phone's card dies on the last evening, and she gets no other."""
    phone = stage.enrolled(SARAH)
    until = date(2026, 11, 22)
    opened = open_for(stage, ANGE, SARAH, DelegationType.TIERS_PONCTUEL, Preuve.MANDAT, until=until)

    answer = phone.fetch(**{"for": opened.reference}).get_json()["credentials"]
    clock.at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    late = phone.fetch(**{"for": opened.reference})

    assert [one["shape"] for one in answer] == ["identite", "soins"]
    assert {one["expires_at"] for one in answer} == {"2026-11-22T21:59:59Z"}
    assert (late.status_code, late.get_json()["code"]) == (403, "representation_over")


def test_the_largest_delegated_card_fits_its_symbol(stage: IssuanceStage) -> None:
    """Maria's card with Paul's name, in its fullest shape, is within 449 bytes; names are whole."""
    phone, opened = stage.enrolled(PAUL), open_tutelle(stage)

    told = phone.fetch(**{"for": opened.reference}).get_json()["credentials"]

    assert max(len(base64url.decode(one["credential"])) for one in told) + PROOF_OVERHEAD <= MAX_PRESENTED


def test_a_phone_lists_those_it_may_present(stage: IssuanceStage) -> None:
    """Inès sees both her children, with their names and the end; and nobody presents her own card."""
    phone = stage.enrolled(INES)
    zoe, tom = open_for(stage, ZOE, INES), open_for(stage, TOM, INES)

    told = stage.client.get(
        "/v1/representations", headers={"DPoP": _proof(phone, "GET", "/v1/representations")}
    )

    assert told.status_code == 200, told.get_json()
    assert {(one["reference"], one["given"]) for one in told.get_json()["held"]} == {
        (zoe.reference, "ZOE"),
        (tom.reference, "TOM"),
    }
    assert {one["ends_on"] for one in told.get_json()["held"]} == {"2039-05-11"}
    assert told.get_json()["given"] == []


def test_who_gave_a_mandate_takes_it_back_from_their_phone(stage: IssuanceStage) -> None:
    """Ange withdraws what he gave: Sarah's card is revoked, and the publisher is rung."""
    ange, sarah = stage.enrolled(ANGE), stage.enrolled(SARAH)
    until = day_in_france(stage.clock()) + timedelta(days=3)
    opened = open_for(stage, ANGE, SARAH, DelegationType.TIERS_PONCTUEL, Preuve.MANDAT, until=until)
    _cards(stage, sarah, opened.reference)
    path = f"/v1/representations/{opened.reference}"

    answer = stage.client.delete(path, headers={"DPoP": _proof(ange, "DELETE", path)})

    assert answer.status_code == 204
    assert [slot.state for slot in stage.slots()] == ["revoked"]
    assert stage.services.representation.of(opened.delegate_subject, stage.clock()) == ()


def test_a_representative_gives_up(stage: IssuanceStage) -> None:
    """Hélène ends it from her own phone; Lina, whose parents' authority is not hers to end, cannot."""
    lina, helene = stage.enrolled(LINA), stage.enrolled(HELENE)
    opened = open_for(stage, LINA, HELENE)
    path = f"/v1/representations/{opened.reference}"

    not_hers = stage.client.delete(path, headers={"DPoP": _proof(lina, "DELETE", path)})
    hers = stage.client.delete(path, headers={"DPoP": _proof(helene, "DELETE", path)})

    assert (not_hers.status_code, not_hers.get_json()["code"]) == (404, "representation_unknown")
    assert hers.status_code == 204


def _proof(phone: CardPhone, method: str, path: str) -> str:
    assert phone.kind is CardKind.APCV
    return phone.dpop(path, None, method=method)
