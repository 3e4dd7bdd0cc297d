"""A conductor over a real (SQLite) database, with a scheduler and hosts that do what a test asks of them.

Work that a flow hands to its pool waits until `Cloud.settle`; time passes when a test says so. A conductor may be made
to die at any of its commits, just before or just after, and another one goes on.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compute_cloud.conductor import watchers
from compute_cloud.conductor.answers import boots, deletes, hosts, reports
from compute_cloud.conductor.flows import SAGAS
from compute_cloud.conductor.office import Office
from compute_cloud.conductor.sagas import Flows, Pace
from compute_cloud.conductor.tools import Tools
from compute_cloud.context import Context
from compute_cloud.db.session import Database, Tx
from compute_cloud.db.stores import flows, nodes, servers
from compute_cloud.lifecycle.saga import Saga
from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.flavor import Flavor
from compute_cloud.objects.host import Inventory, Node
from compute_cloud.objects.image import Image
from compute_cloud.objects.scheduling import Choice, HostRequest, Refusal, Selection
from compute_cloud.objects.server import Server
from compute_cloud.objects.service import Alive
from compute_cloud.objects.ticket import Outcome, Verdict

FLAVOR = Flavor(id="1", name="m1", vcpus=1, memory_mb=512, root_gb=1)
IMAGE = Image(id=str(uuid.uuid4()), name="i", status="active", disk_format="qcow2", container_format="bare")
PACE = Pace(lease=30, resend=10, undo=600)


class Died(BaseException):
    """The conductor was killed here; nothing catches it but the test."""


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Host:
    """A compute host: it does its orders when it is let, and repeats an answer to an order that it did before."""

    name: str
    cloud: Cloud
    refuses: str | None = None
    retry: bool = True
    silent: bool = False
    guests: set[str] = field(default_factory=set)
    orders: list[tuple[str, str, str]] = field(default_factory=list)
    answered: dict[str, Outcome] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def spawn_guest(self, context: Context, *, ticket: str, node: str, order: BootOrder) -> None:
        self.orders.append(("spawn", ticket, order.server_id))

    def destroy_guest(self, context: Context, *, ticket: str, server_id: str) -> None:
        self.orders.append(("destroy", ticket, server_id))

    def work(self) -> bool:
        if self.silent or not self.orders:
            return False
        what, ticket, server_id = self.orders.pop(0)
        outcome = self.answered.get(ticket) or self._do(what, server_id)
        self.answered[ticket] = outcome
        verdict = reports.answer(self.cloud.office, ticket, server_id, outcome)
        if verdict is Verdict.REMOVE:
            self.guests.discard(server_id)
        return True

    def _do(self, what: str, server_id: str) -> Outcome:
        if what == "destroy":
            self.guests.discard(server_id)
            self.gone.add(server_id)
        elif self.refuses:
            return Outcome(ok=False, host=self.name, retry=self.retry, reason=self.refuses)
        elif server_id in self.gone:
            return Outcome(ok=False, host=self.name, reason="it was deleted")
        else:
            self.guests.add(server_id)
        return Outcome(ok=True, host=self.name, facts={"power_state": 1}, events=(("guest", 1.0, 2.0),))


class Waiting:
    """A pool whose work waits for the test."""

    def __init__(self) -> None:
        self.work: deque[tuple[Callable[..., object], tuple[object, ...]]] = deque()

    def submit(self, fn: Callable[..., object], *args: object) -> None:
        self.work.append((fn, args))

    def stop(self, timeout: float | None = None) -> bool:
        while self.work:
            fn, args = self.work.popleft()
            fn(*args)
        return True


class Mortal:
    """A database whose user dies at a chosen commit."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.read = database.read
        self.retrying = database.retrying
        self.commits = 0
        self.dies_at: int | None = None
        self.before = True

    @contextmanager
    def write(self) -> Iterator[Tx]:
        self.commits += 1
        dies = self.commits == self.dies_at
        with self._database.write() as tx:
            yield tx
            if dies and self.before:
                raise Died
        if dies:
            raise Died


class Cloud:
    """Hosts ``a`` and ``b``, and one conductor at a time."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.database = Mortal(database)
        self.clock = Clock()
        self.hosts = {name: Host(name, self) for name in ("a", "b")}
        self.nodes = {name: str(uuid.uuid5(uuid.NAMESPACE_DNS, name)) for name in self.hosts}
        self.capacity = {"VCPU": 4, "MEMORY_MB": 4096, "DISK_GB": 40}
        self.refusals: tuple[Refusal, ...] = ()
        self.offered: list[str] | None = None
        self.outages: list[Exception] = []
        self.context = Context(user_id="u", project_id="p")
        self.limits = {"instances": 10, "cores": 20, "ram": 20480}
        self.new_conductor()
        self.report()

    def new_conductor(self, sagas: dict[str, Saga] | None = None) -> None:
        """Forget the conductor that was, with all that it had in memory."""
        self.pool = Waiting()
        tools = Tools(
            scheduler=self,
            compute=lambda host: self.hosts[host],
            alive=lambda tx, host: hosts.is_alive(tx, host, now=self.clock(), down_after=60),
            attempts=lambda: 3,
        )
        database: Any = self.database
        pool: Any = self.pool
        self.flows = Flows(
            database,
            tools,
            sagas or SAGAS,
            pool,
            me=str(uuid.uuid4()),
            watchers=(watchers.keep_actions, watchers.keep_faults),
            pace=lambda: PACE,
            clock=self.clock,
        )
        self.office = Office(
            database=database,
            flows=self.flows,
            clock=self.clock,
            limits=lambda: self.limits,
            down_after=lambda: 60,
            boot_seconds=lambda: 600.0,
            default_zone="nova",
            internal_zone="internal",
        )

    def report(self) -> None:
        """Every host that is not silent gives a sign of life."""
        for host in self.hosts.values():
            if not host.silent:
                reports.report_alive(self.office, Alive(host=host.name, binary="nova-compute"))
                inventories = {name: Inventory(total=n, max_unit=n) for name, n in self.capacity.items()}
                node = Node(
                    uuid=self.nodes[host.name],
                    name=f"{host.name}.node",
                    hypervisor_type="fake",
                    hypervisor_version=1,
                    host_ip="127.0.0.1",
                    inventories=inventories,
                )
                reports.report_nodes(self.office, host.name, (node,))

    def select_hosts(self, context: Context, *, request: HostRequest) -> Selection:
        if self.outages:
            raise self.outages.pop(0)
        names = list(self.hosts) if self.offered is None else self.offered
        choices = tuple(
            Choice(host=name, node=f"{name}.node", node_uuid=self.nodes[name], zone="nova") for name in names
        )
        return Selection(considered=len(self.hosts), choices=choices[: request.limit], refusals=self.refusals)

    # what a user does

    def boot(self, count: int = 1, **more: Any) -> list[str]:
        orders = [order(**more) for _ in range(count)]
        boots.accept_boots(self.office, self.context, orders, count)
        return [one.server_id for one in orders]

    def delete(self, server_id: str) -> None:
        deletes.accept_delete(self.office, self.context, server_id, None)

    # what time brings

    def settle(self, rounds: int = 200) -> None:
        """Let everybody work until nobody has anything to do."""
        for _ in range(rounds):
            worked = False
            while self.pool.work:
                fn, args = self.pool.work.popleft()
                fn(*args)
                worked = True
            for host in self.hosts.values():
                worked = host.work() or worked
            if not worked:
                return
        raise AssertionError("never comes to rest")

    def later(self, seconds: float) -> None:
        """Time passes; the conductor looks for what is overdue, and all settles."""
        self.clock.now += seconds
        self.report()
        self.flows.look()
        self.settle()

    # what there is then

    def server(self, server_id: str) -> Server:
        with self.database.read() as tx:
            return servers.show(tx, server_id, None, deleted=True)

    def used(self) -> dict[str, dict[str, int]]:
        """What is claimed of each host."""
        with self.database.read() as tx:
            states = nodes.changed_since(tx, None).states
        return {state.host: {name: one.used for name, one in state.node.inventories.items()} for state in states}

    def unfinished(self) -> list[str]:
        with self.database.read() as tx:
            return [record.id for record in flows.due(tx, self.clock() + 1e9, limit=1000)]

    def check(self) -> None:
        """Claims equal servers, guests equal servers, and no flow is left over."""
        wanted = {name: dict.fromkeys(self.capacity, 0) for name in self.hosts}
        guests: dict[str, set[str]] = {name: set() for name in self.hosts}
        with self.database.read() as tx:
            everybody = servers.hosted(tx, "a") + servers.hosted(tx, "b")
        for hosted in everybody:
            server = self.server(hosted.server_id)
            assert server.host is not None
            guests[server.host].add(server.id)
            for resource, amount in (("VCPU", 1), ("MEMORY_MB", 512), ("DISK_GB", 1)):
                wanted[server.host][resource] += amount
        assert self.used() == wanted
        assert {name: host.guests for name, host in self.hosts.items()} == guests
        assert self.unfinished() == []


def order(**more: Any) -> BootOrder:
    fields: dict[str, Any] = {
        "server_id": str(uuid.uuid4()),
        "name": "s",
        "project_id": "p",
        "user_id": "u",
        "flavor": FLAVOR,
        "image": IMAGE,
        "reservation_id": "r-1",
        "hostname": "s",
    }
    return BootOrder(**{**fields, **more})
