"""A whole life of cards, refusals included, with everything logged: no number, name or secret lies anywhere.

The people are played through the door, as right and as clumsy as people are: a NIR typed in the wrong box, a
wrong code, a phone lost. Then everything that outlives the requests is searched: log lines (also those of the
libraries, at their most talkative), standard error, answers, the journal, every column, the very bytes of the
database file, a backup. What is searched for is a person; a professional's number and name are public and
stand in the directory, so that of professionals only the secrets are searched for.
"""

from __future__ import annotations

import base64
import gzip
import logging
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from apcv_backend.backup import write_backup
from apcv_backend.bootstrap import Services
from apcv_backend.enrolment.code_service import OpenedCode
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.tables import metadata
from cartes.cards import CardKind
from cartes.errors import CarteError
from cartes.wire import base64url, strict_json
from mobile_mock.app_key import AppKey
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import (
    ANGE,
    DENIS,
    KARIM,
    PERSONAS,
    SARAH,
    IssuanceStage,
    open_stage,
)

UNKNOWN = "199019912345632"
"""A NIR nobody has: refusals must not keep it either."""


@dataclass
class Life:
    """What was said during the walk, and what must be found nowhere after it."""

    stage: IssuanceStage
    answers: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    cards: list[bytes] = field(default_factory=list)

    def say(self, path: str, body: Any, method: str = "POST", **headers: str) -> Any:
        answer = self.stage.client.open(path, method=method, json=body, headers=headers)
        self.answers.append(answer.get_data(as_text=True) + repr(dict(answer.headers)))
        return answer.get_json(silent=True) or {}

    def code(self, person: PersonKey) -> OpenedCode:
        opened = self.stage.services.enrolment.codes.open(person, self.stage.clock(), agent=None)
        for secret in opened.secrets:
            self.secrets |= {secret, secret.replace("-", "")}
        return opened

    def begin(self, card: CardKind, reference: str, secret: str, name: str = "Téléphone") -> Any:
        proof = {"method": "activation_code", "reference": reference, "secret": secret}
        key = AppKey.make(secrets.token_bytes)
        body = {"card": card.value, "proof": proof, "device_name": name, "app_key": key.jwk}
        return self.say("/v1/enrolments", body)


@pytest.fixture
def loud(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Everything says everything: asked for before the services are built."""
    caplog.set_level(logging.DEBUG)
    for name in ("sqlalchemy.engine", "sqlalchemy.pool", "apcv_backend", "werkzeug", "flask", "redis", "tuf"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


@pytest.fixture
def life(
    loud: pytest.LogCaptureFixture,
    services: Services,
    client: FlaskClient,
    clock: SteerableClock,
    attestation_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Life:
    """The walk itself."""
    stage = open_stage(services, client, clock, attestation_dir)
    loud.clear()  # the directory that was just loaded is public
    lived = Life(stage)
    overhear(lived, services, client, monkeypatch)
    everyone_is_played(lived)
    mistakes_are_made(lived, monkeypatch)
    return lived


def overhear(life: Life, services: Services, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Note every secret that is drawn, and every answer that is given."""
    desk, real_open, real_send = services.enrolment.codes, services.enrolment.codes.open, client.open

    def open_and_note(*args: Any, **kwargs: Any) -> OpenedCode:
        opened: OpenedCode = real_open(*args, **kwargs)
        for secret in opened.secrets:
            life.secrets |= {secret, secret.replace("-", "")}
        return opened

    def send_and_note(*args: Any, **kwargs: Any) -> Any:
        answer = real_send(*args, **kwargs)
        told = answer.get_json(silent=True) or {}
        if isinstance(told, dict) and "loss_code" in told:
            life.secrets |= {told["loss_code"], told["loss_code"].replace("-", "")}
        return answer

    monkeypatch.setattr(desk, "open", open_and_note, raising=True)
    monkeypatch.setattr(client, "open", send_and_note)


def everyone_is_played(life: Life) -> None:
    """Enrol, issue, renew, list, rename, withdraw, lose: two patients with several phones, and a doctor."""
    stage = life.stage
    phones = [
        stage.enrolled(ANGE),
        stage.enrolled(ANGE, "synced"),
        stage.enrolled(SARAH, "synced"),
        stage.enrolled(KARIM),
    ]
    for phone in phones:
        for answer in (phone.fetch(), phone.renew()):
            assert answer.status_code == 200
            life.cards += [base64url.decode(one["credential"]) for one in answer.get_json()["credentials"]]
        for path in ("/v1/devices", "/v1/notices"):
            life.say(path, None, "GET", DPoP=phone._dpop(path, None, method="GET"))
    path = f"/v1/devices/{phones[0].device_id}"
    life.say(path, {"name": "Ancien"}, "PATCH", DPoP=phones[0]._dpop(path, None, method="PATCH"))
    phones[1].withdraw()
    stage.services.publication.publish(stage.clock())


def mistakes_are_made(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything typed in the wrong box, everyone refused, and a fault of our own."""
    stage, nir = life.stage, ANGE.text
    spaced = f"{nir[0]} {nir[1:3]} {nir[3:5]} {nir[5:]}"
    for typed in (nir, spaced, UNKNOWN, nir[:13]):
        assert life.begin(CardKind.APCV, typed, "0" * 15)["code"] == "activation_code_refused"
        assert life.begin(CardKind.APCV, "7K3M-9QRT", typed)["code"] == "activation_code_refused"
        life.begin(CardKind.APCV, "7K3M-9QRT", "0" * 15, name=f"Téléphone de {typed}")
        life.say("/v1/loss-reports", {"reference": typed, "loss_code": typed})
        life.say("/v1/credential", {"credential_configuration_id": typed, "nonce": typed, typed: typed})
        life.say("/v1/enrolments", {typed: typed, "card": typed, "proof": {typed: typed}})
        life.say(f"/v1/devices/{typed}", {"name": typed}, "PATCH", DPoP=typed)
        life.say(f"/v1/{typed}?nir={typed}", None, "GET")
    code = life.code(SARAH)
    for _ in range(6):
        life.begin(CardKind.APCV, code.reference, "0" * 15)
    for number in ("224112B99900759", "187049999902144", "210053199944455", DENIS.text):
        person = PersonKey.parse(CardKind.APCV, number)
        opened = life.code(person)
        life.begin(CardKind.APCV, opened.reference, opened.secrets[0])
    phone = stage.enrolled(ANGE)
    phone.post({**phone.proven(), "nonce": nir})

    told = f"immatriculation {nir} illisible, {next(_patients())['label']}"

    def fault(*_: Any) -> Any:
        raise ValueError(told)

    with monkeypatch.context() as patched:
        patched.setattr(stage.services.issuance._planner._rights, "droits_of", fault)
        assert phone.fetch().status_code == 500
    with pytest.raises(CarteError):
        stage.services.enrolment.codes.open(
            PersonKey.parse(CardKind.APCV, UNKNOWN), stage.clock(), agent=None
        )


# --- what is looked for


def _patients() -> Iterator[dict[str, Any]]:
    told = strict_json.loads((PERSONAS / "personas.json").read_bytes())
    return (one for one in told["personas"] if one["carte"] == "apcv")


def traces(life: Life) -> set[str]:
    """Every text that would betray a patient of this walk, or open something."""
    numbers = {UNKNOWN}
    names: set[str] = set()
    for one in _patients():
        numbers |= {number for key, number in one["personne"].items() if key in {"nir", "odNir"} and number}
        names |= {word for word in one["label"].split() if word.endswith("-TEST")}
    spaced = {re.sub(r"(.)(..)(..)(..)(...)(...)(..)", r"\1 \2 \3 \4 \5 \6 \7", number) for number in numbers}
    return numbers | {number[:13] for number in numbers} | spaced | names | life.secrets


def found_in(words: set[str], told: str) -> set[str]:
    upper = told.upper()
    return {word for word in words if word.upper() in upper}


def test_the_search_finds_what_is_there(life: Life) -> None:
    """The test of the test: the words looked for are those of the walk, and the search sees them."""
    words = traces(life)

    assert len(life.secrets) >= 2 * 10, "codes and loss codes were noted"
    assert {ANGE.text, ANGE.text[:13], "ORSINI-TEST"} <= words
    assert found_in(words, f"... {ANGE.text.lower()} ...")
    assert len(life.cards) == 2 * (3 + 3 + 3 + 2)


def test_nothing_of_a_person_is_in_a_log_line(
    life: Life, loud: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Logs at their most talkative, SQL with its parameters, our own faults with their place: no person."""
    records = [*loud.get_records("setup"), *loud.get_records("call")]
    lines = [loud.handler.format(record) + repr(record.args) for record in records]

    assert any("unforeseen ValueError" in line for line in lines), "the fault was logged"
    assert any("INSERT INTO" in line for line in lines), "the libraries were talking"
    assert not found_in(traces(life), "\n".join(lines))
    assert not found_in(traces(life), capfd.readouterr().err)


def test_nothing_of_a_person_is_in_a_refusal_or_a_notice(life: Life) -> None:
    """What was typed does not come back, and no answer but a card holds a number."""
    assert len(life.answers) > 40
    assert not found_in(traces(life), "\n".join(life.answers))


def test_nothing_of_a_person_is_in_a_column(life: Life) -> None:
    """Every row of every table, as the database itself writes it out: people are sealed."""
    rows = []
    with life.stage.services.database.read() as connection:
        for table in metadata.sorted_tables:
            if table.name.startswith("practitioner"):
                continue
            found = connection.execute(text(f"SELECT * FROM {table.name}")).all()
            rows += [_spelled(value) for row in found for value in row]
    everything = "\n".join(rows)

    assert len(rows) > 500
    assert not found_in(traces(life), everything)
    raw = everything.encode("latin-1", "replace")
    assert not any(card in raw for card in life.cards), "cards lie in sealed envelopes"


def _spelled(value: object) -> str:
    if isinstance(value, memoryview):
        value = bytes(value)
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_of_a_person_is_in_the_bytes_of_the_database(life: Life) -> None:
    """SQLite's file and its log, also what was deleted or overwritten: a stolen disk names no patient.

    On SQLite alone: a PostgreSQL of the tests holds other tests' databases in the same files.
    """
    path = Path(str(life.stage.services.database.url.database))
    raw = b"".join(found.read_bytes() for found in path.parent.glob(path.name + "*") if found.is_file())

    assert b"device.enrolled" in raw, "the journal is there, in clear"
    assert not found_in(traces(life), raw.decode("latin-1"))
    assert not any(card in raw or base64url.encode(card).encode() in raw for card in life.cards)


def test_nothing_of_a_person_is_in_a_backup(life: Life, tmp_path: Path) -> None:
    """A backup carries the envelopes, unopened: unpacked, and its base64 read too, it names no patient."""
    target = tmp_path / "backup.gz"
    write_backup(life.stage.services.database, target)
    unpacked = gzip.decompress(target.read_bytes()).decode()
    inside = [
        base64.b64decode(word + "=" * (-len(word) % 4)).decode("latin-1")
        for word in re.findall(r'"([A-Za-z0-9+/]{24,}={0,2})"', unpacked)
    ]

    assert len(inside) > 50
    assert not found_in(traces(life), unpacked + "\n".join(inside))
    assert target.stat().st_mode & 0o077 == 0
