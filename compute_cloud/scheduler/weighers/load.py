"""Which host has less to do, and which hypervisor is newer."""

from compute_cloud.objects.host import HostState
from compute_cloud.objects.scheduling import HostRequest
from compute_cloud.scheduler.settings import Settings


class IoOpsWeigher:
    """Counts guests in change; the multiplier is negative by default, so fewer are better."""

    name = "IoOpsWeigher"

    def __init__(self, settings: Settings) -> None:
        self.multiplier = settings.multipliers.get("io_ops", -1.0)

    def weigh(self, request: HostRequest, state: HostState) -> float:
        del request
        return float(state.building)


class NumInstancesWeigher:
    """Counts guests; left out by default."""

    name = "NumInstancesWeigher"

    def __init__(self, settings: Settings) -> None:
        self.multiplier = settings.multipliers.get("num_instances", 0.0)

    def weigh(self, request: HostRequest, state: HostState) -> float:
        del request
        return float(state.servers)


class HypervisorVersionWeigher:
    """A newer hypervisor is better."""

    name = "HypervisorVersionWeigher"

    def __init__(self, settings: Settings) -> None:
        self.multiplier = settings.multipliers.get("hypervisor_version", 1.0)

    def weigh(self, request: HostRequest, state: HostState) -> float:
        del request
        return float(state.node.hypervisor_version)
