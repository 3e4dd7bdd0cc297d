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
_TICK_MILLISECONDS, _LEAVING_SECONDS = 1000, 5.0


class Connection:
    """Asks libvirt. What is asked must be safe to ask again: a lost connection makes it so once."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._lock = concurrency.Lock()
        self._live: Any = None
        self._greeted: list[Callable[[Any], None]] = []
        self._looping = False

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
            looping, self._looping = self._looping, False
        if live is not None:
            with contextlib.suppress(self.library.libvirtError):
                concurrency.in_native_thread(live.close)
        if looping:
            _LOOP.leave()

    def _open(self) -> Any:
        if self._live is not None:
            return self._live
        with self._lock:
            if self._live is None:
                if not self._looping:
                    _LOOP.enter(self.library)
                    self._looping = True
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
    """libvirt's own loop, which reads events and keeps connections alive: one a process, while anybody needs it."""

    def __init__(self) -> None:
        self._lock = concurrency.Lock()
        self._users = 0
        self._registered = False
        self._stopping = concurrency.Event()
        self._task: concurrency.Task | None = None

    def enter(self, library: Any) -> None:
        """Have the loop run; to be called before the connection is opened."""
        with self._lock:
            self._users += 1
            if self._users > 1:
                return
            if not self._registered:
                library.registerErrorHandler(_say_nothing, None)
                library.virEventRegisterDefaultImpl()
                library.virEventAddTimeout(_TICK_MILLISECONDS, _say_nothing, None)
                self._registered = True
            self._stopping.clear()
            self._task = concurrency.spawn(self._run, library)

    def leave(self) -> None:
        """Need it no more; it ends within a second or so of the last user's leaving."""
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._task is not None:
                self._stopping.set()
                self._task.wait(_LEAVING_SECONDS)
                self._task = None

    def _run(self, library: Any) -> None:
        while not self._stopping.is_set():
            concurrency.in_native_thread(library.virEventRunDefaultImpl)


def _say_nothing(*_: object) -> None:
    """Take what libvirt would print, and the tick that lets the loop look whether it is to end."""


_LOOP = EventLoop()
