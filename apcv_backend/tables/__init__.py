"""Every table of the town hall, in one place, so that a transaction across rooms can be read here.

Instants are 64-bit microseconds since 1970-01-01 UTC: exact, ordered, and the same in SQLite and PostgreSQL.
What identifies a person stands here only as a blind index (keyed hash) and inside a sealed envelope
(`vault.py`): a stolen database gives no NIR. What must happen once is a primary key or a UNIQUE constraint.
"""

from __future__ import annotations

from apcv_backend.tables.base import Instant, metadata
from apcv_backend.tables.cards import issuances, status_slots, used_once
from apcv_backend.tables.directory import practitioner_aliases, practitioners
from apcv_backend.tables.online_rights import (
    account_freezes,
    alarms,
    canaries,
    presences,
    query_ceilings,
    query_people,
    query_windows,
    rights_batches,
    scan_refusals,
    uploaded_scans,
)
from apcv_backend.tables.people import activation_codes, ceremonies, devices, notices, subjects
from apcv_backend.tables.provider import (
    authorization_codes,
    logout_deliveries,
    oidc_clients,
    pushed_requests,
    refresh_tokens,
    signin_sessions,
)
from apcv_backend.tables.record_access import hidden_documents, record_consents
from apcv_backend.tables.representation import contracts, representations
from apcv_backend.tables.signin import signin_attempts, signin_pings, signin_reach
from apcv_backend.tables.staff import (
    staff_ceremonies,
    staff_daily_acts,
    staff_invitations,
    staff_keys,
    staff_members,
    staff_proposals,
    staff_sessions,
)
from apcv_backend.tables.transparency import (
    incidents,
    journal_lanes,
    log_heads,
    log_leaves,
    log_tiles,
    person_keys,
)
from apcv_backend.tables.upkeep import cached_values, counters, high_water, journal

__all__ = [
    "Instant",
    "account_freezes",
    "activation_codes",
    "alarms",
    "authorization_codes",
    "cached_values",
    "canaries",
    "ceremonies",
    "contracts",
    "counters",
    "devices",
    "hidden_documents",
    "high_water",
    "incidents",
    "issuances",
    "journal",
    "journal_lanes",
    "log_heads",
    "log_leaves",
    "log_tiles",
    "logout_deliveries",
    "metadata",
    "notices",
    "oidc_clients",
    "person_keys",
    "practitioner_aliases",
    "practitioners",
    "presences",
    "pushed_requests",
    "query_ceilings",
    "query_people",
    "query_windows",
    "record_consents",
    "refresh_tokens",
    "representations",
    "rights_batches",
    "scan_refusals",
    "signin_attempts",
    "signin_pings",
    "signin_reach",
    "signin_sessions",
    "staff_ceremonies",
    "staff_daily_acts",
    "staff_invitations",
    "staff_keys",
    "staff_members",
    "staff_proposals",
    "staff_sessions",
    "status_slots",
    "subjects",
    "uploaded_scans",
    "used_once",
]
