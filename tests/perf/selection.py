"""How many decisions a second one scheduler process makes: ``python -m tests.perf.selection [HOSTS]``."""

import random
import sys
import time
from dataclasses import replace

from oslo_config import cfg

from compute_cloud import conf as options
from compute_cloud.context import Context
from compute_cloud.objects.host import HostChanges, HostState
from compute_cloud.scheduler.drivers.filter_scheduler import FilterScheduler
from compute_cloud.scheduler.hosts import Ages, Hosts
from tests.factories.hosts import host, request

DECISIONS = 500


class Conductor:
    """Has that many hosts, each somewhat used."""

    def __init__(self, hosts: int, *, full: bool) -> None:
        rng = random.Random(1)
        now = time.time()
        self.states: tuple[HostState, ...] = tuple(
            replace(
                host(f"h{number}", vcpus=64, memory_mb=262144, disk_gb=4096, used=_used(rng, full=full)),
                seen_at=now,
                building=rng.randrange(5),
            )
            for number in range(hosts)
        )

    def host_changes(self, context: Context, *, since: float | None) -> HostChanges:
        del context
        return HostChanges(sequence=1.0, states=self.states if since is None else ())


def _used(rng: random.Random, *, full: bool) -> dict[str, int]:
    return {"VCPU": rng.randrange(32), "MEMORY_MB": 262144 if full else rng.randrange(131072), "DISK_GB": 100}


def measure(hosts: int, *, full: bool) -> float:
    """Return decisions a CPU second."""
    conf = cfg.ConfigOpts()
    options.register(conf)
    conf([], default_config_files=[], default_config_dirs=[])
    scheduler = FilterScheduler(conf, Hosts(Conductor(hosts, full=full), Ages))
    asked = request(image_properties={"hw_architecture": "x86_64"})
    scheduler.select_hosts(replace(asked, server_id="first"))
    began = time.process_time()
    for number in range(DECISIONS):
        scheduler.select_hosts(replace(asked, server_id=f"s{number}"))
    return DECISIONS / (time.process_time() - began)


def main() -> None:
    """Print decisions a second with room everywhere, and with room nowhere."""
    hosts = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for full in (False, True):
        print(f"{hosts} hosts, {'all full' if full else 'room on all'}: {measure(hosts, full=full):.0f} decisions/s")


if __name__ == "__main__":
    main()
