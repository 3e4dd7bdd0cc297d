"""Daemons that are killed and services that go away while servers are being built: none hangs, nothing is lost.

The cloud has a RabbitMQ and a MariaDB of its own, so that stopping them harms nobody else.
"""

import json
import logging
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.fixtures.broker import PrivateBroker
from tests.fixtures.cloud import Cloud, Plan
from tests.fixtures.database import PrivateDatabase
from tests.fixtures.rest import Answer
from tests.fixtures.waiting import wait_for

pytestmark = [
    pytest.mark.skipif(
        not (PrivateBroker.available() and PrivateDatabase.available()), reason="RabbitMQ and MariaDB are not installed"
    ),
    pytest.mark.timeout(300),
]
LOG = logging.getLogger(__name__)
Flavored = dict[str, str]
BOOTS = 20
ASKERS = 4
DOWN_SECONDS = 5
AWAY_SECONDS = 10
PATIENCE_SECONDS = 60
PLAN = Plan(
    workers={"api": 1, "conductor": 2, "scheduler": 1},
    computes=2,
    nodes=2,
    options={"fake": {"spawn_delay_seconds": 1}},
)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Cloud(PLAN) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def flavored(cloud: Cloud) -> Flavored:
    return {"imageRef": cloud.image(), "flavorRef": cloud.flavor()}


@pytest.fixture(scope="module")
def boot(cloud: Cloud, flavored: Flavored) -> Callable[[str], str]:
    return lambda name: cloud.boot(name, flavored["imageRef"], flavored["flavorRef"])


def kill(*daemons: str) -> Callable[[Cloud], None]:
    def fault(cloud: Cloud) -> None:
        cloud.kill(*daemons)
        time.sleep(DOWN_SECONDS)
        cloud.start(*daemons)

    return fault


def broker_away(cloud: Cloud) -> None:
    cloud.broker.stop()
    time.sleep(AWAY_SECONDS)
    cloud.broker.start()


def database_away(cloud: Cloud) -> None:
    cloud.database.stop()
    time.sleep(AWAY_SECONDS)
    cloud.database.start()


def one_worker(cloud: Cloud) -> None:
    """Kill one of two conductors; the process that watches over them starts another."""
    os.kill(psutil.Process(cloud.daemons["conductor"].pid).children()[0].pid, signal.SIGKILL)
    time.sleep(DOWN_SECONDS)


FAULTS = {
    "worker": one_worker,
    "conductor": kill("conductor"),
    "scheduler": kill("scheduler"),
    "compute": kill("compute-0", "compute-1"),
    "rabbitmq": broker_away,
    "mariadb": database_away,
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_boot_ends_well_or_says_why(name: str, cloud: Cloud, boot: Callable[[str], str]) -> None:
    for number in range(BOOTS):
        boot(f"{name}-{number}")
    assert any(server["status"] == "BUILD" for server in cloud.servers()), "nothing is in flight any more"
    FAULTS[name](cloud)
    servers = settle(cloud, BOOTS)
    LOG.info("%s: %s", name, Counter(server["status"] for server in servers))
    assert all(server["status"] == "ACTIVE" or reason(server) for server in servers)
    claims_equal_servers(cloud, servers)
    wait_for(lambda: guests(cloud) == active(servers), "guests are those of the servers", seconds=PATIENCE_SECONDS)

    one_more = boot(f"{name}-afterwards")
    assert active(settle(cloud, BOOTS + 1)) == active(servers) | {one_more}
    remove_all(cloud)


@pytest.mark.parametrize("name", FAULTS)
def test_requests_that_come_meanwhile_are_taken_or_refused(name: str, cloud: Cloud, flavored: Flavored) -> None:
    over = threading.Event()

    def ask(number: int) -> list[Answer]:
        answers = []
        while not over.wait(0.2):
            wanted = {"name": f"{name}-{number}", "networks": "none", **flavored}
            answers.append(cloud.user.post("/servers", {"server": wanted}))
        return answers

    with ThreadPoolExecutor(ASKERS) as pool:
        asked = [pool.submit(ask, number) for number in range(ASKERS)]
        FAULTS[name](cloud)
        over.set()
        answers = [answer for each in asked for answer in each.result()]
    LOG.info("%s: %s", name, Counter(answer.status for answer in answers))
    assert answers
    assert {answer.status for answer in answers} <= {202, 503}
    taken = {answer.body["server"]["id"] for answer in answers if answer.status == 202}
    servers = settle(cloud)
    LOG.info("%s: %s", name, Counter(server["status"] for server in servers))
    assert taken <= {server["id"] for server in servers}
    assert all(server["status"] == "ACTIVE" or reason(server) for server in servers)
    remove_all(cloud)


@pytest.mark.parametrize("name", FAULTS)
def test_every_delete_ends_and_leaves_nothing(name: str, cloud: Cloud, boot: Callable[[str], str]) -> None:
    ids = [boot(f"{name}-{number}") for number in range(BOOTS)]
    settle(cloud, BOOTS)
    for server_id in ids:
        assert cloud.user.delete(f"/servers/{server_id}").status == 204
    FAULTS[name](cloud)
    nothing_is_left(cloud)


def test_only_the_conductor_is_connected_to_the_database(cloud: Cloud) -> None:
    rows = cloud.database.ask("SELECT host FROM information_schema.processlist WHERE id <> connection_id()")
    ports = {int(host.rpartition(":")[2]) for (host,) in rows if ":" in host}
    conductor = psutil.Process(cloud.daemons["conductor"].pid)
    family = [conductor, *conductor.children(recursive=True)]
    owned = {connection.laddr.port for process in family for connection in process.net_connections("tcp")}
    assert ports
    assert ports <= owned


def test_no_other_daemons_configuration_names_the_database(cloud: Cloud) -> None:
    for name, process in cloud.daemons.items():
        command = psutil.Process(process.pid).cmdline()
        files = [word.partition("=")[2] for word in command if word.startswith("--config-file=")]
        assert files
        holds = any("mysql" in Path(path).read_text() for path in files)
        assert holds == (name == "conductor"), name


def settle(cloud: Cloud, count: int | None = None) -> list[dict[str, Any]]:
    def settled(server: dict[str, Any]) -> bool:
        return server["status"] in ("ACTIVE", "ERROR") and server["OS-EXT-STS:task_state"] is None

    def look() -> tuple[list[dict[str, Any]]] | None:
        answer = cloud.user.get("/servers/detail")
        if answer.status != 200:  # the daemons find one another again within that time too
            return None
        servers: list[dict[str, Any]] = answer.body["servers"]
        return (servers,) if count in (None, len(servers)) and all(map(settled, servers)) else None

    what = f"{count or 'all'} servers are ACTIVE or ERROR"
    (servers,) = wait_for(look, what, seconds=PATIENCE_SECONDS, pause=0.25) or ([],)
    return servers


def reason(server: dict[str, Any]) -> str:
    return str(server.get("fault", {}).get("message", ""))


def active(servers: list[dict[str, Any]]) -> set[str]:
    return {server["id"] for server in servers if server["status"] == "ACTIVE"}


def held(cloud: Cloud, comes: str, goes: str) -> set[str]:
    """Return the servers that the fake hypervisors hold something of, from what they note."""
    found: set[str] = set()
    for path in (cloud.directory / "state").glob("fake-*.log"):
        for line in path.read_text().splitlines():
            change = json.loads(line)
            if comes in change:
                found.add(change[comes])
            else:
                found.discard(change.get(goes))
    return found


def guests(cloud: Cloud) -> set[str]:
    return held(cloud, "guest", "gone")


def disks(cloud: Cloud) -> set[str]:
    return held(cloud, "disks", "no_disks")


def claims_equal_servers(cloud: Cloud, servers: list[dict[str, Any]]) -> None:
    """Compare the claims with the servers that stand on a host, and what is used with the claims."""

    def look() -> bool:
        claimed = {row[0] for row in cloud.database.ask("SELECT DISTINCT consumer_id FROM allocations")}
        if claimed != active(servers):
            return False
        sums = "SELECT provider_uuid, resource_class, CAST(SUM(amount) AS SIGNED) FROM allocations GROUP BY 1, 2"
        used = "SELECT provider_uuid, resource_class, used FROM inventories WHERE used <> 0"
        return sorted(cloud.database.ask(sums)) == sorted(cloud.database.ask(used))

    wait_for(look, "claims equal servers", seconds=PATIENCE_SECONDS)


def remove_all(cloud: Cloud) -> None:
    for server in cloud.servers():
        assert cloud.user.delete(f"/servers/{server['id']}").status in (204, 404)
    nothing_is_left(cloud)


def nothing_is_left(cloud: Cloud) -> None:
    """Wait until no server, guest, disk, claim, quota or unfinished flow is there."""

    def look() -> bool:
        answer = cloud.user.get("/servers")
        return answer.status == 200 and not answer.body["servers"] and not leftovers(cloud)

    try:
        wait_for(look, "nothing is left", seconds=PATIENCE_SECONDS)
    except TimeoutError:
        pytest.fail(f"left over: {leftovers(cloud)}")


def leftovers(cloud: Cloud) -> dict[str, Any]:
    found = {
        "guests": guests(cloud),
        "allocations": cloud.database.ask("SELECT * FROM allocations"),
        "used": cloud.database.ask("SELECT * FROM inventories WHERE used <> 0"),
        "usages": cloud.database.ask("SELECT * FROM quota_usages WHERE instances <> 0 OR cores <> 0 OR ram <> 0"),
        "flows": cloud.database.ask(
            "SELECT kind, status, owner, ticket FROM flows WHERE status IN ('running', 'undoing', 'stuck')"
        ),
        "disks": disks(cloud),
    }
    return {what: left for what, left in found.items() if left}
