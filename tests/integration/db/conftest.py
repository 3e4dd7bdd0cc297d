"""A database of our own on a real MariaDB, emptied for each test.

``COMPUTE_CLOUD_TEST_MARIADB`` is the URL of an account that may make databases called ``cc_test_…``.
"""

import os
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from compute_cloud.db.schema import migrate
from compute_cloud.db.session import Database
from compute_cloud.db.tables import METADATA

SERVER = os.environ.get("COMPUTE_CLOUD_TEST_MARIADB", "mysql+pymysql://cc_test:cc_test@127.0.0.1")


@pytest.fixture(scope="session")
def empty_url() -> Iterator[str]:
    """Give the URL of a database without tables."""
    engine = sa.create_engine(SERVER)
    name = f"cc_test_{os.getpid()}"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield f"{SERVER}/{name}"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name}")
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_url(empty_url: str) -> str:
    migrate(empty_url)
    return empty_url


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    database = Database(migrated_url)
    with database.write() as tx:
        for table in reversed(METADATA.sorted_tables):
            tx.execute(sa.delete(table))
    yield database
    database.close()
