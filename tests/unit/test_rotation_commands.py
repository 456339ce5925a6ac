"""The calendar of keys at the command line: what `plan`, `rotate` and `revoke` say, and what they change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from keys.ceremony import hold_ceremony
from keys.cli import main
from keys.files import write_private
from keys.keyring import KeyRecord, KeyState, Purpose
from keys.manifest_file import MANIFEST_NAME, changing, read_manifest
from keys.rotation import CALENDAR
from tests.simulators.clock import MORNING


@pytest.fixture
def today(tmp_path: Path) -> Path:
    """A keyring that began today, by the clock of the commands."""
    hold_ceremony(
        tmp_path / "now", datetime.now(MORNING.tzinfo), random=lambda size: b"s" * size, write=write_private
    )
    return tmp_path / "now"


def records(folder: Path, purpose: Purpose = Purpose.APCV) -> tuple[KeyRecord, ...]:
    return tuple(record for record in read_manifest(folder).keys if record.purpose is purpose)


def run(*words: str | Path) -> str:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_commands_tell_the_calendar(today: Path) -> None:
    """Plan changes nothing; rotate makes the next keys; a second rotate has nothing to do."""
    before = (today / MANIFEST_NAME).read_bytes()
    assert "fabriquer la clé suivante" in run("plan", "--dir", today)
    assert (today / MANIFEST_NAME).read_bytes() == before

    assert "faite, à publier" in run("rotate", "--dir", today)
    assert "apcv : rien à faire" in run("rotate", "--dir", today, "--purpose", "apcv")
    assert "la clé en attente prend le relais" in run("plan", "--dir", today)
    stolen = records(today)[0].kid
    told = run("revoke", "--dir", today, "--kid", stolen, "--reason", "test")

    assert "révoquée" in told
    assert "signe désormais" in told
    assert "publish" in told


def test_the_timer_turns_every_key_of_the_calendar(today: Path) -> None:
    """`rotate` without a purpose: cards and sign-in alike; what a keyring does not hold is passed over."""
    run("rotate", "--dir", today)

    for purpose in CALENDAR:
        assert records(today, purpose)[-1].state is KeyState.PRE_PUBLISHED
        assert f"{purpose.value}\n" in run("plan", "--dir", today)
    with changing(today) as held:
        kept = tuple(record for record in held.manifest.keys if record.purpose is not Purpose.OIDC_RS256)
        held.replace(replace(held.manifest, keys=kept), {"what": "test"}, MORNING)
    assert "oidc-rs256" not in run("rotate", "--dir", today) + run("plan", "--dir", today)


def test_what_to_do_after_a_theft_is_told_for_that_key(today: Path) -> None:
    """Whoever revokes a token's key is not sent to publish a trust list."""
    told = run("revoke", "--dir", today, "--kid", records(today, Purpose.OIDC)[0].kid, "--reason", "test")

    assert "certs" in told
    assert "publish" not in told


def test_a_refusal_is_a_sentence(today: Path) -> None:
    """An unknown key, a purpose outside the calendar, no keyring at all."""
    for words in (
        ("revoke", "--dir", str(today), "--kid", "00000000", "--reason", "x"),
        ("rotate", "--dir", str(today), "--purpose", "apcv", "--switch"),
        ("plan", "--dir", str(today / "nowhere")),
    ):
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 1
        assert result.output.startswith("Error: ")
        assert "Traceback" not in result.output
