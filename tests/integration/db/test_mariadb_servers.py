"""The same as on SQLite."""

from tests.unit.db.test_store_servers import *  # noqa: F403
