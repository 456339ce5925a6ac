"""The town hall with its directory, a client of the plan and a phone, without a network."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from apcv_backend.bootstrap import Services
from tests.simulators.clock import SteerableClock
from tests.simulators.portal import Portal, ProviderStage, open_provider_stage
from tests.simulators.signin_stage import SigninPhone


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database: what a client sees does not depend on it, and other folders run both."""
    return sqlite_url


@pytest.fixture
def stage(services: Services, app: Flask, clock: SteerableClock, attestation_dir: Path) -> ProviderStage:
    """The provider."""
    return open_provider_stage(services, app, clock, attestation_dir)


@pytest.fixture
def portal(stage: ProviderStage) -> Portal:
    """The plan's static client."""
    return stage.portal()


@pytest.fixture
def phone(stage: ProviderStage) -> SigninPhone:
    """A doctor's phone."""
    return stage.phone()
