"""Every table of the town hall, in one place, so that a transaction across rooms can be read here.

Instants are 64-bit microseconds since 1970-01-01 UTC: exact, ordered, and the same in SQLite and PostgreSQL.
What identifies a person stands here only as a blind index (keyed hash) and inside a sealed envelope
(`vault.py`): a stolen database gives no NIR. What must happen once is a primary key or a UNIQUE constraint.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, kept as microseconds since the epoch."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect | None) -> int | None:
        """Refuse a naive datetime: an instant without a zone is not an instant."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime is not an instant")
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect | None) -> datetime | None:
        """Give back an aware UTC datetime."""
        del dialect
        return None if value is None else _EPOCH + value * _MICROSECOND


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# --- People and their phones (room enrolment) --------------------------------------------------------

subjects = Table(
    "subjects",
    metadata,
    Column("subject_id", String(36), primary_key=True),
    Column("kind", String(8), nullable=False),  # 'apcv' | 'ecps'
    Column("person_index", LargeBinary(32), nullable=False, unique=True),  # HMAC of kind and person key
    Column("sealed_person", LargeBinary, nullable=False),  # vault envelope of the person key
    Column("created_at", Instant, nullable=False),
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

# --- Cards (room issuance) ----------------------------------------------------------------------------

used_once = Table(
    "used_once",  # nonces and DPoP proof identifiers: inserted once, in the transaction they permit
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("key", LargeBinary(32), primary_key=True),
    Column("expires_at", Instant, nullable=False, index=True),
)

status_slots = Table(
    "status_slots",
    metadata,
    Column("list_id", Integer, primary_key=True, autoincrement=False),
    Column("idx", BigInteger, primary_key=True, autoincrement=False),
    Column("device_id", String(36), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("exercice", String(64), nullable=False, default=""),
    Column("state", String(10), nullable=False, default="valid"),  # 'valid' | 'suspended' | 'revoked'
    Column("changed_at", Instant, nullable=False),
    Column("taken_until", Instant, nullable=False),  # expiry of the last card issued on this slot
    UniqueConstraint("device_id", "kind", "exercice"),
    Index("ix_status_slots_list_state", "list_id", "state"),
)

issuances = Table(
    "issuances",
    metadata,
    Column("issuance_id", String(36), primary_key=True),
    Column("device_id", String(36), nullable=False),
    Column("idempotency_key", String(80), nullable=False),
    Column("request_digest", LargeBinary(32), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("sealed_intent", LargeBinary, nullable=False),  # vault envelope: what we are about to sign
    Column("sealed_cards", LargeBinary),  # vault envelope: what was signed
    Column("recorded_at", Instant, nullable=False, index=True),
    Column("issued_at", Instant),
    Column("expires_at", Instant, nullable=False),
    UniqueConstraint("device_id", "idempotency_key"),
)

# --- The professionals' directory (room professionals) -------------------------------------------------

practitioners = Table(
    "practitioners",
    metadata,
    Column("id_national", String(16), primary_key=True),
    Column("record", JSON, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("deceased_on", Date),
    Column("struck_off_on", Date),
    Column("card_opposed_on", Date),
    Column("source", String(200), nullable=False),
    Column("loaded_at", Instant, nullable=False),
)

practitioner_aliases = Table(
    "practitioner_aliases",  # ADELI numbers that became RPPS ones
    metadata,
    Column("former_id", String(16), primary_key=True),
    Column("id_national", String(16), nullable=False, index=True),
)

# --- Journal, counters and water marks ------------------------------------------------------------------

journal = Table(
    "journal",
    metadata,
    Column("entry_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False, index=True),
    Column("event", String(64), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("subject", String(120), nullable=False, index=True),
    Column("facts", Text, nullable=False),  # canonical JSON, never a payload
    Column("mac", LargeBinary(32), nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("window_start", BigInteger, primary_key=True, autoincrement=False),
    Column("hits", Integer, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

cached_values = Table(
    "cached_values",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

high_water = Table(
    "high_water",  # numbers that may never go back: the serial of the FIDO metadata, the trust list's version
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
