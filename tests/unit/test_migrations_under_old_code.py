"""The release before goes on serving while the database is brought forward: every step only adds.

For each step, the tables are read as they were (what the code of that day knew), the database is brought to
the newest step, and that day's statements are run on it: rows inserted with the columns of that day, read,
changed and taken away.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

from apcv_backend import migrations
from apcv_backend.migrations import is_new_enough, upgrade


def _settings() -> AlembicConfig:
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return settings


STEPS = [one.revision for one in ScriptDirectory.from_config(_settings()).walk_revisions()][::-1]


@pytest.fixture
def engine(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    """An empty database, with no table at all."""
    if database_url.startswith("sqlite"):
        opened = create_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    else:
        opened = _emptied(database_url)
    yield opened
    opened.dispose()


def _emptied(postgres_url: str) -> Engine:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return engine


def _to(engine: Engine, step: str) -> None:
    settings = _settings()
    with engine.begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, step)


def _as_it_was(engine: Engine) -> MetaData:
    known = MetaData()
    known.reflect(engine)
    known.remove(known.tables["alembic_version"])
    return known


def _value(column: Column[Any], number: int) -> object:
    match column.type:
        case Integer():
            return number
        case LargeBinary():
            return bytes([number]) * 16
        case Boolean():
            return True
        case Date():
            return date(2026, 11, number)
        case JSON():
            return {"n": number}
        case String():
            return str(number) * min(column.type.length or 8, 8)
        case other:
            pytest.fail(f"a column of a kind this test has no value for: {other!r}")


def _apart(table: Table) -> set[str]:
    """The columns that may not be alike in two rows; all others are, so that a new rule over them is seen."""
    apart = {column.name for column in table.primary_key}
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            apart |= {column.name for column in constraint.columns}
    for index in table.indexes:
        if index.unique:
            apart |= {column.name for column in index.columns}
    return apart


def _old_code_works(connection: Connection, table: Table) -> None:
    apart = _apart(table)
    rows = [
        {column.name: _value(column, number if column.name in apart else 1) for column in table.columns}
        for number in (1, 2)
    ]
    for row in rows:
        connection.execute(insert(table).values(row))
    assert len(connection.execute(select(table)).all()) == len(rows)
    same = {column: column for column in table.columns if not column.primary_key}
    if same:
        assert connection.execute(update(table).values(same)).rowcount == len(rows)
    assert connection.execute(delete(table)).rowcount == len(rows)
    assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


@pytest.mark.parametrize("step", STEPS[:-1])
def test_the_code_of_each_step_works_on_the_newest_one(engine: Engine, step: str) -> None:
    """What it inserts needs no column it does not know; nothing it reads is gone or renamed."""
    _to(engine, step)
    known = _as_it_was(engine)
    assert known.tables

    upgrade(engine.url.render_as_string(hide_password=False))

    with engine.begin() as connection:
        for table in known.sorted_tables:
            _old_code_works(connection, table)


@pytest.mark.parametrize(
    "bad",
    [
        "ALTER TABLE high_water RENAME COLUMN value TO worth",
        "ALTER TABLE high_water ADD COLUMN new INTEGER NOT NULL CHECK (new > 0) DEFAULT 0",
        "DROP TABLE cached_values",
        "CREATE UNIQUE INDEX bad ON journal (event)",
    ],
)
def test_a_step_that_takes_away_would_be_seen(engine: Engine, bad: str) -> None:
    """So that the test above can fail: renamed, demanded, removed, restricted."""
    _to(engine, "head")
    known = _as_it_was(engine)
    with engine.begin() as connection:
        connection.execute(text(bad))

    seen = 0
    for name in ("high_water", "cached_values", "journal"):
        try:
            with engine.begin() as connection:
                _old_code_works(connection, known.tables[name])
        except DBAPIError:
            seen += 1

    assert seen == 1


def test_every_step_is_numbered_after_the_one_before() -> None:
    """Which is how a release knows that a step it never heard of is a later one."""
    assert [f"{number:04}" for number in range(1, len(STEPS) + 1)] == STEPS


def test_a_release_serves_on_its_step_and_on_later_ones(engine: Engine) -> None:
    """An older database makes it not ready; a newer one does not, or migrating would stop everybody."""
    ready = {}
    for step in STEPS[-2:]:
        _to(engine, step)
        with engine.connect() as connection:
            ready[step] = is_new_enough(connection)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{len(STEPS) + 1:04}'"))
        ready["later"] = is_new_enough(connection)
        connection.execute(text("DELETE FROM alembic_version"))
        ready["none"] = is_new_enough(connection)

    assert ready == {STEPS[-2]: False, STEPS[-1]: True, "later": True, "none": False}


def test_a_step_does_not_wait_behind_a_backup(postgres_url: str) -> None:
    """It gives up after three seconds, undone, rather than stand in everybody's way; later it passes."""
    engine = _emptied(postgres_url)
    _to(engine, "0006")
    with engine.connect() as backup:
        backup.execute(text("SELECT count(*) FROM journal"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            upgrade(postgres_url)
        backup.rollback()
    assert "lane" not in {column["name"] for column in inspect(engine).get_columns("journal")}

    upgrade(postgres_url)

    assert "lane" in {column["name"] for column in inspect(engine).get_columns("journal")}
    engine.dispose()
