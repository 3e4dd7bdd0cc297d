"""The records of flows, and which of them want somebody's attention."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from compute_cloud.context import Context
from compute_cloud.db.rows import Row, document
from compute_cloud.db.session import Tx
from compute_cloud.db.tables.flows import FLOWS
from compute_cloud.errors import Conflict, NotFound
from compute_cloud.lifecycle.saga import RESTING, Record, Status
from compute_cloud.objects.flow import FlowLine

T = FLOWS.c
FIXED = ("id", "kind", "subject", "created_at")
MOVING = (
    "deadline", "ticket", "asked", "casts", "tries", "failed_at", "reason", "reason_kind", "owner", "wake_at",
)  # fmt: skip
_COLUMNS = [T[name] for name in (*FIXED, *MOVING, "context", "params", "outputs", "status", "generation")]
_LOAD = sa.select(*_COLUMNS).where(T.id == sa.bindparam("id"))
_SAVE = (
    sa.update(FLOWS)
    .where(T.id == sa.bindparam("at_id"), T.generation == sa.bindparam("at_generation"))
    .values({name: sa.bindparam(name) for name in (*MOVING, "outputs", "status", "generation", "updated_at")})
)
_CONTEXT = msgspec.json.Decoder(Context).decode
OPEN = (Status.RUNNING, Status.UNDOING)


class Lost(Conflict):
    """Somebody else has moved the flow (or what it works on) meanwhile."""


def insert(tx: Tx, records: Sequence[Record]) -> None:
    """Write new flows."""
    if records:
        tx.execute(sa.insert(FLOWS), [_new(record) for record in records])


def load(tx: Tx, flow_id: str) -> Record | None:
    """Return a flow, None when there is none of that id."""
    row = tx.execute(_LOAD, {"id": flow_id}).first()
    return None if row is None else _record(row)


def save(tx: Tx, record: Record) -> Record:
    """Write a record over the generation that it was made from; return it with its new one. Raises Lost."""
    values = _moving(record) | {
        "at_id": record.id,
        "at_generation": record.generation,
        "generation": record.generation + 1,
        "updated_at": _now(),
    }
    if tx.execute(_SAVE, values).rowcount != 1:
        raise Lost(f"Flow {record.id} was moved by somebody else.")
    return replace(record, generation=record.generation + 1)


def due(tx: Tx, now: float, *, limit: int) -> tuple[Record, ...]:
    """Return flows whose time to wake has come, longest overdue first."""
    query = sa.select(*_COLUMNS).where(T.wake_at <= now).order_by(T.wake_at).limit(limit)
    return tuple(_record(row) for row in tx.execute(query))


def renew(tx: Tx, owner: str, flow_ids: Sequence[str], *, until: float) -> None:
    """Lengthen the lease of flows that are in an owner's hands."""
    mine = sa.and_(T.owner == owner, T.id.in_(flow_ids), T.wake_at < until)
    tx.execute(sa.update(FLOWS).where(mine).values(wake_at=until))


def hand_over(tx: Tx, owner: str, flow_ids: Sequence[str], *, now: float) -> None:
    """Let go of flows that are in an owner's hands: they are due at once, for anybody."""
    tx.execute(sa.update(FLOWS).where(T.owner == owner, T.id.in_(flow_ids)).values(owner=None, wake_at=now))


def hurry(tx: Tx, host: str, now: float) -> None:
    """Make every ticket that is out to a host due at once."""
    tx.execute(
        sa.update(FLOWS)
        .where(T.asked == host, T.status.in_(OPEN), T.ticket.is_not(None), T.wake_at > now)
        .values(wake_at=now)
    )


def unfinished(tx: Tx, subject: str) -> bool:
    """Tell whether a flow is at work on the subject."""
    query = sa.select(T.id).where(T.subject == subject, T.status.in_(OPEN)).limit(1)
    return tx.execute(query).first() is not None


def supersede(tx: Tx, subject: str, reason: str) -> int:
    """Lay every flow of the subject that is not at rest, or is stuck, to rest; return how many there were."""
    return tx.execute(
        sa.update(FLOWS)
        .where(T.subject == subject, T.status.in_((*OPEN, Status.STUCK)))
        .values(
            status=Status.SUPERSEDED,
            reason=reason,
            owner=None,
            wake_at=None,
            ticket=None,
            generation=T.generation + 1,
            updated_at=_now(),
        )
    ).rowcount


def lines(
    tx: Tx,
    *,
    statuses: Sequence[Status] = (),
    kind: str | None = None,
    subject: str | None = None,
    limit: int = 100,
    step_of: Callable[[Record], str | None] | None = None,
) -> tuple[FlowLine, ...]:
    """Return flows as operators see them, newest first; ``step_of`` names the step at which one stands."""
    query = sa.select(*_COLUMNS, T.updated_at).order_by(T.created_at.desc(), T.id).limit(limit)
    if statuses:
        query = query.where(T.status.in_(statuses))
    if kind is not None:
        query = query.where(T.kind == kind)
    if subject is not None:
        query = query.where(T.subject == subject)
    return tuple(_line(_record(row), row.updated_at, step_of) for row in tx.execute(query))


def forget(tx: Tx, flow_id: str) -> None:
    """Take away the record of a flow at rest. Raises NotFound, Conflict when it is at work."""
    gone = tx.execute(sa.delete(FLOWS).where(T.id == flow_id, T.status.in_(sorted(RESTING)))).rowcount
    if not gone:
        if load(tx, flow_id) is None:
            raise NotFound(f"Flow {flow_id} could not be found.", field="flow_id")
        raise Conflict(f"Flow {flow_id} is still at work.")


def prune(tx: Tx, before: float, *, limit: int = 1000) -> int:
    """Take away records of flows that have rested since before that time, stuck ones apart; return how many."""
    finished = [status for status in sorted(RESTING) if status is not Status.STUCK]
    old = sa.select(T.id).where(T.status.in_(finished), T.updated_at < before).limit(limit)
    ids = tx.execute(old).scalars().all()
    return tx.execute(sa.delete(FLOWS).where(T.id.in_(ids))).rowcount if ids else 0


def _new(record: Record) -> dict[str, Any]:
    context = replace(record.context, credentials=())
    return (
        {name: getattr(record, name) for name in FIXED}
        | _moving(record)
        | {"context": document(context), "params": record.params, "generation": record.generation}
    )


def _moving(record: Record) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in MOVING}
    return values | {"outputs": document(record.outputs), "status": record.status}


def _record(row: Row) -> Record:
    values = {name: getattr(row, name) for name in (*FIXED, *MOVING, "params", "generation")}
    return Record(
        **values,
        context=_CONTEXT(row.context),
        outputs=msgspec.json.decode(row.outputs),
        status=Status(row.status),
    )


def _line(record: Record, updated_at: float | None, step_of: Callable[[Record], str | None] | None) -> FlowLine:
    return FlowLine(
        id=record.id,
        kind=record.kind,
        subject=record.subject,
        status=record.status,
        step=step_of(record) if step_of else record.failed_at,
        reason=record.reason,
        owner=record.owner,
        created_at=datetime.fromtimestamp(record.created_at, UTC),
        updated_at=None if updated_at is None else datetime.fromtimestamp(updated_at, UTC),
        deadline=datetime.fromtimestamp(record.deadline, UTC),
    )


def _now() -> float:
    return datetime.now(UTC).timestamp()
