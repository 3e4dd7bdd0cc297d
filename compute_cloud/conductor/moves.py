"""Moves a server along the table of actions: what `lifecycle.machine` decides, written by compare-and-swap."""

from collections.abc import Callable
from typing import Any

from compute_cloud.conductor.faults import Overtaken
from compute_cloud.db.session import Tx
from compute_cloud.db.stores import servers
from compute_cloud.lifecycle import machine
from compute_cloud.lifecycle.machine import State
from compute_cloud.lifecycle.states import TaskState


def advance(tx: Tx, server_id: str, action: str, *, to: TaskState | None = None, **fields: Any) -> State:
    """Move to the action's next (or the given) task state, and write the fields. Raises Overtaken."""
    return _move(tx, server_id, action, lambda state: machine.advance(state, to=to), fields)


def end(tx: Tx, server_id: str, action: str, **fields: Any) -> State:
    """Move to where the action lands. Raises Overtaken."""
    return _move(tx, server_id, action, machine.end, fields)


def fail(tx: Tx, server_id: str, action: str, *, broken: bool = False, **fields: Any) -> State:
    """Move to where the action lands when it failed. Raises Overtaken."""
    return _move(tx, server_id, action, lambda state: machine.fail(state, broken=broken), fields)


def _move(tx: Tx, server_id: str, action: str, decide: Callable[[State], State], fields: dict[str, Any]) -> State:
    now = servers.state(tx, server_id)
    if now is None or now.action != action:
        raise Overtaken(f"Server {server_id} is not in the middle of {action!r} any more.")
    to = decide(now)
    if not servers.move(tx, server_id, expected=now, to=to, **fields):
        raise Overtaken(f"Server {server_id} was moved by somebody else.")
    return to
