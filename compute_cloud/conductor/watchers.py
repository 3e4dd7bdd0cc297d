"""Who watches flows: instance actions and faults are written here, in the transaction of what they tell of."""

from datetime import UTC, datetime

from compute_cloud.conductor.sagas import Moment
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
    if moment.what == "parked":
        begun = ActionEvent(name=moment.step.event, started_at=_time(moment.at), host=record.asked)
        actions.begin_event(tx, *where, begun)
    elif moment.what in {"done", "undone", "again"}:
        events = _events_of_host(moment)
        name = moment.step.event if moment.what != "undone" else f"undo_{moment.step.event}"
        result = "Error" if moment.what == "again" else "Success"
        actions.end_event(tx, *where, _ended(moment, name, result), more=events)
    elif moment.what == "failed":
        actions.end_event(tx, *where, _ended(moment, moment.step.event, "Error"), more=_events_of_host(moment))
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


def _ended(moment: Moment, name: str, result: str) -> ActionEvent:
    reason = moment.problem.message if moment.problem else None
    if moment.what == "again" and moment.outcome is not None:
        reason = moment.outcome.reason
    return ActionEvent(
        name=name,
        started_at=_time(moment.began_at),
        finished_at=_time(moment.at),
        result=result,
        host=moment.outcome.host if moment.outcome else None,
        details=reason,
        traceback=moment.outcome.detail if moment.outcome and not moment.outcome.ok else None,
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
