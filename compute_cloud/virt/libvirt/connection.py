"""One connection to libvirt: opened when it is first needed, opened again when it was lost.

libvirt's calls block in C, so each runs in a native thread; what runs there touches libvirt alone
(no locks, no log: those belong to the green threads). libvirt-python is imported when the connection is.
"""

import contextlib
import importlib
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from compute_cloud import concurrency
from compute_cloud.errors import NotFound, Problem, Unavailable
from compute_cloud.virt.driver import HostCannot

T = TypeVar("T")
LOG = logging.getLogger(__name__)
_KEEPALIVE_SECONDS, _KEEPALIVE_COUNT = 5, 5
_PATIENCE_SECONDS = 15.0


class Connection:
    """Asks libvirt. What is asked must be safe to ask again: a lost connection makes it so once."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._lock = concurrency.Lock()
        self._live: Any = None
        self._greeted: list[Callable[[Any], None]] = []
        self._events: EventLoop | None = None

    @property
    def library(self) -> Any:
        """The libvirt module. Raises Unavailable when libvirt-python is not installed."""
        try:
            return importlib.import_module("libvirt")
        except ImportError as error:
            raise Unavailable("libvirt-python is not installed on this host.", detail=str(error)) from error

    def on_open(self, greet: Callable[[Any], None]) -> None:
        """Have ``greet(live)`` called in a native thread after each opening; it must be quick."""
        self._greeted.append(greet)

    def ask(self, question: Callable[[Any], T], *, doing: str = "ask the hypervisor") -> T:
        """Return ``question(live)``, asked in a native thread; ``doing`` completes «could not …» for users.

        Raises NotFound when it named a guest that is none, Unavailable when libvirt does not answer, else HostCannot.
        """
        for last in (False, True):
            live = self._open()
            try:
                return concurrency.in_native_thread(question, live)
            except self.library.libvirtError as error:
                if self._still_there(live):
                    raise self._problem(error, doing) from error
                self._drop(live, str(error))
                if last:
                    raise Unavailable("libvirt went away.", detail=str(error)) from error
        raise AssertionError

    def close(self) -> None:
        """Let go of libvirt; guests run on."""
        with self._lock:
            live, self._live = self._live, None
            events, self._events = self._events, None
        if live is not None:
            with contextlib.suppress(self.library.libvirtError):
                concurrency.in_native_thread(live.close)
        if events is not None:
            events.stop()

    def _open(self) -> Any:
        if self._live is not None:
            return self._live
        with self._lock:
            if self._live is None:
                if self._events is None:
                    self._events = EventLoop(self.library)
                self._live = self._connect()
                LOG.info("connected to %s", self._uri)
            return self._live

    def _connect(self) -> Any:
        """Open it, waiting a while for a daemon that is just being restarted."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return concurrency.in_native_thread(self._connect_once)
            except self.library.libvirtError as error:
                if time.monotonic() > until:
                    raise Unavailable("libvirt does not answer on this host.", detail=str(error)) from error
            concurrency.sleep(0.5)

    def _connect_once(self) -> Any:
        live = self.library.open(self._uri)
        with contextlib.suppress(self.library.libvirtError):  # not every driver of libvirt can
            live.setKeepAlive(_KEEPALIVE_SECONDS, _KEEPALIVE_COUNT)
        for greet in self._greeted:
            greet(live)
        return live

    def _still_there(self, live: Any) -> bool:
        try:
            return bool(concurrency.in_native_thread(live.isAlive))
        except self.library.libvirtError:
            return False

    def _drop(self, live: Any, why: str) -> None:
        with self._lock:
            if self._live is not live:
                return
            self._live = None
        LOG.warning("lost %s: %s", self._uri, why)
        with contextlib.suppress(self.library.libvirtError):
            concurrency.in_native_thread(live.close)

    def _problem(self, error: Any, doing: str) -> Problem:
        code = error.get_error_code()
        if code == self.library.VIR_ERR_NO_DOMAIN:
            return NotFound("The guest is not on this host.", detail=str(error))
        return HostCannot(f"The host could not {doing}.", detail=str(error))


class EventLoop:
    """libvirt's own loop, which reads events and keeps connections alive; one a process, begun once."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._stopping = False
        library.registerErrorHandler(lambda *_: None, None)
        _register(library)
        self._tick = library.virEventAddTimeout(1000, lambda *_: None, None)
        self._task = concurrency.spawn(self._run)

    def stop(self) -> None:
        """End the loop within a second or so."""
        self._stopping = True
        self._task.wait(5)
        self._library.virEventRemoveTimeout(self._tick)

    def _run(self) -> None:
        while not self._stopping:
            concurrency.in_native_thread(self._library.virEventRunDefaultImpl)


_registered: list[bool] = []


def _register(library: Any) -> None:
    if not _registered:
        library.virEventRegisterDefaultImpl()
        _registered.append(True)
