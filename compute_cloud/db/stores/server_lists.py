"""Pages of servers: two statements at most, whatever the page's size."""

import re
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from compute_cloud.db.paging import Order, order_of, page
from compute_cloud.db.rows import Reading, any_of, holds
from compute_cloud.db.session import Tx
from compute_cloud.db.tables.columns import Utc
from compute_cloud.db.tables.servers import SERVERS
from compute_cloud.errors import Invalid
from compute_cloud.objects.server import Server, ServerName, ServerQuery

T = SERVERS.c
MOVING = (
    "name", "hostname", "description", "vm_state", "task_state", "power_state", "progress", "host", "node",
    "availability_zone", "root_device_name", "locked", "updated_at", "launched_at", "terminated_at", "deleted",
    "flavor", "metadata", "tags", "fault",
)  # fmt: skip
READING = Reading(Server, {name: T[name] for name in MOVING}, body=T.body)
NAMES = Reading(ServerName, {"id": T.id, "name": T.name})

SEARCHED = (
    "id", "project_id", "user_id", "created_at", "image_id", "key_name", "reservation_id", "name", "hostname",
    "description", "vm_state", "task_state", "power_state", "progress", "host", "node", "availability_zone",
    "root_device_name", "locked", "updated_at", "launched_at", "terminated_at", "deleted", "vcpus", "memory_mb",
)  # fmt: skip
COLUMNS: dict[str, sa.Column[Any]] = {name: T[name] for name in SEARCHED} | {
    "image": T.image_id,
    "flavor": T.flavor_id,
    "flavor_id": T.flavor_id,
}
IN_BODY = {
    "kernel_id": str,
    "ramdisk_id": str,
    "requested_zone": str,
    "launch_index": int,
    "config_drive": bool,
    "access_ip_v4": str,
    "access_ip_v6": str,
    "disk_config": str,
    "locked_reason": str,
}
PLAIN = re.compile(r"[\w .:@-]*", re.ASCII)


def list_whole(tx: Tx, query: ServerQuery) -> tuple[Server, ...]:
    """Return a page of servers. Raises Invalid for an unknown marker, filter or sort key."""
    return READING.all(_page(tx, READING.columns, query))


def list_names(tx: Tx, query: ServerQuery) -> tuple[ServerName, ...]:
    """Return the same page, short."""
    return NAMES.all(_page(tx, NAMES.columns, query))


def _page(tx: Tx, columns: tuple[sa.ColumnElement[Any], ...], query: ServerQuery) -> Any:
    order: Order = order_of(query.sort_keys, query.sort_dirs, _expression, T.id)
    chosen = sa.select(*columns).where(*_conditions(query))
    marker = None
    if query.marker is not None:
        marker = T.id == query.marker
        if query.project_id is not None:
            marker &= T.project_id == query.project_id
    try:
        return page(tx, chosen, order, limit=query.limit, marker=marker, named=query.marker or "")
    except (DBAPIError, re.error) as error:
        if query.name_pattern is not None:
            raise Invalid("The name is not a regular expression.", field="name", detail=str(error)) from error
        raise


def _expression(field: str) -> sa.ColumnElement[Any] | None:
    """Return what stands for a field of a server in conditions and orders."""
    if field in COLUMNS:
        return COLUMNS[field]
    kind = IN_BODY.get(field)
    if kind is None:
        return None
    value: Any = sa.type_coerce(T.body, sa.JSON)[field]
    found: sa.ColumnElement[Any] = {int: value.as_integer, bool: value.as_boolean, str: value.as_string}[kind]()
    return found


def _conditions(query: ServerQuery) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if query.deleted is not None:
        found.append(T.deleted.is_(query.deleted))
    if query.project_id is not None:
        found.append(T.project_id == query.project_id)
    if query.user_id is not None:
        found.append(T.user_id == query.user_id)
    if query.ids:
        found.append(T.id.in_(query.ids))
    if query.vm_states:
        found.append(T.vm_state.in_(query.vm_states))
    if query.task_states:
        found.append(_task_in(query))
    if query.changed_since is not None:
        found.append(sa.func.coalesce(T.updated_at, T.created_at) >= query.changed_since)
    if query.changed_before is not None:
        found.append(sa.func.coalesce(T.updated_at, T.created_at) <= query.changed_before)
    if query.name_pattern:
        found.append(_named(query.name_pattern))
    found += [_equal(field, value) for field, value in query.filters.items()]
    return found + _tagged(query)


def _task_in(query: ServerQuery) -> sa.ColumnElement[bool]:
    named = [task for task in query.task_states if task is not None]
    chosen = T.task_state.in_(named) if named else sa.false()
    return chosen | T.task_state.is_(None) if None in query.task_states else chosen


def _named(pattern: str) -> sa.ColumnElement[bool]:
    """Match names as a regular expression anywhere, whatever the case; plain text needs no such engine."""
    if PLAIN.fullmatch(pattern) and "." not in pattern:
        return sa.func.lower(T.name).contains(pattern.lower(), autoescape=True)
    try:
        re.compile(pattern)
    except re.error as error:
        raise Invalid(f"The name is not a regular expression: {error}.", field="name") from error
    return T.name.regexp_match(f"(?i){pattern}")


def _equal(field: str, value: str | int | bool | None) -> sa.ColumnElement[bool]:
    expression = _expression(field)
    if expression is None:
        raise Invalid(f"Cannot filter by {field!r}.", field=field)
    if isinstance(value, str) and isinstance(expression.type, Utc):
        try:
            return expression == datetime.fromisoformat(value)
        except ValueError as error:
            raise Invalid(f"{value!r} is not a time.", field=field) from error
    return expression.is_(None) if value is None else expression == value


def _tagged(query: ServerQuery) -> list[sa.ColumnElement[bool]]:
    found = [holds(T.tags, tag) for tag in query.tags_all]
    if query.tags_any:
        found.append(any_of(holds(T.tags, tag) for tag in query.tags_any))
    if query.not_tags_all:
        found.append(sa.not_(sa.and_(*(holds(T.tags, tag) for tag in query.not_tags_all))))
    if query.not_tags_any:
        found.append(sa.not_(any_of(holds(T.tags, tag) for tag in query.not_tags_any)))
    return found
