"""The compute service of one host: answers `ComputeRpc`, and keeps the conductor informed."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from oslo_config import cfg

from compute_cloud.clients.image import ImageService
from compute_cloud.compute.adopt import expected_here, remove_leftovers, resume_guests
from compute_cloud.compute.orders import Orders
from compute_cloud.compute.tools import open_tools
from compute_cloud.compute.watch import PowerWatch
from compute_cloud.concurrency import Event, Task, Timer, every, spawn
from compute_cloud.context import Context, nobody
from compute_cloud.errors import Problem, Unavailable
from compute_cloud.lifecycle.states import PowerState
from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.service import Alive
from compute_cloud.rpc.transport import Transport
from compute_cloud.virt.driver import Driver
from compute_cloud.virt.notes import bases_in_use

T = TypeVar("T")
LOG = logging.getLogger(__name__)
BINARY = "nova-compute"
_USUAL_REPORT_SECONDS = 60
_FINISH_SECONDS = 20.0
_PAUSES_SECONDS = (0.5, 1, 2, 5)


class Closing(Exception):
    """The service was stopped while it waited for something."""


class ComputeService:
    """Nothing runs before `start`. Raises Broken for a driver that is not there."""

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        transport: Transport,
        *,
        driver: Driver | None = None,
        images: ImageService | None = None,
    ) -> None:
        self._conf = conf
        self._tools = open_tools(conf, transport, driver=driver, images=images)
        self._ready = Event()
        self._closing = Event()
        self._watch = PowerWatch(self._tools)
        self._orders = Orders(self._tools, self._watch, builds=conf.max_concurrent_builds, ready=self._ready)
        self._opening: Task | None = None
        self._timers: list[Timer] = []
        self._nodes: Timer | None = None
        self._seen = 0.0
        self._adopted = False

    # its own life

    def start(self) -> None:
        """Begin, in the background: the driver, what the host has, what should run here; each until it works."""
        self._opening = spawn(self._open)

    def stop(self) -> None:
        """Finish what is under way or leave it to the next start; guests run on."""
        self._closing.set()
        for timer in self._timers:
            timer.stop(1)
        self._orders.stop(_FINISH_SECONDS)
        self._watch.stop()
        if self._opening is not None:
            self._opening.wait(_FINISH_SECONDS)
        self._tools.driver.stop()

    def wait(self) -> None:
        """Return when all work is at rest; `stop` has seen to it."""

    def reload(self) -> None:
        """Take mutable options as they are now: reserves and ratios are reported at once."""
        if self._nodes is not None:
            self._nodes.nudge()

    # what it is asked

    def spawn_guest(self, context: Context, *, ticket: str, node: str, order: BootOrder) -> None:
        self._orders.spawn(context, ticket, node, order)

    def destroy_guest(self, context: Context, *, ticket: str, server_id: str) -> None:
        self._orders.destroy(context, ticket, server_id)

    def console_output(self, context: Context, *, server_id: str, lines: int | None) -> str:
        del context
        if not self._ready.is_set():
            raise Unavailable("The host is not ready yet.")
        return self._tools.driver.console_output(server_id, lines)

    # what it does by itself

    def _open(self) -> None:
        conf = self._conf
        try:
            self._insist("the hypervisor driver", lambda: self._tools.driver.start(self._watch.note))
            self._insist("the conductor", self._report_alive)
            self._insist("the report of what the host has", self._report_nodes)
            self._timers.append(every(conf.report_interval, self._beat, at_once=False))
            self._watch.start(self._orders.is_busy)
            self._ready.set()
            self._insist("the list of servers", self._adopt)
        except Closing:
            return
        LOG.info("compute service %s is up", conf.host)
        self._begin_rounds()

    def _begin_rounds(self) -> None:
        conf = self._conf
        if conf.update_resources_interval >= 0:
            seconds = conf.update_resources_interval or _USUAL_REPORT_SECONDS
            self._nodes = self._round(seconds, self._report_nodes)
        if conf.sync_power_state_interval >= 0:
            self._round(conf.sync_power_state_interval or 600, lambda: self._watch.sync(afresh=True))
        if conf.running_deleted_instance_poll_interval:
            self._round(conf.running_deleted_instance_poll_interval, self._sweep)
        cache = conf.image_cache
        if self._tools.driver.wants_image and cache.manager_interval >= 0 and cache.remove_unused_base_images:
            self._round(cache.manager_interval or 2400, self._forget_images)

    def _round(self, seconds: float, work: Callable[[], None]) -> Timer:
        def quietly() -> None:
            try:
                work()
            except Problem as problem:
                LOG.warning("%s; it is tried again later", problem.detail or problem.message)

        timer = every(seconds, quietly, at_once=False)
        self._timers.append(timer)
        return timer

    def _insist(self, what: str, work: Callable[[], T]) -> T:
        """Return what ``work`` gives, tried until it works. Raises Closing."""
        tries = 0
        while True:
            try:
                result = work()
            except Problem as problem:
                if tries % 10 == 0:
                    LOG.warning("waiting for %s: %s (%s)", what, problem.message, problem.detail or problem.kind)
            except Exception:
                if tries % 10 == 0:
                    LOG.exception("%s failed; it is tried again", what)
            else:
                if tries:
                    LOG.info("%s: done, at try %d", what, tries + 1)
                return result
            if self._closing.wait(_PAUSES_SECONDS[min(tries, len(_PAUSES_SECONDS) - 1)]):
                raise Closing
            tries += 1

    def _report_alive(self) -> None:
        self._tools.conductor.report_alive(nobody(), alive=Alive(host=self._conf.host, binary=BINARY))
        self._seen = time.monotonic()

    def _beat(self) -> None:
        """Give a sign of life; after a silence that may have cost us servers, ask again what should run here."""
        before = self._seen
        try:
            self._report_alive()
            if self._seen - before > self._conf.service_down_time:
                self._adopt()
        except Problem as problem:
            LOG.warning("no sign of life could be given: %s", problem.message)

    def _report_nodes(self) -> None:
        nodes = self._tools.driver.nodes()
        self._tools.conductor.report_nodes(nobody(), host=self._conf.host, nodes=nodes)

    def _adopt(self) -> None:
        """Take the guests that stand as ours again, have open orders sent again, remove what has no server here."""
        hosted = self._tools.conductor.host_started(nobody(), host=self._conf.host)
        if self._conf.resume_guests_state_on_host_boot and not self._adopted:
            resume_guests(self._tools, self._orders, hosted)
        self._adopted = True
        for server in hosted:
            self._watch.known(server.server_id, PowerState(server.power_state))
        self._watch.sync(afresh=False)
        expected = frozenset(server.server_id for server in hosted)
        remove_leftovers(self._tools, self._orders, expected, action=self._conf.running_deleted_instance_action)
        LOG.info("%d servers should run on %s", len(hosted), self._conf.host)

    def _sweep(self) -> None:
        action = self._conf.running_deleted_instance_action
        remove_leftovers(self._tools, self._orders, expected_here(self._tools), action=action)

    def _forget_images(self) -> None:
        instances = Path(self._conf.instances_path)
        seconds = self._conf.image_cache.remove_unused_original_minimum_age_seconds
        self._tools.images.forget(lambda: bases_in_use(instances), seconds=seconds)
