"""`make run` leaves a colleague of each role invited, by two administrators who went through the doors."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.demo.office import Colleague, invite_staff
from examples.demo.run import found
from examples.demo.town_hall import DemoFailed

pytestmark = pytest.mark.slow


def test_a_newcomer_registers_on_an_invitation_of_the_demonstration(tmp_path: Path) -> None:
    """Four invitations, one a role; each serves once, with a key of one's own."""
    hall, _, stage = found(tmp_path / "run", host="localhost")
    hall.environ.setdefault("APCV_STAFF_BINDING", "device_bound_claimed")
    hall.start()
    try:
        invited = invite_staff(hall, stage.makers)
        listed = hall._run("apcv_backend", "staff", "list")
        for one in invited:
            newcomer = Colleague(hall.public_url, hall.port, stage.makers)
            newcomer.register(one.first_half, one.second_half)
            newcomer.sign_in()
        with pytest.raises(DemoFailed, match="staff_invitation_refused"):
            newcomer.register(invited[0].first_half, invited[0].second_half)
    finally:
        hall.stop()

    roles = [line.split()[1] for line in listed.splitlines() if "invité" in line]
    assert sorted(roles) == ["administrator", "desk_agent", "insurer_clerk", "operator"]
