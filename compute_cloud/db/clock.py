"""The database's own clock, as an expression: the same for every conductor."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from compute_cloud.db.tables.columns import Utc


class utcnow(FunctionElement[datetime]):  # noqa: N801  reads as the SQL function it stands for
    """The time of the statement, UTC, to the microsecond (SQLite: millisecond)."""

    type = Utc()
    inherit_cache = True


@compiles(utcnow, "mysql")
@compiles(utcnow, "mariadb")
def _mysql(_element: utcnow, _compiler: Any, **_: Any) -> str:
    return "UTC_TIMESTAMP(6)"


@compiles(utcnow, "sqlite")
def _sqlite(_element: utcnow, _compiler: Any, **_: Any) -> str:
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


def now_of(tx: sa.Connection) -> datetime:
    """Return the database's time."""
    return tx.execute(sa.select(utcnow())).scalar_one()
