"""Nodes as schedulers and administrators read them, in a constant number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from compute_cloud.db.clock import now_of
from compute_cloud.db.paging import page
from compute_cloud.db.rows import Reading, Row
from compute_cloud.db.session import Tx
from compute_cloud.db.stores import aggregates, services
from compute_cloud.db.tables.placement import INVENTORIES, NODES
from compute_cloud.db.tables.servers import SERVERS
from compute_cloud.db.tables.services import SERVICES
from compute_cloud.errors import NotFound
from compute_cloud.objects.host import HostChanges, HostState, Hypervisor, HypervisorQuery, Inventory, Node

N, S = NODES.c, SERVERS.c
I = INVENTORIES.c  # noqa: E741  beside N and S
COMPUTE = "nova-compute"
_NODE = msgspec.json.Decoder(Node).decode
_INVENTORY = (
    "total", "reserved", "min_unit", "max_unit", "step_size", "allocation_ratio", "used",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One inventory as its row has it."""

    uuid: str
    name: str
    total: int
    reserved: int
    min_unit: int
    max_unit: int
    step_size: int
    allocation_ratio: float
    used: int


_LINES = Reading(_Line, {"uuid": I.provider_uuid, "name": I.resource_class} | {name: I[name] for name in _INVENTORY})


@dataclass(frozen=True, kw_only=True)
class _Compute:
    """What schedulers ask of a compute service."""

    host: str
    disabled: bool
    disabled_reason: str | None
    forced_down: bool
    seen_at: datetime | None


_COMPUTES = Reading(
    _Compute,
    {name: SERVICES.c[name] for name in ("host", "disabled", "disabled_reason", "forced_down", "seen_at")},
)
_COMPUTES_QUERY = sa.select(*_COMPUTES.columns).where(SERVICES.c.binary == COMPUTE)


def changed_since(tx: Tx, since: float | None) -> HostChanges:
    """Return the host states that changed since a time of the database's clock (seconds since the epoch); None: all.

    A change of a node, of its inventories, of its service, or of a server on it counts.
    """
    sequence = now_of(tx).timestamp()
    computes = {one.host: one for one in _COMPUTES.all(tx.execute(_COMPUTES_QUERY))}
    chosen = sa.select(N.uuid, N.host, N.name, N.gone, N.report)
    if since is not None:
        chosen = chosen.where(N.uuid.in_(_touched(datetime.fromtimestamp(since, UTC))))
    rows = tx.execute(chosen).all()
    standing = [row for row in rows if not row.gone]
    nodes = _nodes(tx, standing)
    load = _load(tx, standing)
    hosts = {row.host for row in standing}
    groups = aggregates.by_host(tx, hosts if since is not None else None) if hosts else {}
    states = []
    for row in standing:
        service, mine = computes.get(row.host), groups.get(row.host, aggregates.Groups())
        servers, building = load.get((row.host, row.name), (0, 0))
        states.append(
            HostState(
                host=row.host,
                node=nodes[row.uuid],
                disabled=bool(service and service.disabled),
                disabled_reason=service.disabled_reason if service else None,
                forced_down=bool(service and service.forced_down),
                seen_at=_seconds(service),
                servers=servers,
                building=building,
                zone=mine.zone,
                aggregates=tuple(mine.uuids),
                aggregate_metadata={key: tuple(values) for key, values in mine.metadata.items()},
            )
        )
    return HostChanges(
        sequence=sequence,
        states=tuple(states),
        seen={host: _seconds(row) for host, row in computes.items()},
        gone=tuple(row.uuid for row in rows if row.gone),
    )


def list_hypervisors(tx: Tx, query: HypervisorQuery) -> tuple[Hypervisor, ...]:
    """Return a page of hypervisors by id. Raises NotFound for an unknown id or uuid, Invalid for an unknown marker.

    The marker is a uuid, or an id as older clients give it.
    """
    chosen = sa.select(N.id, N.uuid, N.host, N.name, N.report).where(N.gone.is_(False))
    if query.id is not None:
        chosen = chosen.where(N.id == query.id)
    if query.uuid is not None:
        chosen = chosen.where(N.uuid == query.uuid)
    if query.pattern is not None:
        chosen = chosen.where(N.name.contains(query.pattern, autoescape=True))
    marker = None
    if query.marker is not None:
        marker = N.id == int(query.marker) if query.marker.isdigit() else N.uuid == query.marker
    rows = page(tx, chosen, [(N.id, True)], limit=query.limit, marker=marker, named=query.marker or "")
    if not rows and (query.id is not None or query.uuid is not None):
        named = query.uuid if query.id is None else query.id
        raise NotFound(f"Compute host {named} could not be found.", field="hypervisor_id")
    return _hypervisors(tx, rows, with_servers=query.with_servers)


def _hypervisors(tx: Tx, rows: Sequence[Row], *, with_servers: bool) -> tuple[Hypervisor, ...]:
    nodes, load = _nodes(tx, rows), _load(tx, rows)
    guests = _guests(tx, rows) if with_servers else {}
    found = []
    hosts = sorted({row.host for row in rows})
    theirs = sa.select(*services.READING.columns).where(SERVICES.c.binary == COMPUTE, SERVICES.c.host.in_(hosts))
    known = {one.host: one for one in services.READING.all(tx.execute(theirs))}
    for row in rows:
        if row.host not in known:
            continue  # it reported its nodes, and not yet itself
        running, busy = load.get((row.host, row.name), (0, 0))
        found.append(
            Hypervisor(
                id=row.id,
                node=nodes[row.uuid],
                service=known[row.host],
                running_vms=running,
                busy=busy,
                servers=tuple(guests.get((row.host, row.name), ())) if with_servers else None,
            )
        )
    return tuple(found)


def _touched(since: datetime) -> sa.CompoundSelect[Any]:
    at_node = sa.and_(S.host == N.host, S.node == N.name)
    return sa.union(
        sa.select(N.uuid).where(N.changed_at >= since),
        sa.select(I.provider_uuid).where(I.changed_at >= since),
        sa.select(N.uuid).join_from(NODES, SERVERS, at_node).where(S.updated_at >= since),
        sa.select(N.uuid)
        .join_from(NODES, SERVICES, SERVICES.c.host == N.host)
        .where(SERVICES.c.binary == COMPUTE, SERVICES.c.changed_at >= since),
    )


def _nodes(tx: Tx, rows: Sequence[Row]) -> dict[str, Node]:
    if not rows:
        return {}
    uuids = [row.uuid for row in rows]
    inventories: dict[str, dict[str, Inventory]] = {}
    for line in _LINES.all(tx.execute(sa.select(*_LINES.columns).where(I.provider_uuid.in_(uuids)))):
        inventories.setdefault(line.uuid, {})[line.name] = Inventory(
            **{name: getattr(line, name) for name in _INVENTORY}
        )
    return {row.uuid: replace(_NODE(row.report), inventories=inventories.get(row.uuid, {})) for row in rows}


def _load(tx: Tx, rows: Sequence[Row]) -> dict[tuple[str, str], tuple[int, int]]:
    """Return how many servers each node has, and how many of them are in the middle of something."""
    if not rows:
        return {}
    query = (
        sa.select(S.host, S.node, sa.func.count(), sa.func.count(S.task_state))
        .where(S.host.in_(sorted({row.host for row in rows})), S.deleted.is_(False))
        .group_by(S.host, S.node)
    )
    return {(host, node): (count, busy) for host, node, count, busy in tx.execute(query)}


def _guests(tx: Tx, rows: Sequence[Row]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    hosts = sorted({row.host for row in rows})
    query = sa.select(S.host, S.node, S.id, S.name).where(S.host.in_(hosts), S.deleted.is_(False))
    for host, node, server_id, name in tx.execute(query.order_by(S.created_at, S.id)):
        found.setdefault((host, node), []).append((server_id, name))
    return found


def _seconds(service: _Compute | None) -> float:
    return service.seen_at.timestamp() if service is not None and service.seen_at else 0.0
