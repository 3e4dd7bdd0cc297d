"""Pages by key: what comes after the last row of the page before, in any order, however deep."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from compute_cloud.db.rows import Row, any_of
from compute_cloud.errors import Invalid

Order = Sequence[tuple[sa.ColumnElement[Any], bool]]
"""Expressions to sort by, and whether upwards. Missing values are the smallest. The last must be unique."""


def order_of(
    sort_keys: Sequence[str],
    sort_dirs: Sequence[str],
    column: Callable[[str], sa.ColumnElement[Any] | None],
    last: sa.ColumnElement[Any],
) -> Order:
    """Return the order that a query asks for; ``last`` breaks ties in the direction of the first key.

    A missing direction is that of the first key. Raises Invalid for an unknown key.
    """
    directions = [*sort_dirs, *[(sort_dirs or ("asc",))[0]] * (len(sort_keys) - len(sort_dirs))]
    order: list[tuple[sa.ColumnElement[Any], bool]] = []
    for key, direction in zip(sort_keys, directions, strict=False):
        found = column(key)
        if found is None:
            raise Invalid(f"Cannot sort by {key!r}.", field="sort_key")
        order.append((found, direction != "desc"))
    if not any(expression is last for expression, _ in order):
        order.append((last, order[0][1] if order else True))
    return order


def page(
    tx: sa.Connection,
    query: sa.Select[Any],
    order: Order,
    *,
    limit: int | None,
    marker: sa.ColumnElement[bool] | None,
    named: str = "",
) -> Sequence[Row]:
    """Return a page of the query after the row that ``marker`` picks out. Raises Invalid when there is none.

    The marker's row is looked up without the query's conditions: it may have left the list meanwhile.
    """
    if limit == 0:
        return ()
    if marker is not None:
        seen = tx.execute(sa.select(*[expression for expression, _ in order]).where(marker)).first()
        if seen is None:
            raise Invalid(f"Marker {named!r} could not be found.", field="marker")
        query = query.where(_after(order, seen))
    query = query.order_by(*[e.asc() if upwards else e.desc() for e, upwards in order])
    return tx.execute(query if limit is None else query.limit(limit)).all()


def _after(order: Order, seen: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Return whether a row comes after the one with these values: larger at the first key that differs."""
    choices: list[sa.ColumnElement[bool]] = []
    same: list[sa.ColumnElement[bool]] = []
    for (sorted_by, upwards), found in zip(order, seen, strict=True):
        # larger and smaller are not defined on booleans
        of_flag = isinstance(found, bool)
        expression, value = (sa.type_coerce(sorted_by, sa.Integer), int(found)) if of_flag else (sorted_by, found)
        beyond = _beyond(expression, value, upwards=upwards)
        if beyond is not None:
            choices.append(sa.and_(*same, beyond))
        same.append(expression.is_(None) if value is None else expression == value)
    return any_of(choices)


def _beyond(expression: sa.ColumnElement[Any], value: Any, *, upwards: bool) -> sa.ColumnElement[bool] | None:
    if value is None:
        return expression.is_not(None) if upwards else None
    if upwards:
        larger: sa.ColumnElement[bool] = expression > value
        return larger
    smaller: sa.ColumnElement[bool] = expression < value
    return smaller | expression.is_(None) if _may_be_null(expression) else smaller


def _may_be_null(expression: sa.ColumnElement[Any]) -> bool:
    return not isinstance(expression, sa.Column) or bool(expression.nullable)


def fields_of(table: sa.Table, names: Mapping[str, str] | None = None) -> Callable[[str], sa.ColumnElement[Any] | None]:
    """Return what finds a table's column by the name of an object's field."""
    known = {column.key: column for column in table.columns} | {
        name: table.c[column] for name, column in (names or {}).items()
    }
    return known.get
