"""The same as on SQLite."""

from tests.unit.db.test_store_flows import *  # noqa: F403
