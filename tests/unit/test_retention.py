"""What enrolment leaves behind goes in time: a moved clock, and what is left."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apcv_backend.config import Config, ConfigError
from apcv_backend.tables import activation_codes, devices
from apcv_backend.work_commands import jobs_of
from apcv_backend.working import Worker
from tests.simulators.clock import MORNING
from tests.simulators.issuance_stage import ANGE, IssuanceStage


def test_raw_attestations_are_destroyed_after_ninety_six_hours(stage: IssuanceStage) -> None:
    """A second before they are there; at the hour they are not, and the phone still works."""
    phone = stage.enrolled(ANGE)
    stage.clock.advance(timedelta(hours=96).total_seconds() - 1)
    stage.services.sweep(stage.clock())
    assert stage.rows(devices)[0].attestation_object != b""

    stage.clock.advance(1)
    stage.services.sweep(stage.clock())

    (row,) = stage.rows(devices)
    assert (row.attestation_object, row.client_data_json) == (b"", b"")
    assert row.attestation_verdict
    assert phone.fetch().status_code == 200


def test_activation_codes_are_destroyed_after_three_months(stage: IssuanceStage) -> None:
    """Used or not, ninety days after they were opened."""
    stage.enrolled(ANGE)
    stage.services.enrolment.codes.open(ANGE, stage.clock(), agent=None)
    stage.clock.advance(timedelta(days=90).total_seconds() - 1)
    stage.services.sweep(stage.clock())
    assert len(stage.rows(activation_codes)) == 2

    stage.clock.advance(1)
    stage.services.sweep(stage.clock())

    assert stage.rows(activation_codes) == []


def test_the_worker_is_who_destroys_them(stage: IssuanceStage) -> None:
    """Nobody has to think of it: the process that publishes and seals applies both times as they come."""
    stage.enrolled(ANGE)
    worker = Worker([job for job in jobs_of(stage.services) if job.name == "oubli"])
    left = []
    for hours in (0, 95, 97, 90 * 24):
        stage.clock.at = MORNING + timedelta(hours=hours)
        assert not any(done.failed for done in worker.turn(stage.clock()))
        (phone,) = stage.rows(devices)
        left.append((hours, bool(phone.attestation_object), len(stage.rows(activation_codes))))

    assert left == [(0, True, 1), (95, True, 1), (97, False, 1), (90 * 24, False, 0)]


def test_the_law_is_the_longest_setting(config: Config) -> None:
    """A shorter time may be set; a longer one stops the start."""
    assert (config.raw_attestation_hours, config.enrolment_days) == (96, 90)
    with pytest.raises(ConfigError, match="RAW_ATTESTATION_HOURS"):
        Config.from_env({"APCV_RAW_ATTESTATION_HOURS": "97", **_rest(config)})


def _rest(config: Config) -> dict[str, str]:
    folder = str(config.keys_dir)
    return {
        "APCV_ENV": "test",
        "APCV_PUBLIC_URL": config.public_url,
        "APCV_DATABASE_URL": "sqlite:///x",
        "APCV_KEYS_DIR": folder,
        "APCV_PUBLICATION_DIR": folder,
        "APCV_RIGHTS_DIR": folder,
        "APCV_RP_ID_APCV": "a.localhost",
        "APCV_RP_ID_ECPS": "b.localhost",
        "APCV_ORIGINS_APCV": "https://a.localhost",
        "APCV_ORIGINS_ECPS": "https://b.localhost",
        "APCV_ATTESTATION_ROOTS": folder,
    }
