"""Flavors, and who may use the private ones."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from oslo_db.exception import DBDuplicateEntry

from compute_cloud.db.paging import fields_of, order_of, page
from compute_cloud.db.rows import Reading, document
from compute_cloud.db.session import Tx
from compute_cloud.db.tables.flavors import FLAVOR_PROJECTS, FLAVORS
from compute_cloud.errors import Conflict, NotFound
from compute_cloud.objects.flavor import Flavor, FlavorQuery

F = FLAVORS.c
P = FLAVOR_PROJECTS.c
_FIELDS = tuple(field.name for field in fields(Flavor))
_READING = Reading(Flavor, {name: F[name] for name in _FIELDS})


def list_whole(tx: Tx, query: FlavorQuery) -> tuple[Flavor, ...]:
    """Return a page of flavors. Raises Invalid for an unknown marker or sort key."""
    chosen = sa.select(*_READING.columns).where(*_conditions(query))
    order = order_of(query.sort_keys, query.sort_dirs, fields_of(FLAVORS), F.id)
    marker = F.id == query.marker if query.marker is not None else None
    return _READING.all(page(tx, chosen, order, limit=query.limit, marker=marker, named=query.marker or ""))


def show(tx: Tx, flavor_id: str, scope: str | None) -> Flavor:
    """Return one flavor; a private one only to a project that has access (None: to anybody). Raises NotFound."""
    chosen = sa.select(*_READING.columns).where(F.id == flavor_id)
    if scope is not None:
        chosen = chosen.where(F.is_public.is_(True) | _granted(scope))
    found = _READING.first(tx.execute(chosen).first())
    if found is None:
        raise NotFound(f"Flavor {flavor_id} could not be found.", field="flavor_id")
    return found


def insert(tx: Tx, flavor: Flavor) -> None:
    """Write a new flavor. Raises Conflict when its id or name is taken."""
    row: dict[str, Any] = {name: getattr(flavor, name) for name in _FIELDS}
    row |= {"extra_specs": document(flavor.extra_specs), "created_at": datetime.now(UTC)}
    try:
        tx.execute(sa.insert(FLAVORS).values(row))
    except DBDuplicateEntry as taken:
        by_id = tx.execute(sa.select(F.id).where(F.id == flavor.id)).first() is not None
        what, name = ("ID", flavor.id) if by_id else ("name", flavor.name)
        raise Conflict(
            f"Flavor with {what} {name} already exists.", field="flavor.id" if by_id else "flavor.name"
        ) from taken


def delete(tx: Tx, flavor_id: str) -> None:
    """Take a flavor away. Raises NotFound."""
    if not tx.execute(sa.delete(FLAVORS).where(F.id == flavor_id)).rowcount:
        raise NotFound(f"Flavor {flavor_id} could not be found.", field="flavor_id")


def grant(tx: Tx, flavor_id: str, project_id: str) -> None:
    """Let a project use a private flavor. Raises Conflict when it may already, NotFound."""
    show(tx, flavor_id, None)
    try:
        tx.execute(sa.insert(FLAVOR_PROJECTS).values(flavor_id=flavor_id, project_id=project_id))
    except DBDuplicateEntry as taken:
        raise Conflict(f"Project {project_id} has access to flavor {flavor_id} already.") from taken


def _conditions(query: FlavorQuery) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if query.is_public is not None:
        public = F.is_public.is_(query.is_public)
        mine = query.is_public and query.project_id is not None
        found.append(public | _granted(query.project_id or "") if mine else public)
    if query.name is not None:
        found.append(F.name == query.name)
    if query.min_memory_mb:
        found.append(F.memory_mb >= query.min_memory_mb)
    if query.min_root_gb:
        found.append(F.root_gb >= query.min_root_gb)
    return found


def _granted(project_id: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(P.flavor_id == F.id, P.project_id == project_id)
