"""The one table from codes to HTTP, its rows kept by the room that raises them. A code stands here once."""

from __future__ import annotations

from collections.abc import Mapping

from apcv_backend.problem_rows.complementary import COMPLEMENTARY
from apcv_backend.problem_rows.enrolment import ENROLMENT
from apcv_backend.problem_rows.issuance import ISSUANCE
from apcv_backend.problem_rows.online_rights import ONLINE_RIGHTS
from apcv_backend.problem_rows.patient_journal import PATIENT_JOURNAL
from apcv_backend.problem_rows.record_access import RECORD_ACCESS
from apcv_backend.problem_rows.representation import REPRESENTATION
from apcv_backend.problem_rows.row import GONE_WRONG, Problem
from apcv_backend.problem_rows.service import SERVICE
from apcv_backend.problem_rows.signin_approval import SIGNIN_APPROVAL
from apcv_backend.problem_rows.signin_clients import SIGNIN_CLIENTS
from apcv_backend.problem_rows.staff import STAFF
from apcv_backend.problem_rows.transparency import TRANSPARENCY

__all__ = ["GONE_WRONG", "PROBLEMS", "Problem"]


def _one_table(*rooms: Mapping[str, Problem]) -> Mapping[str, Problem]:
    table: dict[str, Problem] = {}
    for rows in rooms:
        twice = table.keys() & rows.keys()
        if twice:
            raise ValueError(f"codes with two rows: {sorted(twice)}")
        table.update(rows)
    return table


PROBLEMS: Mapping[str, Problem] = _one_table(
    SERVICE,
    STAFF,
    RECORD_ACCESS,
    ENROLMENT,
    ISSUANCE,
    REPRESENTATION,
    COMPLEMENTARY,
    ONLINE_RIGHTS,
    TRANSPARENCY,
    PATIENT_JOURNAL,
    SIGNIN_APPROVAL,
    SIGNIN_CLIENTS,
)
