"""Orders by ticket: which are being worked on, what came of those that are done, which servers are gone.

A cast may come twice, or again after an answer was lost. In memory only: after a restart the conductor sends what is
still open again, and doing it again finds the work done.
"""

import collections
import time
from dataclasses import dataclass, field
from typing import TypeVar

from compute_cloud.concurrency import Event, Flag, Lock
from compute_cloud.errors import Conflict
from compute_cloud.objects.ticket import Outcome

T = TypeVar("T")
_REMEMBERED = 2000
_GONE_SECONDS = 600.0


class Stopped(Conflict):
    """The server was deleted while it was being built."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """One order under way."""

    ticket: str
    server_id: str
    stop: Flag = field(default_factory=Event)

    def check(self) -> None:
        """Go on, or raise Stopped when the order is to end."""
        if self.stop.is_set():
            raise Stopped("The server was deleted while it was being built.")


class Tickets:
    """What this host knows of its orders; the last few thousand of them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: dict[str, Work] = {}
        self._done: collections.OrderedDict[str, Outcome] = collections.OrderedDict()
        self._latest: collections.OrderedDict[str, str] = collections.OrderedDict()
        self._gone: collections.OrderedDict[str, float] = collections.OrderedDict()

    def begin(self, ticket: str, server_id: str, *, buries: bool = False) -> Work | Outcome | None:
        """Return new work, the outcome of work that is done, or None for what is under way already.

        An order that ``buries`` its server asks what builds it to stop, and has it built no more for a while.
        """
        with self._lock:
            if ticket in self._running:
                return None
            if ticket in self._done:
                return self._done[ticket]
            if buries:
                self._bury(server_id)
            work = Work(ticket=ticket, server_id=server_id)
            if not buries and self._is_gone(server_id):
                work.stop.set()
            self._running[ticket] = work
            _remember(self._latest, server_id, ticket)
            return work

    def finish(self, work: Work, outcome: Outcome) -> None:
        """Note what came of it."""
        with self._lock:
            self._running.pop(work.ticket, None)
            _remember(self._done, work.ticket, outcome)

    def is_latest(self, ticket: str, server_id: str) -> bool:
        """Tell whether no younger order for the server came."""
        return self._latest.get(server_id) == ticket

    def is_busy(self, server_id: str) -> bool:
        """Tell whether an order for the server is under way."""
        return any(work.server_id == server_id for work in tuple(self._running.values()))

    def _bury(self, server_id: str) -> None:
        _remember(self._gone, server_id, time.monotonic() + _GONE_SECONDS)
        for work in self._running.values():
            if work.server_id == server_id:
                work.stop.set()

    def _is_gone(self, server_id: str) -> bool:
        until = self._gone.get(server_id)
        return until is not None and until > time.monotonic()


def _remember(memory: "collections.OrderedDict[str, T]", key: str, value: T) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)
