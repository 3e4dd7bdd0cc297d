"""The default way to decide: filters, then weighers, over the states in memory."""

import random

from oslo_config import cfg
from oslo_log import log

from compute_cloud.objects.scheduling import HostRequest, Selection
from compute_cloud.scheduler.hosts import Hosts, View
from compute_cloud.scheduler.plugins import FORCED, load_filters, load_weighers, read_settings
from compute_cloud.scheduler.select import select

LOG = log.getLogger(__name__)


class FilterScheduler:
    """Decides with the filters and weighers of the configuration."""

    def __init__(self, conf: cfg.ConfigOpts, hosts: Hosts, rng: random.Random | None = None) -> None:
        self._conf = conf
        self._hosts = hosts
        self._rng = rng or random.SystemRandom()
        self.reload()

    def reload(self) -> None:
        """Take the configuration as it is now. Raises Invalid when it names what does not exist."""
        self._settings = read_settings(self._conf)
        self._filters = load_filters(self._conf, self._settings)
        self._forced = tuple(each for each in self._filters if each.name in FORCED)
        self._weighers = load_weighers(self._conf, self._settings)

    def select_hosts(self, request: HostRequest) -> Selection:
        """Return the ranked hosts; consume the first in memory. Raises Unavailable when no host's state is known.

        A server that comes again lost its claims to others, so what was decided from then is too old. Nobody is told
        that there is no host from states that may have changed, nor because of claims that are only expected.
        """
        asked_at = self._hosts.now()
        view = self._hosts.view(newer_than=self._hosts.decided_at(request.server_id))
        selection = self._select(request, view)
        if not selection.choices:
            view = self._hosts.view(newer_than=asked_at, optimistic=False)
            selection = self._select(request, view)
        if selection.choices:
            self._hosts.consume(request, selection.choices[0])
        else:
            LOG.info("no host for server %s: %s", request.server_id, selection.explain_to_operators())
        return selection

    def _select(self, request: HostRequest, view: View) -> Selection:
        settings = self._settings
        forced = request.forced_host or request.forced_node
        return select(
            request,
            view.states,
            filters=self._forced if forced else self._filters,
            weighers=self._weighers,
            now=view.known_at,
            default_zone=settings.default_zone,
            subset_size=settings.subset_size,
            rng=self._rng,
            shuffle=settings.shuffle,
        )
