"""The till's French clock agrees with the time-zone database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.paris import clock_of, day_of

PARIS = ZoneInfo("Europe/Paris")


@given(st.datetimes(datetime(1996, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds
def test_agrees_with_the_time_zone_database(at: datetime) -> None:
    """Since the rule exists (1996), every instant has the hour the database gives."""
    assert clock_of(at).isoformat() == at.astimezone(PARIS).isoformat()


@pytest.mark.parametrize("year", range(1996, 2038))
@pytest.mark.parametrize("month", [3, 10])
def test_agrees_around_the_change_of_hour(year: int, month: int) -> None:
    """Every half hour of the two last weeks of the months that change."""
    at = datetime(year, month, 20, tzinfo=UTC)

    for _ in range(12 * 48):
        assert clock_of(at).utcoffset() == at.astimezone(PARIS).utcoffset()
        at += timedelta(minutes=30)


def test_the_day_is_the_french_day() -> None:
    """Half an hour before midnight in London is already tomorrow in Paris."""
    assert day_of(datetime(2026, 11, 20, 23, 30, tzinfo=UTC)).isoformat() == "2026-11-21"
