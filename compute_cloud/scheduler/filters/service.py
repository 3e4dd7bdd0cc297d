"""Whether the host may be used at all, and by whom."""

from compute_cloud.objects.host import HostState
from compute_cloud.objects.scheduling import HostRequest
from compute_cloud.scheduler.plugin import Check, Reason
from compute_cloud.scheduler.settings import Settings


class AllHostsFilter:
    """Refuses none."""

    name = "AllHostsFilter"

    def __init__(self, settings: Settings) -> None:
        del settings

    def check(self, request: HostRequest, now: float) -> Check | None:
        del request, now
        return None


class ComputeFilter:
    """The compute service is enabled and gives signs of life."""

    name = "ComputeFilter"

    def __init__(self, settings: Settings) -> None:
        self._patience = settings.service_down_seconds

    def check(self, request: HostRequest, now: float) -> Check | None:
        del request
        oldest = now - self._patience

        def check(state: HostState) -> Reason | None:
            if state.disabled:
                return Reason("are disabled", private=state.disabled_reason or "")
            if state.forced_down:
                return Reason("are marked as down")
            if state.seen_at < oldest:
                silent = f"for {now - state.seen_at:.0f} s" if state.seen_at else "never heard of"
                return Reason("give no sign of life", private=silent)
            return None

        return check


class AvailabilityZoneFilter:
    """The host is in the zone that was asked for."""

    name = "AvailabilityZoneFilter"

    def __init__(self, settings: Settings) -> None:
        self._default = settings.default_zone

    def check(self, request: HostRequest, now: float) -> Check | None:
        del now
        wanted, default = request.availability_zone, self._default
        if wanted is None:
            return None
        reason = Reason("are outside the availability zone", f"needs {wanted}")
        return lambda state: None if (state.zone or default) == wanted else reason


class RetryFilter:
    """The host has not refused this server before."""

    name = "RetryFilter"

    def __init__(self, settings: Settings) -> None:
        del settings

    def check(self, request: HostRequest, now: float) -> Check | None:
        del now
        if not request.avoid:
            return None
        avoid = frozenset(request.avoid)
        reason = Reason("were tried already and could not build this server")
        return lambda state: reason if state.node.uuid in avoid else None


class NumInstancesFilter:
    """The host has fewer guests than it may have."""

    name = "NumInstancesFilter"

    def __init__(self, settings: Settings) -> None:
        self._most = settings.max_servers_per_host

    def check(self, request: HostRequest, now: float) -> Check | None:
        del request, now
        most = self._most
        reason = Reason("have as many servers as they may have", has=f"{most}")
        return lambda state: reason if state.servers >= most else None


class IoOpsFilter:
    """The host is not in the middle of too many builds."""

    name = "IoOpsFilter"

    def __init__(self, settings: Settings) -> None:
        self._most = settings.max_io_ops_per_host

    def check(self, request: HostRequest, now: float) -> Check | None:
        del request, now
        most = self._most
        reason = Reason("are busy with as many servers as they may be", has=f"{most}")
        return lambda state: reason if state.building >= most else None
