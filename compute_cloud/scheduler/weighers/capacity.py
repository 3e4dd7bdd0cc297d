"""Which host has more left."""

from os_resource_classes import DISK_GB, MEMORY_MB, VCPU

from compute_cloud.objects.host import HostState
from compute_cloud.objects.scheduling import HostRequest
from compute_cloud.scheduler.filters.capacity import free
from compute_cloud.scheduler.settings import Settings


def _free(state: HostState, resource: str) -> float:
    inventory = state.node.inventories.get(resource)
    return 0.0 if inventory is None else free(inventory)


class RAMWeigher:
    """More free memory is better."""

    name = "RAMWeigher"

    def __init__(self, settings: Settings) -> None:
        self.multiplier = settings.multipliers.get("ram", 1.0)

    def weigh(self, request: HostRequest, state: HostState) -> float:
        del request
        return _free(state, MEMORY_MB)


class CPUWeigher:
    """More free processors are better."""

    name = "CPUWeigher"

    def __init__(self, settings: Settings) -> None:
        self.multiplier = settings.multipliers.get("cpu", 1.0)

    def weigh(self, request: HostRequest, state: HostState) -> float:
        del request
        return _free(state, VCPU)


class DiskWeigher:
    """More free disk is better."""

    name = "DiskWeigher"

    def __init__(self, settings: Settings) -> None:
        self.multiplier = settings.multipliers.get("disk", 1.0)

    def weigh(self, request: HostRequest, state: HostState) -> float:
        del request
        return _free(state, DISK_GB)
