"""The same as on SQLite."""

from tests.unit.db.test_store_nodes import *  # noqa: F403
