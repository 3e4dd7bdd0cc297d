"""The compute API in front of a conductor that keeps everything in memory."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import msgspec
from webob import Request

from compute_cloud.context import Context
from compute_cloud.errors import NotFound
from compute_cloud.lifecycle.states import PowerState, VmState
from compute_cloud.objects.action import Action, ActionEvent, ActionQuery
from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.flavor import Flavor, FlavorQuery
from compute_cloud.objects.host import Hypervisor, HypervisorQuery, Inventory, Node, Zone
from compute_cloud.objects.image import Image, ImageQuery
from compute_cloud.objects.server import Server, ServerChanges, ServerName, ServerQuery
from compute_cloud.objects.service import Service, ServiceQuery

NOW = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
IMAGE_ID = "70a599e0-31e7-49b7-b260-868f441e862b"
SERVER_ID = "9168b536-cd40-4630-b43f-b259807c6e87"
OTHER_ID = "11111111-cd40-4630-b43f-b259807c6e87"
NODE_ID = "b1e43b5f-eec1-44e0-9f10-7b4945c0226d"
SERVICE_ID = "e81d66a4-ddd3-4aba-8a84-171d1cb4d339"

SMALL = Flavor(id="1", name="small", vcpus=1, memory_mb=512, root_gb=5, extra_specs={"hw:numa_nodes": "1"})
DISKLESS = Flavor(id="0", name="diskless", vcpus=1, memory_mb=512, root_gb=0)
PRIVATE = Flavor(id="7", name="private", vcpus=1, memory_mb=512, root_gb=5, is_public=False)
COMPUTE = Service(
    id=3, uuid=SERVICE_ID, host="host1", binary="nova-compute", zone="nova", seen_at=NOW, disabled_reason=None
)


def server(**said: Any) -> Server:
    given: dict[str, Any] = {
        "id": SERVER_ID,
        "project_id": "demo",
        "user_id": "alice",
        "name": "first",
        "flavor": SMALL,
        "created_at": NOW,
        "launched_at": NOW,
        "vm_state": VmState.ACTIVE,
        "power_state": PowerState.RUNNING,
        "host": "host1",
        "node": "node1",
        "host_status": "UP",
        "availability_zone": "nova",
        "image_id": IMAGE_ID,
        "image_properties": {"hw_disk_bus": "virtio"},
        "hostname": "first",
        "metadata": {"role": "web"},
        "tags": ("one", "two"),
        "hints": {"same_host": (OTHER_ID,), "query": ("[]",)},
    }
    return Server(**{**given, **said})


@dataclass
class FakeConductor:
    """Answers like the conductor, from lists. ``asked`` are the names and arguments of all questions."""

    servers: list[Server] = field(default_factory=lambda: [server()])
    flavors: list[Flavor] = field(default_factory=lambda: [SMALL, DISKLESS, PRIVATE])
    orders: list[BootOrder] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    fails_with: Exception | None = None

    def _note(self, name: str, **arguments: Any) -> None:
        self.asked.append((name, arguments))
        if self.fails_with:
            raise self.fails_with

    def accept_boots(self, context: Context, *, orders: tuple[BootOrder, ...], min_count: int) -> tuple[str, ...]:
        self._note("accept_boots", orders=orders, min_count=min_count)
        self.orders += orders
        return tuple(order.server_id for order in orders)

    def list_servers(self, context: Context, *, query: ServerQuery) -> tuple[Server, ...]:
        self._note("list_servers", query=query)
        return tuple(s for s in self.servers if query.project_id in {None, s.project_id})[: query.limit]

    def list_server_names(self, context: Context, *, query: ServerQuery) -> tuple[ServerName, ...]:
        return tuple(ServerName(id=s.id, name=s.name) for s in self.list_servers(context, query=query))

    def show_server(self, context: Context, *, server_id: str, scope: str | None) -> Server:
        self._note("show_server", server_id=server_id, scope=scope)
        for one in self.servers:
            if one.id == server_id and scope in {None, one.project_id}:
                return one
        raise NotFound(f"Instance {server_id} could not be found.")

    def update_server(self, context: Context, *, server_id: str, scope: str | None, changes: ServerChanges) -> Server:
        self._note("update_server", changes=changes)
        one = self.show_server(context, server_id=server_id, scope=scope)
        return replace(one, **{name: getattr(changes, name) for name in changes.given})

    def accept_delete(self, context: Context, *, server_id: str, scope: str | None) -> None:
        self.show_server(context, server_id=server_id, scope=scope)
        self._note("accept_delete", server_id=server_id, scope=scope)

    def list_actions(
        self, context: Context, *, server_id: str, scope: str | None, query: ActionQuery
    ) -> tuple[Action, ...]:
        self._note("list_actions", server_id=server_id, scope=scope, query=query)
        self.show_server(context, server_id=server_id, scope=scope)
        return (self._action(server_id),)

    def show_action(self, context: Context, *, server_id: str, scope: str | None, request_id: str) -> Action:
        self.show_server(context, server_id=server_id, scope=scope)
        return self._action(server_id)

    def _action(self, server_id: str) -> Action:
        event = ActionEvent(
            name="spawn", started_at=NOW, finished_at=NOW, result="Error", host="host1", details="why", traceback="tb"
        )
        return Action(
            server_id=server_id,
            request_id="req-1",
            name="create",
            user_id="alice",
            project_id="demo",
            started_at=NOW,
            updated_at=NOW,
            events=(event,),
        )

    def list_flavors(self, context: Context, *, query: FlavorQuery) -> tuple[Flavor, ...]:
        self._note("list_flavors", query=query)
        return tuple(f for f in self.flavors if query.is_public in {None, f.is_public})[: query.limit]

    def show_flavor(self, context: Context, *, flavor_id: str, scope: str | None) -> Flavor:
        self._note("show_flavor", flavor_id=flavor_id, scope=scope)
        for one in self.flavors:
            if one.id == flavor_id and (one.is_public or scope is None):
                return one
        raise NotFound(f"Flavor {flavor_id} could not be found.")

    def create_flavor(self, context: Context, *, flavor: Flavor) -> Flavor:
        self._note("create_flavor", flavor=flavor)
        return flavor

    def delete_flavor(self, context: Context, *, flavor_id: str) -> None:
        self.show_flavor(context, flavor_id=flavor_id, scope=None)

    def list_services(self, context: Context, *, query: ServiceQuery) -> tuple[Service, ...]:
        self._note("list_services", query=query)
        return (COMPUTE,) if query.host in {None, "host1"} else ()

    def list_hypervisors(self, context: Context, *, query: HypervisorQuery) -> tuple[Hypervisor, ...]:
        self._note("list_hypervisors", query=query)
        if query.uuid not in {None, NODE_ID} or query.id not in {None, 1} or query.pattern not in {None, "node"}:
            return ()
        node = Node(
            uuid=NODE_ID,
            name="node1",
            hypervisor_type="QEMU",
            hypervisor_version=7002000,
            host_ip="192.0.2.1",
            inventories={"VCPU": Inventory(total=4, max_unit=4, used=1)},
            cpu_info={"arch": "x86_64"},
            uptime="up 1 day",
        )
        servers = ((SERVER_ID, "instance-1"),) if query.with_servers else None
        return (Hypervisor(id=1, node=node, service=COMPUTE, running_vms=1, servers=servers),)

    def list_zones(self, context: Context) -> tuple[Zone, ...]:
        self._note("list_zones")
        return (
            Zone(name="nova", available=True, hosts={"host1": {"nova-compute": COMPUTE}}),
            Zone(name="internal", available=True),
        )


@dataclass
class FakeImages:
    """An image service with one image."""

    images: list[Image] = field(
        default_factory=lambda: [Image(id=IMAGE_ID, name="small", status="active", size_bytes=1 << 20, min_disk_gb=1)]
    )

    def show(self, context: Context, image_id: str) -> Image:
        for one in self.images:
            if one.id == image_id:
                return one
        raise NotFound(f"Image {image_id} could not be found.")

    def list(self, context: Context, query: ImageQuery) -> tuple[Image, ...]:
        return tuple(self.images[: query.limit])


class FakeCompute:
    """A host whose guests have all written the same."""

    def __init__(self, host: str) -> None:
        self.host = host

    def console_output(self, context: Context, *, server_id: str, lines: int | None) -> str:
        return f"{self.host} {lines} " + "x" * 200_000


@dataclass
class Answered:
    """What came back."""

    status: int
    headers: Any
    text: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.text)


@dataclass
class Client:
    """Asks the API in the process, as a user of a project."""

    app: Any
    token: str = "alice:demo"

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: str | None = None,
        raw: bytes | None = None,
        **headers: str,
    ) -> Answered:
        request = Request.blank(path, method=method)
        if self.token:
            request.headers["X-Auth-Token"] = self.token
        if version is not None:
            request.headers["OpenStack-API-Version"] = f"compute {version}"
        if body is not None or raw is not None:
            request.body = msgspec.json.encode(body) if raw is None else raw
            request.headers["Content-Type"] = "application/json"
        request.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        response = request.get_response(self.app)
        return Answered(response.status_int, response.headers, response.body)

    def as_(self, token: str) -> "Client":
        return Client(self.app, token)

    def get(self, path: str, version: str | None = None, **headers: str) -> Answered:
        return self("GET", path, version=version, **headers)
