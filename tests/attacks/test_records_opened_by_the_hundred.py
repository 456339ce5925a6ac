"""Attack: one stolen account says "care team" of everybody, or breaks every glass.

A decision about a record is a permission that software acts on. What March 2022 showed for rights holds for
records: an account is stopped after as many people as one professional can see in a day. An emergency is
never refused for that, since a ceiling must not cost a life; its excess rings, and every patient is told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services
from apcv_backend.callers import Caller, CallerKind
from apcv_backend.quota_rules import EMERGENCIES_A_DAY, RECORDS_A_DAY
from apcv_backend.tables import alarms, notices, subjects
from tests.simulators.callers import KnownCallers
from tests.simulators.issuance_stage import KARIM, LAURE
from tests.simulators.population import nir_of


@pytest.fixture
def door(services: Services) -> FlaskClient:
    """Two professionals who may ask about records."""
    laure = Caller(
        CallerKind.PROFESSIONAL,
        client_id="lgo",
        subject_id="s-laure",
        person=LAURE,
        structure="999001506",
        scopes=frozenset({"openid", "record"}),
    )
    known = KnownCallers({"laure": laure, "karim": replace(laure, subject_id="s-karim", person=KARIM)})
    return create_app(replace(services, callers=known)).test_client()


def ask(door: FlaskClient, number: int, who: str = "laure", **words: Any) -> TestResponse:
    body = {"patient": nir_of(number), "purpose": "normal", "care_team": True, **words}
    return door.post("/v1/access-decisions", json=body, headers={"Authorization": f"DPoP {who}"})


def rang(services: Services) -> list[str]:
    with services.database.read() as connection:
        return list(connection.execute(select(alarms.c.kind)).scalars())


def counted(services: Services, table: Any) -> int:
    with services.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_one_account_opens_the_records_of_one_day_s_patients(door: FlaskClient, services: Services) -> None:
    """The next one is refused with an alarm, nothing is written of them, and a colleague goes on."""
    for number in range(RECORDS_A_DAY):
        assert ask(door, number).get_json()["decision"] == "permit"
    assert ask(door, 0, document="doc-1").status_code == 200
    assert rang(services) == []

    refused = ask(door, RECORDS_A_DAY)
    known = counted(services, subjects)
    again = [ask(door, RECORDS_A_DAY + number) for number in range(3)]
    withheld = door.post(
        "/v1/withheld-documents",
        json={"patient": nir_of(1), "document": "doc-1"},
        headers={"Authorization": "DPoP laure"},
    )

    told = [(answer.status_code, answer.get_json()["code"]) for answer in (refused, *again, withheld)]
    assert told == [(403, "record_account_frozen")] * 5
    assert rang(services) == ["too_many_records"]
    assert counted(services, subjects) == known
    assert ask(door, RECORDS_A_DAY, "karim").status_code == 200


def test_emergencies_are_never_refused_and_ring(door: FlaskClient, services: Services) -> None:
    """One alarm at the excess; each patient has a notice, before it and after."""
    for number in range(EMERGENCIES_A_DAY + 3):
        answer = ask(door, number, purpose="bris_de_glace", care_team=False)
        assert answer.get_json()["rule"] == "emergency"

    assert rang(services) == ["too_many_emergencies"]
    assert counted(services, notices) == EMERGENCIES_A_DAY + 3
    assert ask(door, 1).status_code == 200


def test_a_ceiling_raised_for_an_account_holds_for_its_records(door: FlaskClient, services: Services) -> None:
    """Two people agreed on another number for this account: that one counts."""
    from apcv_backend.alarms import Alarms
    from apcv_backend.quotas import Quotas

    quotas = Quotas(Alarms(services.journal, services.random), is_sqlite=services.database.is_sqlite)
    at = services.clock()
    services.database.run(lambda tx: quotas.raise_ceiling(tx, "records:s-laure", 2, "essai", at))

    assert [ask(door, number).status_code for number in range(3)] == [200, 200, 403]
