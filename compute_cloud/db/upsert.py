"""Inserts that make room for rows that stand already, in the words of each database."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, sqlite

Rows = Sequence[Mapping[str, Any]]


def insert_new(tx: sa.Connection, table: sa.Table, rows: Rows) -> int:
    """Insert the rows whose key is not taken; return how many were."""
    if not rows:
        return 0
    if tx.dialect.name == "sqlite":
        return tx.execute(sqlite.insert(table).values(list(rows)).on_conflict_do_nothing()).rowcount
    return tx.execute(mysql.insert(table).prefix_with("IGNORE").values(list(rows))).rowcount


def insert_or_update(
    tx: sa.Connection, table: sa.Table, rows: Rows, *, key: Sequence[str], columns: Sequence[str]
) -> None:
    """Insert the rows; where the key (a unique one) is taken, write the named columns of the row that stands."""
    if not rows:
        return
    if tx.dialect.name == "sqlite":
        lite = sqlite.insert(table).values(list(rows))
        tx.execute(lite.on_conflict_do_update(index_elements=key, set_={name: lite.excluded[name] for name in columns}))
        return
    mine = mysql.insert(table).values(list(rows))
    tx.execute(mine.on_duplicate_key_update({name: mine.inserted[name] for name in columns}))
