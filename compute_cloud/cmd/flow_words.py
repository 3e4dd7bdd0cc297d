"""What an operator may see and do about flows."""

import time
from collections.abc import Sequence
from typing import Any

from oslo_config import cfg

from compute_cloud.conductor.flows import SAGAS
from compute_cloud.db.session import Database
from compute_cloud.db.stores import flows
from compute_cloud.errors import Conflict, Invalid, NotFound
from compute_cloud.lifecycle import saga
from compute_cloud.objects.flow import FlowLine

RETRY_SECONDS = 3600.0
_SHOWN = ("id", "kind", "subject", "status", "reason", "failed_at", "owner", "ticket", "asked", "casts", "tries")


def find(
    conf: cfg.ConfigOpts, *, statuses: Sequence[str] | None, kind: str | None, server: str | None, limit: int
) -> tuple[FlowLine, ...]:
    """Return flows, newest first. Raises Invalid for a status that is none."""
    try:
        wanted = tuple(saga.Status(status) for status in statuses or ())
    except ValueError as error:
        raise Invalid(f"{error}; one of {', '.join(saga.Status)}.", field="status") from error
    with Database(conf).read() as tx:
        return flows.lines(tx, statuses=wanted, kind=kind, subject=server, limit=limit, step_of=_step_of)


def show(conf: cfg.ConfigOpts, flow_id: str) -> dict[str, Any]:
    """Return what is known of a flow. Raises NotFound."""
    with Database(conf).read() as tx:
        record = _load(tx, flow_id)
    plain = {name: getattr(record, name) for name in _SHOWN}
    moments = {name: _moment(getattr(record, name)) for name in ("created_at", "wake_at", "deadline")}
    more = {"step": _step_of(record), "done": ", ".join(record.outputs), "request": record.context.request_id}
    return {**plain, **moments, **more}


def retry(conf: cfg.ConfigOpts, flow_id: str) -> None:
    """Let a stuck flow go on. Raises NotFound, Conflict when it is not stuck."""
    now = time.time()
    with Database(conf).write() as tx:
        record = _load(tx, flow_id)
        if record.status != saga.Status.STUCK:
            raise Conflict(f"Flow {flow_id} is {record.status}, not stuck.")
        flows.save(tx, saga.revived(record, now=now, deadline=now + RETRY_SECONDS))


def forget(conf: cfg.ConfigOpts, flow_id: str) -> None:
    """Take away the record of a flow at rest. Raises NotFound, Conflict when it is at work."""
    with Database(conf).write() as tx:
        flows.forget(tx, flow_id)


def _load(tx: Any, flow_id: str) -> saga.Record:
    record = flows.load(tx, flow_id)
    if record is None:
        raise NotFound(f"There is no flow {flow_id}.")
    return record


def _step_of(record: saga.Record) -> str | None:
    """Return the step at which a flow stands: the first that is not done, or the last to be undone."""
    kind = SAGAS.get(record.kind)
    if kind is None or record.resting:
        return record.failed_at
    names = [step.name for step in kind.steps]
    if record.status == saga.Status.UNDOING:
        return next((name for name in reversed(names) if name in record.outputs), record.failed_at)
    return next((name for name in names if name not in record.outputs), None)


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
