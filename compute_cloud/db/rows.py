"""From rows to objects, a page at a time and mostly in C.

The database gives the scalar columns of a row as one JSON object; columns that hold JSON text are spliced in as they
are; msgspec decodes the whole page into frozen objects in one go. Against fetching each column and building each
object in Python this takes under a third of the conductor's time for a page of 1,000 servers.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa

from compute_cloud.db.tables.columns import Document, Utc

T = TypeVar("T")
Row = Any  # SQLAlchemy 2.0 and 2.1 type their rows differently
ENCODE = msgspec.json.Encoder(order=None).encode


def document(value: object) -> str:
    """Return the JSON text of a value, for a `Document` column."""
    return ENCODE(value).decode()


class Reading(Generic[T]):
    """How to read objects of one kind.

    ``fields`` maps the object's fields to columns or expressions; those of type `Document` are taken as JSON.
    ``body`` is a column whose JSON object holds further fields of the same object.
    """

    def __init__(
        self, kind: type[T], fields: Mapping[str, sa.ColumnElement[Any]], *, body: sa.ColumnElement[Any] | None = None
    ) -> None:
        documents = {name: column for name, column in fields.items() if isinstance(column.type, Document)}
        pairs: list[Any] = []
        for name, column in fields.items():
            if name not in documents:
                pairs += [sa.literal_column(f"'{name}'"), _plain(column)]
        head = sa.func.json_object(*pairs, type_=sa.Text)
        self.columns: tuple[sa.ColumnElement[Any], ...] = (head, *documents.values())
        if body is not None:
            self.columns += (body,)
        self._body = body is not None
        self._labels = tuple(f',"{name}":' for name in documents)
        self._decode = msgspec.json.Decoder(list[kind], strict=False).decode  # type: ignore[valid-type]

    def all(self, rows: Iterable[Sequence[Any]]) -> tuple[T, ...]:
        """Return the objects of rows that begin with ``columns``."""
        text = "[" + ",".join([self._text(row) for row in rows]) + "]"
        return tuple(self._decode(text))

    def first(self, row: Sequence[Any] | None) -> T | None:
        """Return the object of a row, None of none."""
        return None if row is None else self.all([row])[0]

    def _text(self, row: Sequence[Any]) -> str:
        parts = [row[0][:-1]]
        for at, label in enumerate(self._labels, 1):
            parts.append(label)
            parts.append(row[at] or "null")
        if self._body and len(row[len(self._labels) + 1]) > 2:  # not {}
            parts.append(",")
            parts.append(row[len(self._labels) + 1][1:-1])
        parts.append("}")
        return "".join(parts)


def any_of(conditions: Iterable[sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
    """Return what is true when one of the conditions is; of none, false."""
    return reduce(or_, conditions, sa.false())


def holds(column: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
    """Return whether a column's JSON array of strings, as `document` writes it, has the text among its items."""
    item = document(text)  # quotes inside an item are escaped, so these two forms stand at the start of one alone
    plain = sa.type_coerce(column, sa.Text)
    return (sa.func.instr(plain, f"[{item}") == 1) | (sa.func.instr(plain, f",{item}") > 0)


def _plain(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    if isinstance(column.type, Utc):
        return sa.type_coerce(column, sa.String).concat(sa.literal_column("'Z'"))
    return column
