"""Column types that mean the same on MariaDB and SQLite, and the one MetaData."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Utc(sa.types.TypeDecorator[datetime]):
    """A time in UTC with microseconds; aware in Python, without a zone in the database."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "mysql":
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(sa.DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None or value.tzinfo is None:
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return value and value.replace(tzinfo=UTC)


class Document(sa.types.TypeDecorator[str]):
    """JSON text, written and read by msgspec: the database keeps it as it is."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(mysql.LONGTEXT() if dialect.name == "mysql" else sa.Text())


def uuid_type() -> sa.types.TypeEngine[str]:
    """Return the type of ids that are uuids: one byte a character in MariaDB."""
    return sa.String(36).with_variant(mysql.CHAR(36, charset="ascii", collation="ascii_bin"), "mysql")


def long_text() -> sa.types.TypeEngine[str]:
    """Return the type of text without a bound."""
    return sa.Text().with_variant(mysql.LONGTEXT(), "mysql")


def table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    """Return a table of the house: InnoDB, utf8mb4, compared byte by byte as SQLite does."""
    return sa.Table(
        name,
        METADATA,
        *parts,
        mysql_engine="InnoDB",
        mysql_default_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
