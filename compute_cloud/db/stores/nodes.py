"""Nodes: what compute services report, and what schedulers and administrators read of it."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from compute_cloud.db.clock import utcnow
from compute_cloud.db.rows import document
from compute_cloud.db.session import Tx
from compute_cloud.db.stores.node_reads import changed_since, list_hypervisors
from compute_cloud.db.tables.placement import ALLOCATIONS, INVENTORIES, NODES, PROVIDERS, TRAITS
from compute_cloud.db.upsert import insert_new, insert_or_update
from compute_cloud.objects.host import Node

__all__ = ["changed_since", "forget", "list_hypervisors", "report", "touch"]

N = NODES.c
I = INVENTORIES.c  # noqa: E741  beside N
LIMITS = ("total", "reserved", "min_unit", "max_unit", "step_size", "allocation_ratio")


def report(tx: Tx, host: str, nodes: Sequence[Node], *, at: datetime) -> None:
    """Write down what the nodes of a host have; those it does not name are gone. What is used is left alone.

    A report that says nothing new reads one row a node and writes nothing.
    """
    known = {row.uuid: row for row in tx.execute(sa.select(N.uuid, N.digest, N.gone, N.host).where(N.host == host))}
    for node in nodes:
        row = known.pop(node.uuid, None)
        text = _report_of(node)
        digest = hashlib.sha256(text.encode() + document(_capacities(node)).encode()).hexdigest()
        if row is None or row.gone or row.digest != digest:
            _write(tx, node, {"host": host, "report": text, "digest": digest, "created_at": at})
    gone = [uuid for uuid, row in known.items() if not row.gone]
    if gone:
        tx.execute(sa.update(NODES).where(N.uuid.in_(gone)).values(gone=True, changed_at=utcnow()))


def touch(tx: Tx, hosts: Iterable[str]) -> None:
    """Let schedulers read the nodes of these hosts again."""
    tx.execute(sa.update(NODES).where(N.host.in_(sorted(hosts))).values(changed_at=utcnow()))


def forget(tx: Tx, host: str) -> None:
    """Take away the nodes of a host that is no more, as far as nobody has claimed anything of them."""
    claimed = sa.exists().where(ALLOCATIONS.c.provider_uuid == N.uuid)
    uuids = tx.execute(sa.select(N.uuid).where(N.host == host, sa.not_(claimed))).scalars().all()
    tx.execute(sa.update(NODES).where(N.host == host).values(gone=True, changed_at=utcnow()))
    tx.execute(sa.delete(INVENTORIES).where(I.provider_uuid.in_(uuids)))


def _write(tx: Tx, node: Node, values: dict[str, Any]) -> None:
    insert_new(tx, PROVIDERS, [{"uuid": node.uuid, "name": node.name, "generation": 0}])
    # a node that was made anew under the name of an old one
    tx.execute(sa.delete(NODES).where(N.host == values["host"], N.name == node.name, N.uuid != node.uuid))
    row = values | {"uuid": node.uuid, "name": node.name, "gone": False, "changed_at": utcnow()}
    insert_or_update(
        tx, NODES, [row], key=("uuid",), columns=("host", "name", "report", "digest", "gone", "changed_at")
    )
    _write_inventories(tx, node)
    _write_traits(tx, node)


def _write_inventories(tx: Tx, node: Node) -> None:
    rows: list[dict[str, Any]] = [
        {"provider_uuid": node.uuid, "resource_class": name, "used": 0, "changed_at": utcnow()}
        | {field: getattr(inventory, field) for field in LIMITS}
        for name, inventory in sorted(node.inventories.items())
    ]
    insert_or_update(tx, INVENTORIES, rows, key=("provider_uuid", "resource_class"), columns=(*LIMITS, "changed_at"))
    tx.execute(
        sa.delete(INVENTORIES).where(
            I.provider_uuid == node.uuid, I.resource_class.not_in(sorted(node.inventories)), I.used == 0
        )
    )


def _write_traits(tx: Tx, node: Node) -> None:
    mine = TRAITS.c.provider_uuid == node.uuid
    stands = set(tx.execute(sa.select(TRAITS.c.trait).where(mine)).scalars())
    stale = stands - set(node.traits)
    if stale:
        tx.execute(sa.delete(TRAITS).where(mine, TRAITS.c.trait.in_(sorted(stale))))
    insert_new(tx, TRAITS, [{"provider_uuid": node.uuid, "trait": t} for t in sorted(set(node.traits) - stands)])


def _report_of(node: Node) -> str:
    return document(replace(node, inventories={}))


def _capacities(node: Node) -> dict[str, Any]:
    return {name: [getattr(one, field) for field in LIMITS] for name, one in sorted(node.inventories.items())}
