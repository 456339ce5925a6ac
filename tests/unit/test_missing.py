"""What a machine lacks is skipped with a sentence, and fails where everything must run."""

from __future__ import annotations

import pytest

from tests.simulators.missing import missing


def test_it_is_a_skip_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """On somebody's own machine."""
    monkeypatch.delenv("CARTES_REQUIRE_SERVERS", raising=False)

    with pytest.raises(pytest.skip.Exception, match="apt install chromium"):
        missing("apt install chromium")


def test_it_is_a_failure_where_everything_must_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """In continuous integration a green run means that every test ran."""
    monkeypatch.setenv("CARTES_REQUIRE_SERVERS", "1")

    with pytest.raises(pytest.fail.Exception, match="apt install chromium"):
        missing("apt install chromium")
