"""Wall time and CPU time of a piece of work, by daemon."""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import psutil

from tests.fixtures.cloud import Cloud

T = TypeVar("T")
PARTS = ("api", "conductor", "scheduler", "compute", "rabbitmq", "mariadb")
DAEMONS = PARTS[:4]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What ``count`` pieces of work took: CPU time by part, and each request one of ``took_seconds``.

    ``client_seconds`` is the CPU time of the benchmark itself, ``others_seconds`` that of everybody else on the
    machine: where it is large, wall time says little.
    """

    what: str
    count: int
    wall_seconds: float
    cpu_seconds: Mapping[str, float]
    took_seconds: tuple[float, ...] = ()
    client_seconds: float = 0.0
    others_seconds: float = 0.0
    notes: Mapping[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Pieces of work a second."""
        return self.count / self.wall_seconds

    def cpu_ms(self, parts: Iterable[str] = DAEMONS) -> float:
        """CPU milliseconds that a piece of work costs these parts."""
        return 1000 * sum(self.cpu_seconds[part] for part in parts) / self.count

    def percentile_ms(self, percent: int) -> float | None:
        """Milliseconds within which so many of the requests were answered."""
        if not self.took_seconds:
            return None
        ordered = sorted(self.took_seconds)
        return 1000 * ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]

    def as_json(self) -> dict[str, object]:
        """Return the figures by name."""
        figures: dict[str, object] = {
            "what": self.what,
            "count": self.count,
            "wall_seconds": round(self.wall_seconds, 3),
            "per_second": round(self.rate, 2),
            "cpu_ms_each": {part: round(self.cpu_ms([part]), 2) for part in PARTS},
            "daemons_cpu_ms_each": round(self.cpu_ms(), 2),
            "client_cpu_seconds": round(self.client_seconds, 2),
            "others_cpu_seconds": round(self.others_seconds, 2),
            **{name: round(value, 3) for name, value in self.notes.items()},
        }
        for percent in (50, 99):
            if (value := self.percentile_ms(percent)) is not None:
                figures[f"p{percent}_ms"] = round(value, 2)
        return figures


def cpu_of(cloud: Cloud) -> dict[str, float]:
    """Return the CPU seconds that each part has used so far."""
    used = dict.fromkeys(PARTS, 0.0)
    for name, process in cloud.daemons.items():
        used[name.partition("-")[0]] += process.usage().cpu_seconds
    used["rabbitmq"] = cloud.broker.usage().cpu_seconds
    used["mariadb"] = cloud.database.usage().cpu_seconds
    return used


def pss_of(cloud: Cloud) -> dict[str, float]:
    """Return the proportional memory of each part in MiB; "compute" is one daemon's share."""
    used = dict.fromkeys(PARTS, 0.0)
    for name, process in cloud.daemons.items():
        used[name.partition("-")[0]] += process.usage().pss_mib
    used["compute"] /= len(cloud.computes)
    used["rabbitmq"] = cloud.broker.usage().pss_mib
    used["mariadb"] = cloud.database.usage().pss_mib
    return used


def measure(cloud: Cloud, what: str, count: int, work: Callable[[], Iterable[float] | None]) -> Measured:
    """Do ``work``, which is ``count`` pieces and may return what each took, and say what it cost."""
    before, began, machine, client = cpu_of(cloud), time.monotonic(), _machine_seconds(), time.process_time()
    took = tuple(work() or ())
    wall, client = time.monotonic() - began, time.process_time() - client
    machine, after = _machine_seconds() - machine, cpu_of(cloud)
    used = {part: after[part] - before[part] for part in PARTS}
    return Measured(
        what=what,
        count=count,
        wall_seconds=wall,
        cpu_seconds=used,
        took_seconds=took,
        client_seconds=client,
        others_seconds=max(machine - client - sum(used.values()), 0.0),
    )


def _machine_seconds() -> float:
    """Return the CPU seconds that anybody has used on this machine."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def at_once(concurrency: int, items: Iterable[T], do: Callable[[T], object]) -> list[float]:
    """Do it with each item, so many at once; return the seconds that each took. Raises the first error."""

    def timed(item: T) -> float:
        began = time.monotonic()
        do(item)
        return time.monotonic() - began

    with ThreadPoolExecutor(concurrency) as pool:
        return list(pool.map(timed, items))
