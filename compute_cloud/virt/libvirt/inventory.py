"""What this host has for guests, and who it is."""

import os
import uuid
from pathlib import Path
from typing import Any

from os_resource_classes import DISK_GB, MEMORY_MB, VCPU
from oslo_config import cfg

from compute_cloud.errors import Broken
from compute_cloud.objects.host import Inventory, Node
from compute_cloud.virt.libvirt.capabilities import Capabilities, DomainCapabilities, traits_of
from compute_cloud.virt.libvirt.connection import Connection

_GIB = 1024**3


def read_node(
    conf: cfg.ConfigOpts,
    connection: Connection,
    *,
    node_id: str,
    name: str,
    virt_type: str,
    capabilities: Capabilities,
    domain: DomainCapabilities,
) -> Node:
    """Return the node as it is now. Raises Unavailable when libvirt does not answer."""

    def asked(live: Any) -> tuple[int, int, int]:
        return live.getVersion(), live.getInfo()[2], _memory_mb(live)

    version, threads, memory_mb = connection.ask(asked, doing="tell what it has")
    disk = os.statvfs(conf.instances_path)
    disk_gb = disk.f_frsize * disk.f_blocks // _GIB
    supported = tuple(each for each in capabilities.supported if virt_type == "kvm" or each[1] != "kvm")
    return Node(
        uuid=node_id,
        name=name,
        hypervisor_type="QEMU",
        hypervisor_version=version,
        host_ip=conf.my_ip,
        inventories={
            VCPU: _inventory(conf, "cpu", threads, conf.reserved_host_cpus),
            MEMORY_MB: _inventory(conf, "ram", memory_mb, conf.reserved_host_memory_mb),
            DISK_GB: _inventory(conf, "disk", disk_gb, -(-conf.reserved_host_disk_mb // 1024)),
        },
        traits=traits_of(capabilities, domain, virt_type=virt_type, image_formats=("raw", "qcow2")),
        cpu_info=capabilities.cpu_info,
        supported=supported,
        disk_free_gb=disk.f_frsize * disk.f_bavail // _GIB,
        uptime=uptime_line(),
        facts={"virt_type": virt_type},
    )


def node_id_in(directory: Path) -> str:
    """Return the id of this host's node: made once, kept in ``compute_id``, since claims are held against it.

    Raises Broken when the file holds no uuid: to guess another one would orphan every claim of the host.
    """
    path = directory / "compute_id"
    try:
        text = path.read_text().strip()
    except FileNotFoundError:
        directory.mkdir(parents=True, exist_ok=True)
        text = str(uuid.uuid4())
        fresh = path.with_suffix(".new")
        fresh.write_text(text + "\n")
        fresh.replace(path)
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise Broken(f"{path} does not hold the id of this host's node.") from error


def uptime_line() -> str:
    """Return the host's uptime and load, as ``uptime`` prints them."""
    seconds = int(float(Path("/proc/uptime").read_text().split()[0]))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    up = (f"{days} day{'s' if days != 1 else ''}, " if days else "") + f"{hours:2d}:{minutes:02d}"
    load = ", ".join(f"{number:.2f}" for number in os.getloadavg())
    return f"up {up},  load average: {load}"


def _memory_mb(live: Any) -> int:
    """Return the host's memory; libvirt's node information follows the first NUMA cell and may say too little."""
    return int(live.getMemoryStats(-1)["total"]) // 1024


def _inventory(conf: cfg.ConfigOpts, resource: str, total: int, reserved: int) -> Inventory:
    ratio = conf[f"{resource}_allocation_ratio"] or conf[f"initial_{resource}_allocation_ratio"]
    return Inventory(total=total, reserved=min(reserved, total), max_unit=max(total, 1), allocation_ratio=ratio)
