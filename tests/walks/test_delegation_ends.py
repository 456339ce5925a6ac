"""Who may show somebody's card is withdrawn with the person: revoked, erased, or taken back by a judge."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from apcv_backend.enrolment.activation_codes import DeskAgent
from apcv_backend.enrolment.revocation_desk import NothingToChange
from apcv_backend.tables import contracts, journal, representations
from apcv_backend.vault import PersonErased
from tests.simulators.issuance_stage import ANGE, IssuanceStage
from tests.simulators.representation_stage import DESK, MARIA, PAUL, open_tutelle

AGENT = DeskAgent("A. Martin", "Corte")


def _states(stage: IssuanceStage, reference: str) -> set[str]:
    return {row.state for row in stage.slots() if row.exercice.endswith(reference)}


def test_revoking_a_person_reaches_the_cards_on_others_phones(stage: IssuanceStage) -> None:
    """Maria has no phone; Paul's shows her card, and shows it no more. His own stays."""
    paul, opened = stage.enrolled(PAUL), open_tutelle(stage)
    assert paul.fetch().status_code == paul.fetch(**{"for": opened.reference}).status_code == 200

    done = stage.services.revocation.revoke_person(MARIA, AGENT, stage.clock())

    assert (done.phones, done.representations) == (0, 1)
    assert _states(stage, opened.reference) == {"revoked"}
    assert {row.state for row in stage.slots() if not row.exercice} == {"valid"}
    assert paul.fetch(**{"for": opened.reference}).get_json()["code"] == "representation_over"
    with pytest.raises(NothingToChange):
        stage.services.revocation.revoke_person(MARIA, AGENT, stage.clock())


def test_the_represented_person_reads_what_was_done(stage: IssuanceStage) -> None:
    """Opened, issued to somebody else, ended: three lines under Maria's name, none under Paul's."""
    paul, opened = stage.enrolled(PAUL), open_tutelle(stage)
    paul.fetch(**{"for": opened.reference})
    stage.services.revocation.revoke_person(MARIA, AGENT, stage.clock())

    told = [row.event for row in stage.rows(journal) if row.subject == opened.beneficiary_subject]

    assert told == ["representation.opened", "card.issuance", "representation.ended"]


def test_erasing_the_person_leaves_no_card_and_no_terms(stage: IssuanceStage) -> None:
    """The slots are revoked, the row is gone, and a kept copy of its envelope opens no more."""
    paul, opened = stage.enrolled(PAUL), open_tutelle(stage)
    paul.fetch(**{"for": opened.reference})
    (kept,) = stage.rows(representations)

    stage.services.erasure.erase(MARIA, DESK, stage.clock())

    assert _states(stage, opened.reference) == {"revoked"}
    assert stage.rows(representations) == []
    with pytest.raises(PersonErased):
        stage.services.vault.open_bytes(
            kept.sealed_terms, place=f"representations|sealed_terms|{opened.reference}"
        )
    assert paul.fetch(**{"for": opened.reference}).get_json()["code"] == "representation_unknown"


def test_erasing_the_representative_is_told_to_whom_they_represented(stage: IssuanceStage) -> None:
    """Paul is gone; Maria's journal says that he shows her card no more."""
    stage.enrolled(PAUL)
    opened = open_tutelle(stage)

    stage.services.erasure.erase(PAUL, DESK, stage.clock())

    with stage.services.database.read() as connection:
        ended = connection.execute(select(journal).where(journal.c.event == "representation.ended")).one()
    assert ended.subject == opened.beneficiary_subject
    assert stage.rows(representations) == []


def test_a_contract_goes_with_its_person(stage: IssuanceStage) -> None:
    """What an insurer told of somebody is sealed under that person's key."""
    told = {
        "contrat": "C-1", "personne": ANGE.text, "numero_adherent": "F0000001", "lien": "adherent",
        "nom_amc": "MUTUELLE FICTIVE", "type_convention": "ZZ", "csr": "TEST01", "garantie": "R1",
        "debut": "2026-01-01", "fin": "2026-12-31", "responsable": "oui", "gestion": "3",
        "domaines": "PHAR", "services": "IDB", "etat": "ouvert", "date_resiliation": "",
    }  # fmt: skip
    services = stage.services
    services.complementary.publish("99999001", told, "test", stage.clock())
    (kept,) = stage.rows(contracts)
    assert services.complementary.contracts_of([ANGE])

    services.erasure.erase(ANGE, DESK, stage.clock())

    assert stage.rows(contracts) == []
    with pytest.raises(PersonErased):
        services.vault.open_bytes(kept.sealed_contract, place=f"contracts|sealed_contract|{kept.contract_id}")
