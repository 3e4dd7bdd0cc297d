"""The same as on SQLite."""

from tests.unit.db.test_store_catalogue import *  # noqa: F403
