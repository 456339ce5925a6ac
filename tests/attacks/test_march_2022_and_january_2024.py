"""Attack: what really happened, replayed. The measure is the number of people whose data left.

March 2022: robots behind 19 hijacked accounts of professionals asked about people by their NIR, and 510,000
insured persons were taken. January 2024: one phished account at an operator of third-party payment, and 33
million. Here the accounts are real: each professional is in the directory, enrolled a phone and signed in
with it at the provider; the operator's machine is a registered client, with its key. The thief holds their
access tokens and the keys they are bound to, and passes every door with a proof a request. And, against us,
the thief knows every number, and everybody is taken to have agreed to everything and to be a member of every
insurer: only the limits stand in the way.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from apcv_backend.alarms import Alarm, Alarms
from apcv_backend.app import create_app
from apcv_backend.bootstrap import build
from apcv_backend.bootstrap.online_rights import build_online_rights
from apcv_backend.config import Config
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.tables import journal, subjects
from cartes.wire import qr, strict_json
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE
from tests.simulators.many_professionals import enter_pharmacists
from tests.simulators.online_rights_stage import Pocket, Told
from tests.simulators.population import Population, nir_of, person_of
from tests.simulators.wired_town import Holder, Machine, WiredTown, ndjson, open_wired_town

COUNTRY = 800_000
ACCOUNTS = 19
TRIES_AFTER = 3
OPERATOR = "operateur-tiers-payant"


@dataclass
class Country:
    """A town hall whose source of rights knows a whole country, all of whom agreed to everything."""

    town: WiredTown

    @property
    def clock(self) -> SteerableClock:
        """The hour."""
        return self.town.clock

    def rows(self, table: Any) -> list[Any]:
        """Every row of a table."""
        with self.town.services.database.read() as connection:
            return list(connection.execute(select(table)))

    def account_of(self, person: PersonKey) -> str:
        """The name under which a professional's questions are counted."""
        index = self.town.services.vault.person_index(person.card.value, person.text)
        (subject,) = (row.subject_id for row in self.rows(subjects) if row.person_index == index)
        return f"professional:{subject}"

    def alarms(self) -> list[Alarm]:
        """Every alarm, the newest first."""
        return Alarms.latest(self.town.services.database)

    def told_about(self, people: list[int]) -> int:
        """How many of them find in their journal that somebody was told about them."""
        told = {
            row.subject
            for row in self.rows(journal)
            if row.event == "rights.queried" and strict_json.loads(row.facts)["outcome"] == "answered"
        }
        vault = self.town.services.vault
        known = {row.person_index: row.subject_id for row in self.rows(subjects)}
        indexes = (vault.person_index("apcv", person_of(number).text) for number in people)
        return sum(known.get(index) in told for index in indexes)

    def send_file(self, insurer: Holder, name: str, count: int) -> bytes:
        """A file about the first `count` people of the country."""
        answer = insurer.call(
            "POST",
            "/v1/rights/batches?purpose=contract&care_date=2026-11-21",
            data=ndjson(*({"nir": nir_of(number)} for number in range(count))),
            content_type="application/x-ndjson",
            headers={"Batch-Id": name},
        )
        assert answer.status_code == 200, answer.get_json()
        answered: bytes = answer.data
        return answered


@pytest.fixture
def country(config: Config, clock: SteerableClock, attestation_dir: Path) -> Iterator[Country]:
    services = build(config, clock=clock)
    told = Told(everybody=True)
    online = build_online_rights(
        config=services.config,
        database=services.database,
        vault=services.vault,
        journal=services.journal,
        subjects=services.subjects,
        keyring=services.keyring,
        source=Population(services.rights, COUNTRY),
        consents=told,
        memberships=told,
        random=services.random,
    )
    wired = replace(services, online_rights=online)
    yield Country(open_wired_town(wired, create_app(wired), clock, attestation_dir))
    services.close()


def robot(account: Holder, ground: str, first: int, step_s: float, renew: Machine | None = None) -> list[int]:
    """Ask about one person after another until nothing comes any more; who was told about.

    A machine that was stolen with its key takes a new token whenever one is over.
    """
    taken: list[int] = []
    refused = 0
    for number in range(first, first + 400):
        if renew is not None and number % 50 == 0:
            account = renew.holder("rights")
        answer = account.ask(ground=ground, patient={"nir": nir_of(number)})
        account.town.clock.advance(step_s)
        if answer.status_code == 200:
            taken.append(number)
            continue
        assert (answer.status_code, answer.get_json()["code"]) == (403, "account_frozen")
        refused += 1
        if refused > TRIES_AFTER:
            return taken
    raise AssertionError("never stopped")


def _report(record: Callable[[str, object], None], what: str, people: int) -> None:
    """Say how many people's data left: on the terminal (`-rP`, `-s`) and in a report of the run."""
    record(what, people)
    sys.stdout.write(f"{what}: the data of {people} people left\n")


@pytest.mark.parametrize(
    ("step_s", "accounts"), [(0.1, ACCOUNTS), (4.0, 3)], ids=["robots", "patient robots"]
)
def test_march_2022_hijacked_accounts(
    country: Country,
    step_s: float,
    accounts: int,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    """Fewer than a hundred people an account, an alarm within a minute of its excess, nobody left untold."""
    taken: list[list[int]] = []
    rang: list[float] = []
    pharmacists = enter_pharmacists(country.town.services, country.clock, accounts)
    for number, (person, finess) in enumerate(pharmacists):
        account = country.town.signed_in(person, "rights")
        begun = country.clock()

        taken.append(robot(account, "consent", number * 1_000, step_s))

        newest = [alarm for alarm in country.alarms() if alarm.at >= begun]
        assert [alarm.account for alarm in newest] == [country.account_of(person)]
        last_answer = begun + timedelta(seconds=step_s * len(taken[-1]))
        rang.append(abs((newest[0].at - last_answer).total_seconds()))
        asked = [row for row in country.rows(journal) if row.event == "rights.queried"]
        assert strict_json.loads(asked[-1].facts)["structure"] == finess

    left = [number for account in taken for number in account]
    _report(
        record_testsuite_property, f"march 2022, {accounts} accounts, one question in {step_s} s", len(left)
    )
    assert max(len(account) for account in taken) < 100
    assert len(left) == accounts * (20 if step_s < 1 else 60)
    assert max(rang) < 60
    assert country.told_about(left) == len(left)


@pytest.mark.parametrize("step_s", [0.1, 3.5], ids=["robot", "patient robot"])
def test_january_2024_one_phished_operator(
    country: Country, step_s: float, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """One account that may ask about everybody's contract takes fewer than a hundred people."""
    machine = country.town.insurer(OPERATOR)
    begun = country.clock()

    left = robot(machine.holder("rights"), "membership", 0, step_s, machine)

    _report(record_testsuite_property, f"january 2024, one question in {step_s} s", len(left))
    assert len(left) == (20 if step_s < 1 else 90)
    (alarm,) = country.alarms()
    last_answer = begun + timedelta(seconds=step_s * len(left))
    assert (alarm.account, alarm.at - last_answer < timedelta(minutes=1)) == (f"client:{OPERATOR}", True)
    assert country.told_about(left) == len(left)


def test_who_was_taken_reads_it_on_their_phone(country: Country) -> None:
    """In plain French, within the same second: who asked, on what ground, and that it was answered."""
    patient = country.town.patient(ANGE)
    operator = country.town.insurer(OPERATOR).holder("rights")

    assert operator.ask(ground="membership", patient={"nir": ANGE.text}).status_code == 200

    (told,) = [one for one in country.town.journal(patient) if one["event"] == "rights.queried"]
    assert told["who"] == "Mutuelle de démonstration"
    assert told["why"].endswith("résultat : répondu")


def test_a_frozen_account_is_frozen_under_every_token(country: Country) -> None:
    """The account, not the token: signing in again, or another token of the same client, opens nothing."""
    ((person, _),) = enter_pharmacists(country.town.services, country.clock, 1)
    robot(country.town.signed_in(person, "rights"), "consent", 0, 0.1)
    machine = country.town.insurer(OPERATOR)
    robot(machine.holder("rights"), "membership", 1_000, 0.1)
    country.clock.advance(3_600)

    again = country.town.signed_in(person, "rights").ask(ground="consent", patient={"nir": nir_of(500)})
    anew = machine.holder("rights").ask(ground="membership", patient={"nir": nir_of(1_500)})

    assert [one.get_json()["code"] for one in (again, anew)] == ["account_frozen"] * 2


def test_by_file_the_same_account_takes_no_more(country: Country) -> None:
    """The door for files has the ceiling of its account: no way around the other one."""
    operator = country.town.insurer(OPERATOR).holder("rights")

    answered = country.send_file(operator, "vol-de-janvier-2024", 1_000)

    assert answered.count(b'"answer"') < 100
    assert b'"done":false' in answered
    again = robot(operator, "membership", 5_000, 3.5)
    assert answered.count(b'"answer"') + len(again) < 100


def test_a_stolen_file_account_meets_a_canary(country: Country) -> None:
    """An insurer whose ceiling was raised to 100,000 a day: a thief who guesses numbers is found by a canary.

    One identity in two hundred does not exist. The file stops at the slice that holds one.
    """
    services = country.town.services
    vault, quotas, at = services.vault, services.online_rights.quotas, country.clock()
    canary = vault.person_index("apcv", nir_of(150))
    services.database.run(lambda tx: quotas.raise_ceiling(tx, f"client:{OPERATOR}", 100_000, "direction", at))
    services.database.run(lambda tx: quotas.plant(tx, canary, "une personne sur deux cents", at))

    answered = country.send_file(
        country.town.insurer(OPERATOR).holder("rights"), "vol-d-un-grand-fichier", 1_000
    )

    assert answered.count(b'"answer"') == 100
    assert [alarm.kind for alarm in country.alarms()] == ["canary"]


def test_a_frozen_account_still_serves_the_patient_who_is_there(country: Country) -> None:
    """Freezing an account must not close a pharmacy: a presence is a proof of its own."""
    ((person, _),) = enter_pharmacists(country.town.services, country.clock, 1)
    patient = country.town.patient(ANGE)
    shown = Pocket(country.town, patient, country.town.cards(patient))
    account = country.town.signed_in(person, "rights")
    robot(account, "consent", 0, 0.1)
    given = account.post("/v1/presences", {"scan": qr.pack(shown.present("soins"))}).get_json()

    answer = account.ask(ground="presence", presence_token=given["presence_token"])

    assert answer.status_code == 200, answer.get_json()
