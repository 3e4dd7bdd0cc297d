"""What the scheduler can be asked."""

from typing import ClassVar, Protocol

from compute_cloud.context import Context
from compute_cloud.objects.scheduling import HostRequest, Selection
from compute_cloud.rpc.contract import Contract, call


class SchedulerRpc(Contract, Protocol):
    """Decides from what it remembers; claims nothing."""

    topic: ClassVar[str] = "scheduler"
    version: ClassVar[str] = "1.0"

    @call(since="1.0", timeout=20)
    def select_hosts(self, context: Context, *, request: HostRequest) -> Selection:
        """Return up to ``request.limit`` hosts, best first, and why the others were refused."""
        ...
