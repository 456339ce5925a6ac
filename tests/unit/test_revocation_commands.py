"""Revoking and suspending on an agent's word: what is written, what is told, what is published, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from apcv_backend.audit import Journal
from apcv_backend.cli import main
from apcv_backend.enrolment.revocation_desk import RevocationDesk
from apcv_backend.enrolment.store.register import SqlRegisters
from apcv_backend.migrations import upgrade
from apcv_backend.status_slots import REVOKED_REUSED_AFTER, CardSuspended, StatusListFull, StatusSlots
from apcv_backend.tables import devices, journal, status_slots
from cartes.cards import CardKind
from tests.simulators.clock import SteerableClock
from tests.simulators.enrolment_stage import ANGE, PAOLI, SARAH, EnrolmentStage

AGENT = ("--agent", "A. Martin", "--place", "Corte")


@dataclass
class Settings:
    is_production: bool = False


@dataclass
class BuiltServices:
    """As `bootstrap` builds them, as far as these commands look."""

    stage: EnrolmentStage
    revocation: RevocationDesk
    clock: SteerableClock
    config: Settings


@dataclass
class Town:
    """A stage, the desk over it, and slots given as issuance gives them."""

    stage: EnrolmentStage

    @property
    def slots(self) -> StatusSlots:
        return StatusSlots(4096, lambda size: bytes(size - 1) + b"\x07", is_sqlite=True)

    def give(self, reference: str, kind: CardKind = CardKind.APCV, *exercices: str) -> None:
        drawn = iter(range(256))
        slots = StatusSlots(4096, lambda size: bytes(size - 1) + bytes([next(drawn)]), is_sqlite=True)
        until = self.stage.clock() + timedelta(hours=72)
        with self.stage.database.write() as tx:
            phone = tx.execute(
                select(devices.c.device_id).where(devices.c.reference == reference)
            ).scalar_one()
            slots.keep_or_give(tx, phone, kind, exercices or ("",), until=until, at=self.stage.clock())

    def states(self) -> dict[str, str]:
        with self.stage.database.read() as connection:
            rows = connection.execute(
                select(devices.c.reference, status_slots.c.exercice, status_slots.c.state).join(
                    devices, devices.c.device_id == status_slots.c.device_id
                )
            )
            return {row.reference + row.exercice: row.state for row in rows}

    def noted(self) -> list[tuple[str, str]]:
        with self.stage.database.read() as connection:
            rows = connection.execute(select(journal.c.event, journal.c.actor).order_by(journal.c.entry_id))
            return [(row.event, row.actor) for row in rows]

    def say(self, *words: str, typed: str = "") -> Result:
        random = self.stage.room.devices._random
        registers = SqlRegisters(self.stage.database, self.stage.vault, Journal(self.stage.vault), self.slots)
        desk = RevocationDesk(registers, random, lambda: self.stage.rings.append("publication"))
        services = BuiltServices(self.stage, desk, self.stage.clock, Settings())
        group = main.get_command(None, words[0])  # type: ignore[arg-type]  # it looks at no context
        assert group is not None
        return CliRunner().invoke(group, words[1:], input=typed, obj=services)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    url = f"sqlite:///{tmp_path / 'town-hall.db'}"
    upgrade(url)
    stage = EnrolmentStage(url)
    yield Town(stage)
    stage.close()


def test_a_phone_is_revoked_with_its_cards(town: Town) -> None:
    """Withdrawn, slots revoked, the agent named in the journal, the publisher rung; the other phone lives."""
    lost = town.stage.enrolled(ANGE).enrolment["reference"]
    kept = town.stage.enrolled(ANGE).enrolment["reference"]
    for reference in (lost, kept):
        town.give(reference)

    done = town.say("revoke", "device", lost, *AGENT)

    assert done.exit_code == 0, done.output
    assert town.states() == {lost: "revoked", kept: "valid"}
    assert town.noted()[-1] == ("device.revoked", "desk:A. Martin@Corte")
    assert town.stage.rings == ["publication"]
    assert town.say("revoke", "device", lost, *AGENT).exit_code == 1


def test_a_person_is_revoked_on_all_phones(town: Town) -> None:
    """Every phone of the person, no phone of another; the number is never said back."""
    one, two = (town.stage.enrolled(ANGE).enrolment["reference"] for _ in range(2))
    other = town.stage.enrolled(SARAH).enrolment["reference"]
    for reference in (one, two, other):
        town.give(reference)

    done = town.say("revoke", "person", "--card", "apcv", *AGENT, typed=ANGE.text)

    assert done.exit_code == 0, done.output
    assert town.states() == {one: "revoked", two: "revoked", other: "valid"}
    assert ANGE.text not in done.output
    assert town.say("revoke", "person", "--card", "apcv", *AGENT, typed=ANGE.text).exit_code == 1


def test_one_exercice_is_revoked_and_the_others_live(town: Town) -> None:
    """A doctor leaves one of two places: the card of that place alone is refused."""
    phone = town.stage.enrolled(PAOLI).enrolment["reference"]
    town.give(phone, CardKind.ECPS, "E1", "E2")

    done = town.say("revoke", "exercice", "E1", *AGENT, typed=PAOLI.text)

    assert done.exit_code == 0, done.output
    assert town.states() == {phone + "E1": "revoked", phone + "E2": "valid"}
    assert town.noted()[-1][0] == "exercice.revoked"
    assert town.say("revoke", "exercice", "E9", *AGENT, typed=PAOLI.text).exit_code == 1


@pytest.mark.parametrize("whom", ["person", "device"])
def test_a_suspension_is_lifted_and_brings_back_no_revoked_card(town: Town, whom: str) -> None:
    """Suspended cards come back as they were; meanwhile none is issued; a revoked one never comes back."""
    phone = town.stage.enrolled(ANGE).enrolment["reference"]
    town.give(phone)
    words = (phone, *AGENT) if whom == "device" else ("--card", "apcv", *AGENT)
    typed = "" if whom == "device" else ANGE.text

    assert town.say("suspend", whom, *words, typed=typed).exit_code == 0
    assert town.states() == {phone: "suspended"}
    with pytest.raises(CardSuspended):
        town.give(phone)
    assert town.say("resume", whom, *words, typed=typed).exit_code == 0
    assert town.states() == {phone: "valid"}
    assert town.say("resume", whom, *words, typed=typed).exit_code == 1
    assert [event for event, _ in town.noted()][-2:] == ["cards.suspended", "cards.resumed"]

    town.say("suspend", whom, *words, typed=typed)
    assert town.say("revoke", "device", phone, *AGENT).exit_code == 0
    assert town.say("resume", whom, *words, typed=typed).exit_code == 1
    assert town.states() == {phone: "revoked"}


@pytest.mark.parametrize("agent", ["", "A.\nMartin", " " * 3])
def test_nobody_revokes_without_a_name(town: Town, agent: str) -> None:
    """The agent is one printable line, or nothing is done."""
    phone = town.stage.enrolled(ANGE).enrolment["reference"]

    refused = town.say("revoke", "device", phone, "--agent", agent, "--place", "Corte")

    assert refused.exit_code == 1
    assert town.stage.rings == []


@pytest.mark.parametrize(
    ("state", "rest"), [("valid", timedelta(hours=96)), ("revoked", REVOKED_REUSED_AFTER)]
)
def test_a_revoked_slot_rests_longer_than_a_till_remembers(town: Town, state: str, rest: timedelta) -> None:
    """Given again only when no till can remember it as revoked: nobody honest is refused for another."""
    at = town.stage.clock()
    slots = town.slots
    with town.stage.database.write() as tx:
        given = slots.keep_or_give(tx, "old", CardKind.APCV, ("",), until=at, at=at)[""]
        tx.execute(status_slots.update().values(state=state))
        with pytest.raises(StatusListFull):
            slots.keep_or_give(tx, "new", CardKind.APCV, ("",), until=at, at=at + rest)
        again = slots.keep_or_give(
            tx, "new", CardKind.APCV, ("",), until=at, at=at + rest + timedelta(seconds=1)
        )[""]

    assert again == given
