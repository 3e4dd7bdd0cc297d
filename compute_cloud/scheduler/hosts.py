"""The states of all hosts in memory: pulled from the conductor as deltas when a decision needs them fresher.

A choice is noted as consumed at once, so that decisions that follow do not all go to the same host; the note goes
when a pull that began well after it has brought what the claim came to.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from oslo_log import log

from compute_cloud import concurrency
from compute_cloud.context import Context, nobody
from compute_cloud.errors import Problem, Unavailable
from compute_cloud.objects.host import HostChanges, HostState
from compute_cloud.objects.scheduling import Choice, HostRequest

LOG = log.getLogger(__name__)
CLAIM_SECONDS = 1.0
"""How long after a decision its claim is surely committed, or never."""
_PATIENCE_SECONDS = 3.0


class Source(Protocol):
    """Where changes come from: the conductor's part that is needed here."""

    def host_changes(self, context: Context, *, since: float | None) -> HostChanges:
        """Return the states that changed since an earlier pull; None: all."""
        ...


@dataclass(frozen=True, kw_only=True)
class Ages:
    """How old states may be, in seconds: before changes are asked for, before all are, and when nobody answers."""

    refresh: float = 0.5
    complete: float = 60.0
    useless: float = 60.0


@dataclass(frozen=True)
class View:
    """What a decision is made from. ``known_at`` (seconds since the epoch) is when the conductor last answered."""

    states: tuple[HostState, ...]
    known_at: float


@dataclass(frozen=True)
class _Consumed:
    at: float
    server_id: str
    node_uuid: str
    resources: Mapping[str, int]


class _Pull:
    """One question to the conductor, that many may wait for."""

    def __init__(self, began: float) -> None:
        self.began = began
        self.done = concurrency.Event()


class Hosts:
    """The states, and the notes of what was chosen since. Safe for any number of threads."""

    def __init__(self, source: Source, ages: Callable[[], Ages], *, clock: Callable[[], float] = time.time) -> None:
        self._source = source
        self._ages = ages
        self._clock = clock
        self._lock = concurrency.Lock()
        self._states: dict[str, HostState] = {}
        self._seen: dict[str, float] = {}
        self._sequence: float | None = None
        self._known_at = 0.0
        self._complete_at = 0.0
        self._pull: _Pull | None = None
        self._consumed: list[_Consumed] = []
        self._expected: dict[str, HostState] = {}

    def now(self) -> float:
        """Return the time by the clock of the states."""
        return self._clock()

    def view(self, *, newer_than: float | None = None, optimistic: bool = True) -> View:
        """Return the states, at most as old as the configuration lets, or known after ``newer_than``.

        ``optimistic`` counts what was chosen but is perhaps not claimed yet. When the conductor does not answer, the
        states remembered are returned until they are useless. Raises Unavailable then.
        """
        wanted = self._clock() - self._ages().refresh if newer_than is None else newer_than
        if self._known_at <= wanted or not self._states:
            self._refresh(wanted)
        if self._clock() - self._known_at > self._ages().useless:
            raise Unavailable("The scheduler does not know the state of the hosts: the conductor does not answer it.")
        with self._lock:
            states = self._expected if optimistic else self._states
            return View(tuple(states.values()), self._known_at)

    def consume(self, request: HostRequest, choice: Choice) -> None:
        """Note that the choice will be claimed."""
        consumed = _Consumed(self._clock(), request.server_id, choice.node_uuid, request.resources)
        with self._lock:
            self._consumed.append(consumed)
            self._expect(consumed)

    def decided_at(self, server_id: str) -> float | None:
        """Return when a host was last chosen for the server, if that note still stands."""
        with self._lock:
            return max((note.at for note in self._consumed if note.server_id == server_id), default=None)

    # pulling

    def _refresh(self, wanted: float) -> None:
        """Wait for a pull that began after ``wanted``, though not for ever: what is remembered may do."""
        for _ in range(2):
            pull = self._join()
            if not pull.done.wait(_PATIENCE_SECONDS) or pull.began > wanted:
                return

    def _join(self) -> _Pull:
        """Return the pull that is on its way; begin one when there is none."""
        with self._lock:
            if self._pull is None:
                self._pull = _Pull(self._clock())
                concurrency.spawn(self._fetch, self._pull)
            return self._pull

    def _fetch(self, pull: _Pull) -> None:
        complete = self._sequence is None or pull.began - self._complete_at > self._ages().complete
        try:
            changes = self._source.host_changes(nobody(), since=None if complete else self._sequence)
            with self._lock:
                self._apply(changes, pull.began, complete=complete)
        except Problem as problem:
            LOG.warning("the states of the hosts were not refreshed: %s", problem.message)
        finally:
            with self._lock:
                self._pull = None
            pull.done.set()

    def _apply(self, changes: HostChanges, began: float, *, complete: bool) -> None:
        if complete:
            self._states.clear()
            self._complete_at = began
        for uuid in changes.gone:
            self._states.pop(uuid, None)
        for state in changes.states:
            self._states[state.node.uuid] = state
        self._seen.update(changes.seen)
        for uuid, state in self._states.items():
            seen_at = self._seen.get(state.host, 0.0)
            if seen_at > state.seen_at:
                self._states[uuid] = replace(state, seen_at=seen_at)
        self._sequence = changes.sequence
        self._known_at = began
        self._consumed = [note for note in self._consumed if began <= note.at + CLAIM_SECONDS]
        self._expected = dict(self._states)
        for note in self._consumed:
            self._expect(note)

    def _expect(self, note: _Consumed) -> None:
        state = self._expected.get(note.node_uuid)
        if state is not None:
            self._expected[note.node_uuid] = _less(state, note.resources)


def _less(state: HostState, resources: Mapping[str, int]) -> HostState:
    inventories = dict(state.node.inventories)
    for resource, amount in resources.items():
        if resource in inventories:
            inventories[resource] = replace(inventories[resource], used=inventories[resource].used + amount)
    node = replace(state.node, inventories=inventories)
    return replace(state, node=node, servers=state.servers + 1, building=state.building + 1)
