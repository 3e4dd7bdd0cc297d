"""Where guests run: what a host has, what of it is used, and who may use it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from compute_cloud.objects.service import Service


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """How much of one resource class a provider has, in the placement model.

    The capacity is ``(total - reserved) * allocation_ratio``; a claim takes ``used`` up to it.
    """

    total: int
    reserved: int = 0
    min_unit: int = 1
    max_unit: int
    step_size: int = 1
    allocation_ratio: float = 1.0
    used: int = 0


@dataclass(frozen=True, kw_only=True)
class Node:
    """A hypervisor as its compute service reports it. ``name`` is Nova's ``hypervisor_hostname``.

    ``inventories`` has VCPU (threads), MEMORY_MB and DISK_GB. ``supported`` lists
    (architecture, hypervisor type, vm mode). ``facts`` are what filters of images and flavors ask for.
    """

    uuid: str
    name: str
    hypervisor_type: str
    hypervisor_version: int
    host_ip: str
    inventories: Mapping[str, Inventory]
    traits: tuple[str, ...] = ()
    cpu_info: Mapping[str, str | int | tuple[str, ...] | Mapping[str, int]] = field(default_factory=dict)
    supported: tuple[tuple[str, str, str], ...] = ()
    disk_free_gb: int = 0
    uptime: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Hypervisor:
    """A node as administrators see it: what it reported, what is claimed of it, and its service."""

    id: int
    node: Node
    service: Service
    running_vms: int = 0
    busy: int = 0
    servers: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, kw_only=True)
class HypervisorQuery:
    """Which hypervisors; ``pattern`` is a substring of the name, ``uuid`` or ``id`` one of them."""

    id: int | None = None
    uuid: str | None = None
    pattern: str | None = None
    with_servers: bool = False
    limit: int | None = None
    marker: str | None = None


@dataclass(frozen=True, kw_only=True)
class HostState:
    """All that the scheduler knows of one node when it decides.

    ``seen_at`` (seconds since the epoch) is the last sign of life of its service. ``servers`` counts
    guests on it, ``building`` those in the middle of something. ``zone`` None means the default.
    """

    host: str
    node: Node
    disabled: bool = False
    disabled_reason: str | None = None
    forced_down: bool = False
    seen_at: float = 0.0
    servers: int = 0
    building: int = 0
    zone: str | None = None
    aggregates: tuple[str, ...] = ()
    aggregate_metadata: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class HostChanges:
    """The states that changed since a sequence; ``gone`` are node uuids that stand no more.

    ``sequence`` is what the next pull hands back. ``seen`` maps service hosts to their last sign of life.
    """

    sequence: float
    states: tuple[HostState, ...] = ()
    seen: Mapping[str, float] = field(default_factory=dict)
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Zone:
    """An availability zone with the services of each of its hosts: host -> binary -> service."""

    name: str
    available: bool
    hosts: Mapping[str, Mapping[str, Service]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class HostedServer:
    """What the conductor believes to run on a host."""

    server_id: str
    name: str
    node: str | None
    vm_state: str
    task_state: str | None
    power_state: int
    updated_at: datetime | None = None
