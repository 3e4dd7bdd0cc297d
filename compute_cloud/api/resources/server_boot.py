"""From the body of a request for servers to the orders that the conductor takes on."""

import json
import secrets
import string
import uuid
from collections.abc import Sequence
from typing import Any, Final

from compute_cloud.api.body import Body, Each, field
from compute_cloud.api.request import ApiRequest
from compute_cloud.api.schemas import (
    FLAG,
    FQDN,
    HOST,
    HOSTNAME,
    IPV4,
    IPV6,
    METADATA,
    NAME,
    NO_NUL,
    TAG,
    TEXT,
    UUID,
    Kind,
    listing,
    one_of,
    whole,
)  # fmt: skip
from compute_cloud.api.server_words import hostname_of
from compute_cloud.errors import Forbidden, Invalid, NotFound, OverQuota
from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.flavor import Flavor
from compute_cloud.objects.image import Image
from compute_cloud.objects.service import ServiceQuery

MOST_AT_ONCE: Final = 1000
_API: Final = "os_compute_api:servers:create"
_PASSWORD_CHARACTERS: Final = string.ascii_letters + string.digits
_GIB: Final = 1 << 30

_NULL: Final = {"type": "null"}
_IMAGE: Final = Kind({"anyOf": [UUID.schema, {"type": "string", "maxLength": 0}]})
_FLAVOR: Final = Kind(
    {"type": ["string", "integer"], "minLength": 1, "maxLength": 255}, lambda value: str(value).rpartition("/")[2]
)
_NETWORK: Final = {
    "type": "object",
    "properties": {
        "uuid": UUID.schema,
        "port": {"anyOf": [UUID.schema, _NULL]},
        "fixed_ip": {"anyOf": [IPV4.schema, IPV6.schema]},
        "tag": TAG.schema,
    },
    "additionalProperties": False,
}
_NETWORKS: Final = Kind({"type": "array", "items": _NETWORK, "maxItems": 255})
_NETWORKS_OR_WORD: Final = Kind({"anyOf": [_NETWORKS.schema, one_of("auto", "none").schema]})
_FILE: Final = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "contents": {"type": "string", "format": "base64"}},
    "additionalProperties": False,
}
_GROUP: Final = {
    "type": "object",
    "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 255}},
    "additionalProperties": False,
}
_HINT_TEXT: Final = {"type": ["string", "integer", "number", "boolean", "null"], "maxLength": 4096}
_HINTS: Final = Kind(
    {
        "type": "object",
        "maxProperties": 64,
        "propertyNames": {"maxLength": 255},
        "properties": {
            "group": UUID.schema,
            "different_host": {"anyOf": [UUID.schema, {"type": "array", "items": UUID.schema, "maxItems": 100}]},
            "same_host": {"anyOf": [UUID.schema, {"type": "array", "items": UUID.schema, "maxItems": 100}]},
            "build_near_host_ip": {"anyOf": [IPV4.schema, IPV6.schema]},
            "cidr": {"type": "string", "pattern": r"^/[0-9]{1,3}\Z"},
        },
        "additionalProperties": {
            "anyOf": [_HINT_TEXT, {"type": "array", "items": _HINT_TEXT, "maxItems": 100}, {"type": "object"}]
        },
    }
)
_CERTIFICATES: Final = {
    "type": ["array", "null"],
    "minItems": 1,
    "maxItems": 50,
    "uniqueItems": True,
    "items": {"type": "string", "minLength": 1},
}


class Device(Body):
    """A block device of a new server."""

    uuid: str | None = field(Kind({"anyOf": [UUID.schema, _NULL]}))
    source_type: str | None = field(one_of("volume", "image", "snapshot", "blank"))
    destination_type: str | None = field(one_of("local", "volume"))
    boot_index: int | None = field(whole(-1).or_null())
    volume_size: int | None = field(whole(0).or_null())
    guest_format: str | None = field(Kind({"type": "string", "maxLength": 255}))
    disk_bus: str | None = field(Kind({"type": "string", "maxLength": 255}))
    device_type: str | None = field(Kind({"type": "string", "maxLength": 255}))
    device_name: str | None = field(
        Kind({"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[a-zA-Z0-9._/-]*\Z"})
    )
    delete_on_termination: bool = field(FLAG, default=False)
    no_device: object = field(Kind({}))
    volume_id: str | None = field(UUID)
    snapshot_id: str | None = field(UUID)
    image_id: str | None = field(UUID)
    tag: str | None = field(TAG, since="2.42")
    early_tag: str | None = field(TAG, name="tag", since="2.32", until="2.32")
    volume_type: str | None = field(Kind({"type": ["string", "null"], "maxLength": 255}), since="2.67")


class ServerFields(Body):
    """What may be said of new servers."""

    name: str = field(NAME, required=True)
    image_id: str | None = field(_IMAGE, name="imageRef")
    flavor_id: str = field(_FLAVOR, name="flavorRef", required=True)
    password: str | None = field(Kind({"type": "string", "maxLength": 255, "pattern": NO_NUL}), name="adminPass")
    metadata: dict[str, str] = field(METADATA, default={})
    networks: Any = field(_NETWORKS, until="2.36")
    networks_or_word: Any = field(_NETWORKS_OR_WORD, name="networks", since="2.37", required=True)
    personality: Any = field(Kind({"type": "array", "items": _FILE, "maxItems": 255}), until="2.56")
    availability_zone: str | None = field(NAME)
    disk_config: str | None = field(one_of("AUTO", "MANUAL"), name="OS-DCF:diskConfig")
    access_ip_v4: str | None = field(IPV4, name="accessIPv4")
    access_ip_v6: str | None = field(IPV6, name="accessIPv6")
    config_drive: bool = field(FLAG, default=False)
    key_name: str | None = field(NAME)
    min_count: int | None = field(whole(1))
    max_count: int | None = field(whole(1))
    return_reservation_id: bool = field(FLAG, default=False)
    security_groups: Any = field(Kind({"type": "array", "items": _GROUP, "maxItems": 255}), default=())
    user_data: str | None = field(Kind({"type": "string", "format": "base64", "maxLength": 65535}))
    old_devices: Any = field(Kind({"type": "array", "maxItems": 255}), name="block_device_mapping")
    devices: tuple[Device, ...] = field(Each(body=Device, most=255), name="block_device_mapping_v2", default=())
    description: str | None = field(TEXT.or_null(), since="2.19")
    tags: tuple[str, ...] = field(listing(TAG, most=50, unique=True), since="2.52", default=())
    certificates: Any = field(Kind(_CERTIFICATES), name="trusted_image_certificates", since="2.63")
    host: str | None = field(HOST, since="2.74")
    hypervisor_hostname: str | None = field(HOST, since="2.74")
    hostname_label: str | None = field(HOSTNAME, name="hostname", since="2.90", until="2.93")
    hostname: str | None = field(FQDN, since="2.94")


class NewServers(Body):
    """The body of a request for servers. Hints have two names."""

    server: ServerFields = field(ServerFields, required=True)
    hints: dict[str, Any] = field(_HINTS, name="os:scheduler_hints", default={})
    old_hints: dict[str, Any] = field(_HINTS, name="OS-SCH-HNT:scheduler_hints", default={})


def orders_of(request: ApiRequest) -> tuple[tuple[BootOrder, ...], int]:
    """Return the orders that a body makes, and the least number of them to be taken on.

    Raises Invalid, which names the field, Forbidden, OverQuota.
    """
    given: ServerFields = request.body.server
    least, most = _counts(given)
    _refuse_what_is_not_there(given)
    zone, forced_host, forced_node = _zone(request, given)
    _destination(request, given)
    if given.certificates is not None:
        request.require(f"{_API}:trusted_certs")
    if len(given.metadata) > (limit := request.tools.conf.quota.metadata_items) >= 0:
        raise OverQuota(f"Maximum number of metadata items exceeds {limit}.", field="server.metadata")
    flavor = _flavor(request, given.flavor_id)
    image = _image(request, _image_id(given), flavor)
    common: dict[str, Any] = {
        "project_id": request.context.project_id,
        "user_id": request.context.user_id,
        "flavor": flavor,
        "image": image,
        "reservation_id": "r-" + "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(8)),
        "description": given.description,
        "availability_zone": zone,
        "forced_host": forced_host,
        "forced_node": forced_node,
        "host": given.host,
        "hypervisor_hostname": given.hypervisor_hostname,
        "hints": _hints(request.body),
        "metadata": given.metadata,
        "tags": given.tags,
        "user_data": given.user_data,
        "config_drive": given.config_drive,
        "access_ip_v4": given.access_ip_v4,
        "access_ip_v6": given.access_ip_v6,
        "disk_config": given.disk_config or "MANUAL",
        "trusted_certificates": None if given.certificates is None else tuple(given.certificates),
    }
    return tuple(_order(given, index, most, common) for index in range(most)), least


def new_password() -> str:
    """Return a password for an administrator of a guest."""
    return "".join(secrets.choice(_PASSWORD_CHARACTERS) for _ in range(12))


def _order(given: ServerFields, index: int, count: int, common: dict[str, Any]) -> BootOrder:
    server_id = str(uuid.uuid4())
    name = given.name if count == 1 else f"{given.name}-{index + 1}"
    hostname = given.hostname or given.hostname_label
    if hostname is None:
        hostname = hostname_of(given.name, server_id)
        hostname = hostname if count == 1 else f"{hostname[:58]}-{index + 1}"
    return BootOrder(server_id=server_id, name=name, hostname=hostname, launch_index=index, **common)


def _counts(given: ServerFields) -> tuple[int, int]:
    least = given.min_count or 1
    most = given.max_count or least
    if least > most:
        raise Invalid("min_count must be <= max_count", field="server.min_count")
    if least > MOST_AT_ONCE:
        raise Invalid(
            f"Invalid input for field/attribute server.min_count. Value: {least}. "
            f"At most {MOST_AT_ONCE} servers can be created at once.",
            field="server.min_count",
        )
    if most > 1 and (given.hostname or given.hostname_label):
        raise Invalid("Unable to allocate a single hostname to multiple instances.", field="server.hostname")
    return least, min(most, MOST_AT_ONCE)


def _refuse_what_is_not_there(given: ServerFields) -> None:
    """Raise Invalid for what names things that this cloud does not have."""
    networks = given.networks or given.networks_or_word
    if networks and not isinstance(networks, str):
        raise Invalid(
            "Networks cannot be chosen: this cloud has no network service. Ask for 'none' or 'auto'.",
            field="server.networks",
        )
    unknown = next((g["name"] for g in given.security_groups if g.get("name", "default") != "default"), None)
    if unknown is not None:
        raise Invalid(f"Security group {unknown[:60]} not found.", field="server.security_groups")
    if given.key_name is not None:
        raise Invalid("Invalid key_name provided.", field="server.key_name")
    if given.personality:
        raise Invalid("Files cannot be injected; pass user_data instead.", field="server.personality")


def _image_id(given: ServerFields) -> str:
    """Return the image to boot from, which may be named as the one device that is a copy of it on the host."""
    if given.old_devices:
        raise _no_volumes("server.block_device_mapping")
    for device in given.devices:
        local = device.source_type == "image" and device.destination_type in {None, "local"}
        if not local or device.boot_index != 0 or not (device.uuid or device.image_id):
            raise _no_volumes("server.block_device_mapping_v2")
    named = {device.uuid or device.image_id for device in given.devices} | (
        {given.image_id} if given.image_id else set()
    )
    if len(given.devices) > 1 or len(named) > 1:
        raise Invalid("More than one image is named to boot from.", field="server.block_device_mapping_v2")
    image_id = next(iter(named), None)
    if not image_id:
        raise Invalid("Invalid imageRef provided: an image to boot from is needed.", field="server.imageRef")
    return image_id


def _no_volumes(name: str) -> Invalid:
    return Invalid(
        f"Invalid input for field/attribute {name}. Servers can only boot from an image on a local disk here; "
        "volumes and further disks cannot be attached.",
        field=name,
    )


def _flavor(request: ApiRequest, flavor_id: str) -> Flavor:
    try:
        flavor = request.conductor.show_flavor(request.context, flavor_id=flavor_id, scope=request.scope)
    except NotFound as error:
        raise Invalid(f"Flavor {flavor_id[:60]} could not be found.", field="server.flavorRef") from error
    if flavor.disabled:
        raise Invalid(f"Flavor {flavor_id[:60]} could not be found.", field="server.flavorRef")
    return flavor


def _image(request: ApiRequest, image_id: str, flavor: Flavor) -> Image:
    """Return the image, when it can be booted with the flavor."""
    name = "server.imageRef"
    try:
        image = request.tools.images.show(request.context, image_id)
    except (NotFound, Forbidden) as error:
        raise Invalid(f"Image {image_id} could not be found.", field=name) from error
    if image.status != "active":
        raise Invalid(f"Image {image_id} is not active.", field=name)
    if image.min_ram_mb > flavor.memory_mb:
        raise Invalid("Flavor's memory is too small for requested image.", field="server.flavorRef")
    if not flavor.root_gb:
        if not request.may(f"{_API}:zero_disk_flavor"):
            raise Forbidden(
                "Only volume-backed servers are allowed for flavors with zero disk.", field="server.flavorRef"
            )
        return image
    if image.min_disk_gb > flavor.root_gb or (image.size_bytes or 0) > flavor.root_gb * _GIB:
        needed = max(image.min_disk_gb * _GIB, image.size_bytes or 0)
        raise Invalid(
            "Flavor's disk is too small for requested image. "
            f"Flavor disk is {flavor.root_gb * _GIB} bytes, image is {needed} bytes.",
            field="server.flavorRef",
        )
    return image


def _zone(request: ApiRequest, given: ServerFields) -> tuple[str | None, str | None, str | None]:
    """Return the zone, and the host and node that ``zone:host:node`` forces."""
    if given.availability_zone is None:
        return request.tools.conf.default_schedule_zone, None, None
    zone, *forced = given.availability_zone.split(":")
    if len(forced) > 2:
        raise Invalid(
            "Unable to parse availability_zone: it has more than zone:host:node.", field="server.availability_zone"
        )
    host, node = (*(part or None for part in forced), None, None)[:2]
    if host or node:
        request.require(f"{_API}:forced_host")
    if zone and not any(z.name == zone for z in _bootable_zones(request)):
        raise Invalid("The requested availability zone is not available", field="server.availability_zone")
    return zone or request.tools.conf.default_schedule_zone, host, node


def _bootable_zones(request: ApiRequest) -> Sequence[Any]:
    internal = request.tools.conf.internal_service_availability_zone
    return [zone for zone in request.conductor.list_zones(request.context) if zone.name != internal and zone.available]


def _destination(request: ApiRequest, given: ServerFields) -> None:
    """Check the host that is asked for, through the filters."""
    if given.host is None and given.hypervisor_hostname is None:
        return
    request.require("compute:servers:create:requested_destination")
    if given.host is not None:
        query = ServiceQuery(host=given.host, binary="nova-compute")
        if not request.conductor.list_services(request.context, query=query):
            raise Invalid(f"Compute host {given.host[:60]} could not be found.", field="server.host")


def _hints(body: NewServers) -> dict[str, tuple[str, ...]]:
    hints = body.hints or body.old_hints
    if "group" in hints:
        raise Invalid(f"Instance group {hints['group']} could not be found.", field="os:scheduler_hints.group")
    return {name: _hint(value) for name, value in hints.items()}


def _hint(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(each) for each in value)
    return (value if isinstance(value, str) else json.dumps(value),)
