"""Servers: written here and nowhere else; `move` alone writes their state. How they are listed: `server_lists`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from compute_cloud.db.clock import utcnow
from compute_cloud.db.rows import Reading, document
from compute_cloud.db.session import Tx
from compute_cloud.db.stores.server_lists import READING, list_names, list_whole
from compute_cloud.db.tables.servers import SERVERS
from compute_cloud.errors import NotFound
from compute_cloud.lifecycle.machine import State
from compute_cloud.lifecycle.states import TaskState, VmState
from compute_cloud.objects.host import HostedServer
from compute_cloud.objects.server import Fault, Server
from compute_cloud.objects.ticket import PowerReport

__all__ = [
    "existing",
    "hosted",
    "insert",
    "list_names",
    "list_whole",
    "mark_deleted",
    "move",
    "set_fault",
    "set_power",
    "show",
    "state",
    "update",
]

T = SERVERS.c
OWN = frozenset({
    "name", "hostname", "description", "power_state", "progress", "host", "node", "availability_zone",
    "root_device_name", "locked", "launched_at", "terminated_at",
})  # fmt: skip
DOCUMENTS = frozenset({"flavor", "metadata", "tags"})
MIRRORED = frozenset({"id", "project_id", "user_id", "created_at", "image_id", "key_name", "reservation_id"})
BODY = MIRRORED | {
    "kernel_id", "ramdisk_id", "image_properties", "requested_zone", "launch_index", "config_drive", "user_data",
    "access_ip_v4", "access_ip_v6", "disk_config", "locked_reason", "hints", "trusted_certificates",
}  # fmt: skip
REWRITABLE = OWN | DOCUMENTS | BODY - {"id", "created_at"}

_STATE = sa.select(T.vm_state, T.task_state, T.action).where(T.id == sa.bindparam("id"), T.deleted.is_(False))
_SHOW = sa.select(*READING.columns).where(T.id == sa.bindparam("id"))
_HOSTED = Reading(
    HostedServer,
    {"server_id": T.id}
    | {name: T[name] for name in ("name", "node", "vm_state", "task_state", "power_state", "updated_at")},
)


def insert(tx: Tx, servers: Sequence[Server], *, state: State) -> None:
    """Write new servers, all in one state. Raises DBDuplicateEntry."""
    if servers:
        tx.execute(sa.insert(SERVERS), [_row(server, state) for server in servers])


def show(tx: Tx, server_id: str, scope: str | None, *, deleted: bool = False) -> Server:
    """Return one server, of the project ``scope`` if given; a deleted one only when asked for. Raises NotFound."""
    found = READING.first(tx.execute(_SHOW, {"id": server_id}).first())
    if found is None or (found.deleted and not deleted) or (scope is not None and found.project_id != scope):
        raise NotFound(f"Server {server_id} could not be found.", field="server_id")
    return found


def state(tx: Tx, server_id: str) -> State | None:
    """Return where a server stands; None when it is gone."""
    row = tx.execute(_STATE, {"id": server_id}).first()
    if row is None:
        return None
    return State(VmState(row.vm_state), TaskState(row.task_state) if row.task_state else None, row.action)


def move(tx: Tx, server_id: str, *, expected: State, to: State, **fields: Any) -> bool:
    """Write the state, if it still is the expected one, and the fields with it; tell whether it was."""
    values = _columns(tx, server_id, fields) | {"vm_state": to.vm, "task_state": to.task, "action": to.action}
    at = {"at_vm": expected.vm, "at_task": expected.task, "at_action": expected.action}
    return _write(tx, server_id, values, at)


def update(tx: Tx, server_id: str, **fields: Any) -> bool:
    """Write fields of `Server` other than its state; tell whether the server stands."""
    return _write(tx, server_id, _columns(tx, server_id, fields), {})


def mark_deleted(tx: Tx, server_id: str) -> bool:
    """Close the row of a server; tell whether it stood."""
    found = tx.execute(
        sa.update(SERVERS)
        .where(T.id == server_id, T.deleted.is_(False))
        .values(
            deleted=True,
            terminated_at=utcnow(),
            updated_at=utcnow(),
            vm_state=VmState.DELETED,
            task_state=None,
            action=None,
        )
    )
    return found.rowcount == 1


def set_fault(tx: Tx, server_id: str, fault: Fault) -> None:
    """Write why the server failed; the last reason is the one that is kept."""
    if fault.created_at is None:
        fault = replace(fault, created_at=datetime.now(UTC))
    tx.execute(sa.update(SERVERS).where(T.id == server_id).values(fault=document(fault), updated_at=utcnow()))


def set_power(tx: Tx, host: str, reports: Sequence[PowerReport]) -> None:
    """Write the power states that differ, of servers that are on the host."""
    by_state: dict[int, list[str]] = {}
    for report in reports:
        by_state.setdefault(report.power_state, []).append(report.server_id)
    for power, ids in by_state.items():
        tx.execute(
            sa.update(SERVERS)
            .where(T.id.in_(ids), T.host == host, T.deleted.is_(False), T.power_state != power)
            .values(power_state=power, updated_at=utcnow())
        )


def existing(tx: Tx, server_ids: Sequence[str]) -> frozenset[str]:
    """Return those of the ids that stand for a server, deleted or not."""
    return frozenset(tx.execute(sa.select(T.id).where(T.id.in_(server_ids))).scalars())


def hosted(tx: Tx, host: str) -> tuple[HostedServer, ...]:
    """Return the servers that are on a host."""
    return _HOSTED.all(tx.execute(sa.select(*_HOSTED.columns).where(T.host == host, T.deleted.is_(False))))


def _row(server: Server, state: State) -> dict[str, Any]:
    fields = {name: getattr(server, name) for name in OWN | MIRRORED}
    return fields | {
        "vm_state": state.vm,
        "task_state": state.task,
        "action": state.action,
        "updated_at": server.updated_at,
        "deleted": False,
        "flavor_id": server.flavor.id,
        "vcpus": server.flavor.vcpus,
        "memory_mb": server.flavor.memory_mb,
        "flavor": document(server.flavor),
        "metadata": document(server.metadata),
        "tags": document(server.tags),
        "fault": server.fault and document(server.fault),
        "body": document({name: getattr(server, name) for name in sorted(BODY)}),
    }


def _columns(tx: Tx, server_id: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that fields of a server are written to."""
    unknown = fields.keys() - REWRITABLE
    if unknown:
        raise ValueError(f"not to be written like this: {', '.join(sorted(unknown))}")
    own: dict[str, Any] = {name: value for name, value in fields.items() if name in OWN | MIRRORED}
    own |= {name: document(fields[name]) for name in DOCUMENTS & fields.keys()}
    if "flavor" in fields:
        flavor = fields["flavor"]
        own |= {"flavor_id": flavor.id, "vcpus": flavor.vcpus, "memory_mb": flavor.memory_mb}
    changes = {name: value for name, value in fields.items() if name in BODY}
    if changes:
        body = tx.execute(sa.select(T.body).where(T.id == server_id).with_for_update()).scalar()
        own["body"] = document({**msgspec.json.decode(body or "{}"), **changes})
    return own


def _write(tx: Tx, server_id: str, values: Mapping[str, Any], at: Mapping[str, Any]) -> bool:
    statement = _update(tuple(sorted(values)), guarded=bool(at))
    found = tx.execute(statement, {f"to_{name}": value for name, value in values.items()} | {"at_id": server_id, **at})
    return found.rowcount == 1


@cache
def _update(names: tuple[str, ...], *, guarded: bool) -> sa.Update:
    """Return the statement that writes these columns, made once: making it costs as much as running it."""
    chosen = sa.update(SERVERS).where(T.id == sa.bindparam("at_id"), T.deleted.is_(False))
    if guarded:
        chosen = chosen.where(
            T.vm_state == sa.bindparam("at_vm"),
            T.task_state.is_not_distinct_from(sa.bindparam("at_task")),
            T.action.is_not_distinct_from(sa.bindparam("at_action")),
        )
    return chosen.values({name: sa.bindparam(f"to_{name}") for name in names} | {"updated_at": utcnow()})
