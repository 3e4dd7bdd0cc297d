"""How a flow moves: steps in order, and when one fails, undo last to first.

Pure. A `Record` is all there is to know of a flow; each function here takes one and gives the next. Whoever
runs flows saves a record before it acts on it, so any conductor can go on from what the last one saved.

A step either ends at once or *parks*: it casts an order that bears a ticket to a host, and the flow sleeps in
its record until the answer to that ticket comes, at whichever conductor that may be. An answer to any other
ticket is late, doubled, or from a host that we left, and changes nothing.

``wake_at`` says when somebody must look again: while a step runs it is the end of the runner's lease, while
parked the time to send the ticket again, after an outage the time of the next try. A flow that has ended never
wakes. So one query, "what is overdue", finds all work of crashed conductors, lost casts and passed deadlines.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from compute_cloud.context import Context
from compute_cloud.errors import Problem

FIRST_RETRY_SECONDS = 0.5
LAST_RETRY_SECONDS = 10.0


class Status(StrEnum):
    """Where a flow stands. RUNNING and UNDOING have work left; the others rest."""

    RUNNING = "running"
    UNDOING = "undoing"
    DONE = "done"
    FAILED = "failed"  # all undone
    STUCK = "stuck"  # an undo failed or had no answer: an operator decides
    SUPERSEDED = "superseded"  # another flow of the same server took over its duties


RESTING = frozenset({Status.DONE, Status.FAILED, Status.STUCK, Status.SUPERSEDED})


@dataclass(frozen=True, kw_only=True)
class Cast:
    """What a parking step does around its cast.

    ``host(run)`` names who is asked; None: nobody need be, and the step is done. ``enter(tx, run)`` writes what is true
    from the moment the order is out. ``send(tools, run, ticket)`` sends it; it may be called again for the same
    ticket. ``answered(tools, tx, run, outcome)`` runs in the transaction that takes the answer; returns a `Decision`.
    ``silent(tools, tx, run)`` is asked instead when the time to send again has come; it returns a decision, or None to
    send again.
    """

    host: Callable[[Any], str | None]
    send: Callable[[Any, Any, str], None]
    answered: Callable[[Any, Any, Any, Any], "Decision"]
    enter: Callable[[Any, Any], None] | None = None
    silent: Callable[[Any, Any, Any], "Decision | None"] | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of a flow's table of contents.

    Exactly one of ``do(tools, run)`` and ``cast``; at most one of ``undo(tools, run)`` and ``undo_cast``. Each must be
    safe to run twice. ``event`` is the step's name in the server's instance actions.
    """

    name: str
    event: str
    do: Callable[[Any, Any], None] | None = None
    cast: Cast | None = None
    undo: Callable[[Any, Any], None] | None = None
    undo_cast: Cast | None = None


@dataclass(frozen=True, kw_only=True)
class Saga:
    """A kind of flow. ``failed(tx, run, problem)`` writes what a user sees at once when it begins to undo."""

    name: str
    params: type
    steps: tuple[Step, ...]
    failed: Callable[[Any, Any, Problem], None]

    def step(self, name: str) -> Step:
        """Return the step of that name. Raises KeyError."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)


@dataclass(frozen=True, kw_only=True)
class Record:
    """A flow as its row has it. Times are seconds since the epoch.

    ``outputs`` maps finished steps to what they gave (plain JSON). ``ticket`` is the cast that is out, ``asked`` the
    host it went to. ``generation`` goes up by one at each save: a save that finds another one was overtaken.
    ``params`` is the JSON of the saga's params type.
    """

    id: str
    kind: str
    subject: str
    context: Context
    params: str
    deadline: float
    created_at: float
    status: Status = Status.RUNNING
    outputs: Mapping[str, Any] = field(default_factory=dict)
    ticket: str | None = None
    asked: str | None = None
    casts: int = 0
    tries: int = 0
    failed_at: str | None = None
    reason: str | None = None
    reason_kind: str | None = None
    generation: int = 0
    owner: str | None = None
    wake_at: float | None = None

    @property
    def resting(self) -> bool:
        """Whether nothing is left to do."""
        return self.status in RESTING


@dataclass(frozen=True, kw_only=True)
class Done:
    """The step is finished, with this output."""

    output: Any = None


@dataclass(frozen=True, kw_only=True)
class Fail:
    """The step failed and left nothing behind."""

    problem: Problem


@dataclass(frozen=True, kw_only=True)
class Again:
    """Send a new order (to another host, say); ``outputs`` replaces the outputs of earlier steps that changed."""

    outputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Later:
    """Not yet: keep the ticket and send it again when it is due."""


Decision = Done | Fail | Again | Later


def current(saga: Saga, record: Record) -> Step | None:
    """Return the step to do, or to undo; None when the flow is at its end."""
    if record.status is Status.RUNNING:
        return next((step for step in saga.steps if step.name not in record.outputs), None)
    if record.status is Status.UNDOING:
        return next((step for step in reversed(saga.steps) if step.name in record.outputs), None)
    return None


def expired(record: Record, now: float) -> bool:
    """Tell whether a flow that still goes forward has had its time."""
    return not record.resting and now >= record.deadline


def completed(saga: Saga, record: Record, step: Step, output: Any) -> Record:
    """Return the record with the step's output; after the last step the flow is done."""
    outputs = {**record.outputs, step.name: output}
    return _settled(saga, replace(record, outputs=outputs, ticket=None, asked=None, tries=0))


def undone(saga: Saga, record: Record, step: Step) -> Record:
    """Return the record without the step; after the first step the flow has failed cleanly."""
    left = {name: output for name, output in record.outputs.items() if name != step.name}
    return _settled(saga, replace(record, outputs=left, ticket=None, asked=None, tries=0))


def _settled(saga: Saga, record: Record) -> Record:
    if current(saga, record) is not None:
        return record
    end = Status.DONE if record.status is Status.RUNNING else Status.FAILED
    return replace(record, status=end, owner=None, wake_at=None)


def parked(record: Record, *, host: str, wake_at: float, outputs: Mapping[str, Any] | None = None) -> Record:
    """Return the record with a new ticket out to the host; ``outputs`` are merged over those it has."""
    casts = record.casts + 1
    return replace(
        record,
        casts=casts,
        ticket=f"{record.id}/{casts}",
        asked=host,
        owner=None,
        wake_at=wake_at,
        tries=0,
        outputs={**record.outputs, **(outputs or {})},
    )


def snoozed(record: Record, wake_at: float) -> Record:
    """Return the record left alone until then, its ticket (if any) still out."""
    return replace(record, owner=None, wake_at=wake_at)


def postponed(record: Record, now: float) -> Record:
    """Return the record after a try that met an outage: the same step again, a little later each time."""
    pause = min(FIRST_RETRY_SECONDS * 2**record.tries, LAST_RETRY_SECONDS)
    return replace(record, owner=None, tries=record.tries + 1, wake_at=now + pause)


def failed(saga: Saga, record: Record, step: Step, problem: Problem, *, clean: bool, deadline: float) -> Record:
    """Return the record on its way back. Unless the failure was ``clean``, the step itself is undone too.

    ``deadline`` is until when the undoing may take before an operator is asked.
    """
    outputs = dict(record.outputs)
    if not clean and (step.undo or step.undo_cast):
        outputs.setdefault(step.name, None)
    back = replace(
        record,
        status=Status.UNDOING,
        outputs=outputs,
        ticket=None,
        asked=None,
        tries=0,
        deadline=deadline,
        failed_at=step.name,
        reason=problem.message,
        reason_kind=problem.kind,
    )
    return _settled(saga, back)


def stuck(record: Record, reason: str) -> Record:
    """Return the record at rest until an operator decides."""
    return replace(record, status=Status.STUCK, reason=reason, owner=None, wake_at=None)


def superseded(record: Record, reason: str) -> Record:
    """Return the record at rest, since another flow does what is left."""
    return replace(record, status=Status.SUPERSEDED, reason=reason, owner=None, wake_at=None, ticket=None)


def revived(record: Record, *, now: float, deadline: float) -> Record:
    """Return a stuck record as it goes on undoing at an operator's word."""
    return replace(record, status=Status.UNDOING, ticket=None, asked=None, tries=0, wake_at=now, deadline=deadline)
