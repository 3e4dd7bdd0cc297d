"""A cloud on a fresh SQLite database for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from compute_cloud.db.session import Database
from compute_cloud.db.tables import METADATA
from tests.flows.cloud import Cloud


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("db") / "empty.sqlite"
    database = Database(f"sqlite:///{file}")
    METADATA.create_all(database.engine)
    database.close()
    return file.read_bytes()


@pytest.fixture
def cloud(tmp_path: Path, template: bytes) -> Iterator[Cloud]:
    file = tmp_path / "cloud.sqlite"
    file.write_bytes(template)
    database = Database(f"sqlite:///{file}")
    yield Cloud(tmp_path, database)
    database.close()
