"""The same as on SQLite."""

from tests.unit.db.test_store_quotas import *  # noqa: F403
