"""The same as on SQLite."""

from tests.unit.db.test_store_claims import *  # noqa: F403
