"""Staff: agents, operators, clerks and administrators; their keys, their sessions, what takes two people."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Integer, LargeBinary, String, Table

from apcv_backend.tables.base import Instant, metadata

staff_members = Table(
    "staff_members",
    metadata,
    Column("member_id", String(36), primary_key=True),
    Column("name", String(120), nullable=False),  # a colleague's own name, as it stands in the audit
    Column("role", String(24), nullable=False),
    Column("structure", String(32), nullable=False),  # a FINESS, a SIRET or an insurer's number
    Column("place", String(120), nullable=False),  # where the desk is, as it stands in the audit
    Column("daily_codes", Integer, nullable=False),  # the cap on activation codes, an agent and day
    Column("created_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("closed_by", String(36)),
)

staff_invitations = Table(
    "staff_invitations",
    metadata,
    Column("invitation_id", String(36), primary_key=True),
    Column("member_id", String(36), nullable=False, index=True),
    Column("first_mac", LargeBinary(32), nullable=False),  # the half of whoever proposed
    Column("second_mac", LargeBinary(32), nullable=False),  # the half of whoever approved
    Column("opened_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

staff_keys = Table(
    "staff_keys",
    metadata,
    Column("credential_id", LargeBinary(1023), primary_key=True),
    Column("member_id", String(36), nullable=False, index=True),
    Column("cose_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("backup_eligible", Boolean, nullable=False),
    Column("backed_up", Boolean, nullable=False),
    Column("binding", Integer, nullable=False),  # cartes.cards.Binding
    Column("aaguid", String(36), nullable=False),
    Column("attestation_format", String(32), nullable=False),
    # The bytes that were judged, and the verdict of that day (WA-8).
    Column("attestation_object", LargeBinary, nullable=False),
    Column("client_data_json", LargeBinary, nullable=False),
    Column("attestation_verdict", JSON, nullable=False),
    Column("registered_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
)

staff_ceremonies = Table(
    "staff_ceremonies",
    metadata,
    Column("ceremony_id", String(36), primary_key=True),
    Column("purpose", String(16), nullable=False),  # 'registration' | 'sign_in' | 'approval'
    Column("member_id", String(36)),  # nobody is named before a sign-in
    Column("about", String(36)),  # the invitation or the proposal
    Column("challenge", LargeBinary(32), nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("session_id", String(36), primary_key=True),
    Column("member_id", String(36), nullable=False, index=True),
    Column("token_mac", LargeBinary(32), nullable=False, unique=True),
    Column("opened_at", Instant, nullable=False),
    Column("last_used_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("closed_why", String(32)),
)

staff_proposals = Table(
    "staff_proposals",
    metadata,
    Column("proposal_id", String(36), primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("wanted", JSON, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),  # what the second person signs
    Column("first_mac", LargeBinary(32)),  # the proposer's half of the invitation this may open
    Column("proposed_by", String(36), nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("state", String(16), nullable=False),  # 'open' | 'approved' | 'refused'
    Column("decided_by", String(36)),
    Column("decided_at", Instant),
)

staff_daily_acts = Table(
    "staff_daily_acts",
    metadata,
    Column("member_id", String(36), primary_key=True),
    Column("day", String(10), primary_key=True),  # in France
    Column("act", String(24), primary_key=True),
    Column("count", Integer, nullable=False),
)
