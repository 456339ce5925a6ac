"""The database's history, one numbered step at a time (Alembic), and the command that brings one up to date.

Every step is valid under the release before it: add first, use in the next release, remove in the one after.
So a release serves on its own step or a later one, and a new one is rolled out in this order: migrate while
the old release serves, start the new one, stop the old one (`tests/unit/test_migrations_under_old_code.py`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from apcv_backend.database import Database

_LOCK_WAIT = "-c lock_timeout=3000"
"""PostgreSQL: a step gives up on a table that something long holds (a backup): requests queue behind it."""


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest step; does nothing when it is there.

    All steps or none, in one transaction. Raises SQLAlchemy's `OperationalError` when a table is held by
    somebody else for three seconds: try again when that is over.
    """
    settings = _settings()
    database = Database(url)  # makes a SQLite file for its owner alone
    database.close()
    engine = create_engine(url, connect_args={} if database.is_sqlite else {"options": _LOCK_WAIT})
    try:
        with engine.begin() as connection:
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
    finally:
        engine.dispose()


def is_new_enough(connection: Connection) -> bool:
    """Whether this release can serve on the database behind `connection`: at its own step, or at a later one.

    A step this release has never heard of is a later one when its number is: steps are numbered and only add.
    """
    found = MigrationContext.configure(connection).get_current_revision()
    return found is not None and found >= own_step()


@cache
def own_step() -> str:
    """The newest step this release knows. Its files are read once: on a busy machine that takes a second."""
    head = ScriptDirectory.from_config(_settings()).get_current_head()
    assert head is not None  # a release has at least its first step
    return head


def _settings() -> AlembicConfig:
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    return settings
