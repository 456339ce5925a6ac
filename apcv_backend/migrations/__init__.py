"""The database's history, one numbered step at a time (Alembic), and the command that brings one up to date.

Every step is valid under the release before it: add first, use in the next release, remove in the one after.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from apcv_backend.database import Database


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest step; does nothing when it is there."""
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    database = Database(url)  # makes a SQLite file for its owner alone
    database.close()
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
    finally:
        engine.dispose()


def is_current(connection: Connection) -> bool:
    """Whether the database behind `connection` is at the newest step."""
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    newest = ScriptDirectory.from_config(settings).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == newest
