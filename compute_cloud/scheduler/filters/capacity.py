"""Whether there is room, judged a resource at a time as the claim will: total, reserved, ratio, used and units."""

from os_resource_classes import DISK_GB, MEMORY_MB, VCPU

from compute_cloud.objects.host import HostState, Inventory
from compute_cloud.objects.scheduling import HostRequest
from compute_cloud.scheduler.plugin import Check, Reason
from compute_cloud.scheduler.settings import Settings

_NOTHING = Inventory(total=0, max_unit=0)


def free(inventory: Inventory) -> float:
    """Return what can still be claimed (may be negative when the operator has shrunk the host)."""
    return (inventory.total - inventory.reserved) * inventory.allocation_ratio - inventory.used


def room_for(resource: str, amount: int, lacks: str, what: str, unit: str) -> Check:
    """Return the check of one resource. ``lacks`` is "too little", ``what`` "memory", ``unit`` " MB"."""
    needs = f"needs {amount}{unit}"
    lacking = f"have {lacks} {what}"

    def check(state: HostState) -> Reason | None:
        inventory = state.node.inventories.get(resource, _NOTHING)
        left = (inventory.total - inventory.reserved) * inventory.allocation_ratio - inventory.used
        if amount <= left and inventory.min_unit <= amount <= inventory.max_unit and not amount % inventory.step_size:
            return None
        return refuse(inventory, left)

    def refuse(inventory: Inventory, left: float) -> Reason:
        if amount > left:
            return Reason(lacking, needs, f"{max(int(left), 0)}{unit} free", left)
        if amount > inventory.max_unit:
            most = inventory.max_unit
            return Reason(f"give one server {lacks} {what}", needs, f"{most}{unit} allowed", most)
        if amount < inventory.min_unit:
            return Reason(f"give no so small amount of {what}", needs, f"at least {inventory.min_unit}{unit}")
        return Reason(f"give {what} in steps that do not fit", needs, f"steps of {inventory.step_size}{unit}")

    return check


class CoreFilter:
    """Processors."""

    name = "CoreFilter"

    def __init__(self, settings: Settings) -> None:
        del settings

    def check(self, request: HostRequest, now: float) -> Check | None:
        del now
        amount = request.resources.get(VCPU, 0)
        return room_for(VCPU, amount, "too few", "processors", "") if amount else None


class RamFilter:
    """Memory."""

    name = "RamFilter"

    def __init__(self, settings: Settings) -> None:
        del settings

    def check(self, request: HostRequest, now: float) -> Check | None:
        del now
        amount = request.resources.get(MEMORY_MB, 0)
        return room_for(MEMORY_MB, amount, "too little", "memory", " MB") if amount else None


class DiskFilter:
    """Disk."""

    name = "DiskFilter"

    def __init__(self, settings: Settings) -> None:
        del settings

    def check(self, request: HostRequest, now: float) -> Check | None:
        del now
        amount = request.resources.get(DISK_GB, 0)
        return room_for(DISK_GB, amount, "too little", "disk", " GB") if amount else None


class ResourcesFilter:
    """Whatever else a flavor asks for, by resource class."""

    name = "ResourcesFilter"

    def __init__(self, settings: Settings) -> None:
        del settings

    def check(self, request: HostRequest, now: float) -> Check | None:
        del now
        others = {name: amount for name, amount in request.resources.items() if name not in (VCPU, MEMORY_MB, DISK_GB)}
        checks = [room_for(name, amount, "too little", name, "") for name, amount in others.items() if amount]
        if not checks:
            return None
        return lambda state: next((reason for check in checks if (reason := check(state)) is not None), None)
