"""Hosts and requests for tests of the scheduler."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from compute_cloud.objects.flavor import Flavor
from compute_cloud.objects.host import HostState, Inventory, Node
from compute_cloud.objects.resources import resources_of
from compute_cloud.objects.scheduling import HostRequest

NOW = 1_000_000.0
_NODES = uuid.UUID("00000000-0000-0000-0000-000000000001")


def inventory(total: int, **given: Any) -> Inventory:
    return Inventory(**{"total": total, "max_unit": total, **given})


def host(name: str = "h1", *, vcpus: int = 8, memory_mb: int = 8192, disk_gb: int = 100, **given: Any) -> HostState:
    """Return an idle host; ``used`` maps resource classes to what is claimed, ``node_*`` go to the node."""
    used: Mapping[str, int] = given.pop("used", {})
    totals = {"VCPU": vcpus, "MEMORY_MB": memory_mb, "DISK_GB": disk_gb}
    node = Node(
        uuid=str(uuid.uuid5(_NODES, name)),
        name=name,
        hypervisor_type="QEMU",
        hypervisor_version=7002000,
        host_ip="127.0.0.1",
        inventories={resource: inventory(total, used=used.get(resource, 0)) for resource, total in totals.items()},
        supported=(("x86_64", "kvm", "hvm"), ("x86_64", "qemu", "hvm"), ("i686", "kvm", "hvm")),
    )
    of_node = {key.removeprefix("node_"): given.pop(key) for key in list(given) if key.startswith("node_")}
    return HostState(**{"host": name, "node": replace(node, **of_node), "seen_at": NOW - 5, **given})


def request(
    *,
    vcpus: int = 1,
    memory_mb: int = 512,
    root_gb: int = 1,
    extra_specs: Mapping[str, str] | None = None,
    **given: Any,
) -> HostRequest:
    flavor = Flavor(id="1", name="f", vcpus=vcpus, memory_mb=memory_mb, root_gb=root_gb, extra_specs=extra_specs or {})
    return HostRequest(
        **{"server_id": "s1", "project_id": "p1", "flavor": flavor, "resources": resources_of(flavor), **given}
    )
