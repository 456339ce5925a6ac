"""The room `staff` as one value: its four desks, and who calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apcv_backend.callers import Caller
from apcv_backend.staff.counter import CounterDesk
from apcv_backend.staff.proposals import ProposalDesk
from apcv_backend.staff.registration import RegistrationDesk
from apcv_backend.staff.sessions import SessionDesk
from apcv_backend.staff_callers import StaffRole, UnverifiedStaffCall


@dataclass(frozen=True, slots=True)
class StaffRoom:
    """Everything the doors of this room lead to; itself a `staff_callers.StaffCallers`."""

    registration: RegistrationDesk
    sessions: SessionDesk
    proposals: ProposalDesk
    counter: CounterDesk

    def identify(self, unverified: UnverifiedStaffCall, at: datetime, *roles: StaffRole) -> Caller:
        """See `StaffCallers.identify`."""
        return self.sessions.identify(unverified, at, *roles)

    def administrator(self, unverified: UnverifiedStaffCall, at: datetime) -> Caller:
        """The administrator who calls. Raises `CallerRefused`, or `CallerNotAllowed` for another role."""
        return self.sessions.identify(unverified, at, StaffRole.ADMINISTRATOR)

    def desk_agent(self, unverified: UnverifiedStaffCall, at: datetime) -> Caller:
        """The desk agent who calls. Raises as `administrator`."""
        return self.sessions.identify(unverified, at, StaffRole.DESK_AGENT)
