"""What the conductor's answers need at hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from compute_cloud.conductor.sagas import Flows
from compute_cloud.db.session import Database


@dataclass(frozen=True, kw_only=True)
class Office:
    """The books, the flows and the settings, which are asked for at each use since they may change in a running daemon.

    ``clock()`` is seconds since the epoch, ``limits()`` default quotas by resource (-1: none), ``down_after()`` seconds
    of silence after which a service counts as down, ``boot_seconds()`` how long a boot may take.
    """

    database: Database
    flows: Flows
    clock: Callable[[], float]
    limits: Callable[[], Mapping[str, int]]
    down_after: Callable[[], int]
    boot_seconds: Callable[[], float]
    default_zone: str
    internal_zone: str

    def now(self) -> datetime:
        """Return the clock's time as UTC."""
        return datetime.fromtimestamp(self.clock(), UTC)
