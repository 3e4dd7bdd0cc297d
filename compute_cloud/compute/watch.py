"""Tell the conductor of guests' power: at once when it changes by itself, all of it now and then."""

import logging
from collections.abc import Callable

from compute_cloud.compute.tools import Tools
from compute_cloud.concurrency import Timer, every, sleep
from compute_cloud.context import nobody
from compute_cloud.errors import Problem
from compute_cloud.lifecycle.states import PowerState
from compute_cloud.objects.ticket import PowerReport

LOG = logging.getLogger(__name__)
_GATHER_SECONDS = 0.1
_AGAIN_SECONDS = 2.0
_IDLE_SECONDS = 300.0
_BATCH = 500


class PowerWatch:
    """Gathers power states and reports those that the conductor does not know; safe to call from any thread."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._is_busy: Callable[[str], bool] = lambda _: False
        self._news: dict[str, PowerState] = {}
        self._known: dict[str, PowerState] = {}
        self._timer: Timer | None = None

    def start(self, is_busy: Callable[[str], bool]) -> None:
        """Begin to report; nothing is told of a server while ``is_busy``: its order's outcome will tell."""
        self._is_busy = is_busy
        self._timer = every(lambda: _AGAIN_SECONDS if self._news else _IDLE_SECONDS, self._flush)

    def stop(self) -> None:
        """Report no more."""
        if self._timer is not None:
            self._timer.stop(1)
            self._timer = None

    def note(self, server_id: str, state: PowerState) -> None:
        """Take what the driver sees."""
        self._news[server_id] = state
        self.nudge()

    def known(self, server_id: str, state: PowerState) -> None:
        """Take what the conductor knows, or is about to be told; what was seen on the way there is no news."""
        self._known[server_id] = state
        self._news.pop(server_id, None)

    def forget(self, server_id: str) -> None:
        """Expect no such guest any more."""
        self._known.pop(server_id, None)
        self._news.pop(server_id, None)

    def nudge(self) -> None:
        """Report soon, if there is anything."""
        if self._news and self._timer is not None:
            self._timer.nudge()

    def sync(self, *, afresh: bool) -> None:
        """Compare all guests with what the conductor knows; ``afresh``: tell it all, whatever it was told before."""
        seen = {guest.server_id: guest.power_state for guest in self._tools.driver.guests()}
        missing = {server_id: PowerState.NOSTATE for server_id in self._known if server_id not in seen}
        if afresh:
            self._known = {}
        self._news.update({**missing, **seen})
        self.nudge()

    def _flush(self) -> None:
        if not self._news:
            return
        sleep(_GATHER_SECONDS)  # what happens together is told together
        news = {server_id: state for server_id, state in tuple(self._news.items()) if not self._is_busy(server_id)}
        changed = [(each, state) for each, state in news.items() if self._known.get(each) != state]
        try:
            for start in range(0, len(changed), _BATCH):
                self._report(changed[start : start + _BATCH])
        except Problem as problem:
            LOG.warning("power states could not be reported yet: %s", problem.message)
            return
        for server_id, state in news.items():
            if self._news.get(server_id) == state:
                del self._news[server_id]

    def _report(self, changed: list[tuple[str, PowerState]]) -> None:
        reports = tuple(PowerReport(server_id=each, power_state=int(state)) for each, state in changed)
        self._tools.conductor.report_power(nobody(), host=self._tools.host, reports=reports)
        self._known.update(changed)
