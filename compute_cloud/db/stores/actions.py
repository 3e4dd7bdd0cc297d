"""What was done to servers, and each step of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from compute_cloud.context import Context
from compute_cloud.db.clock import utcnow
from compute_cloud.db.paging import page
from compute_cloud.db.rows import Reading
from compute_cloud.db.session import Tx
from compute_cloud.db.tables.actions import ACTIONS, EVENTS
from compute_cloud.db.upsert import insert_new
from compute_cloud.errors import NotFound
from compute_cloud.objects.action import Action, ActionEvent, ActionQuery

A = ACTIONS.c
E = EVENTS.c
FIELDS = (
    "server_id", "request_id", "name", "user_id", "project_id", "started_at", "updated_at", "finished_at",
    "message",
)  # fmt: skip
_ACTION = Reading(Action, {name: A[name] for name in FIELDS})
EVENT_FIELDS = ("name", "started_at", "finished_at", "result", "host", "details", "traceback")
ENDED_FIELDS = ("finished_at", "result", "details", "traceback")
_END_EVENT = (
    sa.update(EVENTS)
    .where(
        E.server_id == sa.bindparam("at_server"),
        E.request_id == sa.bindparam("at_request"),
        E.name == sa.bindparam("at_name"),
        E.finished_at.is_(None),
    )
    .values({name: sa.bindparam(f"to_{name}") for name in ENDED_FIELDS})
)
_FINISH = (
    sa.update(ACTIONS)
    .where(
        A.server_id == sa.bindparam("at_server"),
        A.request_id == sa.bindparam("at_request"),
        A.finished_at.is_(None),
    )
    .values(finished_at=sa.bindparam("to_time"), updated_at=utcnow(), message=sa.bindparam("to_message"))
)
_EVENT = Reading(ActionEvent, {name: E[name] for name in EVENT_FIELDS})


def begin(tx: Tx, context: Context, name: str, server_ids: Sequence[str], *, at: datetime) -> None:
    """Note that a request began an action on servers; once for each, however often it is said."""
    rows = [
        {
            "server_id": server_id,
            "request_id": context.request_id,
            "name": name,
            "user_id": context.user_id,
            "project_id": context.project_id,
            "started_at": at,
            "updated_at": at,
        }
        for server_id in server_ids
    ]
    insert_new(tx, ACTIONS, rows)


def begin_event(tx: Tx, server_id: str, request_id: str, event: ActionEvent) -> None:
    """Note a step that will take its time."""
    tx.execute(sa.insert(EVENTS), [_row(server_id, request_id, event)])


def end_event(
    tx: Tx, server_id: str, request_id: str, event: ActionEvent, *, begun: bool, more: Sequence[ActionEvent] = ()
) -> None:
    """Note the end of a step, ``begun`` by `begin_event` perhaps, and ``more`` steps that are over or begin with it."""
    fresh = list(more)
    if not (begun and _end(tx, server_id, request_id, event)):
        fresh.insert(0, event)
    if fresh:
        tx.execute(sa.insert(EVENTS), [_row(server_id, request_id, one) for one in fresh])


def _end(tx: Tx, server_id: str, request_id: str, event: ActionEvent) -> bool:
    ends = {f"to_{name}": getattr(event, name) for name in ENDED_FIELDS}
    at = {"at_server": server_id, "at_request": request_id, "at_name": event.name}
    return tx.execute(_END_EVENT, ends | at).rowcount > 0


def finish(tx: Tx, server_id: str, request_id: str, *, at: datetime, message: str | None) -> None:
    """Note the end of an action; ``message`` is ``Error`` when it failed. The first end is the one that counts."""
    tx.execute(_FINISH, {"at_server": server_id, "at_request": request_id, "to_time": at, "to_message": message})


def list_of(tx: Tx, server_id: str, query: ActionQuery) -> tuple[Action, ...]:
    """Return a page of a server's actions without events, newest first. Raises Invalid for an unknown marker."""
    chosen = sa.select(*_ACTION.columns).where(A.server_id == server_id)
    if query.changed_since is not None:
        chosen = chosen.where(A.updated_at >= query.changed_since)
    if query.changed_before is not None:
        chosen = chosen.where(A.updated_at <= query.changed_before)
    marker = None
    if query.marker is not None:
        marker = (A.server_id == server_id) & (A.request_id == query.marker)
    rows = page(
        tx, chosen, [(A.started_at, False), (A.id, False)], limit=query.limit, marker=marker, named=query.marker or ""
    )
    return _ACTION.all(rows)


def show(tx: Tx, server_id: str, request_id: str) -> Action:
    """Return one action with its events, newest first. Raises NotFound."""
    chosen = sa.select(*_ACTION.columns).where(A.server_id == server_id, A.request_id == request_id)
    found = _ACTION.first(tx.execute(chosen).first())
    if found is None:
        raise NotFound(f"Action {request_id} on server {server_id} could not be found.", field="request_id")
    events = (
        sa.select(*_EVENT.columns)
        .where(E.server_id == server_id, E.request_id == request_id)
        .order_by(E.started_at.desc(), E.id.desc())
    )
    return replace(found, events=_EVENT.all(tx.execute(events)))


def _row(server_id: str, request_id: str, event: ActionEvent) -> dict[str, Any]:
    return {"server_id": server_id, "request_id": request_id} | {name: getattr(event, name) for name in EVENT_FIELDS}
