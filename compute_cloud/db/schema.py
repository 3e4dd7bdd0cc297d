"""Brings a database's schema up to date, and tells how far it is.

A revision's module says its ``phase``: ``expand`` adds what both the old and the new code can live with, ``contract``
takes away what only the old one needed. A rolling upgrade runs the expanding ones, restarts the daemons, and then
runs the rest.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from compute_cloud.db.session import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(url: str, *, expand_only: bool = False) -> str:
    """Apply what is missing, and return the revision that stands then; safe to repeat.

    ``expand_only`` stops before the first revision that contracts.
    """
    with _connection(url) as connection:
        target = _last_expansion(connection) if expand_only else "head"
        if target is not None:
            command.upgrade(_config(connection), target)
        return _standing(connection) or ""


def version(url: str) -> str | None:
    """Return the revision that a database has; None when it is empty."""
    with _connection(url) as connection:
        return _standing(connection)


def newest() -> str:
    """Return the revision that this code was made for."""
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if head is None:
        raise LookupError("no revisions are installed")
    return head


@contextmanager
def _connection(url: str) -> Iterator[sa.Connection]:
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            yield connection.execution_options(writes=True)
            connection.commit()
    finally:
        database.close()


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _standing(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _last_expansion(connection: sa.Connection) -> str | None:
    """Return the last revision before the first pending one that contracts; None when there is none to apply."""
    target = None
    pending = list(ScriptDirectory(str(MIGRATIONS)).iterate_revisions("head", _standing(connection) or "base"))
    for script in reversed(pending):
        if script.module.phase != "expand":
            break
        target = script.revision
    return target
