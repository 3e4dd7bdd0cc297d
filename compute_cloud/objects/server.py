"""What the user has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from compute_cloud.lifecycle.states import PowerState, TaskState, VmState
from compute_cloud.objects.flavor import Flavor


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Why a server is in ERROR: ``message`` for its owner, ``details`` for administrators."""

    code: int
    message: str
    details: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server whole, as its row has it. ``flavor`` is the flavor as it was at boot or resize.

    ``host`` is the compute service, ``node`` the hypervisor's name there. ``image_properties``
    are those of the image it was booted from. Times are UTC.
    """

    id: str
    project_id: str
    user_id: str
    name: str
    flavor: Flavor
    created_at: datetime
    updated_at: datetime | None = None
    launched_at: datetime | None = None
    terminated_at: datetime | None = None
    deleted: bool = False
    vm_state: VmState = VmState.BUILDING
    task_state: TaskState | None = None
    power_state: PowerState = PowerState.NOSTATE
    progress: int = 0
    description: str | None = None
    hostname: str | None = None
    image_id: str | None = None
    kernel_id: str = ""
    ramdisk_id: str = ""
    image_properties: Mapping[str, str] = field(default_factory=dict)
    host: str | None = None
    node: str | None = None
    availability_zone: str | None = None
    requested_zone: str | None = None
    host_status: str = ""
    reservation_id: str = ""
    launch_index: int = 0
    root_device_name: str | None = None
    key_name: str | None = None
    config_drive: bool = False
    user_data: str | None = None
    access_ip_v4: str | None = None
    access_ip_v6: str | None = None
    disk_config: str = "MANUAL"
    locked: bool = False
    locked_reason: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    hints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    trusted_certificates: tuple[str, ...] | None = None
    fault: Fault | None = None


@dataclass(frozen=True, kw_only=True)
class ServerName:
    """A line of the short list."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class ServerQuery:
    """Which servers to list, in which order; None or empty: not asked.

    ``project_id`` None means all projects. ``filters`` compare columns for equality (keys are
    fields of `Server`; ``flavor`` is the flavor id, ``image`` the image id). ``name_pattern`` is a
    regular expression. ``marker`` is the last server id of the page before. Times are UTC.
    """

    project_id: str | None = None
    user_id: str | None = None
    ids: tuple[str, ...] = ()
    name_pattern: str | None = None
    vm_states: tuple[VmState, ...] = ()
    task_states: tuple[TaskState | None, ...] = ()
    filters: Mapping[str, str | int | bool | None] = field(default_factory=dict)
    tags_all: tuple[str, ...] = ()
    tags_any: tuple[str, ...] = ()
    not_tags_all: tuple[str, ...] = ()
    not_tags_any: tuple[str, ...] = ()
    deleted: bool | None = False
    changed_since: datetime | None = None
    changed_before: datetime | None = None
    limit: int = 1000
    marker: str | None = None
    sort_keys: tuple[str, ...] = ("created_at",)
    sort_dirs: tuple[str, ...] = ("desc",)


@dataclass(frozen=True, kw_only=True)
class ServerChanges:
    """What an owner may rewrite on a server; a field that is not in ``given`` stays as it is."""

    given: tuple[str, ...]
    name: str = ""
    description: str | None = None
    hostname: str | None = None
    access_ip_v4: str | None = None
    access_ip_v6: str | None = None
    disk_config: str = "MANUAL"
    metadata: Mapping[str, str] = field(default_factory=dict)
