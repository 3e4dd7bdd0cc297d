"""A driver that only pretends: guests are entries in memory, noted in a file when they are to survive the daemon.

A test asks for trouble by a server's metadata (`FAILURE`, `DELAY`), for all servers by the ``[fake]`` options.
"""

import platform
import re
import uuid
import zlib
from collections.abc import Mapping
from pathlib import Path

from os_resource_classes import DISK_GB, MEMORY_MB, VCPU
from oslo_config import cfg

from compute_cloud import concurrency
from compute_cloud.context import Context
from compute_cloud.errors import Invalid, NotFound
from compute_cloud.lifecycle.states import PowerState
from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.host import Inventory, Node
from compute_cloud.virt.driver import Guest, HostCannot, PowerWatcher, RootImage
from compute_cloud.virt.fake_log import GuestLog, Remembered, change_of

FAILURE = "fake_failure"
"""Metadata key: ``host``, ``invalid``, ``broken``, ``node:NAME`` (that node refuses), ``destroy`` (never stops)."""
DELAY = "fake_delay_seconds"
"""Metadata key: seconds that this guest takes to start, in place of ``[fake] spawn_delay_seconds``."""
READY_LINE = "compute-cloud: guest ready"
"""What a guest prints last, as the real test image does."""

_NODES = uuid.UUID("7f3c0a4e-6f0f-4c53-9b1c-0d5d2a6b7c11")
_CONSOLE_LIMIT_BYTES = 1024 * 1024


class FakeDriver:
    """All of `compute_cloud.virt.driver.Driver` without a hypervisor."""

    wants_image = False

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self._names: tuple[str, ...] = tuple(conf.fake.nodes) or (conf.host,)
        self._remembered = Remembered()
        self._log: GuestLog | None = None
        self._watcher: PowerWatcher | None = None

    # its own life

    def start(self, watcher: PowerWatcher) -> None:
        """Find the guests of an earlier life again. Raises Unavailable when they cannot be read."""
        self._watcher = watcher
        if self._conf.fake.persist and self._log is None:
            self._log = GuestLog(Path(self._conf.state_path) / f"fake-{self._conf.host}.log")
            self._remembered = self._log.open()

    def stop(self) -> None:
        self._watcher = None
        if self._log is not None:
            self._log.close()
            self._log = None

    # what the host has

    def nodes(self) -> tuple[Node, ...]:
        return tuple(self._node(name) for name in self._names)

    def _node(self, name: str) -> Node:
        conf = self._conf
        return Node(
            uuid=str(uuid.uuid5(_NODES, f"{conf.host}/{name}")),
            name=name,
            hypervisor_type="fake",
            hypervisor_version=1000,
            host_ip=conf.my_ip,
            inventories={
                VCPU: _inventory(conf, "cpu", conf.fake.vcpus, conf.reserved_host_cpus),
                MEMORY_MB: _inventory(conf, "ram", conf.fake.memory_mb, conf.reserved_host_memory_mb),
                DISK_GB: _inventory(conf, "disk", conf.fake.disk_gb, -(-conf.reserved_host_disk_mb // 1024)),
            },
            traits=("COMPUTE_NODE",),
            cpu_info={
                "arch": platform.machine(),
                "model": "fake",
                "vendor": "fake",
                "features": (),
                "topology": {"sockets": 1, "cores": conf.fake.vcpus, "threads": 1},
            },
            supported=((platform.machine(), "fake", "hvm"), (platform.machine(), "kvm", "hvm")),
            disk_free_gb=conf.fake.disk_gb,
        )

    # the life of guests

    def guests(self) -> tuple[Guest, ...]:
        return tuple(self._remembered.guests.values())

    def power_state(self, server_id: str) -> PowerState:
        return self._guest(server_id).power_state

    def make_disks(self, order: BootOrder, image: RootImage | None) -> None:
        del image
        if order.server_id not in self._remembered.disks:
            self._remembered.disks.add(order.server_id)
            self._note(disks=order.server_id)

    def remove_disks(self, server_id: str) -> None:
        if server_id in self._remembered.disks:
            self._remembered.disks.discard(server_id)
            self._note(no_disks=server_id)

    def start_guest(self, context: Context, node: str, order: BootOrder) -> Mapping[str, str | int | None]:
        del context
        if node not in self._names:
            raise HostCannot(f"This host has no node {node}.")
        if order.server_id not in self._remembered.guests:
            delay = float(order.metadata.get(DELAY, self._conf.fake.spawn_delay_seconds))
            if delay:
                concurrency.sleep(delay)
            _fail(self._failure(node, order))
            guest = Guest(server_id=order.server_id, name=order.name, power_state=PowerState.RUNNING)
            if order.metadata.get(FAILURE) == "destroy":
                self._remembered.stubborn.add(order.server_id)
            self._put(guest)
        return {"root_device_name": "/dev/vda"}

    def resume_guest(self, server_id: str) -> None:
        guest = self._guest(server_id)
        self._put(Guest(server_id=server_id, name=guest.name, power_state=PowerState.RUNNING))

    def stop_and_undefine(self, server_id: str) -> None:
        if server_id not in self._remembered.guests:
            return
        if self._conf.fake.destroy_delay_seconds:
            concurrency.sleep(self._conf.fake.destroy_delay_seconds)
        if server_id in self._remembered.stubborn:
            raise HostCannot("The guest does not stop.")
        if self._remembered.guests.pop(server_id, None) is not None:
            self._note(gone=server_id)

    def console_output(self, server_id: str, lines: int | None) -> str:
        guest = self._guest(server_id)
        text = [f"[    0.{number:06d}] fake: line {number} of the boot of {guest.name}" for number in range(1, 31)]
        text.append(f"{READY_LINE} {guest.name}")
        kept = text if lines is None else text[-lines:] if lines > 0 else []
        return "".join(f"{line}\n" for line in kept)[-_CONSOLE_LIMIT_BYTES:]

    # doors for tests

    @property
    def disks(self) -> frozenset[str]:
        """The servers that have disks here."""
        return frozenset(self._remembered.disks)

    def happen(self, server_id: str, power_state: PowerState) -> None:
        """Let a guest's power change without an order (it crashed, or shut itself down). Raises NotFound."""
        guest = self._guest(server_id)
        self._put(Guest(server_id=server_id, name=guest.name, power_state=power_state))
        if self._watcher is not None:
            self._watcher(server_id, power_state)

    def vanish(self, server_id: str) -> None:
        """Let a guest be gone, as if an administrator had undefined it behind our back."""
        if self._remembered.guests.pop(server_id, None) is not None:
            self._note(gone=server_id)

    # inside

    def _guest(self, server_id: str) -> Guest:
        try:
            return self._remembered.guests[server_id]
        except KeyError:
            raise NotFound(f"Guest {server_id} is not on this host.") from None

    def _put(self, guest: Guest) -> None:
        self._remembered.guests[guest.server_id] = guest
        self._note(**change_of(guest))

    def _note(self, **change: str | int) -> None:
        if self._log is not None:
            self._log.note(change)

    def _failure(self, node: str, order: BootOrder) -> str | None:
        asked = order.metadata.get(FAILURE, "")
        if asked.startswith("node:"):
            return "host" if asked == f"node:{node}" else None
        if asked and asked != "destroy":
            return asked
        fake = self._conf.fake
        picked = fake.fail_spawn_pattern and re.match(fake.fail_spawn_pattern, order.name)
        if not picked and fake.fail_spawn_ratio:
            picked = zlib.crc32(f"{order.server_id}/{node}".encode()) / 2**32 < fake.fail_spawn_ratio
        return str(fake.fail_spawn) if picked else None


def _inventory(conf: cfg.ConfigOpts, resource: str, total: int, reserved: int) -> Inventory:
    ratio = conf[f"{resource}_allocation_ratio"] or conf[f"initial_{resource}_allocation_ratio"]
    return Inventory(total=total, reserved=min(reserved, total), max_unit=max(total, 1), allocation_ratio=ratio)


def _fail(failure: str | None) -> None:
    if failure is None:
        return
    if failure == "host":
        raise HostCannot("The hypervisor had no room for the guest.", detail="asked for by a test")
    if failure == "invalid":
        raise Invalid("The guest cannot be built from this order.", detail="asked for by a test")
    raise RuntimeError(f"the fake driver was asked to fail: {failure}")
