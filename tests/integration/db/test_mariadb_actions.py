"""The same as on SQLite."""

from tests.unit.db.test_store_actions import *  # noqa: F403
