"""Hypervisors: the nodes guests run on, for administrators. No host is asked; all comes from what they reported."""

import uuid
from typing import Any, Final

import msgspec

from compute_cloud.api.body import Body, Groups, Query, field
from compute_cloud.api.microversions import HYPERVISORS_GO_BY_UUID, HYPERVISORS_PAGED, SERVERS_UNIFORM
from compute_cloud.api.operation import operation
from compute_cloud.api.paging import LIMIT, MARKER, next_link, page_size
from compute_cloud.api.request import ApiRequest
from compute_cloud.api.schemas import FLAG, Kind
from compute_cloud.errors import Invalid, NotFound
from compute_cloud.objects.host import Hypervisor, HypervisorQuery, Inventory

_NONE: Final = Inventory(total=0, max_unit=0)
_SERVERS: Final[Groups] = frozenset({"servers"})


def _inventory(hypervisor: Hypervisor, resource: str) -> Inventory:
    return hypervisor.node.inventories.get(resource, _NONE)


def _used(hypervisor: Hypervisor, resource: str) -> int:
    inventory = _inventory(hypervisor, resource)
    return inventory.used + inventory.reserved


def _free(hypervisor: Hypervisor, resource: str) -> int:
    return _inventory(hypervisor, resource).total - _used(hypervisor, resource)


def _service(hypervisor: Hypervisor, request: ApiRequest) -> dict[str, Any]:
    service = hypervisor.service
    by_uuid = request.version >= HYPERVISORS_GO_BY_UUID
    return {
        "id": service.uuid if by_uuid else service.id,
        "host": service.host,
        "disabled_reason": service.disabled_reason,
    }


def _servers(hypervisor: Hypervisor, _: ApiRequest) -> list[dict[str, str]]:
    return [{"uuid": server_id, "name": name} for server_id, name in hypervisor.servers or ()]


class ShortHypervisor(Body):
    """A hypervisor in the short list."""

    number: object = field(name="id", until="2.52", of="id")
    uuid: object = field(name="id", since="2.53", of="node.uuid")
    name: object = field(name="hypervisor_hostname", of="node.name")
    state: object = field(of=lambda hypervisor, _: "up" if hypervisor.service.alive else "down")
    status: object = field(of=lambda hypervisor, _: "disabled" if hypervisor.service.disabled else "enabled")
    servers: object = field(since="2.53", group="servers", of=_servers)


class WholeHypervisor(ShortHypervisor):
    """A hypervisor with details."""

    host_ip: object = field(of="node.host_ip")
    kind: object = field(name="hypervisor_type", of="node.hypervisor_type")
    version: object = field(name="hypervisor_version", of="node.hypervisor_version")
    service: object = field(of=_service)
    cpu_text: object = field(
        name="cpu_info", until="2.27", of=lambda h, _: msgspec.json.encode(h.node.cpu_info).decode()
    )
    cpu_info: object = field(since="2.28", until="2.87", of=lambda h, _: dict(h.node.cpu_info))
    vcpus: object = field(until="2.87", of=lambda h, _: _inventory(h, "VCPU").total)
    vcpus_used: object = field(until="2.87", of=lambda h, _: _inventory(h, "VCPU").used)
    memory_mb: object = field(until="2.87", of=lambda h, _: _inventory(h, "MEMORY_MB").total)
    memory_mb_used: object = field(until="2.87", of=lambda h, _: _used(h, "MEMORY_MB"))
    free_ram_mb: object = field(until="2.87", of=lambda h, _: _free(h, "MEMORY_MB"))
    local_gb: object = field(until="2.87", of=lambda h, _: _inventory(h, "DISK_GB").total)
    local_gb_used: object = field(until="2.87", of=lambda h, _: _used(h, "DISK_GB"))
    free_disk_gb: object = field(until="2.87", of=lambda h, _: _free(h, "DISK_GB"))
    disk_available_least: object = field(until="2.87", of="node.disk_free_gb")
    running_vms: object = field(until="2.87", of="running_vms")
    current_workload: object = field(until="2.87", of="busy")
    uptime: object = field(since="2.88", of="node.uptime")


class HypervisorList(Query, open_until="2.52"):
    """Which hypervisors to list."""

    limit: int | None = field(LIMIT, since="2.33")
    marker: str | None = field(MARKER, since="2.33")
    pattern: str | None = field(
        Kind({"type": "string", "minLength": 1, "maxLength": 255}), name="hypervisor_hostname_pattern", since="2.53"
    )
    with_servers: bool = field(FLAG, since="2.53", default=False)


class HypervisorShow(Query, open_until="2.52"):
    """What of a hypervisor to show."""

    with_servers: bool = field(FLAG, since="2.53", default=False)


@operation(rule="os_compute_api:os-hypervisors:list", query=HypervisorList)
def index(request: ApiRequest) -> Any:
    """List hypervisors, short."""
    return _listed(request, "os-hypervisors", ShortHypervisor)


@operation(rule="os_compute_api:os-hypervisors:list-detail", query=HypervisorList)
def detail(request: ApiRequest) -> Any:
    """List hypervisors."""
    return _listed(request, "os-hypervisors/detail", WholeHypervisor)


@operation(rule="os_compute_api:os-hypervisors:show", query=HypervisorShow)
def show(request: ApiRequest, hypervisor_id: str) -> Any:
    """Show a hypervisor."""
    with_servers = request.query.with_servers
    if request.version >= HYPERVISORS_GO_BY_UUID:
        query = HypervisorQuery(uuid=_uuid(hypervisor_id, "hypervisor_id"), with_servers=with_servers)
    elif hypervisor_id.isascii() and hypervisor_id.isdigit() and len(hypervisor_id) < 10:
        query = HypervisorQuery(id=int(hypervisor_id))
    else:
        raise NotFound(f"Hypervisor with ID '{hypervisor_id[:60]}' could not be found.")
    found = request.conductor.list_hypervisors(request.context, query=query)
    if not found:
        raise NotFound(f"Hypervisor with ID '{hypervisor_id[:60]}' could not be found.")
    return {"hypervisor": WholeHypervisor.view(request.version, _groups(request, found[0]))(found[0], request)}


def _listed(request: ApiRequest, path: str, shape: type[ShortHypervisor]) -> Any:
    asked = request.query
    if asked.pattern is not None and (asked.limit is not None or asked.marker is not None):
        raise Invalid(
            "Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported.",
            field="hypervisor_hostname_pattern",
        )
    marker = asked.marker
    if marker is not None and request.version >= HYPERVISORS_GO_BY_UUID:
        marker = _uuid(marker, "marker")
    paged = request.version >= HYPERVISORS_PAGED
    limit = page_size(request) if paged else None
    query = HypervisorQuery(pattern=asked.pattern, with_servers=asked.with_servers, limit=limit, marker=marker)
    found = request.conductor.list_hypervisors(request.context, query=query)
    if not found and asked.pattern is not None:
        raise NotFound(f"No hypervisor matching '{asked.pattern[:60]}' could be found.")
    shown = [shape.view(request.version, _groups(request, one))(one, request) for one in found]
    by_uuid = request.version >= HYPERVISORS_GO_BY_UUID
    links = next_link(request, path, found, lambda one: str(one.node.uuid if by_uuid else one.id)) if paged else []
    return {"hypervisors": shown} | ({"hypervisors_links": links} if links else {})


def _groups(request: ApiRequest, hypervisor: Hypervisor) -> Groups:
    """Servers are shown when they were asked for; an empty list only since answers are uniform."""
    shown = request.query.with_servers and (hypervisor.servers or request.version >= SERVERS_UNIFORM)
    return _SERVERS if shown else frozenset()


def _uuid(text: str, name: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise Invalid(f"Invalid uuid {text[:60]} for {name}.", field=name) from None
