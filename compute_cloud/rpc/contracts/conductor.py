"""What the conductor can be asked: by the API, by the scheduler and by the hosts.

``scope`` in a method is the only project whose things may be touched or seen; None lets any. What lies outside
the scope is answered with NotFound.
"""

from typing import ClassVar, Protocol

from compute_cloud.context import Context
from compute_cloud.objects.action import Action, ActionQuery
from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.flavor import Flavor, FlavorQuery
from compute_cloud.objects.host import HostChanges, HostedServer, Hypervisor, HypervisorQuery, Node, Zone
from compute_cloud.objects.image import Image, ImageQuery
from compute_cloud.objects.server import Server, ServerChanges, ServerName, ServerQuery
from compute_cloud.objects.service import Alive, Service, ServiceQuery
from compute_cloud.objects.ticket import Outcome, PowerReport, Verdict
from compute_cloud.rpc.contract import Contract, call


class ConductorRpc(Contract, Protocol):
    """The only way to the database."""

    topic: ClassVar[str] = "conductor"
    version: ClassVar[str] = "1.0"

    # servers

    @call(since="1.0", timeout=60)
    def accept_boots(self, context: Context, *, orders: tuple[BootOrder, ...], min_count: int) -> tuple[str, ...]:
        """Take on as many of the orders as the quota lets, at least ``min_count``; return the ids of those taken.

        Servers, quota and flows are written in one transaction. Raises OverQuota.
        """
        ...

    @call(since="1.0", timeout=60)
    def list_servers(self, context: Context, *, query: ServerQuery) -> tuple[Server, ...]:
        """Return a page of servers, whole. Raises Invalid for an unknown marker or sort key."""
        ...

    @call(since="1.0", timeout=60)
    def list_server_names(self, context: Context, *, query: ServerQuery) -> tuple[ServerName, ...]:
        """Return the same page as `list_servers`, short."""
        ...

    @call(since="1.0", timeout=60)
    def show_server(self, context: Context, *, server_id: str, scope: str | None) -> Server:
        """Return one server. Raises NotFound."""
        ...

    @call(since="1.0", timeout=60)
    def update_server(self, context: Context, *, server_id: str, scope: str | None, changes: ServerChanges) -> Server:
        """Write what an owner may rewrite; return the server as it is then. Raises NotFound."""
        ...

    @call(since="1.0", timeout=60)
    def accept_delete(self, context: Context, *, server_id: str, scope: str | None) -> None:
        """Begin to delete a server, whatever else it is in the middle of. Raises NotFound, Conflict when locked."""
        ...

    @call(since="1.0", timeout=60)
    def list_actions(
        self, context: Context, *, server_id: str, scope: str | None, query: ActionQuery
    ) -> tuple[Action, ...]:
        """Return the actions of a server (deleted ones too), newest first, without events."""
        ...

    @call(since="1.0", timeout=60)
    def show_action(self, context: Context, *, server_id: str, scope: str | None, request_id: str) -> Action:
        """Return one action with its events, newest event first. Raises NotFound."""
        ...

    # flavors

    @call(since="1.0", timeout=60)
    def list_flavors(self, context: Context, *, query: FlavorQuery) -> tuple[Flavor, ...]:
        """Return a page of flavors. Raises Invalid for an unknown marker or sort key."""
        ...

    @call(since="1.0", timeout=60)
    def show_flavor(self, context: Context, *, flavor_id: str, scope: str | None) -> Flavor:
        """Return one flavor; a private one only to projects that have access. Raises NotFound."""
        ...

    @call(since="1.0", timeout=60)
    def create_flavor(self, context: Context, *, flavor: Flavor) -> Flavor:
        """Write a new flavor. Raises Conflict when its id or name is taken."""
        ...

    @call(since="1.0", timeout=60)
    def delete_flavor(self, context: Context, *, flavor_id: str) -> None:
        """Take a flavor away; servers keep their copy. Raises NotFound."""
        ...

    # services and hosts, for administrators

    @call(since="1.0", timeout=60)
    def list_services(self, context: Context, *, query: ServiceQuery) -> tuple[Service, ...]:
        """Return the services, by id."""
        ...

    @call(since="1.0", timeout=60)
    def list_hypervisors(self, context: Context, *, query: HypervisorQuery) -> tuple[Hypervisor, ...]:
        """Return the hypervisors, by id; never asks a host. Raises NotFound for an unknown id, Invalid for a marker."""
        ...

    @call(since="1.0", timeout=60)
    def list_zones(self, context: Context) -> tuple[Zone, ...]:
        """Return the availability zones, the internal one among them, with their hosts and services."""
        ...

    # images of the embedded image service

    @call(since="1.0", timeout=60)
    def create_image(self, context: Context, *, image: Image) -> Image:
        """Write a new image record. Raises Conflict when its id is taken."""
        ...

    @call(since="1.0", timeout=60)
    def list_images(self, context: Context, *, query: ImageQuery) -> tuple[Image, ...]:
        """Return a page of image records. Raises Invalid for an unknown marker or sort key."""
        ...

    @call(since="1.0", timeout=60)
    def show_image(self, context: Context, *, image_id: str, scope: str | None) -> Image:
        """Return one image record that the scope may see (own, public, community, shared with it). Raises NotFound."""
        ...

    @call(since="1.0", timeout=60)
    def update_image(self, context: Context, *, image: Image, expected_status: str) -> Image:
        """Rewrite an image record. Raises Conflict when its status is not the expected one any more, NotFound."""
        ...

    @call(since="1.0", timeout=60)
    def delete_image(self, context: Context, *, image_id: str) -> None:
        """Take an image record away. Raises NotFound, Forbidden when it is protected."""
        ...

    # what daemons report

    @call(since="1.0", timeout=20)
    def report_alive(self, context: Context, *, alive: Alive) -> None:
        """Note a sign of life of a daemon; its service row is made by the first one."""
        ...

    @call(since="1.0", timeout=60)
    def report_nodes(self, context: Context, *, host: str, nodes: tuple[Node, ...]) -> None:
        """Write down what the nodes of a host have now; ``used`` is the conductor's own and is left alone."""
        ...

    @call(since="1.0", timeout=60)
    def host_started(self, context: Context, *, host: str) -> tuple[HostedServer, ...]:
        """Return what should run on the host, and send every ticket that is open there again."""
        ...

    @call(since="1.0", timeout=60)
    def report_power(self, context: Context, *, host: str, reports: tuple[PowerReport, ...]) -> None:
        """Write down the power states that a host sees."""
        ...

    @call(since="1.0", timeout=60)
    def answer(self, context: Context, *, ticket: str, server_id: str, outcome: Outcome) -> Verdict:
        """Take the answer to a ticket. Safe to repeat: a host sends it until it gets the verdict."""
        ...

    # what the scheduler pulls

    @call(since="1.0", timeout=30)
    def host_changes(self, context: Context, *, since: float | None) -> HostChanges:
        """Return the host states that changed since the sequence of an earlier pull; None: all of them."""
        ...
