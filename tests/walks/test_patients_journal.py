"""A patient reads their journal on their phone, takes it away, and contests a line."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert
from werkzeug.test import TestResponse

from apcv_backend.bootstrap.patient_journal import PublicNames
from apcv_backend.patient_journal.ports import Names
from apcv_backend.patient_journal.rules import MOST_EXPORTED
from apcv_backend.patient_journal.service import PatientJournal, SignedRequest
from apcv_backend.patient_journal.store import SqlPatientRegisters
from apcv_backend.tables import incidents, oidc_clients
from tests.simulators.issuance_stage import ANGE, LAURE, SARAH, CardPhone, IssuanceStage
from tests.simulators.pdf_reader import words_of

Asked = Callable[..., TestResponse]


def _ask(phone: CardPhone, path: str, method: str = "GET", language: str = "fr") -> TestResponse:
    """A request signed by the phone, as its application makes it."""
    signed = phone.app_key.proof(
        method,
        phone.stage.services.config.public_url + path.partition("?")[0],
        phone.stage.clock(),
        random=secrets.token_bytes,
    )
    headers = {"DPoP": signed, "Accept-Language": language}
    return phone.stage.client.open(path, method=method, headers=headers)


def _happen(stage: IssuanceStage, person: Any, event: str, actor: str = "x", **facts: str) -> None:
    services = stage.services
    with services.database.write() as tx:
        subject = services.subjects.ensure(tx, person, stage.clock())
        services.journal.note(tx, event, actor=actor, subject=subject, facts=facts, at=stage.clock())


def test_what_was_done_is_read_at_once_newest_first(stage: IssuanceStage) -> None:
    """From the code that was opened to the rights that were looked up, in French, with names."""
    phone = stage.enrolled(ANGE)
    phone.fetch()
    facts = {"by": LAURE.text, "ground": "presence", "purpose": "billing", "outcome": "answered"}
    _happen(stage, ANGE, "rights.queried", "professional:s@client", **facts)

    entries = _ask(phone, "/v1/journal").get_json()["entries"]

    assert [one["event"] for one in entries] == [
        "rights.queried",
        "card.issuance",
        "device.enrolled",
        "activation_code.opened",
    ]
    assert entries[0]["what"] == "Vos droits ont été consultés."
    assert "PAOLI" in entries[0]["who"]
    assert "motif : vous étiez présent" in entries[0]["why"]
    assert "but : facturation" in entries[0]["why"]
    english = _ask(phone, "/v1/journal", language="en").get_json()["entries"]
    assert english[0]["what"] == "Your rights were looked up."


def test_clients_are_told_by_name(stage: IssuanceStage) -> None:
    """An insurer that asked is named as it was registered."""
    phone = stage.enrolled(ANGE)
    with stage.services.database.write() as tx:
        tx.execute(
            insert(oidc_clients).values(
                client_id="mutuelle",
                document={"name": "Mutuelle d'Essai"},
                registered_by="x",
                **_columns(stage),
            )
        )
    _happen(stage, ANGE, "rights.queried", "client:mutuelle", client="mutuelle", ground="membership")

    assert _ask(phone, "/v1/journal").get_json()["entries"][0]["who"] == "Mutuelle d'Essai"


def _columns(stage: IssuanceStage) -> dict[str, Any]:
    """The columns of a client that this test does not care for."""
    given = {"client_id", "document", "registered_by"}
    return {
        column.name: stage.clock() if column.name.endswith("_at") else False
        for column in oidc_clients.c
        if not column.nullable and column.name not in given and column.server_default is None
    }


@dataclass
class CountedNames:
    """The names behind numbers, and how often each was asked for."""

    names: Names
    asked: Counter[str] = field(default_factory=Counter)

    def professional(self, number: str, at: datetime) -> str:
        """See `Names.professional`."""
        self.asked[number] += 1
        return self.names.professional(number, at)

    def structure(self, number: str, by: str, at: datetime) -> str:
        """See `Names.structure`."""
        self.asked[f"{number} of {by}"] += 1
        return self.names.structure(number, by, at)

    def client(self, client_id: str) -> str:
        """See `Names.client`."""
        self.asked[client_id] += 1
        return self.names.client(client_id)


def test_a_long_journal_asks_for_each_name_once(stage: IssuanceStage) -> None:
    """Five thousand lines about three people are not ten thousand questions to the directory."""
    phone, services = stage.enrolled(ANGE), stage.services
    names = CountedNames(PublicNames(services.database, services.directory))
    room = PatientJournal(
        registers=SqlPatientRegisters(services.database, services.journal),
        names=names,
        represented=services.representation,
        public_url=services.config.public_url,
        random=secrets.token_bytes,
        tell_operators=lambda _: None,
    )
    for _ in range(20):
        _happen(stage, ANGE, "record.permitted", by=LAURE.text, structure="999001506", client="lgo")
    url = services.config.public_url + "/v1/journal/export"
    proof = phone.app_key.proof("GET", url, stage.clock(), random=secrets.token_bytes)

    taken = room.export(SignedRequest("GET", "/v1/journal/export", proof), "fr", stage.clock())

    assert sum("PAOLI" in one.who for one in taken.lines) == 20
    assert names.asked == {LAURE.text: 1, f"999001506 of {LAURE.text}": 1, "lgo": 1}


def test_a_patient_reads_their_own_lines_and_no_others(stage: IssuanceStage) -> None:
    """Neither in pages, nor in the export, nor by a line's name."""
    mine, other = stage.enrolled(ANGE), stage.enrolled(SARAH)
    _happen(stage, SARAH, "rights.queried")
    hers = {one["entry"] for one in _ask(other, "/v1/journal").get_json()["entries"]}
    some = next(iter(hers))

    seen = {one["entry"] for one in _ask(mine, "/v1/journal").get_json()["entries"]}
    taken = {one["entry"] for one in _ask(mine, "/v1/journal/export").get_json()["entries"]}

    assert not hers & (seen | taken)
    assert seen == taken
    assert _ask(mine, f"/v1/journal?before={some}").get_json() == {"entries": [], "next": ""}
    assert _ask(mine, f"/v1/journal/{some}/incident", "POST").status_code == 404


def test_pages_follow_each_other_without_a_gap(stage: IssuanceStage) -> None:
    """A hundred a page; the last page says it is the last."""
    phone = stage.enrolled(ANGE)
    for _ in range(103):
        _happen(stage, ANGE, "rights.queried")
    first = _ask(phone, "/v1/journal").get_json()
    second = _ask(phone, f"/v1/journal?before={first['next']}").get_json()

    names = [one["entry"] for one in first["entries"] + second["entries"]]

    assert (len(first["entries"]), len(second["entries"]), second["next"]) == (100, 5, "")
    assert len(set(names)) == 105


def test_a_line_is_contested_once(stage: IssuanceStage) -> None:
    """An incident is opened, told in the journal, listed for operators, and answered."""
    phone = stage.enrolled(ANGE)
    _happen(stage, ANGE, "rights.queried")
    entry = _ask(phone, "/v1/journal").get_json()["entries"][0]["entry"]

    opened = _ask(phone, f"/v1/journal/{entry}/incident", "POST")
    again = _ask(phone, f"/v1/journal/{entry}/incident", "POST")

    assert (opened.status_code, again.status_code) == (201, 409)
    (waiting,) = stage.services.incidents.open()
    assert waiting.incident_id == opened.get_json()["incident_id"]
    answer = "La pharmacie s'était trompée de personne ; elle a été prévenue."
    assert stage.services.incidents.close(waiting.incident_id, "operator:A", answer, stage.clock())
    assert not stage.services.incidents.close(waiting.incident_id, "operator:A", "erreur", stage.clock())
    told = _ask(phone, "/v1/journal").get_json()["entries"]
    assert [one["event"] for one in told[:3]] == ["incident.closed", "incident.opened", "rights.queried"]
    assert told[2]["contested_at"] is not None
    assert told[0]["why"] == f"réponse : {answer}"


def test_an_answer_goes_with_the_person_it_was_written_for(stage: IssuanceStage) -> None:
    """It is free text: erased, they leave the fact that they were answered, and no word of it."""
    phone = stage.enrolled(ANGE)
    _happen(stage, ANGE, "rights.queried")
    entry = _ask(phone, "/v1/journal").get_json()["entries"][0]["entry"]
    _ask(phone, f"/v1/journal/{entry}/incident", "POST")
    (waiting,) = stage.services.incidents.open()
    stage.services.incidents.close(waiting.incident_id, "operator:A", "Ange n'y était pas.", stage.clock())

    stage.services.erasure.erase(ANGE, "desk:A. Martin@Corte", stage.clock())

    (kept,) = stage.rows(incidents)
    assert (kept.outcome, kept.closed_by) == ("", "operator:A")


@pytest.mark.parametrize("path", ["/v1/journal", "/v1/journal/export", "/v1/journal/export?format=pdf"])
def test_only_a_live_phone_reads(stage: IssuanceStage, path: str) -> None:
    """No signature, somebody's key that is enrolled nowhere, a proof used twice, a withdrawn phone."""
    phone = stage.enrolled(ANGE)
    stranger = CardPhone(stage, phone.kind, phone.authenticator)
    url = stage.services.config.public_url + path.partition("?")[0]
    proof = phone.app_key.proof("GET", url, stage.clock(), random=secrets.token_bytes)

    assert stage.client.get(path).status_code == 401
    assert _ask(stranger, path).status_code == 401
    assert stage.client.get(path, headers={"DPoP": proof}).status_code == 200
    assert stage.client.get(path, headers={"DPoP": proof}).status_code == 401
    phone.withdraw()
    assert _ask(phone, path).status_code == 401


def test_a_sealed_line_names_its_leaf(stage: IssuanceStage) -> None:
    """Once sealed, the patient can ask anybody for the proof that their line is in the log."""
    phone = stage.enrolled(ANGE)
    stage.services.log.seal(stage.clock())

    lines = _ask(phone, "/v1/journal").get_json()["entries"]
    size = stage.services.log.head().size

    assert all(
        stage.client.get(
            f"/v1/log/proofs/inclusion?leaf_index={one['leaf_index']}&tree_size={size}"
        ).status_code
        == 200
        for one in lines
    )


def test_the_journal_is_taken_away_as_a_pdf_people_can_read(stage: IssuanceStage, tmp_path: Path) -> None:
    """Title, sentences with their accents, the professional's name; and no number of a person."""
    phone = stage.enrolled(ANGE)
    for _ in range(30):
        _happen(stage, ANGE, "rights.queried", by=LAURE.text, ground="presence", purpose="billing")
    answer = _ask(phone, "/v1/journal/export?format=pdf")
    file = tmp_path / "journal.pdf"
    file.write_bytes(answer.data)

    text = words_of(file, laid_out=True)

    assert answer.content_type == "application/pdf"
    assert "Ce qui a été fait avec mes données" in text
    assert "Vos droits ont été consultés." in text
    assert "PAOLI" in text
    assert ANGE.text not in text
    assert "3/3" in text.replace(" ", "")


def test_what_is_taken_away_says_what_the_screen_says(stage: IssuanceStage, tmp_path: Path) -> None:
    """Line for line in JSON; in the PDF every sentence, name, reason and hour of Paris, in the same order."""
    phone = stage.enrolled(ANGE)
    phone.fetch()
    _happen(stage, ANGE, "rights.queried", by=LAURE.text, ground="presence", purpose="billing")
    _happen(stage, ANGE, "record.denied", by=LAURE.text, purpose="bris_de_glace", rule="opposed_beforehand")
    screen = _ask(phone, "/v1/journal").get_json()
    file = tmp_path / "journal.pdf"
    file.write_bytes(_ask(phone, "/v1/journal/export?format=pdf").data)

    text = words_of(file)

    assert _ask(phone, "/v1/journal/export").get_json() == screen
    printed, place = " ".join(text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split()), 0
    for one in screen["entries"]:
        at = datetime.fromisoformat(one["at"]).astimezone(ZoneInfo("Europe/Paris"))
        assert f"{at:%d/%m/%Y %H:%M:%S}" in printed
        for words in filter(None, (one["what"], one["who"], one["why"])):
            place = printed.index(words.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"), place)


def test_a_very_long_journal_says_that_it_goes_on(stage: IssuanceStage) -> None:
    """An export is cut after thousands of lines, and gives where to read on; nothing is left out unsaid."""
    phone, services = stage.enrolled(ANGE), stage.services
    already = len(_ask(phone, "/v1/journal").get_json()["entries"])
    with services.database.write() as tx:
        subject = services.subjects.ensure(tx, ANGE, stage.clock())
        told = [(subject, {"by": LAURE.text})] * MOST_EXPORTED
        services.journal.note_all(tx, "rights.queried", actor="x", told=told, at=stage.clock())

    taken = _ask(phone, "/v1/journal/export").get_json()
    rest = _ask(phone, f"/v1/journal?before={taken['next']}").get_json()

    assert len(taken["entries"]) == MOST_EXPORTED
    assert (len(rest["entries"]), rest["next"]) == (already, "")


def test_the_journal_names_nobody_by_number(stage: IssuanceStage) -> None:
    """The patient's own number is nowhere in what is shown or taken."""
    phone = stage.enrolled(ANGE)
    phone.fetch()

    for path in ("/v1/journal", "/v1/journal/export"):
        assert ANGE.text not in json.dumps(_ask(phone, path).get_json())
