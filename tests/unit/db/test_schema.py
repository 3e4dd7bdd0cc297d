"""The revisions lead to the tables that the code knows."""

from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from compute_cloud.db import schema
from compute_cloud.db.session import Database
from compute_cloud.db.tables import METADATA


def differences(url):
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), METADATA)
    finally:
        database.close()


def test_the_migrated_schema_is_that_of_the_tables(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/new.sqlite"
    assert schema.version(url) is None
    assert schema.migrate(url) == schema.newest()
    assert schema.migrate(url) == schema.newest()
    assert schema.version(url) == schema.newest()
    assert differences(url) == []


def test_expanding_stops_before_what_contracts(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/new.sqlite"
    scripts = list(ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions())
    expansions = []
    for script in reversed(scripts):
        if script.module.phase != "expand":
            break
        expansions.append(script.revision)
    assert schema.migrate(url, expand_only=True) == expansions[-1]


def test_every_revision_says_its_phase():
    for script in ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions():
        assert script.module.phase in {"expand", "contract"}, script.revision


def test_foreign_keys_hold(database):
    with database.read() as tx:
        assert tx.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert sa.inspect(tx).get_table_names()
