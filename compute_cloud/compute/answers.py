"""Bring outcomes to the conductor, until it says what is to become of what was built."""

import dataclasses
import logging
from collections.abc import Callable

from compute_cloud.concurrency import Event, Pool
from compute_cloud.context import Context
from compute_cloud.errors import Problem
from compute_cloud.log_context import bind
from compute_cloud.objects.ticket import Outcome, Verdict
from compute_cloud.rpc.contracts.conductor import ConductorRpc

LOG = logging.getLogger(__name__)
_SENDERS = 16
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 15.0


class Answers:
    """Delivers in the background; each outcome once at a time."""

    def __init__(self, conductor: ConductorRpc) -> None:
        self._conductor = conductor
        self._pool = Pool(_SENDERS)
        self._closing = Event()
        self._on_the_way: set[str] = set()

    def send(
        self, context: Context, ticket: str, server_id: str, outcome: Outcome, then: Callable[[Verdict], None]
    ) -> None:
        """Deliver the outcome, and call ``then`` with the verdict."""
        if ticket in self._on_the_way:
            return
        self._on_the_way.add(ticket)
        self._pool.submit(self._deliver, dataclasses.replace(context, deadline=None), ticket, server_id, outcome, then)

    def stop(self, timeout: float) -> None:
        """Try what is left once more; the conductor asks again for what it does not get."""
        self._closing.set()
        self._pool.stop(timeout)

    def _deliver(
        self, context: Context, ticket: str, server_id: str, outcome: Outcome, then: Callable[[Verdict], None]
    ) -> None:
        bind(context)
        try:
            verdict = self._ask(context, ticket, server_id, outcome)
        finally:
            self._on_the_way.discard(ticket)
        if verdict is not None:
            then(verdict)

    def _ask(self, context: Context, ticket: str, server_id: str, outcome: Outcome) -> Verdict | None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return self._conductor.answer(context, ticket=ticket, server_id=server_id, outcome=outcome)
            except Problem as problem:
                LOG.warning("the outcome of %s could not be delivered yet: %s", ticket, problem.message)
            if self._closing.wait(pause):
                return None
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
