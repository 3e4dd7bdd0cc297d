"""Servers, flavors and nodes for tests of what is written down of them."""

import uuid
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from compute_cloud.lifecycle import machine
from compute_cloud.lifecycle.machine import State
from compute_cloud.lifecycle.states import VmState
from compute_cloud.objects.flavor import Flavor
from compute_cloud.objects.host import Inventory, Node
from compute_cloud.objects.server import Server

START = datetime(2026, 11, 1, 12, 0, 0, 123456, tzinfo=UTC)
BUILDING = machine.begin(State(VmState.BUILDING), "create", launched=False)


def flavor(**given: Any) -> Flavor:
    return Flavor(**{"id": "1", "name": "m1.small", "vcpus": 1, "memory_mb": 512, "root_gb": 1, **given})


def server(at: int = 0, **given: Any) -> Server:
    """Return a server that was made ``at`` seconds after the first."""
    made = START + timedelta(seconds=at)
    return Server(
        **{
            "id": str(uuid.uuid4()),
            "project_id": "p1",
            "user_id": "u1",
            "name": f"server-{at}",
            "flavor": flavor(),
            "created_at": made,
            "updated_at": made,
            "reservation_id": "r-1",
            **given,
        }
    )


def node(name: str = "n1", *, vcpus: int = 4, memory_mb: int = 4096, disk_gb: int = 40, **given: Any) -> Node:
    totals = {"VCPU": vcpus, "MEMORY_MB": memory_mb, "DISK_GB": disk_gb}
    return Node(
        **{
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
            "name": name,
            "hypervisor_type": "QEMU",
            "hypervisor_version": 7002000,
            "host_ip": "127.0.0.1",
            "inventories": {kind: Inventory(total=total, max_unit=total) for kind, total in totals.items()},
            **given,
        }
    )


def same(one: Server, other: Server, *, but: tuple[str, ...] = ()) -> bool:
    return all(getattr(one, f.name) == getattr(other, f.name) for f in fields(one) if f.name not in but)
