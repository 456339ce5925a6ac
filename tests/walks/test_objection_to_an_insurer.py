"""A patient objects to an insurer: answered as about a stranger, told to the patient, and taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine
from werkzeug.test import TestResponse

from apcv_backend.bootstrap import Services
from cartes.wire import strict_json
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, SARAH, CardPhone
from tests.simulators.online_rights_stage import INSURER, Pocket
from tests.simulators.wired_town import Holder, WiredTown, ndjson, open_wired_town

HEADER = (
    "contrat;personne;numero_adherent;lien;nom_amc;type_convention;csr;garantie;debut;fin;responsable;"
    "gestion;domaines;services;etat;date_resiliation"
)
STRANGER = "255019999912354"
OBJECTION = {"target": "organisation", "number": INSURER, "decision": "blocked", "scope": "rights"}
REFUSED_OF_THE_OBJECTION = "règle : vous vous êtes opposé aux consultations de cet organisme"


@pytest.fixture
def town(services: Services, app: Flask, clock: SteerableClock, attestation_dir: Path) -> WiredTown:
    return open_wired_town(services, app, clock, attestation_dir)


@pytest.fixture
def insurer(town: WiredTown) -> Holder:
    """An insurer's machine, of which Ange and Sarah are members."""
    machine = town.insurer().holder("rights contracts")
    lines = [
        f"C-{number};{person.text};F000000{number};adherent;MUTUELLE FICTIVE;ZZ;TEST01;R1;2026-01-01;"
        "2026-12-31;oui;3;PHAR;IDB;ouvert;"
        for number, person in enumerate((ANGE, SARAH))
    ]
    body = "\n".join((HEADER, *lines, "")).encode()
    answer = machine.call("POST", "/v1/contracts/files", data=body, content_type="text/csv")
    assert answer.get_json()["entered"] == 2, answer.get_json()
    return machine


def _ask(insurer: Holder, nir: str = ANGE.text, ground: str = "membership") -> TestResponse:
    return insurer.ask(ground=ground, purpose="contract", patient={"nir": nir})


def _send(insurer: Holder, name: str, *nirs: str, body: bytes = b"") -> list[dict[str, Any]]:
    answer = insurer.call(
        "POST",
        "/v1/rights/batches?purpose=contract&care_date=2026-11-21",
        data=body or ndjson(*({"nir": nir} for nir in nirs)),
        content_type="application/x-ndjson",
        headers={"Batch-Id": name},
    )
    assert answer.status_code == 200, answer.get_json()
    return [strict_json.loads(line) for line in answer.data.splitlines()]


def _object(town: WiredTown, patient: CardPhone, **changes: Any) -> str:
    said = town.by_phone(patient, "POST", "/v1/consents", {**OBJECTION, **changes})
    assert said.status_code == 201, said.get_json()
    return str(said.get_json()["consent_id"])


@contextmanager
def _statements() -> Iterator[list[str]]:
    """The SQL sent meanwhile; a list's length is no other statement: some people have two numbers."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(re.sub(r" IN \((?:[^()]|\([^()]*\))*\)", " IN (…)", statement))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("ground", ["membership", "consent"])
def test_who_objects_is_a_stranger_to_that_insurer_until_they_take_it_back(
    town: WiredTown, insurer: Holder, ground: str
) -> None:
    """Its number is read on the line of its query, as a phone does; the very bytes of a stranger's answer."""
    patient = town.patient(ANGE)
    if ground == "consent":
        _object(town, patient, decision="granted")
    assert _ask(insurer, ground=ground).status_code == 200
    asked = town.journal(patient)[0]
    assert (asked["event"], asked["insurer"]) == ("rights.queried", INSURER)

    objection = _object(town, patient, number=asked["insurer"])
    refused, stranger = _ask(insurer, ground=ground), _ask(insurer, STRANGER, ground)

    assert refused.status_code == 404
    assert refused.get_json()["code"] == "rights_not_answered"
    assert refused.data == stranger.data
    line, objected = town.journal(patient)[:2]
    assert REFUSED_OF_THE_OBJECTION in line["why"]
    assert "résultat : refusé" in line["why"]
    assert objected["what"] == "Vous vous êtes opposé aux consultations d'un organisme complémentaire."
    assert objected["why"] == f"organisme n° {INSURER}"
    assert town.by_phone(patient, "DELETE", f"/v1/consents/{objection}").status_code == 204
    assert _ask(insurer).status_code == 200


def test_a_file_tells_nothing_of_who_objects_and_goes_on(town: WiredTown, insurer: Holder) -> None:
    """The line of a stranger; the other members are answered, and the attempt is in their journal."""
    patient = town.patient(ANGE)
    _object(town, patient)

    of_ange, of_stranger, of_sarah, last = _send(
        insurer, "novembre-objections", ANGE.text, STRANGER, SARAH.text
    )

    assert of_ange == {"line": 1, "error": {"code": "rights_not_answered"}}
    assert {**of_stranger, "line": 1} == of_ange
    assert "answer" in of_sarah
    assert last["done"] is True
    assert REFUSED_OF_THE_OBJECTION in town.journal(patient)[0]["why"]


def test_an_objection_holds_by_whichever_number_they_are_named(town: WiredTown, insurer: Holder) -> None:
    """As on a carte Vitale, number and birth date: the same person, singly and in a file."""
    named = {"nir": ANGE.text, "birth_date": "19580314", "rank": 1}
    by_birth: dict[str, Any] = {"ground": "membership", "purpose": "contract", "patient": named}
    patient = town.patient(ANGE)
    assert insurer.ask(**by_birth).status_code == 200

    _object(town, patient)

    assert insurer.ask(**by_birth).status_code == 404
    body = ndjson(named)
    (of_ange, _) = _send(insurer, "par-date-de-naissance", body=body)
    assert of_ange["error"] == {"code": "rights_not_answered"}


@pytest.mark.parametrize("ground", ["membership", "consent"])
def test_who_objects_costs_the_statements_of_a_stranger(
    town: WiredTown, insurer: Holder, ground: str
) -> None:
    """The same questions to the database, in that order: no time tells that an objection was found."""
    _object(town, town.patient(ANGE))
    for nir in (ANGE.text, STRANGER):  # the day's counters are there
        _ask(insurer, nir, ground)

    with _statements() as of_objecting:
        _ask(insurer, ground=ground)
    with _statements() as of_stranger:
        _ask(insurer, STRANGER, ground)

    assert of_objecting == of_stranger


def test_an_objection_is_no_guess_of_the_insurers(town: WiredTown, insurer: Holder) -> None:
    """Asked about sixteen times, singly and in a file: fifteen strangers would have frozen the account."""
    _object(town, town.patient(ANGE))

    refused = [_ask(insurer).status_code for _ in range(8)]
    told = _send(insurer, "nobody-is-frozen", *[ANGE.text] * 8, SARAH.text)

    assert refused == [404] * 8
    assert [line["error"]["code"] for line in told[:8]] == ["rights_not_answered"] * 8
    assert "answer" in told[8]
    assert _ask(insurer, SARAH.text).status_code == 200


def test_a_slice_asks_once_who_objects(town: WiredTown, insurer: Holder) -> None:
    """Two lines or thirty, one look."""
    _object(town, town.patient(ANGE))
    looks = []

    for name, nirs in (
        ("deux-lignes-novembre", [ANGE.text, SARAH.text]),
        ("trente-lignes-nov", [ANGE.text] * 30),
    ):
        with _statements() as seen:
            _send(insurer, name, *nirs)
        looks.append(sum("FROM record_consents" in one for one in seen))

    assert looks == [1, 1]


def test_an_objection_is_to_one_insurer(town: WiredTown, insurer: Holder) -> None:
    """Another one's contract is another one's ground."""
    _object(town, town.patient(ANGE), number="99999002")

    assert _ask(insurer).status_code == 200


def test_an_objection_ends_on_the_day_it_was_given(town: WiredTown, insurer: Holder) -> None:
    """Said with an end, it ends by itself."""
    until = town.clock() + timedelta(minutes=1)
    _object(town, town.patient(ANGE), until=until.isoformat())
    assert _ask(insurer).status_code == 404

    town.clock.advance(60)

    assert _ask(insurer).status_code == 200


def test_a_card_shown_opens_what_it_shows_in_spite_of_an_objection(town: WiredTown, insurer: Holder) -> None:
    """They were there and showed it: the pharmacy's question, and the insurer's on its token."""
    patient, till = town.patient(ANGE), town.signed_in()
    _object(town, patient)
    card = town.cards(patient)["complet"]
    shown = Pocket(town, patient, {"complet": card}).show("complet")
    token = till.post("/v1/presences", {"scan": shown})
    assert token.status_code == 201, token.get_json()
    presence = token.get_json()["presence_token"]

    answer = insurer.ask(ground="presence", purpose="third_party_payment", presence_token=presence)

    assert answer.status_code == 200, answer.get_json()
    assert answer.get_json()["amo"]["open"] is True


@pytest.mark.parametrize("change", [{"scope": "record"}, {"number": "9" * 21}, {"number": "99 99"}])
def test_an_objection_that_means_nothing_is_refused(town: WiredTown, change: dict[str, str]) -> None:
    """Insurers never open the record; a number is one a client may be registered with."""
    answer = town.by_phone(town.patient(ANGE), "POST", "/v1/consents", {**OBJECTION, **change})

    assert answer.status_code == 422, answer.get_json()
