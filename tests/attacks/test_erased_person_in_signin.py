"""A person is erased: nothing of the sign-in opens to them, here, in older copies, or in what others asked.

Every sealed column of these tables is opened with every key that is left, and searched for the number; the
blind index that would let somebody try a number is searched for too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import LargeBinary, select

from apcv_backend.backup import read_backup, write_backup
from apcv_backend.bootstrap import Services
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.tables import (
    authorization_codes,
    logout_deliveries,
    metadata,
    pushed_requests,
    refresh_tokens,
    signin_attempts,
    signin_pings,
    signin_reach,
    signin_sessions,
)
from apcv_backend.vault import EnvelopeRefused
from cartes.cards import CardKind
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, SARAH
from tests.simulators.listening_client import ListeningClient
from tests.simulators.portal import Portal, ProviderStage, open_provider_stage
from tests.simulators.representation_stage import BEBE, CAMILLE, open_for
from tests.simulators.signin_stage import order

SIGNIN = (
    authorization_codes,
    logout_deliveries,
    pushed_requests,
    refresh_tokens,
    signin_attempts,
    signin_pings,
    signin_reach,
    signin_sessions,
)


@pytest.fixture
def stage(services: Services, app: Flask, clock: SteerableClock, attestation_dir: Path) -> ProviderStage:
    return open_provider_stage(services, app, clock, attestation_dir)


@pytest.fixture
def listening() -> Iterator[ListeningClient]:
    client = ListeningClient()
    yield client
    client.stop()


def _portal(stage: ProviderStage, client_id: str = "portail-patients", **changes: Any) -> Portal:
    return stage.portal(client_id, scopes=["openid", "ins"], kinds=["apcv"], **changes)


def _named(stage: ProviderStage, person: PersonKey) -> str:
    """A client asks for somebody by their number, as CIBA does; the request's identifier."""
    asked = order(CardKind.APCV, origin="ciba", login_hint=person.text, binding_message="42")
    return stage.signin.open(asked).attempt_id


def _erase(stage: ProviderStage, person: PersonKey) -> str:
    """Erased, as an operator does; the pseudonym they had."""
    with stage.services.database.read() as connection:
        subject_id = stage.services.subjects.find(connection, person)
    assert subject_id is not None
    stage.services.erasure.erase(person, "desk:A. Martin@Corte", stage.clock())
    return subject_id


def _rows(stage: ProviderStage, table: Any) -> list[Any]:
    with stage.services.database.read() as connection:
        return list(connection.execute(select(table)))


def _place(table: Any, column: str, row: Any) -> str:
    if table is signin_pings:
        return f"signin_pings|{row.attempt_id}"
    key = next(iter(table.primary_key.columns)).name
    value = getattr(row, key)
    return f"{table.name}|{column}|{value.hex() if isinstance(value, bytes) else value}"


def readable(stage: ProviderStage) -> str:
    """All that the tables of sign-in say to whoever holds the vault and the keys of people that are left."""
    said: list[str] = []
    for table in SIGNIN:
        for row in _rows(stage, table):
            for column in table.columns:
                value = row._mapping[column]
                if isinstance(column.type, LargeBinary) and value:
                    said.append(bytes(value).hex())
                    if column.name.startswith("sealed_"):
                        try:
                            place = _place(table, column.name, row)
                            said.append(stage.services.vault.open_bytes(value, place=place).decode())
                        except EnvelopeRefused:
                            continue
                else:
                    said.append(str(value))
    return "\n".join(said)


def _index(stage: ProviderStage, person: PersonKey) -> str:
    return stage.services.vault.person_index(person.card.value, person.text).hex()


def test_nothing_of_an_erased_person_is_left(stage: ProviderStage) -> None:
    """A request that named them, one they scanned, one they approved, a session, its tokens: all gone."""
    portal, phone, sarah = _portal(stage), stage.phone(ANGE), stage.phone(SARAH)
    tokens = portal.tokens(phone, scope="openid ins")
    others = portal.tokens(sarah, scope="openid ins")
    _named(stage, ANGE)
    scanned = stage.signin.open(order(CardKind.APCV))
    assert phone.scan(stage.signin.code(scanned)).status_code == 200
    assert ANGE.text in readable(stage)
    assert _index(stage, ANGE) in readable(stage)

    subject_id = _erase(stage, ANGE)

    left = readable(stage)
    assert ANGE.text not in left
    assert _index(stage, ANGE) not in left
    assert subject_id not in left
    assert not portal.is_active(tokens["access_token"])
    assert portal.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert portal.is_active(others["access_token"])


def test_a_request_that_never_reached_them_is_gone_too(stage: ProviderStage) -> None:
    """Named while they had no phone: found by the index their row still had."""
    phone = stage.phone(ANGE)
    phone.phone.withdraw()
    attempt_id = _named(stage, ANGE)
    (kept,) = [row for row in _rows(stage, signin_attempts) if row.attempt_id == attempt_id]
    assert kept.subject_id is None
    other = _named(stage, SARAH)

    _erase(stage, ANGE)

    assert [row.attempt_id for row in _rows(stage, signin_attempts)] == [other]


def test_what_somebody_did_for_them_does_not_open(stage: ProviderStage) -> None:
    """A parent had approved for a child, and the code was not taken yet: it never is, and nothing breaks."""
    opened = open_for(stage.signin.stage, BEBE, CAMILLE)
    portal, phone = _portal(stage), stage.phone(CAMILLE)
    attempt_id = portal.approve(portal.begin(scope="openid ins"), phone, acts_for=opened.reference)
    assert BEBE.text in readable(stage)

    _erase(stage, BEBE)

    assert BEBE.text not in readable(stage)
    finished = portal.finish(attempt_id)
    assert finished.status_code in {303, 404}
    assert "code=" not in finished.headers.get("Location", "")


def test_an_old_copy_with_the_keys_of_after_does_not_name_them(stage: ProviderStage, tmp_path: Path) -> None:
    """Requests are sealed under the keys of whom they name, and those keys are in no backup beside them."""
    phone = stage.phone(ANGE)
    ange, sarah = _named(stage, ANGE), None
    stage.phone(SARAH)
    sarah = _named(stage, SARAH)
    write_backup(stage.services.database, tmp_path / "before.gz")
    _erase(stage, ANGE)
    write_backup(stage.services.database, tmp_path / "after.keys", keys=True)
    with stage.services.database.write() as tx:
        for table in metadata.sorted_tables:
            tx.execute(table.delete())
    read_backup(stage.services.database, tmp_path / "before.gz")
    read_backup(stage.services.database, tmp_path / "after.keys", keys=True)

    left = readable(stage)

    assert ANGE.text not in left
    assert SARAH.text in left
    store = stage.services.signin_approval.store
    assert store.get(ange) is None
    assert store.get(sarah) is not None
    assert phone.call("GET", "/v1/signin-requests").status_code < 500


def test_their_sites_are_told_by_an_identifier_that_says_nothing(
    stage: ProviderStage, listening: ListeningClient
) -> None:
    """Their own session, and one a parent had for them: `sid` alone, and the worker goes on."""
    opened = open_for(stage.signin.stage, BEBE, CAMILLE)
    portal, phone = _portal(stage, backchannel_logout_uri=listening.url), stage.phone(CAMILLE)
    begun = portal.begin(scope="openid ins")
    landed = portal.landed(portal.finish(portal.approve(begun, phone, acts_for=opened.reference)))
    told = portal.exchange(landed["code"]).get_json()
    own = portal.tokens(phone, scope="openid ins")
    sessions = [portal.claims(one["id_token"])["sid"] for one in (told, own)]

    _erase(stage, BEBE)
    assert stage.services.signin.deliveries.deliver(stage.clock()) == 1
    assert portal.is_active(own["access_token"])
    _erase(stage, CAMILLE)
    assert stage.services.signin.deliveries.deliver(stage.clock()) == 1

    heard = [portal.claims(form["logout_token"][0]) for form in listening.heard]
    assert [one["sid"] for one in heard] == sessions
    assert all("sub" not in one for one in heard)


def test_a_pushed_request_keeps_no_hint(stage: ProviderStage) -> None:
    """Whom a client has in mind is read by nobody at `/auth`: it is not kept, so it need not be erased."""
    portal = _portal(stage)
    stage.phone(ANGE)
    pushed = portal.post("par", {**portal.asks(scope="openid ins"), "login_hint": ANGE.text})

    assert pushed.status_code == 201
    assert "portail-patients" in readable(stage)
    assert ANGE.text not in readable(stage)
