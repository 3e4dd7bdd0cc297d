"""The command line of every scenario, and the table it prints."""

import argparse
import json
import platform
from collections.abc import Sequence

import psutil

from tests.fixtures.cloud import Cloud, Plan
from tests.perf.measuring import PARTS, Measured
from tests.perf.scenarios import SCENARIOS


def main(*names: str) -> None:
    """Run the scenarios of these names in one cloud, and print what they measured."""
    parser = argparse.ArgumentParser(description="Measure the real daemons with the fake driver.")
    parser.add_argument("--size", type=int, help="servers, requests, seconds or times (default: the scenario's own)")
    parser.add_argument("--json", action="store_true", help="print JSON rather than a table")
    parser.add_argument("--computes", type=int, default=4, help="compute daemons (default: 4)")
    parser.add_argument("--nodes", type=int, default=5, help="nodes of each compute daemon (default: 5)")
    parser.add_argument("--workers", type=int, default=2, help="workers of api, conductor, scheduler (default: 2)")
    parser.add_argument("--backend", choices=("eventlet", "threading"), default="eventlet")
    parser.add_argument("--shared", action="store_true", help="use the RabbitMQ and MariaDB of this machine")
    given = parser.parse_args()
    plan = Plan(
        workers=dict.fromkeys(("api", "conductor", "scheduler"), given.workers),
        computes=given.computes,
        nodes=given.nodes,
        private=not given.shared,
        backend=given.backend,
    )
    done: list[Measured] = []
    with Cloud(plan) as cloud:
        for name in names:
            scenario, usual = SCENARIOS[name]
            done += scenario(cloud, given.size or usual)
    if given.json:
        machine = {"cpus": psutil.cpu_count(), "architecture": platform.machine(), "python": platform.python_version()}
        print(json.dumps({"plan": vars(given), "machine": machine, "results": [one.as_json() for one in done]}))
    else:
        _print_table(done)


def _print_table(done: Sequence[Measured]) -> None:
    heads = ["what", "wall s", "per s", "p50 ms", "p99 ms", "daemons", *PARTS, "client", "others"]
    units = ["", "", "", "", "", "CPU ms", *("CPU ms" for _ in PARTS), "CPU ms", "% of CPU"]
    rows = [heads, units, *(_row(one) for one in done)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    for row in rows:
        figures = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join([row[0].ljust(widths[0]), *figures]))
    for one in done:
        for name, value in one.notes.items():
            print(f"{one.what}: {name} {value:.1f}")


def _row(one: Measured) -> list[str]:
    times = [one.percentile_ms(percent) for percent in (50, 99)]
    return [
        one.what,
        f"{one.wall_seconds:.2f}",
        f"{one.rate:.1f}",
        *("" if value is None else f"{value:.1f}" for value in times),
        f"{one.cpu_ms():.1f}",
        *(f"{one.cpu_ms([part]):.1f}" for part in PARTS),
        f"{1000 * one.client_seconds / one.count:.1f}",
        f"{100 * one.others_seconds / one.wall_seconds / psutil.cpu_count():.0f}",
    ]
