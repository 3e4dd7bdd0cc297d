"""A compute service with a conductor, an image service and a broker that are all in memory."""

import hashlib
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oslo_config import cfg

from compute_cloud import conf as options
from compute_cloud.context import Context
from compute_cloud.errors import NotFound, Problem, Unavailable
from compute_cloud.lifecycle.states import PowerState, TaskState, VmState
from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.flavor import Flavor
from compute_cloud.objects.host import HostedServer, Node
from compute_cloud.objects.image import Image
from compute_cloud.objects.server import Server, ServerName
from compute_cloud.objects.ticket import Outcome, Verdict


def until(true: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Wait for something to become true, and return it."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
    return found


def compute_conf(home: Path, **given: Any) -> cfg.ConfigOpts:
    """Return the configuration of a compute host with its state in ``home``; ``group__name`` names a group's option."""
    conf = cfg.ConfigOpts()
    options.register(conf)
    conf([], default_config_files=[], default_config_dirs=[])
    usual = {"host": "h1", "state_path": str(home), "compute_driver": "fake"}
    for name, value in {**usual, **given}.items():
        group, _, option = name.rpartition("__")
        conf.set_override(option, value, group=group or None)
    return conf


def order(**given: Any) -> BootOrder:
    """Return an order for a small server."""
    usual = {
        "server_id": str(uuid.uuid4()),
        "name": "web",
        "project_id": "p1",
        "user_id": "u1",
        "flavor": flavor(),
        "image": Image(id="i1", disk_format="qcow2"),
        "reservation_id": "r-1",
        "hostname": "web",
    }
    return BootOrder(**{**usual, **given})


def flavor(**given: Any) -> Flavor:
    return Flavor(**{"id": "1", "name": "tiny", "vcpus": 1, "memory_mb": 128, "root_gb": 1, **given})


@dataclass
class MemoryConductor:
    """What a compute host asks of the conductor. ``troubles`` are raised by the next calls, one each.

    ``verdicts`` on tickets go before what the servers' hosts say.
    """

    host: str = "h1"
    servers: dict[str, Server] = field(default_factory=dict)
    nodes: tuple[Node, ...] = ()
    alive: int = 0
    started: int = 0
    answers: list[tuple[str, str, Outcome]] = field(default_factory=list)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    power: list[tuple[str, int]] = field(default_factory=list)
    troubles: list[Problem] = field(default_factory=list)
    away: bool = False
    on_started: Callable[[], None] = lambda: None

    def client(self, _contract: type, host: str | None = None) -> Any:
        """Stand for the transport, too."""
        assert host is None
        return self

    def hosts(self, asked: BootOrder, **given: Any) -> None:
        """Have a server on the host."""
        self.servers[asked.server_id] = Server(
            id=asked.server_id,
            project_id=asked.project_id,
            user_id=asked.user_id,
            name=asked.name,
            flavor=asked.flavor,
            created_at=datetime.now(UTC),
            **{"host": self.host, "vm_state": VmState.BUILDING, "task_state": TaskState.SPAWNING, **given},
        )

    def outcome(self, ticket: str, seconds: float = 20.0) -> Outcome:
        """Wait for the answer to a ticket."""
        return until(lambda: [each for name, _, each in self.answers if name == ticket], seconds)[-1]

    def answer(self, context: Context, *, ticket: str, server_id: str, outcome: Outcome) -> Verdict:
        self._trouble(context)
        self.answers.append((ticket, server_id, outcome))
        server = self.servers.get(server_id)
        if ticket in self.verdicts:
            return self.verdicts[ticket]
        return Verdict.KEEP if server is not None and server.host == outcome.host else Verdict.REMOVE

    def report_alive(self, context: Context, *, alive: Any) -> None:
        self._trouble(context)
        assert alive.binary == "nova-compute"
        self.alive += 1

    def report_nodes(self, context: Context, *, host: str, nodes: tuple[Node, ...]) -> None:
        self._trouble(context)
        self.nodes = nodes

    def host_started(self, context: Context, *, host: str) -> tuple[HostedServer, ...]:
        self._trouble(context)
        self.started += 1
        self.on_started()
        return tuple(
            HostedServer(
                server_id=server.id,
                name=server.name,
                node=server.node,
                vm_state=server.vm_state,
                task_state=server.task_state,
                power_state=int(server.power_state),
            )
            for server in self.servers.values()
            if server.host == host
        )

    def report_power(self, context: Context, *, host: str, reports: tuple[Any, ...]) -> None:
        self._trouble(context)
        for report in reports:
            self.power.append((report.server_id, report.power_state))
            if report.server_id in self.servers:
                state = PowerState(report.power_state)
                self.servers[report.server_id] = replace(self.servers[report.server_id], power_state=state)

    def show_server(self, context: Context, *, server_id: str, scope: str | None) -> Server:
        self._trouble(context)
        if server_id not in self.servers:
            raise NotFound("none")
        return self.servers[server_id]

    def list_server_names(self, context: Context, *, query: Any) -> tuple[ServerName, ...]:
        self._trouble(context)
        assert set(query.filters) == {"host"}
        host = query.filters["host"]
        found = (server for server in self.servers.values() if server.host == host)
        return tuple(ServerName(id=server.id, name=server.name) for server in found)

    def _trouble(self, context: Context) -> None:
        assert context.deadline is None
        if self.away:
            raise Unavailable("the conductor does not answer")
        if self.troubles:
            raise self.troubles.pop(0)


class MemoryImages:
    """An image service that has what a test puts in."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}
        self.images: dict[str, Image] = {}
        self.downloads = 0
        self.between: Callable[[], None] = lambda: None

    def put(self, data: bytes, disk_format: str, **given: Any) -> Image:
        """Keep an image and return it as the image service shows it."""
        image = Image(
            id=str(uuid.uuid4()),
            name="image",
            status="active",
            disk_format=disk_format,
            size_bytes=len(data),
            hash_algo="sha512",
            hash_value=hashlib.sha512(data).hexdigest(),
            **given,
        )
        self.data[image.id], self.images[image.id] = data, image
        return image

    def download(self, context: Context, image_id: str, write: Callable[[bytes], object]) -> Image:
        if image_id not in self.data:
            raise NotFound(f"Image {image_id} could not be found.")
        self.downloads += 1
        data = self.data[image_id]
        for start in range(0, len(data), 1 << 20):
            write(data[start : start + (1 << 20)])
            self.between()
        return self.images[image_id]


def facts_of(outcome: Outcome) -> Mapping[str, Any]:
    assert outcome.ok, outcome.reason
    return outcome.facts
