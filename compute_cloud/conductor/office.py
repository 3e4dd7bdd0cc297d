"""What the conductor's answers need at hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from compute_cloud.conductor.sagas import Flows
from compute_cloud.db.session import Database


@dataclass(frozen=True, kw_only=True)
class Office:
    """``clock()`` is seconds since the epoch. The settings are asked for at each use, since they may be changed while
    the daemon runs: ``limits()`` default quotas by resource (-1: none), ``down_after()`` seconds of silence after which a
    service counts as down, ``boot_seconds()`` how long a boot may take.
    """

    database: Database
    flows: Flows
    clock: Callable[[], float]
    limits: Callable[[], Mapping[str, int]]
    down_after: Callable[[], int]
    boot_seconds: Callable[[], float]
    default_zone: str
    internal_zone: str
