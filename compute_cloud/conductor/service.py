"""The conductor: one line a method of its contract. What a method does stands in ``answers/`` and ``flows/``."""

import os
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from oslo_config import cfg
from oslo_log import log

from compute_cloud.concurrency import Pool, Timer, every
from compute_cloud.conductor import watchers
from compute_cloud.conductor.answers import boots, deletes, flavors, hosts, images, reports, servers
from compute_cloud.conductor.flows import SAGAS
from compute_cloud.conductor.office import Office
from compute_cloud.conductor.sagas import Flows, Pace
from compute_cloud.conductor.tools import Tools
from compute_cloud.context import Context
from compute_cloud.db.session import Database
from compute_cloud.db.stores.flows import Lost
from compute_cloud.errors import Unavailable
from compute_cloud.objects.action import Action, ActionQuery
from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.flavor import Flavor, FlavorQuery
from compute_cloud.objects.host import HostChanges, HostedServer, Hypervisor, HypervisorQuery, Node, Zone
from compute_cloud.objects.image import Image, ImageQuery
from compute_cloud.objects.server import Server, ServerChanges, ServerName, ServerQuery
from compute_cloud.objects.service import Alive, Service, ServiceQuery
from compute_cloud.objects.ticket import Outcome, PowerReport, Verdict
from compute_cloud.rpc.contracts.compute import ComputeRpc
from compute_cloud.rpc.contracts.scheduler import SchedulerRpc
from compute_cloud.rpc.transport import Transport

LOG = log.getLogger(__name__)
T = TypeVar("T")
Method = TypeVar("Method", bound=Callable[..., Any])
SWAP_TRIES = 5
AN_HOUR = 3600.0
PATIENCE_SECONDS = 20.0  # how long a call outlasts an outage of the database before it is refused


def patient(method: Method) -> Method:
    """Do a call again that lost its transaction, or was overtaken before it could begin."""

    @wraps(method)
    def again(self: "ConductorService", *args: Any, **named: Any) -> Any:
        for _ in range(SWAP_TRIES):
            try:
                return self.retrying(lambda: method(self, *args, **named), seconds=PATIENCE_SECONDS)
            except Lost:
                continue
        raise Unavailable("The server is changing too fast; ask again.")

    return cast("Method", again)


class ConductorService:
    """Answers `ConductorRpc`, and works on flows. Nothing runs before `start`."""

    def __init__(self, conf: cfg.ConfigOpts, transport: Transport) -> None:
        self._conf = conf
        self._office = open_office(conf, transport)
        self._timers: list[Timer] = []

    def start(self) -> None:
        """Begin to look for flows that are overdue, and to give signs of life."""
        conf = self._conf
        self._timers = [
            every(conf.conductor.flow_poll_seconds, self._office.flows.look),
            every(conf.conductor.flow_lease_seconds / 3, self._office.flows.renew),
            every(conf.report_interval, self._report),
            every(AN_HOUR, self._prune, at_once=False),
        ]

    def stop(self) -> None:
        """Finish the steps that are under way, and hand the flows over."""
        for timer in self._timers:
            timer.stop()
        self._office.flows.stop()

    def wait(self) -> None:
        """Return when all work is at rest; `stop` has seen to it."""

    def retrying(self, work: Callable[[], T], *, seconds: float) -> T:
        """Return what ``work`` gives, through lost transactions. Raises Unavailable after ``seconds``."""
        return self._office.database.retrying(work, seconds=seconds)

    def _report(self) -> None:
        reports.report_alive(self._office, Alive(host=self._conf.host, binary="nova-conductor"))

    def _prune(self) -> None:
        days = self._conf.conductor.flow_keep_days
        while reports.prune(self._office, days):
            pass

    # servers

    @patient
    def accept_boots(self, context: Context, *, orders: tuple[BootOrder, ...], min_count: int) -> tuple[str, ...]:
        return boots.accept_boots(self._office, context, orders, min_count)

    @patient
    def list_servers(self, context: Context, *, query: ServerQuery) -> tuple[Server, ...]:
        return servers.list_servers(self._office, query)

    @patient
    def list_server_names(self, context: Context, *, query: ServerQuery) -> tuple[ServerName, ...]:
        return servers.list_server_names(self._office, query)

    @patient
    def show_server(self, context: Context, *, server_id: str, scope: str | None) -> Server:
        return servers.show_server(self._office, server_id, scope)

    @patient
    def update_server(self, context: Context, *, server_id: str, scope: str | None, changes: ServerChanges) -> Server:
        return servers.update_server(self._office, server_id, scope, changes)

    @patient
    def accept_delete(self, context: Context, *, server_id: str, scope: str | None) -> None:
        deletes.accept_delete(self._office, context, server_id, scope)

    @patient
    def list_actions(
        self, context: Context, *, server_id: str, scope: str | None, query: ActionQuery
    ) -> tuple[Action, ...]:
        return servers.list_actions(self._office, server_id, scope, query)

    @patient
    def show_action(self, context: Context, *, server_id: str, scope: str | None, request_id: str) -> Action:
        return servers.show_action(self._office, server_id, scope, request_id)

    # flavors

    @patient
    def list_flavors(self, context: Context, *, query: FlavorQuery) -> tuple[Flavor, ...]:
        return flavors.list_flavors(self._office, query)

    @patient
    def show_flavor(self, context: Context, *, flavor_id: str, scope: str | None) -> Flavor:
        return flavors.show_flavor(self._office, flavor_id, scope)

    @patient
    def create_flavor(self, context: Context, *, flavor: Flavor) -> Flavor:
        return flavors.create_flavor(self._office, flavor)

    @patient
    def delete_flavor(self, context: Context, *, flavor_id: str) -> None:
        flavors.delete_flavor(self._office, flavor_id)

    # services and hosts

    @patient
    def list_services(self, context: Context, *, query: ServiceQuery) -> tuple[Service, ...]:
        return hosts.list_services(self._office, query)

    @patient
    def list_hypervisors(self, context: Context, *, query: HypervisorQuery) -> tuple[Hypervisor, ...]:
        return hosts.list_hypervisors(self._office, query)

    @patient
    def list_zones(self, context: Context) -> tuple[Zone, ...]:
        return hosts.list_zones(self._office)

    # images

    @patient
    def create_image(self, context: Context, *, image: Image) -> Image:
        return images.create_image(self._office, image)

    @patient
    def list_images(self, context: Context, *, query: ImageQuery) -> tuple[Image, ...]:
        return images.list_images(self._office, query)

    @patient
    def show_image(self, context: Context, *, image_id: str, scope: str | None) -> Image:
        return images.show_image(self._office, image_id, scope)

    @patient
    def update_image(self, context: Context, *, image: Image, expected_status: str) -> Image:
        return images.update_image(self._office, image, expected_status)

    @patient
    def delete_image(self, context: Context, *, image_id: str) -> None:
        images.delete_image(self._office, image_id)

    # reports

    @patient
    def report_alive(self, context: Context, *, alive: Alive) -> None:
        reports.report_alive(self._office, alive)

    @patient
    def report_nodes(self, context: Context, *, host: str, nodes: tuple[Node, ...]) -> None:
        reports.report_nodes(self._office, host, nodes)

    @patient
    def host_started(self, context: Context, *, host: str) -> tuple[HostedServer, ...]:
        return reports.host_started(self._office, host)

    @patient
    def report_power(self, context: Context, *, host: str, reports: tuple[PowerReport, ...]) -> None:
        _report_power(self._office, host, reports)

    @patient
    def answer(self, context: Context, *, ticket: str, server_id: str, outcome: Outcome) -> Verdict:
        return reports.answer(self._office, ticket, server_id, outcome)

    @patient
    def host_changes(self, context: Context, *, since: float | None) -> HostChanges:
        return hosts.host_changes(self._office, since)


_report_power = reports.report_power  # the contract's parameter hides the module's name in that one method


def open_office(conf: cfg.ConfigOpts, transport: Transport) -> Office:
    """Put together the database, the flows and the settings of one conductor process."""
    database = Database(conf)
    flows = Flows(
        database,
        Tools(
            scheduler=transport.client(SchedulerRpc),
            compute=lambda host: transport.client(ComputeRpc, host=host),
            alive=lambda tx, host: hosts.is_alive(tx, host, now=time.time(), down_after=conf.service_down_time),
            attempts=lambda: conf.scheduler.max_attempts,
        ),
        SAGAS,
        Pool(conf.conductor.flow_workers),
        me=f"{conf.host}:{os.getpid()}",
        watchers=(watchers.keep_actions, watchers.keep_faults),
        pace=lambda: Pace(lease=conf.conductor.flow_lease_seconds, resend=conf.conductor.flow_resend_seconds),
    )
    return Office(
        database=database,
        flows=flows,
        clock=time.time,
        limits=lambda: {"instances": conf.quota.instances, "cores": conf.quota.cores, "ram": conf.quota.ram},
        down_after=lambda: int(conf.service_down_time),
        boot_seconds=lambda: float(conf.instance_build_timeout or 3600),
        default_zone=conf.default_availability_zone,
        internal_zone=conf.internal_service_availability_zone,
    )
