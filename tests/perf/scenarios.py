"""What is measured. Each scenario makes what it needs in the cloud that it is given."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from tests.fixtures.cloud import Cloud
from tests.fixtures.rest import Rest
from tests.perf.measuring import PARTS, Measured, at_once, measure, pss_of

CONCURRENCY = 8
PATIENCE_SECONDS = 300.0


def boots(cloud: Cloud, count: int) -> list[Measured]:
    """Boot servers, some at once; then one after the other; then many with one request."""
    image, flavor = cloud.image(), cloud.flavor()
    for number in range(CONCURRENCY):
        cloud.boot(f"warm-{number}", image, flavor)
    _until_active(cloud, CONCURRENCY)
    standing = CONCURRENCY

    def burst() -> Iterable[float]:
        took = at_once(CONCURRENCY, range(count), lambda number: cloud.boot(f"boot-{number}", image, flavor))
        _until_active(cloud, standing + count)
        return took

    done = [measure(cloud, f"boot {count}, {CONCURRENCY} at once", count, burst)]
    standing += count
    singles = max(count // 10, 1)

    def one_by_one() -> Iterable[float]:
        return [_boot_and_wait(cloud, f"single-{number}", image, flavor) for number in range(singles)]

    done.append(measure(cloud, f"boot {singles}, one by one to ACTIVE", singles, one_by_one))
    standing += singles
    many = max(count // 2, 1)

    def one_request() -> None:
        cloud.boot("many", image, flavor, min_count=many, max_count=many)
        _until_active(cloud, standing + many)

    done.append(measure(cloud, f"boot {many} with one request", many, one_request))
    return done


def deletes(cloud: Cloud, count: int) -> list[Measured]:
    """Delete servers, some at once."""
    _fill(cloud, count)
    ids = [server["id"] for server in cloud.servers()][:count]
    left = len(cloud.servers()) - count

    def burst() -> Iterable[float]:
        took = at_once(CONCURRENCY, ids, lambda server_id: _expect(cloud.user.delete(f"/servers/{server_id}"), 204))
        _until_left(cloud, left)
        return took

    return [measure(cloud, f"delete {count}, {CONCURRENCY} at once", count, burst)]


def lists(cloud: Cloud, count: int) -> list[Measured]:
    """List servers in detail and short."""
    _fill(cloud, count)
    done = []
    for path in (f"/servers/detail?limit={count}", f"/servers?limit={count}"):
        ask = partial(at_once, 1, range(10), partial(_get, cloud.user, path))
        ask()
        done.append(measure(cloud, f"GET {path}", 10, ask))
    return done


def shows(cloud: Cloud, count: int) -> list[Measured]:
    """Show one server, some requests at once; other small requests beside it."""
    _fill(cloud, 1)
    server_id = cloud.servers()[0]["id"]
    done = []
    for what, rest, path, times in (
        ("GET /servers/{id}", cloud.user, f"/servers/{server_id}", count),
        ("GET /flavors/detail", cloud.user, "/flavors/detail", count // 4),
        ("GET /os-services", cloud.admin, "/os-services", count // 4),
        ("GET /os-hypervisors/detail", cloud.admin, "/os-hypervisors/detail", count // 4),
    ):
        ask = partial(at_once, CONCURRENCY)
        once = partial(_get, rest, path)
        ask(range(100), once)
        done.append(measure(cloud, f"{what}, {CONCURRENCY} at once", times, partial(ask, range(times), once)))
    return done


def idle(cloud: Cloud, seconds: int) -> list[Measured]:
    """Do nothing; CPU is a second's, memory stands beside it."""
    _fill(cloud, 20)
    done = measure(cloud, f"idle {seconds} s (CPU ms a second)", seconds, lambda: time.sleep(seconds))
    memory = pss_of(cloud)
    notes = {f"{part}_pss_mib": memory[part] for part in PARTS}
    return [replace(done, notes=notes)]


def startup(cloud: Cloud, times: int) -> list[Measured]:
    """Stop each daemon and start it; ready is when it listens at the broker, or answers a client."""
    done = []
    for name in ("conductor", "scheduler", "compute-0", "api") * times:
        cloud.stop(name)
        done.append(measure(cloud, f"start {name.partition('-')[0]}", 1, partial(_start, cloud, name)))
    cloud.wait_until_ready()
    return done


def _start(cloud: Cloud, name: str) -> None:
    cloud.start(name)
    cloud.wait_until_listening(name)


SCENARIOS: dict[str, tuple[Callable[[Cloud, int], list[Measured]], int]] = {
    "boots": (boots, 100),
    "lists": (lists, 1000),
    "shows": (shows, 2000),
    "idle": (idle, 20),
    "deletes": (deletes, 100),
    "startup": (startup, 1),
}
"""Each with its usual size: servers, requests, seconds or times."""


def _get(rest: Rest, path: str, _: int) -> None:
    _expect(rest.get(path), 200)


def _fill(cloud: Cloud, count: int) -> None:
    """Have at least so many servers."""
    standing = len(cloud.servers())
    if standing >= count:
        return
    image, flavor = cloud.image(), cloud.flavor()
    for _ in range(standing, count, 50):
        number = min(50, count - standing)
        cloud.boot("fill", image, flavor, min_count=number, max_count=number)
        standing += number
        _until_active(cloud, standing)


def _boot_and_wait(cloud: Cloud, name: str, image: str, flavor: str) -> float:
    began = time.monotonic()
    server_id = cloud.boot(name, image, flavor)
    give_up = began + PATIENCE_SECONDS
    while cloud.user.get(f"/servers/{server_id}").body["server"]["status"] != "ACTIVE":
        if time.monotonic() > give_up:
            raise TimeoutError(f"{name} is not ACTIVE")
        time.sleep(0.02)
    return time.monotonic() - began


def _until_active(cloud: Cloud, count: int) -> None:
    """Wait by the short list of active servers, which costs the cloud little."""
    _until_listed(cloud, "/servers?status=ACTIVE&limit=1000", count)


def _until_left(cloud: Cloud, count: int) -> None:
    _until_listed(cloud, "/servers?limit=1000", count)


def _until_listed(cloud: Cloud, path: str, count: int) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while (listed := _count(cloud, path)) != count:
        if time.monotonic() > give_up:
            raise TimeoutError(f"{listed} of {count} servers on {path}")
        time.sleep(0.1)


def _count(cloud: Cloud, path: str) -> int:
    found, marker = 0, ""
    while True:
        page = _expect(cloud.user.get(path + marker), 200).body["servers"]
        found += len(page)
        if len(page) < 1000:
            return found
        marker = f"&marker={page[-1]['id']}"


def _expect(answer: Any, status: int) -> Any:
    if answer.status != status:
        raise RuntimeError(f"{status} was expected: {answer}")
    return answer
