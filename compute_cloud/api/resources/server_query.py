"""Which servers to list: the parameters of a list, and the question to the conductor that they make."""

from datetime import datetime
from typing import Any, Final

from compute_cloud.api.body import Query, field
from compute_cloud.api.microversions import FILTERS_FOR_EVERYONE, STATUS_FILTER_IS_CHECKED
from compute_cloud.api.paging import LIMIT, MARKER, SORT_DIR, SORT_KEY, page_size, sorting
from compute_cloud.api.request import ApiRequest
from compute_cloud.api.schemas import FLAG, TIME, Kind, one_of, read_flag, whole
from compute_cloud.api.status import states_of
from compute_cloud.errors import Forbidden, Invalid
from compute_cloud.lifecycle.states import TaskState, VmState
from compute_cloud.objects.server import ServerQuery

WORD: Final = Kind({"type": "string", "maxLength": 255})
PATTERN: Final = Kind({"type": "string", "maxLength": 255, "format": "regex"})
TAGS: Final = Kind({"type": "string", "maxLength": 50 * 61}, lambda text: tuple(t for t in text.split(",") if t))
# A bare ``all_tenants`` says yes.
ALL_TENANTS: Final = Kind({"anyOf": [FLAG.schema, one_of("").schema]}, lambda value: value == "" or read_flag(value))

# what users call it: the column of a server it is compared with
FILTERS: Final = {
    "user_id": "user_id",
    "launch_index": "launch_index",
    "image": "image_id",
    "image_ref": "image_id",
    "flavor": "flavor",
    "kernel_id": "kernel_id",
    "ramdisk_id": "ramdisk_id",
    "hostname": "hostname",
    "key_name": "key_name",
    "power_state": "power_state",
    "host": "host",
    "node": "node",
    "reservation_id": "reservation_id",
    "launched_at": "launched_at",
    "terminated_at": "terminated_at",
    "created_at": "created_at",
    "availability_zone": "availability_zone",
    "description": "description",
    "display_description": "description",
    "root_device_name": "root_device_name",
    "config_drive": "config_drive",
    "access_ip_v4": "access_ip_v4",
    "access_ip_v6": "access_ip_v6",
    "auto_disk_config": "disk_config",
    "progress": "progress",
    "locked": "locked",
}
# what those may filter by who may not by everything, and what more since filters are for everyone
_COMMON: Final = frozenset({"reservation_id", "image", "flavor", "locked", "hostname"})
_WIDER: Final = frozenset(
    {"availability_zone", "config_drive", "key_name", "created_at", "launched_at", "terminated_at", "power_state",
     "progress", "user_id"}
)  # fmt: skip
SORT_COLUMNS: Final = {
    **{
        name: name
        for name in (
            "access_ip_v4", "access_ip_v6", "availability_zone", "config_drive", "created_at", "host", "hostname",
            "kernel_id", "key_name", "launch_index", "launched_at", "locked", "node", "power_state", "progress",
            "project_id", "ramdisk_id", "root_device_name", "task_state", "terminated_at", "updated_at", "user_id",
            "vm_state",
        )
    },
    "auto_disk_config": "disk_config",
    "display_description": "description",
    "display_name": "name",
    "image_ref": "image_id",
    "uuid": "id",
}  # fmt: skip


class ServerList(Query, open_until="2.74"):
    """The parameters of a list of servers."""

    limit: int | None = field(LIMIT)
    marker: str | None = field(MARKER)
    sort_keys: tuple[str, ...] = field(SORT_KEY, name="sort_key", many=True, default=())
    sort_dirs: tuple[str, ...] = field(SORT_DIR, name="sort_dir", many=True, default=())
    all_tenants: bool = field(ALL_TENANTS, default=False)
    project_id: str | None = field(WORD)
    tenant_id: str | None = field(WORD)
    name: str | None = field(PATTERN)
    display_name: str | None = field(PATTERN)
    uuid: str | None = field(WORD)
    status: tuple[str, ...] = field(WORD, many=True, default=())
    vm_state: str | None = field(WORD)
    task_state: str | None = field(WORD)
    deleted: bool | None = field(FLAG)
    soft_deleted: bool | None = field(FLAG)
    changed_since: datetime | None = field(TIME, name="changes-since")
    changed_before: datetime | None = field(TIME, name="changes-before", since="2.66")
    ip: str | None = field(PATTERN)
    ip6: str | None = field(PATTERN)
    tags: tuple[str, ...] = field(TAGS, since="2.26", default=())
    tags_any: tuple[str, ...] = field(TAGS, name="tags-any", since="2.26", default=())
    not_tags: tuple[str, ...] = field(TAGS, name="not-tags", since="2.26", default=())
    not_tags_any: tuple[str, ...] = field(TAGS, name="not-tags-any", since="2.26", default=())
    user_id: str | None = field(WORD)
    launch_index: int | None = field(whole(0))
    image: str | None = field(WORD)
    image_ref: str | None = field(WORD)
    flavor: str | None = field(WORD)
    kernel_id: str | None = field(WORD)
    ramdisk_id: str | None = field(WORD)
    hostname: str | None = field(WORD)
    key_name: str | None = field(WORD)
    power_state: int | None = field(whole(0))
    host: str | None = field(WORD)
    node: str | None = field(WORD)
    reservation_id: str | None = field(WORD)
    launched_at: datetime | None = field(TIME)
    terminated_at: datetime | None = field(TIME)
    created_at: datetime | None = field(TIME)
    availability_zone: str | None = field(WORD)
    description: str | None = field(WORD)
    display_description: str | None = field(WORD)
    root_device_name: str | None = field(WORD)
    config_drive: bool | None = field(FLAG)
    access_ip_v4: str | None = field(WORD)
    access_ip_v6: str | None = field(WORD)
    auto_disk_config: str | None = field(WORD)
    progress: int | None = field(whole(0))
    locked: bool | None = field(FLAG, since="2.73")
    # taken and without effect, as they always were
    instance_type_id: str | None = field(WORD)
    locked_by: str | None = field(WORD)
    block_device_mapping: str | None = field(WORD)
    services: str | None = field(WORD)
    metadata: str | None = field(WORD)
    system_metadata: str | None = field(WORD)
    info_cache: str | None = field(WORD)
    security_groups: str | None = field(WORD)
    pci_devices: str | None = field(WORD)


def read_query(request: ApiRequest, rule: str) -> ServerQuery | None:
    """Return the question that a list's parameters make, None when nothing can answer it.

    ``rule`` guards servers of all projects. Raises Invalid, Forbidden.
    """
    asked: ServerList = request.query
    everything = request.may("os_compute_api:servers:allow_all_filters")
    if asked.all_tenants:
        request.require(rule)
    states = _states(request, asked, everything)
    limit = page_size(request)
    # Nothing has an address while there are no networks.
    if states is None or not limit or asked.ip or asked.ip6:
        return None
    if asked.changed_since and asked.changed_before and asked.changed_since > asked.changed_before:
        raise Invalid("The value of changes-since must be less than or equal to changes-before.", field="changes-since")
    vms, tasks = states
    keys, dirs = sorting(asked.sort_keys, asked.sort_dirs, SORT_COLUMNS, ("created_at", "desc"))
    return ServerQuery(
        project_id=(asked.project_id or asked.tenant_id) if asked.all_tenants else (request.context.project_id or ""),
        ids=(asked.uuid,) if asked.uuid and everything else (),
        name_pattern=asked.name or asked.display_name,
        vm_states=vms,
        task_states=tasks,
        filters=_filters(request, asked, everything),
        tags_all=asked.tags,
        tags_any=asked.tags_any,
        not_tags_all=asked.not_tags,
        not_tags_any=asked.not_tags_any,
        deleted=_deleted(asked, vms, everything),
        changed_since=asked.changed_since,
        changed_before=asked.changed_before,
        limit=limit,
        marker=asked.marker,
        sort_keys=keys,
        sort_dirs=dirs,
    )


def _filters(request: ApiRequest, asked: ServerList, everything: bool) -> dict[str, str | int | bool | None]:
    """Return column -> value; what the asker may not filter by is ignored, as it always was."""
    allowed = _COMMON | (_WIDER if request.version >= FILTERS_FOR_EVERYONE else frozenset())
    found: dict[str, str | int | bool | None] = {}
    for name, column in FILTERS.items():
        value: Any = getattr(asked, name)
        if name in asked.given and (everything or name in allowed):
            found[column] = value.isoformat() if isinstance(value, datetime) else value
    return found


def _states(
    request: ApiRequest, asked: ServerList, everything: bool
) -> tuple[tuple[VmState, ...], tuple[TaskState | None, ...]] | None:
    """Return the states to look for (empty: any), None when no server is in such a one."""
    vms, tasks = set(VmState), {None, *TaskState}
    if asked.status:
        pairs = [_states_of(status, request.version) for status in asked.status]
        vms = {vm for some, _ in pairs for vm in some}
        tasks = {task for _, some in pairs for task in some}
        if VmState.DELETED in vms and not everything:
            raise Forbidden("Only administrators may list deleted instances.")
    if everything or request.version >= FILTERS_FOR_EVERYONE:
        vms = {vm for vm in vms if asked.vm_state in {None, vm.value}}
        tasks = {task for task in tasks if asked.task_state is None or (task is not None and task == asked.task_state)}
    if not vms or not tasks:
        return None
    return (
        () if len(vms) == len(VmState) else tuple(vm for vm in VmState if vm in vms),
        () if len(tasks) == len(TaskState) + 1 else tuple(task for task in (None, *TaskState) if task in tasks),
    )


def _states_of(status: str, version: int) -> tuple[tuple[VmState, ...], tuple[TaskState | None, ...]]:
    found = states_of(status)
    if not found[0] and version >= STATUS_FILTER_IS_CHECKED:
        raise Invalid(f"Invalid status value: {status[:60]!r}.", field="status")
    return found


def _deleted(asked: ServerList, vms: tuple[VmState, ...], everything: bool) -> bool | None:
    """Return whether to look for deleted servers (None: those too). Who follows changes sees deletions."""
    if everything and asked.deleted is not None:
        return asked.deleted
    if vms == (VmState.DELETED,):
        return True
    return None if asked.changed_since else False
