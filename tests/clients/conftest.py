"""One running provider for the clients' tests, with three phones in people's pockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulators.running_provider import Browser, RunningProvider, start_provider


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    """The provider, served by granian in a process of its own."""
    running = start_provider(tmp_path_factory.mktemp("provider"))
    yield running
    running.hall.stop()


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A browser that has been nowhere."""
    opened = Browser()
    yield opened
    opened.close()
