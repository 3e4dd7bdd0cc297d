"""A fresh SQLite database for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from compute_cloud.db.schema import migrate
from compute_cloud.db.session import Database


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("db") / "empty.sqlite"
    migrate(f"sqlite:///{file}")
    return file.read_bytes()


@pytest.fixture
def database(tmp_path: Path, migrated: bytes) -> Iterator[Database]:
    file = tmp_path / "cloud.sqlite"
    file.write_bytes(migrated)
    database = Database(f"sqlite:///{file}")
    yield database
    database.close()
