"""Records of the embedded image service."""

import re
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from oslo_db.exception import DBDuplicateEntry

from compute_cloud.db.clock import utcnow
from compute_cloud.db.paging import fields_of, order_of, page
from compute_cloud.db.rows import Reading, any_of, document, holds
from compute_cloud.db.session import Tx
from compute_cloud.db.tables.images import IMAGE_MEMBERS, IMAGES
from compute_cloud.errors import Conflict, Forbidden, Invalid, NotFound
from compute_cloud.objects.image import Image, ImageQuery

I = IMAGES.c  # noqa: E741  short, since the conditions are long
M = IMAGE_MEMBERS.c
_FIELDS = tuple(field.name for field in fields(Image))
_READING = Reading(Image, {name: I[name] for name in _FIELDS})
_SCALARS = frozenset(_FIELDS) - {"tags", "properties"}
_PROPERTY = re.compile(r"[\w:.\- ]+")
_NUMBERS = frozenset({"size_bytes", "virtual_size_bytes", "min_disk_gb", "min_ram_mb"})
_FLAGS = frozenset({"protected", "hidden"})


def insert(tx: Tx, image: Image) -> None:
    """Write a new record. Raises Conflict when its id is taken."""
    now = datetime.now(UTC)
    values = _values(image) | {"id": image.id, "created_at": image.created_at or now, "updated_at": now}
    try:
        tx.execute(sa.insert(IMAGES).values(values))
    except DBDuplicateEntry as taken:
        raise Conflict(f"Image ID {image.id} already exists!", field="id") from taken


def show(tx: Tx, image_id: str, scope: str | None) -> Image:
    """Return one record that the scope may see (None: any). Raises NotFound."""
    chosen = sa.select(*_READING.columns).where(I.id == image_id)
    if scope is not None:
        chosen = chosen.where(_visible(scope))
    found = _READING.first(tx.execute(chosen).first())
    if found is None:
        raise NotFound(f"Image {image_id} could not be found.", field="image_id")
    return found


def list_whole(tx: Tx, query: ImageQuery) -> tuple[Image, ...]:
    """Return a page of records. Raises Invalid for an unknown marker, sort key or filter."""
    chosen = sa.select(*_READING.columns).where(*_conditions(query))
    order = order_of(query.sort_keys, query.sort_dirs, fields_of(IMAGES), I.id)
    marker = I.id == query.marker if query.marker is not None else None
    if marker is not None and query.project_id is not None:
        marker &= _visible(query.project_id)
    return _READING.all(page(tx, chosen, order, limit=query.limit, marker=marker, named=query.marker or ""))


def update(tx: Tx, image: Image, expected_status: str) -> None:
    """Rewrite a record whose status still is the expected one. Raises Conflict when it is not, NotFound."""
    changed = sa.update(IMAGES).where(I.id == image.id, I.status == expected_status)
    if not tx.execute(changed.values(**_values(image), updated_at=utcnow())).rowcount:
        stands = show(tx, image.id, None)
        raise Conflict(f"Image {image.id} is {stands.status} by now, not {expected_status}.")


def delete(tx: Tx, image_id: str) -> None:
    """Take a record away. Raises NotFound, Forbidden when it is protected."""
    gone = tx.execute(sa.delete(IMAGES).where(I.id == image_id, I.protected.is_(False))).rowcount
    if not gone:
        show(tx, image_id, None)
        raise Forbidden(f"Image {image_id} is protected and cannot be deleted.")


def _values(image: Image) -> dict[str, Any]:
    values = {name: getattr(image, name) for name in _SCALARS - {"id", "created_at", "updated_at"}}
    return values | {"tags": document(image.tags), "properties": document(image.properties)}


def _visible(project_id: str) -> sa.ColumnElement[bool]:
    """Return whether a project may see an image at all; a community one only by its id or when it asks for those."""
    shared = sa.exists().where(M.image_id == I.id, M.project_id == project_id)
    return (I.owner == project_id) | I.visibility.in_(("public", "community")) | (I.visibility == "shared") & shared


def _conditions(query: ImageQuery) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [I.hidden.is_(query.hidden)]
    if query.project_id is not None:
        found.append(_visible(query.project_id))
        if query.visibility != "community":
            found.append((I.visibility != "community") | (I.owner == query.project_id))
    lists = ((I.id, query.ids), (I.name, query.names), (I.status, query.statuses))
    found += [column.in_(values) for column, values in lists if values]
    if query.visibility is not None and query.visibility != "all":
        found.append(I.visibility == query.visibility)
    if query.owner is not None:
        found.append(I.owner == query.owner)
    if query.size_min_bytes is not None:
        found.append(I.size_bytes >= query.size_min_bytes)
    if query.size_max_bytes is not None:
        found.append(I.size_bytes <= query.size_max_bytes)
    found += [holds(I.tags, tag) for tag in query.tags]
    return found + [_equal(name, value) for name, value in query.filters.items()]


def _equal(name: str, value: str) -> sa.ColumnElement[bool]:
    if name in _NUMBERS:
        if not value.lstrip("-").isdigit():
            raise Invalid(f"{name} is a number, not {value!r}.", field=name)
        return I[name] == int(value)
    if name in _FLAGS:
        return I[name].is_(value.lower() in {"true", "1", "yes"})
    if name in _SCALARS:
        return sa.type_coerce(I[name], sa.String) == value
    if not _PROPERTY.fullmatch(name):
        return any_of([])  # no image has such a property
    held: Any = sa.type_coerce(I.properties, sa.JSON)[name]
    equal: sa.ColumnElement[bool] = held.as_string() == value
    return equal
