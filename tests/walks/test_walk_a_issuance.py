"""Walk A, steps 10 to 18: an enrolled phone receives its cards, through the real door, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from apcv_backend.enrolment.rules import PersonKey
from cartes.apcv import ApcvCard
from cartes.cards import Binding, CardKind, Shape
from cartes.ecps import EcpsCard
from cartes.seal import MAX_PRESENTED, PROOF_OVERHEAD
from cartes.wire import base64url
from tests.simulators.issuance_stage import (
    ANGE,
    DENIS,
    JULIE_BEFORE,
    KARIM,
    LAURE,
    LUC,
    NOE,
    SARAH,
    IssuanceStage,
)


def test_a_patient_receives_three_shapes_of_one_card(stage: IssuanceStage) -> None:
    """One gesture gives `identite`, `soins` and `complet`, bound to the phone, on one slot, for 72 hours."""
    phone = stage.enrolled(ANGE)

    answer = phone.fetch()

    assert answer.status_code == 200, answer.get_json()
    told = answer.get_json()["credentials"]
    assert [one["shape"] for one in told] == ["identite", "soins", "complet"]
    opened = [stage.opened(one["credential"]) for one in told]
    cards = [one.card for one in opened]
    assert all(isinstance(card, ApcvCard) for card in cards)
    assert len({card.slot for card in cards}) == 1
    assert {one.holder_key for one in opened} == {phone.authenticator.keys[0].public_key}
    assert {one.expires_at - one.issued_at for one in opened} == {timedelta(hours=72)}
    identite, soins, complet = cards
    assert isinstance(identite, ApcvCard)
    assert isinstance(soins, ApcvCard)
    assert isinstance(complet, ApcvCard)
    assert (identite.nir, identite.amo) == (None, None)
    assert soins.nir is not None
    assert soins.nir.digits == ANGE.text
    assert soins.ald == ()
    assert complet.ald[0].periode.fin == date(2027, 6, 30)
    assert complet.shape is Shape.COMPLET
    assert soins.as_of == datetime(2026, 11, 20, 18, 5, tzinfo=UTC)
    assert [one["as_of"] for one in told] == ["2026-11-20T18:05:00Z"] * 3
    assert answer.get_json()["renew_until"] == "2027-02-19T10:00:00Z"


def test_each_shape_fits_its_symbol(stage: IssuanceStage) -> None:
    """A presentation of `soins` takes at most 385 bytes and of `complet` at most 449."""
    told = stage.enrolled(ANGE).fetch().get_json()["credentials"]

    sizes = {one["shape"]: len(base64url.decode(one["credential"])) + PROOF_OVERHEAD for one in told}

    assert sizes["soins"] <= 385
    assert sizes["complet"] <= MAX_PRESENTED


def test_a_card_on_a_synced_key_lives_a_day_and_says_so(stage: IssuanceStage) -> None:
    """The weaker binding is written into the card, and shortens its life to 24 hours."""
    told = stage.enrolled(SARAH, "synced").fetch().get_json()["credentials"]

    opened = stage.opened(told[1]["credential"])

    assert opened.card.binding is Binding.SYNCED
    assert opened.expires_at - opened.issued_at == timedelta(hours=24)


def test_c2s_is_in_the_whole_shape_alone(stage: IssuanceStage) -> None:
    """Sarah's C2S is told by `complet` with its dates, and by no other shape; she has no AMC."""
    told = stage.enrolled(SARAH).fetch().get_json()["credentials"]

    cards = [stage.opened(one["credential"]).card for one in told]

    assert [bool(card.c2s) for card in cards if isinstance(card, ApcvCard)] == [False, False, True]
    assert all(card.amc is None for card in cards if isinstance(card, ApcvCard))


def test_closed_rights_are_written_with_their_end(stage: IssuanceStage) -> None:
    """Denis gets a card: AMO with its end, and AMC ended at its résiliation, not at its paper date."""
    told = stage.enrolled(DENIS).fetch().get_json()["credentials"]

    soins = stage.opened(told[1]["credential"]).card

    assert isinstance(soins, ApcvCard)
    assert soins.amo is not None
    assert soins.amc is not None
    assert soins.amo.periode.fin == date(2026, 9, 30)
    assert soins.amc.periode.fin == date(2026, 6, 30)


def test_a_professional_receives_one_card_an_exercice(stage: IssuanceStage) -> None:
    """Two structures, two cards, two slots; asked for one, one comes."""
    phone = stage.enrolled(KARIM)

    both = phone.fetch().get_json()["credentials"]
    one = phone.fetch(exercice="9991000148").get_json()["credentials"]

    assert [card["exercice"] for card in both] == ["9991000147", "9991000148"]
    opened = [stage.opened(card["credential"]) for card in both]
    assert len({card.card.slot for card in opened}) == 2
    assert {card.expires_at - card.issued_at for card in opened} == {timedelta(hours=24)}
    hospital = stage.opened(one[0]["credential"]).card
    assert len(one) == 1
    assert isinstance(hospital, EcpsCard)
    assert hospital.structure.raison_sociale == "HOPITAL FICTIF"
    assert hospital.slot == opened[1].card.slot


def test_a_former_number_leads_to_the_current_one(stage: IssuanceStage) -> None:
    """Julie enrols with her ADELI number; her card carries her RPPS."""
    told = stage.enrolled(JULIE_BEFORE).fetch().get_json()["credentials"]

    card = stage.opened(told[0]["credential"]).card

    assert isinstance(card, EcpsCard)
    assert card.national_id.text == "899700900162"
    assert [one["exercice"] for one in told] == ["9991000162"]


def test_one_person_under_two_numbers_is_one_person(stage: IssuanceStage) -> None:
    """Julie enrols once by her ADELI number and once by her RPPS: her two phones are known together."""
    now = PersonKey.parse(CardKind.ECPS, "899700900162")
    stage.enrolled(JULIE_BEFORE)
    stage.enrolled(now)

    assert len(stage.services.enrolment.devices.list_for(now)) == 2


def test_a_replacement_outside_its_dates_gets_no_card(stage: IssuanceStage) -> None:
    """Noé's replacement ended: refused by name, with nothing on record and no slot taken."""
    phone = stage.enrolled(NOE)

    answer = phone.fetch()

    assert answer.status_code == 403
    assert answer.get_json()["code"] == "replacement_out_of_dates"
    assert answer.get_json()["error"] == "credential_request_denied"
    assert stage.intents() == []
    assert stage.slots() == []


def test_an_exercice_of_somebody_else_is_unknown(stage: IssuanceStage) -> None:
    """Asking for an exercice that is not one's own is refused."""
    answer = stage.enrolled(LAURE).fetch(exercice="9991000147")

    assert (answer.status_code, answer.get_json()["code"]) == (404, "exercice_unknown")


def test_a_death_in_the_directory_revokes_the_cards(stage: IssuanceStage) -> None:
    """Luc's card is issued; the news of his death revokes its slot, and no card is issued again."""
    phone = stage.enrolled(LUC)
    assert phone.fetch().status_code == 200

    report = stage.load_directory("2-mise-a-jour.json")

    assert report.revoked == 1
    assert [slot.state for slot in stage.slots()] == ["revoked"]
    assert "directory.cards_revoked" in stage.events()
    refused = phone.fetch()
    assert (refused.status_code, refused.get_json()["code"]) == (403, "deceased")


def test_a_renewal_keeps_its_slot_and_needs_no_gesture(stage: IssuanceStage) -> None:
    """By DPoP, weeks later: fresh cards on the same slot; a gesture is still the last one's."""
    phone = stage.enrolled(ANGE)
    first = phone.fetch().get_json()
    stage.clock.advance(30 * 86_400)

    renewed = phone.renew()

    assert renewed.status_code == 200, renewed.get_json()
    slots = {stage.opened(one["credential"]).card.slot for one in renewed.get_json()["credentials"]}
    assert len(stage.slots()) == 1
    assert {(slot.list, slot.idx) for slot in slots} == {(stage.slots()[0].list_id, stage.slots()[0].idx)}
    assert renewed.get_json()["renew_until"] == first["renew_until"]


def test_what_is_signed_is_on_record_and_sealed(stage: IssuanceStage) -> None:
    """One intent, one journal line; neither the number nor the name stands in the row."""
    phone = stage.enrolled(ANGE)

    phone.fetch()

    (intent,) = stage.intents()
    assert intent.issued_at is not None
    assert stage.events().count("card.issuance") == 1
    for envelope in (intent.sealed_intent, intent.sealed_cards):
        assert ANGE.text.encode() not in envelope
        assert b"ORSINI" not in envelope
    assert list(stage.services.journal.altered(stage.services.database)) == []


def test_the_issuer_says_what_a_phone_must_know(stage: IssuanceStage) -> None:
    """The metadata name the RP ID, the client-data profiles and the lives of each kind."""
    told = stage.client.get("/v1/issuer").get_json()

    assert told["kinds"]["apcv"]["rp_id"] == "apcv.localhost"
    assert told["kinds"]["apcv"]["max_ttl_s"] == 72 * 3600
    assert told["kinds"]["apcv"]["ttl_s"]["synced"] == 24 * 3600
    assert set(told["kinds"]["ecps"]["profiles"]) >= {"0", "1", "2", "3"}


def test_a_nonce_is_never_cached_and_writes_nothing(stage: IssuanceStage) -> None:
    """A nonce costs nothing to make: no row stands for it until it is used."""
    from apcv_backend.tables import used_once

    before = len(stage.rows(used_once))

    answer = stage.client.post("/v1/nonce")

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json()["c_nonce_expires_in"] == 300
    assert len(stage.rows(used_once)) == before
