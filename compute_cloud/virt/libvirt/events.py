"""What happens to guests without our asking: libvirt's lifecycle events become power states."""

import collections
import contextlib
from collections.abc import Callable
from typing import Any

from compute_cloud import concurrency
from compute_cloud.lifecycle.states import PowerState
from compute_cloud.virt.driver import PowerWatcher
from compute_cloud.virt.libvirt.connection import Connection

_LOOK_SECONDS = 0.5


class Events:
    """Carries events from libvirt's native thread, where they arrive, to the watcher among the green ones.

    ``resync`` is called when a connection was opened: events may have been missed before it.
    """

    def __init__(self, connection: Connection, watcher: PowerWatcher, resync: Callable[[], None]) -> None:
        self._library = connection.library
        self._watcher = watcher
        self._resync = resync
        self._arrived: collections.deque[tuple[str, PowerState] | None] = collections.deque()
        self._registered: tuple[Any, int] | None = None
        connection.on_open(self._greet)
        self._carrier = concurrency.every(_LOOK_SECONDS, self._carry)

    def stop(self) -> None:
        """Tell the watcher no more."""
        self._carrier.stop(5)
        registered, self._registered = self._registered, None
        if registered is not None:
            with contextlib.suppress(self._library.libvirtError):  # a connection that is lost forgot it already
                concurrency.in_native_thread(registered[0].domainEventDeregisterAny, registered[1])

    def _greet(self, live: Any) -> None:
        with contextlib.suppress(self._library.libvirtError):
            kind = self._library.VIR_DOMAIN_EVENT_ID_LIFECYCLE
            self._registered = live, live.domainEventRegisterAny(None, kind, self._hear, None)
        self._arrived.append(None)

    def _hear(self, _live: Any, domain: Any, event: int, detail: int, _: object) -> None:
        state = power_state_after(self._library, event, detail)
        if state is not None:
            self._arrived.append((domain.UUIDString(), state))

    def _carry(self) -> None:
        while self._arrived:
            news = self._arrived.popleft()
            if news is None:
                self._resync()
            else:
                self._watcher(*news)


def power_state_after(library: Any, event: int, detail: int) -> PowerState | None:
    """Return the power state that an event leaves a guest in; None when it changes none."""
    if event == library.VIR_DOMAIN_EVENT_STOPPED:
        crashed = detail in {library.VIR_DOMAIN_EVENT_STOPPED_CRASHED, library.VIR_DOMAIN_EVENT_STOPPED_FAILED}
        return PowerState.CRASHED if crashed else PowerState.SHUTDOWN
    return {
        library.VIR_DOMAIN_EVENT_STARTED: PowerState.RUNNING,
        library.VIR_DOMAIN_EVENT_RESUMED: PowerState.RUNNING,
        library.VIR_DOMAIN_EVENT_SUSPENDED: PowerState.PAUSED,
        library.VIR_DOMAIN_EVENT_CRASHED: PowerState.CRASHED,
        library.VIR_DOMAIN_EVENT_PMSUSPENDED: PowerState.SUSPENDED,
    }.get(event)
