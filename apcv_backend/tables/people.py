"""People and their phones (room enrolment)."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table

from apcv_backend.tables.base import Instant, metadata

subjects = Table(
    "subjects",
    metadata,
    Column("subject_id", String(36), primary_key=True),
    Column("kind", String(8), nullable=False),  # 'apcv' | 'ecps'
    Column("person_index", LargeBinary(32), nullable=False, unique=True),  # HMAC of kind and person key
    Column("sealed_person", LargeBinary, nullable=False),  # vault envelope of the person key
    Column("created_at", Instant, nullable=False),
    Column("erased_at", Instant),  # the key is destroyed, the blind index gone
)

activation_codes = Table(
    "activation_codes",
    metadata,
    Column("reference", String(32), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("sealed_person", LargeBinary, nullable=False),
    Column("secret_mac", LargeBinary(32), nullable=False),
    Column("second_mac", LargeBinary(32)),  # the e-CPS takes two codes, by two ways
    Column("method", String(32), nullable=False),  # 'activation_code' | 'desk_agent'
    Column("agent", String(120)),
    Column("place", String(120)),
    Column("opened_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("errors", Integer, nullable=False, default=0),
    Column("used_at", Instant),
    Column("subject_id", String(36)),  # whose key sealed the person; NULL in codes older than such keys
)

ceremonies = Table(
    "ceremonies",
    metadata,
    Column("ceremony_id", String(36), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("subject_id", String(36), nullable=False),
    Column("reference", String(32), nullable=False),
    Column("challenge", LargeBinary(32), nullable=False),
    Column("app_jwk", JSON, nullable=False),
    Column("device_name", String(120), nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

devices = Table(
    "devices",
    metadata,
    Column("device_id", String(36), primary_key=True),
    Column("reference", String(32), nullable=False, unique=True),  # short, written on the loss slip
    Column("subject_id", String(36), nullable=False, index=True),
    Column("kind", String(8), nullable=False),
    Column("name", String(120), nullable=False),
    # WebAuthn (WA-8): what was registered, the verdict of that day, and the bytes that were judged.
    Column("credential_id", LargeBinary(1023), nullable=False, unique=True),
    Column("public_key", LargeBinary(33), nullable=False),  # compressed P-256 point
    Column("cose_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("backup_eligible", Boolean, nullable=False),
    Column("backed_up", Boolean, nullable=False),
    Column("transports", JSON, nullable=False),
    Column("aaguid", String(36), nullable=False),
    Column("attestation_format", String(32), nullable=False),
    Column("binding", Integer, nullable=False),  # cartes.cards.Binding
    Column("attestation_object", LargeBinary, nullable=False),
    Column("client_data_json", LargeBinary, nullable=False),
    Column("attestation_verdict", JSON, nullable=False),
    # The second key, which renews silently (RFC 9449).
    Column("app_jkt", String(43), nullable=False, unique=True),  # RFC 7638 thumbprint
    Column("app_jwk", JSON, nullable=False),
    Column("enrolment_method", String(32), nullable=False),
    Column("agent", String(120)),
    Column("place", String(120)),
    Column("loss_mac", LargeBinary(32), nullable=False),
    Column("loss_errors", Integer, nullable=False, default=0),
    Column("enrolled_at", Instant, nullable=False),
    Column("last_assertion_at", Instant, nullable=False),
    Column("last_used_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    Column("withdrawn_why", String(32)),
)

notices = Table(
    "notices",
    metadata,
    Column("notice_id", String(36), primary_key=True),
    Column("subject_id", String(36), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    Column("facts", JSON, nullable=False),
    Index("ix_notices_subject_at", "subject_id", "at"),
)
