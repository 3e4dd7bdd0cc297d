"""Runs flows: begins them, takes answers, looks for what is overdue. What moves a record is `lifecycle.saga`.

Every move is saved by a compare-and-swap on the record's generation, in one transaction with what the step
changed and with what the watchers write of it. Whoever loses the swap has been overtaken and lets go.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from oslo_log import log

from compute_cloud.concurrency import Pool
from compute_cloud.conductor.faults import Overtaken
from compute_cloud.conductor.moments import Moment, Watcher
from compute_cloud.conductor.run import Run
from compute_cloud.context import Context
from compute_cloud.db.session import Database, Tx
from compute_cloud.db.stores import flows as store
from compute_cloud.errors import Broken, Problem, Unavailable
from compute_cloud.lifecycle import saga as engine
from compute_cloud.lifecycle.saga import Again, Cast, Decision, Done, Fail, Record, Saga, Status, Step
from compute_cloud.objects.ticket import Outcome
from compute_cloud.rpc import codec

LOG = log.getLogger(__name__)

ANSWER_TRIES = 5
DUE_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How patient flows are, in seconds."""

    lease: float = 30
    resend: float = 10
    undo: float = 3600


class Flows:
    """All flows, as one conductor process works on them."""

    def __init__(
        self,
        database: Database,
        tools: Any,
        sagas: Mapping[str, Saga],
        pool: Pool,
        *,
        me: str,
        watchers: tuple[Watcher, ...] = (),
        pace: Callable[[], Pace] = Pace,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._tools = tools
        self._sagas = sagas
        self._pool = pool
        self._me = me
        self._watchers = watchers
        self._pace = pace
        self._clock = clock
        self._mine: set[str] = set()  # in the pool now
        self._dropped: set[str] = set()  # let go in an outage, with the lease still ours
        self._stopping = False

    # beginnings

    def new(self, saga: Saga, *, id: str, subject: str, context: Context, params: Any, seconds: float) -> Record:  # noqa: A002
        """Return the record of a flow that this process is about to begin; the caller inserts it in its transaction."""
        now = self._clock()
        return self._held(
            Record(
                id=id,
                kind=saga.name,
                subject=subject,
                context=replace(context, deadline=None, credentials=()),  # the flow outlives the request
                params=codec.dump(params),
                deadline=now + seconds,
                created_at=now,
            )
        )

    def go(self, record: Record) -> None:
        """Work on a flow that this process holds, in the flow pool."""
        if not record.resting:
            self._mine.add(record.id)
            self._pool.submit(self._drive, record)

    # answers

    def answer(self, ticket: str, outcome: Outcome) -> bool:
        """Take the answer to a ticket; tell whether anybody waited for it."""
        for _ in range(ANSWER_TRIES):
            try:
                return self._answer(ticket, outcome)
            except store.Lost:
                continue
        raise Unavailable("The flow is being worked on elsewhere; answer again.")

    def _answer(self, ticket: str, outcome: Outcome) -> bool:
        with self._database.write() as tx:
            record = store.load(tx, ticket.rpartition("/")[0])
            if record is None or record.ticket != ticket or record.resting:
                return False
            run, step = self._run(record), self._step(record)
            decision = _cast_of(record, step).answered(self._tools, tx, run, outcome)
            after = self._decided(tx, run, step, decision, outcome)
        self._follow(after, sent=isinstance(decision, Again))
        return True

    def _decided(self, tx: Tx, run: Run, step: Step, decision: Decision, outcome: Outcome | None) -> Record:
        record = run.record
        if isinstance(decision, Done):
            return self._ended(tx, run, decision.output, outcome)
        if isinstance(decision, Again):
            run.record = replace(record, outputs={**record.outputs, **decision.outputs})
            return self._park(tx, run, step, "again", outcome)
        if isinstance(decision, Fail) and record.status is Status.RUNNING:
            return self._failed(tx, run, step, decision.problem, clean=True, outcome=outcome)
        # Later, or an undo that the host could not do yet
        return store.save(tx, engine.snoozed(record, self._wake(record)))

    def _follow(self, record: Record, *, sent: bool) -> None:
        if sent:
            self._send(self._run(record), self._step(record))
        elif record.ticket is None:
            self.go(record)

    # what is overdue

    def look(self) -> int:
        """Go on with all flows that are overdue; return how many there were."""
        if self._stopping:
            return 0
        self._let_go()
        with self._database.read() as tx:
            due = store.due(tx, self._clock(), limit=DUE_AT_ONCE)
        for record in due:
            if record.id not in self._mine:
                self._mine.add(record.id)
                self._pool.submit(self._awake, record)
        return len(due)

    def renew(self) -> None:
        """Say of the flows that are being worked on here that they still are."""
        if self._mine:
            with self._database.write() as tx:
                store.renew(tx, self._me, tuple(self._mine), until=self._clock() + self._pace().lease)

    def stop(self) -> None:
        """Finish what a step is in the middle of, and hand the rest over."""
        self._stopping = True
        waiting = set(self._mine)
        self._pool.stop()
        self._dropped |= waiting | self._mine
        self._let_go()

    def _let_go(self) -> None:
        """Make the flows due that are ours by lease but are worked on no more; those that rest are left alone."""
        dropped = tuple(self._dropped)
        if dropped:
            with self._database.write() as tx:
                store.hand_over(tx, self._me, dropped, now=self._clock())
            self._dropped.difference_update(dropped)

    def _awake(self, record: Record) -> None:
        try:
            run = self._run(record)
            if engine.expired(record, self._clock()):
                after = self._expire(run)
            elif record.ticket is not None:
                after = self._remind(run)
            else:
                with self._database.write() as tx:
                    after = store.save(tx, self._held(record))
        except store.Lost:
            self._mine.discard(record.id)
        except Exception:
            self._mine.discard(record.id)
            LOG.exception("Flow %s (%s) could not be looked at; it stays due", record.id, record.kind)
        else:
            self._drive(after) if after.ticket is None else self._mine.discard(record.id)

    def _expire(self, run: Run) -> Record:
        record, step = run.record, self._step(run.record)
        minutes = (record.deadline - record.created_at) / 60
        problem = Unavailable(f"It took longer than {minutes:.0f} minutes; it was given up at step {step.name!r}.")
        return self._turn_back(run, step, problem, stuck=f"undoing {step.name} had no answer in time")

    def _remind(self, run: Run) -> Record:
        """Ask what to do about a host that keeps silent; as a rule the order is sent again."""
        step = self._step(run.record)
        cast = _cast_of(run.record, step)
        with self._database.write() as tx:
            decision = cast.silent(self._tools, tx, run) if cast.silent else None
            if decision is None:
                after = store.save(tx, engine.snoozed(run.record, self._wake(run.record)))
            else:
                after = self._decided(tx, run, step, decision, None)
        if decision is None or isinstance(decision, Again):
            self._send(self._run(after), step)
        return after

    # going forward, and back

    def _drive(self, record: Record) -> None:
        run = self._run(record)
        try:
            while not run.record.resting and run.record.ticket is None and not self._stopping:
                if not self._one(run):
                    break
        except store.Lost:
            LOG.info("Flow %s (%s) goes on elsewhere", record.id, record.kind)
        except Exception:
            self._dropped.add(record.id)
            LOG.exception("Flow %s (%s) could not be saved; it is tried again", record.id, record.kind)
        finally:
            self._mine.discard(record.id)

    def _one(self, run: Run) -> bool:
        """Do or undo one step; tell whether to go on at once."""
        step = self._step(run.record)
        run.began_at = self._clock()
        try:
            if run.record.status is Status.UNDOING:
                self._undo(run, step)
            elif engine.expired(run.record, self._clock()):
                run.record = self._expire(run)
            else:
                self._do(run, step)
        except store.Lost:
            raise
        except Unavailable as outage:
            self._postpone(run, step, outage)
            return False
        except Problem as problem:
            run.record = self._turn_back(run, step, problem, stuck=f"undoing {step.name}: {problem.message}")
        except Exception:
            LOG.exception("Flow %s (%s) failed at %s", run.record.id, run.record.kind, step.name)
            fault = Broken("An unexpected fault of the cloud; its operator finds more in the log.")
            run.record = self._turn_back(run, step, fault, stuck=f"undoing {step.name}: {fault.message}")
        return True

    def _do(self, run: Run, step: Step) -> None:
        if step.cast is None:
            assert step.do is not None  # noqa: S101  a step has one of the two; the flows' tests see to it
            step.do(self._tools, run)
        elif step.cast.host(run) is None:
            with run.done():
                pass
        else:
            self._order(run, step)

    def _undo(self, run: Run, step: Step) -> None:
        if step.undo_cast is not None and step.undo_cast.host(run) is not None:
            self._order(run, step)
            return
        if step.undo is not None:
            step.undo(self._tools, run)
        if run.record.status is Status.UNDOING and step.name in run.record.outputs:
            with run.done():
                pass

    def _order(self, run: Run, step: Step) -> None:
        with self._database.write() as tx:
            after = self._park(tx, run, step, "parked", None)
        run.record = after
        self._send(run, step)

    def _park(self, tx: Tx, run: Run, step: Step, what: str, outcome: Outcome | None) -> Record:
        cast = _cast_of(run.record, step)
        host = cast.host(run)
        if host is None:
            raise Broken(f"nobody to send step {step.name} to")
        if cast.enter is not None:
            cast.enter(tx, run)
        after = store.save(tx, engine.parked(run.record, host=host, wake_at=self._wake(run.record)))
        self._watch(tx, what, after, step, self._clock(), outcome=outcome)
        return after

    def _send(self, run: Run, step: Step) -> None:
        ticket = run.record.ticket
        if ticket is None:
            return
        try:
            _cast_of(run.record, step).send(self._tools, run, ticket)
        except Unavailable as outage:
            LOG.warning("Order %s was not sent and will be again: %s", ticket, outage)

    def _turn_back(self, run: Run, step: Step, problem: Problem, *, stuck: str) -> Record:
        """Begin to undo; a flow that undoes already is stuck, for the reason given."""
        with self._database.write() as tx:
            if run.record.status is Status.UNDOING:
                LOG.error("Flow %s (%s) is stuck: %s", run.record.id, run.record.kind, stuck)
                return store.save(tx, engine.stuck(run.record, stuck))
            return self._failed(tx, run, step, problem, clean=False)

    def _failed(
        self, tx: Tx, run: Run, step: Step, problem: Problem, *, clean: bool, outcome: Outcome | None = None
    ) -> Record:
        LOG.info("Flow %s (%s) failed at %s: %s", run.record.id, run.record.kind, step.name, problem)
        try:
            run.saga.failed(tx, run, problem)
        except Overtaken as overtaken:  # the server is another flow's to tell about
            LOG.info("Flow %s (%s): %s", run.record.id, run.record.kind, overtaken)
        until = self._clock() + self._pace().undo
        after = engine.failed(run.saga, run.record, step, problem, clean=clean, deadline=until)
        saved = store.save(tx, self._held(after))
        self._watch(tx, "failed", saved, step, self._clock(), outcome=outcome, problem=problem)
        return saved

    def _postpone(self, run: Run, step: Step, outage: Unavailable) -> None:
        LOG.warning("Flow %s (%s) waits at %s: %s", run.record.id, run.record.kind, step.name, outage)
        with self._database.write() as tx:
            run.record = store.save(tx, engine.postponed(run.record, self._clock()))

    # small change

    def _run(self, record: Record) -> Run:
        return Run(self._sagas[record.kind], record, self._database.write, self._ended)

    def _ended(self, tx: Tx, run: Run, output: Any, outcome: Outcome | None = None) -> Record:
        """Write the end of the present step, done or undone."""
        step = self._step(run.record)
        if run.record.status is Status.UNDOING:
            what, after = "undone", engine.undone(run.saga, run.record, step)
        else:
            what, after = "done", engine.completed(run.saga, run.record, step, output)
        saved = store.save(tx, self._held(after))
        self._watch(tx, what, saved, step, run.began_at or self._clock(), outcome=outcome)
        return saved

    def _step(self, record: Record) -> Step:
        step = engine.current(self._sagas[record.kind], record)
        if step is None:
            raise Broken(f"flow {record.id} has no step left")
        return step

    def _held(self, record: Record) -> Record:
        if record.resting:
            return record
        return replace(record, owner=self._me, wake_at=self._clock() + self._pace().lease)

    def _wake(self, record: Record) -> float:
        return min(self._clock() + self._pace().resend, record.deadline)

    def _watch(self, tx: Tx, what: str, record: Record, step: Step, began_at: float, **more: Any) -> None:
        moment = Moment(what=what, record=record, step=step, at=self._clock(), began_at=began_at, **more)
        for watcher in self._watchers:
            watcher(tx, moment)
        if record.resting:
            for watcher in self._watchers:
                watcher(tx, replace(moment, what="ended"))


def _cast_of(record: Record, step: Step) -> Cast:
    cast = step.undo_cast if record.status is Status.UNDOING else step.cast
    if cast is None:
        raise Broken(f"step {step.name} casts nothing")
    return cast
