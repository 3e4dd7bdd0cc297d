"""What may happen to a server, as one table, and three pure functions over it.

An action with task states *holds* the server: from `begin` to its last `advance` (or `fail`) the
server's state names it. An action without any is *light*: `begin` only says whether it may run,
and the state stays as it is.
"""

from dataclasses import dataclass, field

from compute_cloud.errors import Conflict
from compute_cloud.lifecycle.states import TaskState as T
from compute_cloud.lifecycle.states import VmState as V

IDLE: frozenset[T | None] = frozenset({None})
ANY_TASK: frozenset[T | None] = frozenset({None, *T})
EVERYWHERE = frozenset(V) - {V.DELETED}
_STUCK_OR_SOFT: frozenset[T | None] = IDLE | {
    T.REBOOTING, T.REBOOT_PENDING, T.REBOOT_STARTED, T.REBOOTING_HARD, T.RESUMING, T.PAUSING, T.UNPAUSING, T.SUSPENDING,
}  # fmt: skip


class Refused(Conflict):
    """The server's state does not allow the action."""


@dataclass(frozen=True)
class State:
    """Where a server rests, what is being done to it, and by which action (a name of `ACTIONS`)."""

    vm: V
    task: T | None = None
    action: str | None = None


@dataclass(frozen=True)
class Action:
    """One line of the table.

    ``steps``: the task states it passes. ``ends_in``: where it lands, which is where it stood when
    that is among them, else the first; empty: where it stood. ``on_failure``: None means where it
    stood. ``starts_at``: task states it may start at; an action that holds the server takes it over
    from whatever was running there. ``launched``: the server must have run once. ``heeds_lock``: a
    locked server refuses it. ``record``: the instance action's name, when it is not ``name``;
    empty for what leaves no record.
    """

    name: str
    starts_in: frozenset[V]
    steps: tuple[T, ...] = ()
    ends_in: tuple[V, ...] = ()
    on_failure: V | None = None
    starts_at: frozenset[T | None] = IDLE
    launched: bool = True
    heeds_lock: bool = True
    record: str = field(default="=")

    @property
    def holds(self) -> bool:
        """Whether the server's state names this action while it runs."""
        return bool(self.steps)

    @property
    def preempts(self) -> frozenset[T]:
        """Return the task states of other actions from which this one takes the server over."""
        return frozenset(t for t in self.starts_at if t) if self.holds else frozenset()

    @property
    def recorded_as(self) -> str | None:
        """Return the name in the list of instance actions, None when none is kept."""
        return self.name if self.record == "=" else self.record or None


def _in(*states: V) -> frozenset[V]:
    return frozenset(states)


_RUNS_OR_RESTS = _in(V.ACTIVE, V.STOPPED, V.PAUSED, V.SUSPENDED)
_REPAIRABLE = _in(V.ACTIVE, V.STOPPED, V.ERROR)
_NOT_YET = EVERYWHERE - {V.SOFT_DELETED}
_UNLESS_DELETING = ANY_TASK - {T.DELETING}
_TAKES_VOLUMES = _RUNS_OR_RESTS | _in(V.RESIZED, V.SOFT_DELETED, V.SHELVED, V.SHELVED_OFFLOADED)
_TAKES_PORTS = _in(V.ACTIVE, V.PAUSED, V.STOPPED)
_BOOT = (T.SCHEDULING, T.NETWORKING, T.BLOCK_DEVICE_MAPPING, T.SPAWNING)
_SNAPSHOT = (T.IMAGE_SNAPSHOT_PENDING, T.IMAGE_SNAPSHOT, T.IMAGE_PENDING_UPLOAD, T.IMAGE_UPLOADING)
_BACKUP = (T.IMAGE_BACKUP, T.IMAGE_PENDING_UPLOAD, T.IMAGE_UPLOADING)
_RESIZE = (T.RESIZE_PREP, T.RESIZE_MIGRATING, T.RESIZE_MIGRATED, T.RESIZE_FINISH)
_REBUILD = (T.REBUILDING, T.REBUILD_BLOCK_DEVICE_MAPPING, T.REBUILD_SPAWNING)
_SHELVE = (T.SHELVING, T.SHELVING_IMAGE_PENDING_UPLOAD, T.SHELVING_IMAGE_UPLOADING, T.SHELVING_OFFLOADING)
_SOFT = (T.REBOOTING, T.REBOOT_PENDING, T.REBOOT_STARTED)
_HARD = (T.REBOOTING_HARD, T.REBOOT_PENDING_HARD, T.REBOOT_STARTED_HARD)

# fmt: off
ACTIONS: dict[str, Action] = {a.name: a for a in (
    # birth and death
    Action("create",        _in(V.BUILDING), _BOOT, (V.ACTIVE, V.STOPPED), V.ERROR, launched=False),
    Action("delete",        EVERYWHERE, (T.DELETING,), (V.DELETED,), V.ERROR, ANY_TASK, launched=False),
    Action("forceDelete", EVERYWHERE, (T.DELETING,), (V.DELETED,), V.ERROR, ANY_TASK, launched=False, record="delete"),
    Action("soft-delete", _NOT_YET, (T.SOFT_DELETING,), (V.SOFT_DELETED,), None, _UNLESS_DELETING, record="delete"),
    Action("restore",       _in(V.SOFT_DELETED), (T.RESTORING,), (V.ACTIVE,)),
    # power
    Action("start",         _in(V.STOPPED), (T.POWERING_ON,), (V.ACTIVE,)),
    Action("stop",          _in(V.ACTIVE, V.ERROR), (T.POWERING_OFF,), (V.STOPPED,)),
    Action("reboot",        _in(V.ACTIVE), _SOFT, (V.ACTIVE,)),
    Action("hard-reboot",   _RUNS_OR_RESTS | {V.ERROR}, _HARD, (V.ACTIVE,), V.ERROR, _STUCK_OR_SOFT, record="reboot"),
    Action("pause",         _in(V.ACTIVE), (T.PAUSING,), (V.PAUSED,)),
    Action("unpause",       _in(V.PAUSED), (T.UNPAUSING,), (V.ACTIVE,)),
    Action("suspend",       _in(V.ACTIVE), (T.SUSPENDING,), (V.SUSPENDED,)),
    Action("resume",        _in(V.SUSPENDED), (T.RESUMING,), (V.ACTIVE,)),
    Action("trigger_crash_dump", _in(V.ACTIVE, V.PAUSED, V.RESCUED, V.RESIZED, V.ERROR), starts_at=ANY_TASK),
    # another disk, another shape
    Action("rebuild",       _REPAIRABLE, _REBUILD, (V.ACTIVE, V.STOPPED), V.ERROR),
    Action("rescue",        _REPAIRABLE, (T.RESCUING,), (V.RESCUED,), V.ERROR),
    Action("unrescue",      _in(V.RESCUED), (T.UNRESCUING,), (V.ACTIVE,), V.ERROR),
    Action("resize",        _in(V.ACTIVE, V.STOPPED), _RESIZE, (V.RESIZED,)),
    Action("confirmResize", _in(V.RESIZED), (T.RESIZE_CONFIRMING,), (V.ACTIVE, V.STOPPED)),
    Action("revertResize",  _in(V.RESIZED), (T.RESIZE_REVERTING,), (V.ACTIVE, V.STOPPED), V.ERROR),
    # another host
    Action("migrate",       _in(V.ACTIVE, V.STOPPED), _RESIZE, (V.RESIZED,)),
    Action("live-migration", _in(V.ACTIVE, V.PAUSED), (T.MIGRATING,)),
    Action("live_migration_cancel", _in(V.ACTIVE, V.PAUSED), starts_at=frozenset({T.MIGRATING})),
    Action("live_migration_force_complete", _in(V.ACTIVE), starts_at=frozenset({T.MIGRATING})),
    Action("evacuate",      _REPAIRABLE, _REBUILD, (V.ACTIVE, V.STOPPED), V.ERROR, ANY_TASK, heeds_lock=False),
    # off the host, as an image
    Action("shelve",        _RUNS_OR_RESTS, _SHELVE, (V.SHELVED, V.SHELVED_OFFLOADED)),
    Action("shelveOffload", _in(V.SHELVED), (T.SHELVING_OFFLOADING,), (V.SHELVED_OFFLOADED,)),
    Action("unshelve",      _in(V.SHELVED, V.SHELVED_OFFLOADED), (T.UNSHELVING, T.SPAWNING), (V.ACTIVE,)),
    Action("createImage",   _RUNS_OR_RESTS, _SNAPSHOT, heeds_lock=False),
    Action("createBackup",  _RUNS_OR_RESTS, _BACKUP, heeds_lock=False),
    # inside, and what is plugged in
    Action("changePassword", _in(V.ACTIVE), (T.UPDATING_PASSWORD,)),
    Action("attach_volume", _TAKES_VOLUMES),
    Action("detach_volume", _TAKES_VOLUMES),
    Action("swap_volume",   _in(V.ACTIVE, V.PAUSED, V.RESIZED)),
    Action("extend_volume", _TAKES_VOLUMES, starts_at=ANY_TASK, heeds_lock=False),
    Action("refresh_volume_attachment", _in(V.STOPPED, V.SHELVED_OFFLOADED), heeds_lock=False),
    Action("attach_interface", _TAKES_PORTS),
    Action("detach_interface", _TAKES_PORTS),
    Action("attach_share",  _in(V.STOPPED)),
    Action("detach_share",  _in(V.STOPPED, V.ERROR)),
    Action("metadata",      _RUNS_OR_RESTS, starts_at=ANY_TASK, record=""),
    Action("injectNetworkInfo", EVERYWHERE, starts_at=ANY_TASK, record=""),
    # an administrator's word (resetState: see `reset`)
    Action("lock",          EVERYWHERE, starts_at=ANY_TASK, launched=False, heeds_lock=False),
    Action("unlock",        EVERYWHERE, starts_at=ANY_TASK, launched=False, heeds_lock=False),
    Action("resetState",    EVERYWHERE, (), (V.ACTIVE, V.ERROR), None, ANY_TASK, launched=False, heeds_lock=False),
)}
# fmt: on


def begin(state: State, name: str, *, server: str = "", launched: bool = True, locked: bool = False) -> State:
    """Return the state in which action `name` holds the server, or raise `Refused`.

    ``server`` is its id, for the message. ``launched``: it has run before. ``locked``: it is
    locked, and the caller may not override locks. Asking again for what runs already changes nothing.
    """
    action = ACTIONS[name]
    what = f"Cannot '{name}' server {server}".rstrip()
    if locked and action.heeds_lock:
        raise Refused(f"{what} while it is locked")
    if state.vm not in action.starts_in:
        raise Refused(f"{what} while it is in vm_state {state.vm}")
    if state.task not in action.starts_at:
        raise Refused(f"{what} while it is in task_state {state.task or 'none'}")
    if action.launched and not launched:
        raise Refused(f"{what} because it has never been launched")
    if not action.holds or (state.action and _same_work(action, ACTIONS[state.action])):
        return state
    return State(state.vm, action.steps[0], name)


def advance(state: State, *, to: T | None = None, ends_in: V | None = None) -> State:
    """Return the state after the present step: the next one, or the action's end.

    ``to`` skips to a later step (or stays at the present one); ``ends_in`` ends the action there,
    and must be one of its endings. A walk that the table does not know is a ValueError.
    """
    action = _holding(state)
    at = _place(action, state)
    if to is not None:
        if to not in action.steps[at:]:
            raise ValueError(f"{action.name} does not pass from {state.task} to {to}")
        return State(state.vm, to, action.name)
    if ends_in is not None:
        if ends_in not in (action.ends_in or (state.vm,)):
            raise ValueError(f"{action.name} does not end in {ends_in}")
        return State(ends_in)
    if at + 1 < len(action.steps):
        return State(state.vm, action.steps[at + 1], action.name)
    return end(state)


def end(state: State) -> State:
    """Return where the action that holds the server lands, whatever steps remain."""
    action = _holding(state)
    if not action.ends_in or state.vm in action.ends_in:
        return State(state.vm)
    return State(action.ends_in[0])


def fail(state: State, *, broken: bool = False) -> State:
    """Return where the action lands when it failed; ``broken``: what is left of it cannot run."""
    action = _holding(state)
    if broken:
        return State(V.ERROR)
    return State(action.on_failure or state.vm)


def reset(state: State, to: V) -> State:
    """Return the state an administrator set by hand (`resetState`): active or error, nothing running."""
    action = ACTIONS["resetState"]
    begin(state, action.name)
    if to not in action.ends_in:
        raise ValueError(f"a server cannot be reset to {to}")
    return State(to)


def legal(state: State) -> bool:
    """Say whether the table knows this state: at rest, or at a step of an action."""
    if state.task is None or state.action is None:
        return state.task is None and state.action is None
    action = ACTIONS.get(state.action)
    return action is not None and state.task in action.steps and state.vm in action.starts_in


def _same_work(one: Action, other: Action) -> bool:
    return (one.recorded_as, one.steps, one.ends_in) == (other.recorded_as, other.steps, other.ends_in)


def _holding(state: State) -> Action:
    if state.action is None:
        raise ValueError(f"no action holds a server at {state.vm}")
    return ACTIONS[state.action]


def _place(action: Action, state: State) -> int:
    if state.task not in action.steps:
        raise ValueError(f"{action.name} does not pass {state.task}")
    return action.steps.index(state.task)
