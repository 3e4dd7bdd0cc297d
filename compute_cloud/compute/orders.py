"""Orders that were cast to this host: worked on in turn, each answered with what came of it."""

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from compute_cloud.compute.answers import Answers
from compute_cloud.compute.flows.destroy import destroy
from compute_cloud.compute.flows.spawn import Build, spawn
from compute_cloud.compute.tickets import Tickets, Work
from compute_cloud.compute.tools import Tools
from compute_cloud.compute.turns import Turns
from compute_cloud.compute.watch import PowerWatch
from compute_cloud.concurrency import Event, Flag, Pool
from compute_cloud.context import Context
from compute_cloud.errors import Problem, Unavailable
from compute_cloud.lifecycle.states import PowerState
from compute_cloud.log_context import bind
from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.ticket import Outcome, Verdict
from compute_cloud.virt.driver import HostCannot

LOG = logging.getLogger(__name__)
Events = list[tuple[str, float, float]]
Do = Callable[[Work, Events], Mapping[str, str | int | None]]
_MANY_BUILDS = 64
_REMOVALS = 16


@dataclass(frozen=True, kw_only=True)
class _Job:
    """How one kind of order is worked on: where, by what, and who hears the verdict."""

    pool: Pool
    do: Do
    then: Callable[[Verdict], None]
    buries: bool = False


class Orders:
    """``ready`` happens when the driver can work; orders that came before wait for it."""

    def __init__(self, tools: Tools, watch: PowerWatch, *, builds: int, ready: Flag) -> None:
        self._tools = tools
        self._watch = watch
        self._ready = ready
        self._tickets = Tickets()
        self._turns = Turns()
        self._answers = Answers(tools.conductor)
        self._builds = Pool(builds or _MANY_BUILDS)
        self._removals = Pool(_REMOVALS)
        self._closing = Event()

    def spawn(self, context: Context, ticket: str, node: str, order: BootOrder) -> None:
        """Build the guest in the background."""

        def build(work: Work, events: Events) -> Mapping[str, str | int | None]:
            work.check()
            made = Build(tools=self._tools, context=context, node=node, order=order, check=work.check)
            facts = spawn(made, events)
            self._watch.known(order.server_id, PowerState.RUNNING)
            return facts

        then = partial(self._judged, context, ticket, order.server_id)
        self._take(context, ticket, order.server_id, _Job(pool=self._builds, do=build, then=then))

    def destroy(self, context: Context, ticket: str, server_id: str) -> None:
        """Remove the guest in the background; a build of it that is under way is stopped first."""

        def remove(work: Work, events: Events) -> Mapping[str, str | int | None]:
            del work
            destroy(self._tools, server_id, events)
            self._watch.forget(server_id)
            return {}

        job = _Job(pool=self._removals, do=remove, then=lambda _: None, buries=True)
        self._take(context, ticket, server_id, job)

    def is_busy(self, server_id: str) -> bool:
        """Tell whether the server is being worked on."""
        return self._tickets.is_busy(server_id)

    def remove_if(self, server_id: str, unwanted: Callable[[], bool]) -> None:
        """Remove a guest that nobody ordered us to, if ``unwanted`` still says so when its turn has come."""
        with self._turns.turn(server_id):
            if not self.is_busy(server_id) and unwanted():
                destroy(self._tools, server_id, [])
                self._watch.forget(server_id)

    def stop(self, timeout: float) -> None:
        """Finish what is under way within ``timeout`` seconds or so; what has not begun is left to the next start."""
        self._closing.set()
        self._builds.stop(timeout)
        self._removals.stop(timeout / 2)
        self._answers.stop(timeout / 2)

    def _take(self, context: Context, ticket: str, server_id: str, job: _Job) -> None:
        begun = self._tickets.begin(ticket, server_id, buries=job.buries)
        if begun is None:
            LOG.info("order %s came again; it is being worked on", ticket)
        elif isinstance(begun, Outcome):
            self._answers.send(context, ticket, server_id, begun, job.then)
        else:
            job.pool.submit(self._work, context, begun, job)

    def _work(self, context: Context, work: Work, job: _Job) -> None:
        bind(context)
        while not self._ready.wait(1):
            if self._closing.is_set():
                return
        if self._closing.is_set():
            return
        with self._turns.turn(work.server_id):
            outcome = self._outcome(work, job.do)
            self._tickets.finish(work, outcome)
        self._watch.nudge()
        self._answers.send(context, work.ticket, work.server_id, outcome, job.then)

    def _outcome(self, work: Work, do: Do) -> Outcome:
        events: Events = []
        host = self._tools.host
        try:
            facts = do(work, events)
        except Problem as problem:
            LOG.warning("server %s: %s (%s)", work.server_id, problem.message, problem.detail or problem.kind)
            retry = isinstance(problem, HostCannot | Unavailable)
            return Outcome(
                ok=False,
                host=host,
                retry=retry,
                reason=problem.message,
                detail=problem.detail or "",
                kind=problem.kind,
                events=tuple(events),
            )
        except Exception:
            LOG.exception("server %s: a fault of this host", work.server_id)
            said = "The host failed at it."
            detail = traceback.format_exc()
            return Outcome(ok=False, host=host, retry=True, reason=said, detail=detail, events=tuple(events))
        return Outcome(ok=True, host=host, facts=facts, events=tuple(events))

    def _judged(self, context: Context, ticket: str, server_id: str, verdict: Verdict) -> None:
        """Remove what was built when nobody waits for it, unless it was ordered again meanwhile."""
        if verdict is Verdict.REMOVE:
            LOG.info("server %s is not to run here: what was built is removed", server_id)
            bind(context)
            try:
                self.remove_if(server_id, lambda: self._tickets.is_latest(ticket, server_id))
            except Problem as problem:
                LOG.warning("server %s: its remains stay for now: %s", server_id, problem.detail or problem.message)
