"""A server as users see it, version by version."""

from typing import Any, Final

from compute_cloud.api.body import OMITTED, Body, Groups, View, field
from compute_cloud.api.microversions import SERVERS_UNIFORM
from compute_cloud.api.request import ApiRequest
from compute_cloud.api.server_words import host_id
from compute_cloud.api.shown import precise, zulu
from compute_cloud.api.status import IN_PROGRESS, status_of
from compute_cloud.objects.guest import guest_name
from compute_cloud.objects.server import Server

# Who is shown a field: everyone who sees the server in full, those whom a policy lets, and only where one is shown.
WHOLE: Final = "whole"
EXTENDED: Final = "extended"
SPECS: Final = "specs"
HOST_STATUS: Final = "host_status"
HOST_UNKNOWN: Final = "host_unknown"
ONE: Final = "one"

_API: Final = "os_compute_api:"
_RULES: Final = {
    EXTENDED: f"{_API}os-extended-server-attributes",
    SPECS: f"{_API}servers:show:flavor-extra-specs",
    HOST_STATUS: f"{_API}servers:show:host_status",
}
_UNKNOWN_ONLY: Final = f"{_API}servers:show:host_status:unknown-only"
_LISTS_AS_HINTS: Final = frozenset({"different_host", "same_host"})


def groups_for(request: ApiRequest, *, one: bool = False, whole: bool = True) -> Groups:
    """Return what the asker is shown: ``one`` server or a list, ``whole`` or as an update once answered."""
    groups = {group for group, rule in _RULES.items() if request.may(rule)}
    if HOST_STATUS not in groups and request.may(_UNKNOWN_ONLY):
        groups.add(HOST_UNKNOWN)
    if not whole:
        groups -= {EXTENDED, HOST_STATUS, HOST_UNKNOWN}
    else:
        groups.add(WHOLE)
    if one:
        groups.add(ONE)
    return frozenset(groups)


def view_of(request: ApiRequest, *, one: bool = False, updated: bool = False) -> View:
    """Return the function that shows servers to the asker. An update's answer is shorter until they are uniform."""
    whole = not updated or request.version >= SERVERS_UNIFORM
    return WholeServer.view(request.version, groups_for(request, one=one, whole=whole))


def _status(server: Server, _: ApiRequest) -> str:
    return status_of(server.vm_state, server.task_state)


def _progress(server: Server, _: ApiRequest) -> Any:
    return server.progress if status_of(server.vm_state, server.task_state) in IN_PROGRESS else OMITTED


def _fault(server: Server, request: ApiRequest) -> Any:
    fault = server.fault
    if fault is None or status_of(server.vm_state, server.task_state) not in {"ERROR", "DELETED"}:
        return OMITTED
    shown = {"code": fault.code, "created": zulu(fault.created_at or server.updated_at), "message": fault.message}
    if fault.details and (request.context.is_admin or fault.code != 500):
        shown["details"] = fault.details
    return shown


def _image(server: Server, request: ApiRequest) -> Any:
    if not server.image_id:
        return ""
    href = f"{request.bookmark}/images/{server.image_id}"
    return {"id": server.image_id, "links": [{"rel": "bookmark", "href": href}]}


def _image_with_properties(server: Server, request: ApiRequest) -> Any:
    image = _image(server, request)
    return {**image, "properties": dict(server.image_properties)} if image else image


def _flavor_link(server: Server, request: ApiRequest) -> dict[str, Any]:
    href = f"{request.bookmark}/flavors/{server.flavor.id}"
    return {"id": server.flavor.id, "links": [{"rel": "bookmark", "href": href}]}


def _flavor(server: Server, _: ApiRequest) -> dict[str, Any]:
    flavor = server.flavor
    return {
        "vcpus": flavor.vcpus,
        "ram": flavor.memory_mb,
        "disk": flavor.root_gb,
        "ephemeral": flavor.ephemeral_gb,
        "swap": flavor.swap_mb,
        "original_name": flavor.name,
    }


def _flavor_with_specs(server: Server, request: ApiRequest) -> dict[str, Any]:
    return {**_flavor(server, request), "extra_specs": dict(server.flavor.extra_specs)}


def _addresses(_: Server, __: ApiRequest) -> dict[str, Any]:
    return {}


def _nothing(_: Server, __: ApiRequest) -> list[Any]:
    return []


def _guest_name(server: Server, request: ApiRequest) -> str:
    return guest_name(server.id, request.tools.conf.instance_name_template)


def _only_unknown(server: Server, _: ApiRequest) -> Any:
    return server.host_status if server.host_status == "UNKNOWN" else OMITTED


def _hints(server: Server, _: ApiRequest) -> dict[str, Any]:
    return {
        name: list(values) if name in _LISTS_AS_HINTS or len(values) != 1 else values[0]
        for name, values in server.hints.items()
    }


def _certificates(server: Server, _: ApiRequest) -> Any:
    return None if server.trusted_certificates is None else list(server.trusted_certificates)


def _links(server: Any, request: ApiRequest) -> list[dict[str, str]]:
    return request.links("servers", server.id)


class ShortServer(Body):
    """A server in the short list."""

    server_id: object = field(name="id", of="id")
    name: object = field(of="name")
    links: object = field(of=_links)


class WholeServer(ShortServer):
    """A server with details."""

    status: object = field(of=_status)
    tenant_id: object = field(of="project_id")
    user_id: object = field(of="user_id")
    metadata: object = field(of=lambda server, _: dict(server.metadata))
    host_id: object = field(name="hostId", of=lambda server, _: host_id(server.project_id, server.host))
    image: object = field(until="2.97", of=_image)
    image_with_properties: object = field(name="image", since="2.98", of=_image_with_properties)
    flavor_link: object = field(name="flavor", until="2.46", of=_flavor_link)
    flavor: object = field(since="2.47", of=_flavor)
    flavor_with_specs: object = field(name="flavor", since="2.47", group=SPECS, of=_flavor_with_specs)
    created: object = field(of=lambda server, _: zulu(server.created_at))
    updated: object = field(of=lambda server, _: zulu(server.updated_at or server.created_at))
    addresses: object = field(of=_addresses)
    access_ip_v4: object = field(name="accessIPv4", of=lambda server, _: server.access_ip_v4 or "")
    access_ip_v6: object = field(name="accessIPv6", of=lambda server, _: server.access_ip_v6 or "")
    progress: object = field(of=_progress)
    fault: object = field(of=_fault)
    disk_config: object = field(name="OS-DCF:diskConfig", of="disk_config")
    locked: object = field(since="2.9", of="locked")
    locked_reason: object = field(since="2.73", of="locked_reason")
    description: object = field(since="2.19", of="description")
    tags: object = field(since="2.26", of="tags")
    certificates: object = field(name="trusted_image_certificates", since="2.63", of=_certificates)
    groups: object = field(name="server_groups", since="2.71", group=ONE, of=_nothing)
    pinned_zone: object = field(name="pinned_availability_zone", since="2.96", of="requested_zone")
    hints: object = field(name="scheduler_hints", since="2.100", of=_hints)
    zone: object = field(
        name="OS-EXT-AZ:availability_zone", group=WHOLE, of=lambda server, _: server.availability_zone or ""
    )
    config_drive: object = field(group=WHOLE, of=lambda server, _: "True" if server.config_drive else "")
    key_name: object = field(group=WHOLE, of="key_name")
    launched_at: object = field(
        name="OS-SRV-USG:launched_at", group=WHOLE, of=lambda server, _: precise(server.launched_at)
    )
    terminated_at: object = field(
        name="OS-SRV-USG:terminated_at", group=WHOLE, of=lambda server, _: precise(server.terminated_at)
    )
    security_groups: object = field(group=WHOLE, of=_nothing)
    task_state: object = field(name="OS-EXT-STS:task_state", group=WHOLE, of="task_state")
    vm_state: object = field(name="OS-EXT-STS:vm_state", group=WHOLE, of="vm_state")
    power_state: object = field(name="OS-EXT-STS:power_state", group=WHOLE, of="power_state")
    volumes: object = field(name="os-extended-volumes:volumes_attached", group=WHOLE, of=_nothing)
    host: object = field(name="OS-EXT-SRV-ATTR:host", group=EXTENDED, of="host")
    guest_name: object = field(name="OS-EXT-SRV-ATTR:instance_name", group=EXTENDED, of=_guest_name)
    node: object = field(name="OS-EXT-SRV-ATTR:hypervisor_hostname", group=EXTENDED, of="node")
    reservation: object = field(name="OS-EXT-SRV-ATTR:reservation_id", since="2.3", group=EXTENDED, of="reservation_id")
    launch_index: object = field(name="OS-EXT-SRV-ATTR:launch_index", since="2.3", group=EXTENDED, of="launch_index")
    hostname_for_few: object = field(
        name="OS-EXT-SRV-ATTR:hostname", since="2.3", until="2.89", group=EXTENDED, of="hostname"
    )
    hostname: object = field(name="OS-EXT-SRV-ATTR:hostname", since="2.90", group=WHOLE, of="hostname")
    kernel: object = field(name="OS-EXT-SRV-ATTR:kernel_id", since="2.3", group=EXTENDED, of="kernel_id")
    ramdisk: object = field(name="OS-EXT-SRV-ATTR:ramdisk_id", since="2.3", group=EXTENDED, of="ramdisk_id")
    root_device: object = field(
        name="OS-EXT-SRV-ATTR:root_device_name", since="2.3", group=EXTENDED, of="root_device_name"
    )
    user_data: object = field(name="OS-EXT-SRV-ATTR:user_data", since="2.3", group=EXTENDED, of="user_data")
    host_status: object = field(since="2.16", group=HOST_STATUS, of="host_status")
    host_unknown: object = field(name="host_status", since="2.16", group=HOST_UNKNOWN, of=_only_unknown)
