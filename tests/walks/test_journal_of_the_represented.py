"""Who holds no phone has a journal too: whoever answers for all their care reads it, and nobody else does."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime

import pytest
from werkzeug.test import TestResponse

from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.representation.rules import DelegationType, EndedBy, Preuve, Representation
from apcv_backend.tables import journal
from cartes.wire import base64url
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import LAURE, CardPhone, IssuanceStage
from tests.simulators.representation_stage import (
    CAMILLE,
    DESK,
    HELENE,
    HUGO,
    INES,
    MARIA,
    PAUL,
    ZOE,
    open_for,
    open_tutelle,
)


def _ask(phone: CardPhone, opened: Representation, rest: str = "", method: str = "GET") -> TestResponse:
    """A request about the represented person, signed by the phone."""
    path = f"/v1/representations/{opened.reference}/journal{rest}"
    url = phone.stage.services.config.public_url + path.partition("?")[0]
    proof = phone.app_key.proof(method, url, phone.stage.clock(), random=secrets.token_bytes)
    return phone.stage.client.open(path, method=method, headers={"DPoP": proof, "Accept-Language": "fr"})


def _own(phone: CardPhone) -> list[str]:
    url = phone.stage.services.config.public_url + "/v1/journal"
    proof = phone.app_key.proof("GET", url, phone.stage.clock(), random=secrets.token_bytes)
    answer = phone.stage.client.get("/v1/journal", headers={"DPoP": proof})
    return [one["event"] for one in answer.get_json()["entries"]]


def _happen(stage: IssuanceStage, person: PersonKey, event: str, **facts: str | bool) -> None:
    services = stage.services
    with services.database.write() as tx:
        subject = services.subjects.ensure(tx, person, stage.clock())
        services.journal.note(tx, event, actor="x", subject=subject, facts=facts, at=stage.clock())


def _go_to(clock: SteerableClock, at: datetime) -> None:
    clock.advance((at - clock()).total_seconds())


def _events(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.get_json()
    return [one["event"] for one in answer.get_json()["entries"]]


def test_a_guardian_reads_what_was_done_with_the_wards_data(stage: IssuanceStage) -> None:
    """Maria is a hundred and two and holds nothing: Paul reads it, takes it away, and his own is his own."""
    paul, opened = stage.enrolled(PAUL), open_tutelle(stage)
    _happen(stage, MARIA, "rights.queried", by=LAURE.text, ground="consent", purpose="billing")

    page = _ask(paul, opened)

    assert _events(page) == ["rights.queried", "representation.opened"]
    assert "PAOLI" in page.get_json()["entries"][0]["who"]
    assert _ask(paul, opened, "/export").get_json() == page.get_json()
    pdf = _ask(paul, opened, "/export?format=pdf")
    assert (pdf.status_code, pdf.content_type, pdf.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert "rights.queried" not in _own(paul)


def test_what_a_child_kept_to_themselves_is_not_their_parents_to_read(stage: IssuanceStage) -> None:
    """CSP L1111-5: neither the line, nor by its name, nor in the export; the other lines are there."""
    ines = stage.enrolled(INES)
    opened = open_for(stage, ZOE, INES)
    _happen(stage, ZOE, "record.permitted", by=LAURE.text, purpose="normal", rule="care_team")
    _happen(stage, ZOE, "record.denied", by=LAURE.text, purpose="normal", confidential=True)

    assert _events(_ask(ines, opened)) == ["record.permitted", "representation.opened"]
    assert _events(_ask(ines, opened, "/export")) == ["record.permitted", "representation.opened"]


def test_a_line_kept_secret_cannot_be_reported_by_its_name(stage: IssuanceStage) -> None:
    """Whoever learnt the name of a confidential line elsewhere learns nothing with it here."""
    helene = stage.enrolled(HELENE)
    opened = open_for(stage, ZOE, HELENE)
    _happen(stage, ZOE, "record.denied", confidential=True)
    (line,) = [row for row in stage.rows(journal) if row.event == "record.denied"]
    name = base64url.encode(line.mac)

    assert _ask(helene, opened, f"/{name}/incident", "POST").status_code == 404
    assert _ask(helene, opened, f"?before={name}").get_json() == {"entries": [], "next": ""}


def test_at_sixteen_the_parents_read_no_more(stage: IssuanceStage, clock: SteerableClock) -> None:
    """To the day, in Paris: on its eve all of it, on the birthday nothing, though the card is still held."""
    ines = stage.enrolled(INES)
    opened = open_for(stage, ZOE, INES)
    _go_to(clock, datetime(2037, 5, 11, 21, 59, tzinfo=UTC))
    assert _ask(ines, opened).status_code == 200

    _go_to(clock, datetime(2037, 5, 11, 22, 0, tzinfo=UTC))

    refused = _ask(ines, opened)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "representation_over")
    assert stage.services.representation.held(opened.reference, opened.delegate_subject, clock())


@pytest.mark.parametrize("kind", [DelegationType.AIDANT_DEMARCHE, DelegationType.TIERS_PONCTUEL])
def test_who_was_given_a_card_for_an_errand_reads_nothing(stage: IssuanceStage, kind: DelegationType) -> None:
    """`exclut_confidentiel` is theirs from the first day."""
    camille = stage.enrolled(CAMILLE)
    opened = open_for(stage, HUGO, CAMILLE, kind, Preuve.MANDAT, until=date(2026, 11, 24))

    assert _ask(camille, opened).get_json()["code"] == "representation_over"


def test_a_reference_opens_its_holders_eyes_only(stage: IssuanceStage) -> None:
    """Another phone's, an unknown one, one that was withdrawn: nothing is read, and the proof is spent."""
    paul, ines, opened = stage.enrolled(PAUL), stage.enrolled(INES), open_tutelle(stage)

    assert _ask(ines, opened).get_json()["code"] == "representation_unknown"
    stage.services.representation.end(opened.reference, EndedBy.JUGE, DESK, stage.clock())
    assert _ask(paul, opened).get_json()["code"] == "representation_over"


def test_nothing_is_read_of_somebody_erased(stage: IssuanceStage) -> None:
    """Their representation is gone with them."""
    paul, opened = stage.enrolled(PAUL), open_tutelle(stage)
    stage.services.erasure.erase(MARIA, DESK, stage.clock())

    assert _ask(paul, opened).get_json()["code"] == "representation_unknown"


def test_a_guardian_says_this_was_not_her(stage: IssuanceStage) -> None:
    """The incident is the ward's, opened from the guardian's phone, and their journal says so."""
    paul, opened = stage.enrolled(PAUL), open_tutelle(stage)
    _happen(stage, MARIA, "rights.queried", by=LAURE.text)
    entry = _ask(paul, opened).get_json()["entries"][0]["entry"]

    reported = _ask(paul, opened, f"/{entry}/incident", "POST")

    assert (reported.status_code, _ask(paul, opened, f"/{entry}/incident", "POST").status_code) == (201, 409)
    (waiting,) = stage.services.incidents.open()
    assert waiting.subject_id == opened.beneficiary_subject
    told = _ask(paul, opened).get_json()["entries"][0]
    assert told["what"] == "Une personne qui vous représente a signalé une ligne de ce journal."
