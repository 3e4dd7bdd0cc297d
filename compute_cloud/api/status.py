"""What users are told a server is: their one word from our two states, and back for the filter."""

from collections.abc import Mapping
from typing import Final

from compute_cloud.lifecycle.states import TaskState as T
from compute_cloud.lifecycle.states import VmState as V

_REBUILD: Final = dict.fromkeys((T.REBUILDING, T.REBUILD_BLOCK_DEVICE_MAPPING, T.REBUILD_SPAWNING), "REBUILD")
_RESIZE: Final = dict.fromkeys((T.RESIZE_PREP, T.RESIZE_MIGRATING, T.RESIZE_MIGRATED, T.RESIZE_FINISH), "RESIZE")
_REBOOT: Final = dict.fromkeys((T.REBOOTING, T.REBOOT_PENDING, T.REBOOT_STARTED), "REBOOT")
_HARD: Final = dict.fromkeys((T.REBOOTING_HARD, T.REBOOT_PENDING_HARD, T.REBOOT_STARTED_HARD), "HARD_REBOOT")
_MIGRATE: Final = {T.MIGRATING: "MIGRATING"}
_PASSWORD: Final = {T.UPDATING_PASSWORD: "PASSWORD"}

# vm_state: (its word at rest, the words of the tasks that show)
WORDS: Final[Mapping[V, tuple[str, Mapping[T, str]]]] = {
    V.ACTIVE: ("ACTIVE", _REBOOT | _HARD | _REBUILD | _RESIZE | _MIGRATE | _PASSWORD),
    V.BUILDING: ("BUILD", {}),
    V.STOPPED: ("SHUTOFF", _REBUILD | _RESIZE),
    V.PAUSED: ("PAUSED", _MIGRATE),
    V.SUSPENDED: ("SUSPENDED", {}),
    V.RESCUED: ("RESCUE", {}),
    V.RESIZED: ("VERIFY_RESIZE", {T.RESIZE_REVERTING: "REVERT_RESIZE"}),
    V.ERROR: ("ERROR", _REBUILD),
    V.DELETED: ("DELETED", {}),
    V.SOFT_DELETED: ("SOFT_DELETED", {}),
    V.SHELVED: ("SHELVED", {}),
    V.SHELVED_OFFLOADED: ("SHELVED_OFFLOADED", {}),
}

_SHOWN: Final[Mapping[tuple[V, T | None], str]] = {
    (vm, task): tasks.get(task, rest) if task else rest for vm, (rest, tasks) in WORDS.items() for task in (None, *T)
}
KNOWN: Final = frozenset(_SHOWN.values())

# `progress` is shown while one of these lasts
IN_PROGRESS: Final = frozenset({"BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "ACTIVE", "MIGRATING"})


def status_of(vm: V, task: T | None) -> str:
    """Return the status of a server in this state."""
    return _SHOWN[vm, task]


def states_of(status: str) -> tuple[tuple[V, ...], tuple[T | None, ...]]:
    """Return the vm_states and task_states that show as a status in any case; both empty for an unknown one.

    A server shows the status when its vm_state and its task_state are among them.
    """
    pairs = [pair for pair, word in _SHOWN.items() if word == status.upper()]
    vms = tuple(v for v in V if any(vm is v for vm, _ in pairs))
    tasks: tuple[T | None, ...] = tuple(t for t in (None, *T) if any(task is t for _, task in pairs))
    return vms, tasks
