"""The first schema: people, phones, cards, directory, journal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "activation_codes",
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("sealed_person", sa.LargeBinary(), nullable=False),
        sa.Column("secret_mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("second_mac", sa.LargeBinary(length=32), nullable=True),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=120), nullable=True),
        sa.Column("place", sa.String(length=120), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_activation_codes")),
    )
    op.create_table(
        "cached_values",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cached_values")),
    )
    op.create_index(op.f("ix_cached_values_expires_at"), "cached_values", ["expires_at"], unique=False)
    op.create_table(
        "ceremonies",
        sa.Column("ceremony_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("challenge", sa.LargeBinary(length=32), nullable=False),
        sa.Column("app_jwk", sa.JSON(), nullable=False),
        sa.Column("device_name", sa.String(length=120), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ceremony_id", name=op.f("pk_ceremonies")),
    )
    op.create_index(op.f("ix_ceremonies_expires_at"), "ceremonies", ["expires_at"], unique=False)
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("window_start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "window_start", name=op.f("pk_counters")),
    )
    op.create_index(op.f("ix_counters_expires_at"), "counters", ["expires_at"], unique=False)
    op.create_table(
        "devices",
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=33), nullable=False),
        sa.Column("cose_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("backup_eligible", sa.Boolean(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("aaguid", sa.String(length=36), nullable=False),
        sa.Column("attestation_format", sa.String(length=32), nullable=False),
        sa.Column("binding", sa.Integer(), nullable=False),
        sa.Column("attestation_object", sa.LargeBinary(), nullable=False),
        sa.Column("client_data_json", sa.LargeBinary(), nullable=False),
        sa.Column("attestation_verdict", sa.JSON(), nullable=False),
        sa.Column("app_jkt", sa.String(length=43), nullable=False),
        sa.Column("app_jwk", sa.JSON(), nullable=False),
        sa.Column("enrolment_method", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=120), nullable=True),
        sa.Column("place", sa.String(length=120), nullable=True),
        sa.Column("loss_mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("loss_errors", sa.Integer(), nullable=False),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("last_assertion_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_why", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_devices")),
        sa.UniqueConstraint("app_jkt", name=op.f("uq_devices_app_jkt")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_devices_credential_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_devices_reference")),
    )
    op.create_index(op.f("ix_devices_subject_id"), "devices", ["subject_id"], unique=False)
    op.create_table(
        "high_water",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_high_water")),
    )
    op.create_table(
        "issuances",
        sa.Column("issuance_id", sa.String(length=36), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("idempotency_key", sa.String(length=80), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("sealed_intent", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_cards", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("issuance_id", name=op.f("pk_issuances")),
        sa.UniqueConstraint(
            "device_id", "idempotency_key", name=op.f("uq_issuances_device_id_idempotency_key")
        ),
    )
    op.create_index(op.f("ix_issuances_recorded_at"), "issuances", ["recorded_at"], unique=False)
    op.create_table(
        "journal",
        sa.Column(
            "entry_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_journal")),
    )
    op.create_index(op.f("ix_journal_at"), "journal", ["at"], unique=False)
    op.create_index(op.f("ix_journal_subject"), "journal", ["subject"], unique=False)
    op.create_table(
        "notices",
        sa.Column("notice_id", sa.String(length=36), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_notices")),
    )
    op.create_index("ix_notices_subject_at", "notices", ["subject_id", "at"], unique=False)
    op.create_table(
        "practitioner_aliases",
        sa.Column("former_id", sa.String(length=16), nullable=False),
        sa.Column("id_national", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("former_id", name=op.f("pk_practitioner_aliases")),
    )
    op.create_index(
        op.f("ix_practitioner_aliases_id_national"), "practitioner_aliases", ["id_national"], unique=False
    )
    op.create_table(
        "practitioners",
        sa.Column("id_national", sa.String(length=16), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("deceased_on", sa.Date(), nullable=True),
        sa.Column("struck_off_on", sa.Date(), nullable=True),
        sa.Column("card_opposed_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("loaded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id_national", name=op.f("pk_practitioners")),
    )
    op.create_table(
        "status_slots",
        sa.Column("list_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("idx", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("exercice", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "idx", name=op.f("pk_status_slots")),
        sa.UniqueConstraint(
            "device_id", "kind", "exercice", name=op.f("uq_status_slots_device_id_kind_exercice")
        ),
    )
    op.create_index("ix_status_slots_list_state", "status_slots", ["list_id", "state"], unique=False)
    op.create_table(
        "subjects",
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("person_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed_person", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_subjects")),
        sa.UniqueConstraint("person_index", name=op.f("uq_subjects_person_index")),
    )
    op.create_table(
        "used_once",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_used_once")),
    )
    op.create_index(op.f("ix_used_once_expires_at"), "used_once", ["expires_at"], unique=False)


def downgrade() -> None:
    """Undo this step."""
    op.drop_index(op.f("ix_used_once_expires_at"), table_name="used_once")
    op.drop_table("used_once")
    op.drop_table("subjects")
    op.drop_index("ix_status_slots_list_state", table_name="status_slots")
    op.drop_table("status_slots")
    op.drop_table("practitioners")
    op.drop_index(op.f("ix_practitioner_aliases_id_national"), table_name="practitioner_aliases")
    op.drop_table("practitioner_aliases")
    op.drop_index("ix_notices_subject_at", table_name="notices")
    op.drop_table("notices")
    op.drop_index(op.f("ix_journal_subject"), table_name="journal")
    op.drop_index(op.f("ix_journal_at"), table_name="journal")
    op.drop_table("journal")
    op.drop_index(op.f("ix_issuances_recorded_at"), table_name="issuances")
    op.drop_table("issuances")
    op.drop_table("high_water")
    op.drop_index(op.f("ix_devices_subject_id"), table_name="devices")
    op.drop_table("devices")
    op.drop_index(op.f("ix_counters_expires_at"), table_name="counters")
    op.drop_table("counters")
    op.drop_index(op.f("ix_ceremonies_expires_at"), table_name="ceremonies")
    op.drop_table("ceremonies")
    op.drop_index(op.f("ix_cached_values_expires_at"), table_name="cached_values")
    op.drop_table("cached_values")
    op.drop_table("activation_codes")
