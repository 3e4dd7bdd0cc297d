"""The scheduler: ranks hosts for the conductor, from states that it keeps in memory."""

from oslo_config import cfg
from oslo_log import log

from compute_cloud.concurrency import Timer, every
from compute_cloud.context import Context, nobody
from compute_cloud.errors import Problem
from compute_cloud.objects.scheduling import HostRequest, Selection
from compute_cloud.objects.service import Alive
from compute_cloud.rpc.contracts.conductor import ConductorRpc
from compute_cloud.rpc.transport import Transport
from compute_cloud.scheduler.hosts import Ages, Hosts
from compute_cloud.scheduler.plugins import load_driver

LOG = log.getLogger(__name__)
BINARY = "nova-scheduler"


class SchedulerService:
    """Answers `SchedulerRpc`. Nothing runs before `start`. Raises Invalid for a configuration that cannot be."""

    def __init__(self, conf: cfg.ConfigOpts, transport: Transport) -> None:
        self._conf = conf
        self._conductor = transport.client(ConductorRpc)
        self._driver = load_driver(conf)(conf, Hosts(self._conductor, self._ages))
        self._heart: Timer | None = None

    def start(self) -> None:
        """Begin to give signs of life."""
        self._heart = every(self._conf.report_interval, self._report)

    def stop(self) -> None:
        """Give no more signs of life."""
        if self._heart is not None:
            self._heart.stop(timeout=1)
            self._heart = None

    def wait(self) -> None:
        """Return when all work is at rest: there is none between two questions."""

    def reload(self) -> None:
        """Take mutable options as they are now."""
        self._driver.reload()

    def select_hosts(self, context: Context, *, request: HostRequest) -> Selection:
        del context
        selection: Selection = self._driver.select_hosts(request)
        return selection

    def _ages(self) -> Ages:
        conf = self._conf
        return Ages(
            refresh=conf.scheduler.refresh_interval_ms / 1000,
            complete=conf.scheduler.periodic_task_interval,
            useless=conf.service_down_time,
        )

    def _report(self) -> None:
        try:
            self._conductor.report_alive(nobody(), alive=Alive(host=self._conf.host, binary=BINARY))
        except Problem as problem:
            LOG.warning("no sign of life could be given: %s", problem.message)
