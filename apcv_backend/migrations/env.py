"""Alembic's entry: runs the steps on the connection that `upgrade` opened."""

from __future__ import annotations

from alembic import context

from apcv_backend.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
