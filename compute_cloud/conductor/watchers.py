"""Who watches flows: instance actions and faults are written here, in the transaction of what they tell of."""

from datetime import UTC, datetime

from compute_cloud.conductor.moments import Moment
from compute_cloud.db.session import Tx
from compute_cloud.db.stores import actions, servers
from compute_cloud.lifecycle.saga import Status
from compute_cloud.objects.action import ActionEvent
from compute_cloud.objects.server import Fault

FAULT_CODES = {"not_found": 404, "forbidden": 403}


def keep_actions(tx: Tx, moment: Moment) -> None:
    """Write each step of a flow as an event of the action that the user asked for."""
    record = moment.record
    where = (record.subject, record.context.request_id)
    order = ActionEvent(name=_name(moment), started_at=_time(moment.at), host=record.asked)
    if moment.what == "parked":
        actions.begin_event(tx, *where, order)
    elif moment.what != "ended":
        asked = moment.step.undo_cast if moment.what == "undone" else moment.step.cast
        more = [*_events_of_host(moment), *([order] if moment.what == "again" else [])]
        actions.end_event(tx, *where, _ended(moment), begun=asked is not None, more=more)
    if moment.what == "failed":
        actions.finish(tx, *where, at=_time(moment.at), message="Error")
    elif moment.what == "ended" and record.status is Status.DONE:
        actions.finish(tx, *where, at=_time(moment.at), message=None)


def keep_faults(tx: Tx, moment: Moment) -> None:
    """Write why a server is in ERROR where its owner sees it."""
    if moment.what == "failed" and moment.problem is not None:
        problem = moment.problem
        detail = moment.outcome.detail if moment.outcome else problem.detail
        fault = Fault(
            code=FAULT_CODES.get(problem.kind, 500),
            message=problem.message[:255],
            details=f"{moment.step.event}: {detail or problem.message}",
            created_at=_time(moment.at),
        )
        servers.set_fault(tx, moment.record.subject, fault)


def _name(moment: Moment) -> str:
    undoing = moment.what == "undone" or (moment.what == "parked" and moment.record.status is Status.UNDOING)
    return f"undo_{moment.step.event}" if undoing else moment.step.event


def _ended(moment: Moment) -> ActionEvent:
    outcome = moment.outcome
    reason = moment.problem.message if moment.problem else None
    if moment.what == "again" and outcome is not None:
        reason = outcome.reason
    return ActionEvent(
        name=_name(moment),
        started_at=_time(moment.began_at),
        finished_at=_time(moment.at),
        result="Error" if moment.what in {"again", "failed"} else "Success",
        host=outcome.host if outcome else None,
        details=reason,
        traceback=outcome.detail if outcome and not outcome.ok else None,
    )


def _events_of_host(moment: Moment) -> tuple[ActionEvent, ...]:
    if moment.outcome is None:
        return ()
    return tuple(
        ActionEvent(
            name=name,
            started_at=_time(began),
            finished_at=_time(ended),
            result="Success" if moment.outcome.ok else "Error",
            host=moment.outcome.host,
        )
        for name, began, ended in moment.outcome.events
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
