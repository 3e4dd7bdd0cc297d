"""The way to the database: transactions, and what becomes of them when it does not answer.

Core, not ORM: a `Tx` is a SQLAlchemy connection inside a transaction.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa
from oslo_config import cfg
from oslo_db import exception as db_errors
from oslo_db import options as db_options
from oslo_db.sqlalchemy import exc_filters
from oslo_log import log
from sqlalchemy import event, exc

from compute_cloud import concurrency
from compute_cloud.errors import Invalid, Unavailable

LOG = log.getLogger(__name__)
T = TypeVar("T")
Tx = sa.Connection

# For writers, and half of it again for readers. Work beyond that waits for a connection: transactions take some
# milliseconds, and a server's max_connections (151 by default) has to do for all conductors.
POOL_SIZE = 24
POOL_OVERFLOW = 0
POOL_WAIT_SECONDS = 30
LOCK_WAIT_SECONDS = 10
MYSQL_DEFAULTS = {"charset": "utf8mb4", "connect_timeout": "5", "read_timeout": "60", "write_timeout": "60"}
LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
DEADLOCK_TRIES = 10
LOSS_SECONDS = 5.0


class Interrupted(Unavailable):
    """The transaction was lost (deadlock, lost connection) and wrote nothing; the same work may be done again."""

    deadlock = False


class Deadlocked(Interrupted):
    """Two transactions waited for each other, and this one gave way."""

    deadlock = True


def register_options(conf: cfg.ConfigOpts) -> None:
    """Register oslo.db's ``[database]`` group, with pools for a worker's calls and flows."""
    db_options.set_defaults(conf)
    conf.set_default("max_pool_size", POOL_SIZE, group="database")
    conf.set_default("max_overflow", POOL_OVERFLOW, group="database")
    conf.set_default("pool_timeout", POOL_WAIT_SECONDS, group="database")


class Database:
    """One database, from configuration (``[database] connection``) or from a URL."""

    def __init__(self, where: cfg.ConfigOpts | str) -> None:
        if isinstance(where, str):
            settings: dict[str, Any] = {"max_pool_size": POOL_SIZE, "max_overflow": POOL_OVERFLOW}
            url = where
        else:
            register_options(where)
            settings = _settings(where)
            url = where.database.connection
            if not url:
                raise Invalid("[database] connection is not set", field="database.connection")
        self.url = sa.make_url(url)
        self._lock: concurrency.Guard | None = None
        self._one_connection = False
        if self.url.get_backend_name() == "sqlite":
            self._one_connection = self.url.database in {None, "", ":memory:"}
            self._lock = concurrency.Lock()
            self.engine = self.readers = _sqlite(self.url, shared=self._one_connection)
        else:
            self.engine = _mysql(self.url, settings)
            self.readers = _mysql(self.url, {**settings, "max_pool_size": settings["max_pool_size"] // 2}, reads=True)

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """Give a transaction that is committed at the end, rolled back by any exception.

        Raises `Interrupted` when it was lost and may be done again, Unavailable when the database does not answer.
        """
        # Green threads share one native thread: a second SQLite writer that waited inside the C library would
        # never let the first one finish, so writers queue up here.
        with _held(self._lock), _translated(), self.engine.connect() as connection:
            tx = connection.execution_options(writes=True) if self._lock else connection
            with tx.begin() as transaction:
                yield tx
                with _final():
                    transaction.commit()

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Give a connection for reading; each statement sees what was committed before it. Raises like `write`."""
        with _held(self._lock if self._one_connection else None), _translated(), self.readers.connect() as connection:
            yield connection

    def retrying(self, work: Callable[[], T], *, seconds: float = LOSS_SECONDS) -> T:
        """Return what ``work`` (which opens its own transaction) gives; do it again when it was interrupted.

        Lasting loss, longer than ``seconds``, comes out as Unavailable.
        """
        until = time.monotonic() + seconds
        deadlocks = 0
        pause = 0.02
        while True:
            try:
                return work()
            except Interrupted as loss:
                deadlocks += loss.deadlock
                if deadlocks >= DEADLOCK_TRIES or time.monotonic() + pause > until:
                    raise
            concurrency.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  spreads those who collided
            pause = min(pause * 2, 1.0)

    def close(self) -> None:
        """Close every connection that is not in use."""
        self.engine.dispose()
        self.readers.dispose()


def _settings(conf: cfg.ConfigOpts) -> dict[str, Any]:
    wanted = ("max_pool_size", "max_overflow", "pool_timeout", "connection_recycle_time")
    return {name: conf.database[name] for name in wanted}


def _mysql(url: sa.URL, settings: dict[str, Any], *, reads: bool = False) -> sa.Engine:
    # a reader needs no transaction, and so no statements that begin and end one
    plain: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True} if reads else {}
    engine = sa.create_engine(
        url.update_query_dict({name: value for name, value in _parameters(url).items() if name not in url.query}),
        pool_size=settings["max_pool_size"],
        max_overflow=settings["max_overflow"],
        pool_timeout=settings.get("pool_timeout", POOL_WAIT_SECONDS),
        pool_recycle=settings.get("connection_recycle_time", 3600),
        pool_use_lifo=True,  # so that a burst's connections grow old, and those in use stay few
        # Two round trips a transaction are saved here. No ping: a connection that was lost shows at the first
        # statement, and the transaction is done again. No reset: every way through `write` and `read` ends its own.
        pool_pre_ping=False,
        pool_reset_on_return=None,
        **plain,
    )
    exc_filters.register_engine(engine)

    @event.listens_for(engine, "connect")
    def _session(dbapi: Any, _record: Any) -> None:
        if reads:
            return
        with dbapi.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
            cursor.execute(f"SET SESSION innodb_lock_wait_timeout = {LOCK_WAIT_SECONDS}")

    return engine


def _parameters(url: sa.URL) -> dict[str, str]:
    """Return what PyMySQL is told besides the URL. A context for TLS costs 20 ms a connection: none on this host."""
    local = url.host in LOCAL_HOSTS or "unix_socket" in url.query
    plain = local and not any(name.startswith("ssl") for name in url.query)
    return MYSQL_DEFAULTS | ({"ssl_disabled": "true"} if plain else {})


def _sqlite(url: sa.URL, *, shared: bool) -> sa.Engine:
    pool: dict[str, Any] = {"poolclass": sa.StaticPool} if shared else {"pool_size": 8, "max_overflow": -1}
    engine = sa.create_engine(url, connect_args={"check_same_thread": False, "timeout": 30}, **pool)

    @event.listens_for(engine, "connect")
    def _session(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # the driver would begin too late, and never IMMEDIATE
        dbapi.execute("PRAGMA journal_mode = WAL")
        dbapi.execute("PRAGMA synchronous = NORMAL")
        dbapi.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    exc_filters.register_engine(engine)
    return engine


@contextmanager
def _held(lock: concurrency.Guard | None) -> Iterator[None]:
    if lock is None:
        yield
    else:
        with lock:
            yield


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except db_errors.DBDeadlock as error:
        raise Deadlocked("The database is busy; try again.", detail=str(error)) from error
    except db_errors.DBConnectionError as error:
        raise Interrupted("The database does not answer.", detail=str(error)) from error
    except exc.TimeoutError as error:
        raise Unavailable("The database is busy; try again.", detail=str(error)) from error
    except db_errors.DBError as error:
        if "database is locked" in str(error):
            raise Deadlocked("The database is busy; try again.", detail=str(error)) from error
        raise


@contextmanager
def _final() -> Iterator[None]:
    """Tell a loss during the commit apart: whether it was written is open, so it is not to be done again blindly."""
    try:
        yield
    except db_errors.DBConnectionError as error:
        message = "The database went away before it said whether the change was written."
        raise Unavailable(message, detail=str(error)) from error
