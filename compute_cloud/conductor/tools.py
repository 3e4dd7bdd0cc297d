"""What the steps of flows may use besides their transaction."""

from collections.abc import Callable
from dataclasses import dataclass

from compute_cloud.db.session import Tx
from compute_cloud.rpc.contracts.compute import ComputeRpc
from compute_cloud.rpc.contracts.scheduler import SchedulerRpc


@dataclass(frozen=True, kw_only=True)
class Tools:
    """``compute(host)`` speaks to one host. ``alive(tx, host)`` says whether its service gives signs of life.

    ``attempts()`` is on how many hosts a boot is tried.
    """

    scheduler: SchedulerRpc
    compute: Callable[[str], ComputeRpc]
    alive: Callable[[Tx, str], bool]
    attempts: Callable[[], int]
