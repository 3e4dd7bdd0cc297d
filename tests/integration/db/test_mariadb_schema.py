"""The revisions on MariaDB."""

import sqlalchemy as sa

from compute_cloud.db import schema
from tests.unit.db.test_schema import differences


def test_the_migrated_schema_is_that_of_the_tables(migrated_url):
    assert schema.version(migrated_url) == schema.newest()
    assert schema.migrate(migrated_url) == schema.newest()
    assert differences(migrated_url) == []


def test_every_table_keeps_all_of_unicode_and_compares_bytes(database):
    with database.read() as tx:
        tables = tx.execute(
            sa.text(
                "SELECT TABLE_NAME, ENGINE, TABLE_COLLATION FROM information_schema.TABLES "
                "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME <> 'alembic_version'"
            )
        ).all()
    assert len(tables) > 15
    assert {(engine, collation) for _, engine, collation in tables} == {("InnoDB", "utf8mb4_bin")}
