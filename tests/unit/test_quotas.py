"""Ceilings: by day, by minute, by hour of the day, by habit; one statement decides, one alarm rings."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from apcv_backend.alarms import Alarms
from apcv_backend.audit import Journal
from apcv_backend.bootstrap import Services
from apcv_backend.database import Database
from apcv_backend.quota_rules import Account, Charge, ceilings_of, is_night
from apcv_backend.quotas import Quotas
from tests.simulators.clock import MORNING

LAURE = Account("professional:laure", "professional")
INSURER = Account("client:mutuelle", "client")
NIGHT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


@pytest.fixture
def quotas(services: Services) -> tuple[Quotas, Database]:
    journal: Journal = services.journal
    return Quotas(Alarms(journal, services.random), is_sqlite=services.database.is_sqlite), services.database


def ask(
    counter: tuple[Quotas, Database],
    number: int,
    at: datetime = MORNING,
    *,
    account: Account = LAURE,
    misses: int = 0,
) -> Charge:
    quotas, database = counter
    person = number.to_bytes(32, "big")
    return database.run(lambda tx: quotas.charge(tx, account, (person,), misses, at))


def until_frozen(counter: tuple[Quotas, Database], step_s: int, at: datetime = MORNING) -> int:
    """How many people an account gets through, one question every `step_s` seconds."""
    for number in range(500):
        if ask(counter, number, at + timedelta(seconds=number * step_s)) is not Charge.TAKEN:
            return number
    raise AssertionError("never stopped")


def alarms(counter: tuple[Quotas, Database]) -> list[str]:
    return [alarm.kind for alarm in Alarms.latest(counter[1])]


def test_a_robot_is_stopped_within_its_first_minute(quotas: tuple[Quotas, Database]) -> None:
    """More questions a minute than a person types."""
    assert until_frozen(quotas, 1) == 20
    assert alarms(quotas) == ["too_fast"]


def test_a_patient_robot_is_stopped_by_the_day(quotas: tuple[Quotas, Database]) -> None:
    """Slow enough for the minute, it meets the ceiling of the day; and stays frozen the next morning."""
    assert until_frozen(quotas, 10) == 60
    assert alarms(quotas) == ["too_many_people"]
    assert ask(quotas, 900, MORNING + timedelta(days=1)) is Charge.FROZEN


def test_the_same_person_counts_once_a_day(quotas: tuple[Quotas, Database]) -> None:
    """A pharmacist who looks twice asks about one person."""
    for number in range(59):
        ask(quotas, number, MORNING + timedelta(seconds=30 * number))
    later = MORNING + timedelta(hours=1)

    again = [ask(quotas, 3, later + timedelta(seconds=30 * n)) for n in range(5)]

    assert again == [Charge.TAKEN] * 5


def test_guesses_stop_sooner_than_answers(quotas: tuple[Quotas, Database]) -> None:
    """People asked about and not answered: fifteen a day."""
    taken = [ask(quotas, n, MORNING + timedelta(seconds=30 * n), misses=1) for n in range(16)]

    assert taken == [Charge.TAKEN] * 15 + [Charge.FROZEN]
    assert alarms(quotas) == ["too_many_misses"]


def test_one_question_about_a_canary_freezes_the_account(quotas: tuple[Quotas, Database]) -> None:
    """Nobody has a reason to ask about somebody who does not exist; the asker is not told which it was."""
    counter, database = quotas
    database.run(lambda tx: counter.plant(tx, (7).to_bytes(32, "big"), "essai", MORNING))

    assert ask(quotas, 7) is Charge.CANARY
    assert ask(quotas, 8) is Charge.FROZEN
    assert alarms(quotas) == ["canary"]


def test_an_alarm_rings_once_and_again_after_a_person_looked(quotas: tuple[Quotas, Database]) -> None:
    """A frozen account that goes on asking raises no second alarm; lifted, and reached again, it does."""
    counter, database = quotas
    until_frozen(quotas, 1)
    for number in range(5):
        ask(quotas, number)
    assert alarms(quotas) == ["too_fast"]

    lifted = database.run(lambda tx: counter.lift(tx, LAURE.name, "deux personnes", MORNING))
    twice = database.run(lambda tx: counter.lift(tx, LAURE.name, "deux personnes", MORNING))
    until_frozen(quotas, 1, MORNING + timedelta(hours=2))

    assert (lifted, twice) == (True, False)
    assert alarms(quotas) == ["too_fast", "too_fast"]


def test_a_raised_ceiling_is_one_accounts(quotas: tuple[Quotas, Database]) -> None:
    """An insurer's file was agreed on; nobody else's was."""
    counter, database = quotas
    database.run(lambda tx: counter.raise_ceiling(tx, INSURER.name, 10_000, "direction", MORNING))

    assert database.run(lambda tx: counter.room_left(tx, INSURER, MORNING)) == 10_000
    assert database.run(lambda tx: counter.room_left(tx, LAURE, MORNING)) == 60


def test_habit_and_night_lower_a_ceiling() -> None:
    """Three times an ordinary day, once there are five of them; a quarter at night, in France."""
    quiet, busy = [4, 5, 6, 5, 5], [50, 60, 40, 55, 45]

    assert ceilings_of(LAURE, None, [], MORNING).people == 60
    assert ceilings_of(LAURE, None, quiet, MORNING).people == 15
    assert ceilings_of(LAURE, None, [8] * 5, MORNING).people == 24
    assert ceilings_of(LAURE, None, busy, MORNING).people == 60
    assert ceilings_of(LAURE, None, [], NIGHT).people == 15
    assert is_night(NIGHT)
    assert not is_night(MORNING)


def test_habit_is_read_from_the_days_before(quotas: tuple[Quotas, Database]) -> None:
    """Five quiet days, then a day that is nothing like them: stopped far below the ceiling."""
    for day in range(5):
        for number in range(6):
            ask(quotas, number, MORNING + timedelta(days=day, minutes=number))

    assert until_frozen(quotas, 10, MORNING + timedelta(days=5)) == 18


def test_the_last_place_has_one_taker(quotas: tuple[Quotas, Database]) -> None:
    """Eight workers at once around the ceiling of the minute: never one person more."""
    for number in range(16):
        ask(quotas, number)
    start = threading.Barrier(8)
    taken: list[Charge] = []

    def worker(number: int) -> None:
        start.wait()
        taken.append(ask(quotas, 100 + number))

    threads = [threading.Thread(target=worker, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert taken.count(Charge.TAKEN) == 4
    assert alarms(quotas) == ["too_fast"]
