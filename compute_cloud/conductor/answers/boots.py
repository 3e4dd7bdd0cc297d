"""Take on boots: quota, servers, actions and flows, in one transaction."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from oslo_db.exception import DBDuplicateEntry

from compute_cloud.conductor.flows.boot_server import BOOT_SERVER, CREATE
from compute_cloud.conductor.office import Office
from compute_cloud.context import Context
from compute_cloud.db.session import Tx
from compute_cloud.db.stores import actions, flows, quotas, servers
from compute_cloud.errors import Invalid, OverQuota
from compute_cloud.lifecycle import machine
from compute_cloud.lifecycle.machine import State
from compute_cloud.lifecycle.saga import Record
from compute_cloud.lifecycle.states import VmState
from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.server import Server


def accept_boots(office: Office, context: Context, orders: Sequence[BootOrder], min_count: int) -> tuple[str, ...]:
    """Begin to boot as many as the quota lets, at least ``min_count``. Safe to repeat with the same orders."""
    if not orders or not 1 <= min_count <= len(orders):
        raise Invalid("min_count must lie between 1 and the number of servers asked for.", field="server.min_count")
    try:
        with office.database.write() as tx:
            taken = orders[: _affordable(tx, office.limits(), orders, min_count)]
            records = [_record(office, context, order) for order in taken]
            now = office.now()
            begun = machine.begin(State(VmState.BUILDING), CREATE, launched=False)
            servers.insert(tx, [_server(order, now) for order in taken], state=begun)
            actions.begin(tx, context, CREATE, [order.server_id for order in taken], at=now)
            flows.insert(tx, records)
    except DBDuplicateEntry:
        return _taken_before(office, orders)
    for record in records:
        office.flows.go(record)
    return tuple(order.server_id for order in taken)


def charge_of(server: Server | BootOrder) -> Mapping[str, int]:
    """Return what one server takes of its project's quota."""
    return {"instances": 1, "cores": server.flavor.vcpus, "ram": server.flavor.memory_mb}


def _affordable(tx: Tx, limits: Mapping[str, int], orders: Sequence[BootOrder], min_count: int) -> int:
    """Charge the project and return for how many servers (all orders of one request have one flavor)."""
    first = orders[0]
    try:
        return _charge(tx, limits, first, len(orders))
    except OverQuota:
        if len(orders) == min_count:
            raise
    fits = _room(tx, first.project_id, limits, charge_of(first))
    if fits > min_count:
        try:
            return _charge(tx, limits, first, fits)
        except OverQuota:  # a limit of the project's own is lower than the default
            pass
    return _charge(tx, limits, first, min_count)


def _charge(tx: Tx, limits: Mapping[str, int], order: BootOrder, count: int) -> int:
    wanted = {resource: amount * count for resource, amount in charge_of(order).items()}
    quotas.reserve(tx, order.project_id, order.user_id, wanted, limits)
    return count


def _room(tx: Tx, project_id: str, limits: Mapping[str, int], one: Mapping[str, int]) -> int:
    used = quotas.usage(tx, project_id)
    counted = {name: amount for name, amount in one.items() if limits[name] >= 0 and amount}
    rooms = [(limits[name] - used.get(name, 0)) // amount for name, amount in counted.items()]
    return max(min(rooms, default=0), 0)


def _taken_before(office: Office, orders: Sequence[BootOrder]) -> tuple[str, ...]:
    with office.database.read() as tx:
        known = servers.existing(tx, [order.server_id for order in orders])
    return tuple(order.server_id for order in orders if order.server_id in known)


def _record(office: Office, context: Context, order: BootOrder) -> Record:
    return office.flows.new(
        BOOT_SERVER,
        id=str(uuid.uuid4()),
        subject=order.server_id,
        context=context,
        params=order,
        seconds=office.boot_seconds(),
    )


def _server(order: BootOrder, now: datetime) -> Server:
    image = order.image
    return Server(
        id=order.server_id,
        project_id=order.project_id,
        user_id=order.user_id,
        name=order.name,
        flavor=order.flavor,
        created_at=now,
        updated_at=now,
        description=order.description,
        hostname=order.hostname,
        image_id=image.id,
        kernel_id=image.properties.get("kernel_id", ""),
        ramdisk_id=image.properties.get("ramdisk_id", ""),
        image_properties=image_properties(order),
        availability_zone=order.availability_zone,
        requested_zone=order.availability_zone,
        reservation_id=order.reservation_id,
        launch_index=order.launch_index,
        key_name=order.key_name,
        config_drive=order.config_drive,
        user_data=order.user_data,
        access_ip_v4=order.access_ip_v4,
        access_ip_v6=order.access_ip_v6,
        disk_config=order.disk_config,
        metadata=order.metadata,
        tags=order.tags,
        hints=order.hints,
        trusted_certificates=order.trusted_certificates,
    )


def image_properties(order: BootOrder) -> Mapping[str, str]:
    """Return the image's properties as a server keeps them, with the formats and minima among them as Nova does."""
    image = order.image
    return {
        **image.properties,
        "base_image_ref": image.id,
        "min_disk": str(max(image.min_disk_gb, order.flavor.root_gb)),
        "min_ram": str(image.min_ram_mb),
        "container_format": image.container_format or "",
        "disk_format": image.disk_format or "",
    }
