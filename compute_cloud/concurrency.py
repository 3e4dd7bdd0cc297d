"""The one room that knows whether work runs on green threads (eventlet) or on native ones.

``start_backend`` is called once, before anything else is imported: eventlet replaces
parts of the standard library in place. Without it all here works on native threads,
which is what tests and the command-line client do. Locks and their like are made by
functions, so that each is of the kind that runs when it is made.
"""

import collections
import logging
import os
import threading
import time
import warnings
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, Literal, ParamSpec, Protocol, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
LOG = logging.getLogger(__name__)
Backend = Literal["eventlet", "threading"]
_running: Backend | None = None


def start_backend(name: str) -> None:
    """Choose what concurrent work of this process runs on: ``eventlet`` or ``threading``.

    To be called first thing in a process. Raises ValueError for another name, and
    RuntimeError when another backend runs already.
    """
    global _running  # noqa: PLW0603 - one backend a process is the nature of it
    if name == _running:
        return
    if _running is not None:
        raise RuntimeError(f"this process runs on {_running} already and can't change to {name}")
    # what is installed beside warns of eventlet's age at each start, on either backend
    warnings.filterwarnings("ignore", message=r"(?s).*([Ee]ventlet|fork\(\))")
    if name == "eventlet":
        _start_eventlet()
        _running = "eventlet"
    elif name == "threading":
        _running = "threading"
    else:
        raise ValueError(f"concurrency_backend is eventlet or threading, not {name}")
    from oslo_service import backend  # noqa: PLC0415 - must come after the standard library is patched

    backend.init_backend(backend.BackendType(name))


def _start_eventlet() -> None:
    # names are resolved by the C library, as everywhere else on the host: it knows /etc/hosts and IPv6
    os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
    import eventlet  # noqa: PLC0415

    eventlet.monkey_patch()


def backend() -> Backend:
    """Return what concurrent work runs on; native threads when nothing was chosen."""
    return _running or "threading"


def after_fork() -> None:
    """Give a forked process an event loop of its own; to be called first thing in the child."""
    if _running == "eventlet":
        import eventlet.hubs  # noqa: PLC0415
        import eventlet.tpool  # noqa: PLC0415

        eventlet.tpool.killall()
        eventlet.hubs.use_hub()


def sleep(seconds: float) -> None:
    """Let other work run for ``seconds``; 0 just gives way."""
    time.sleep(seconds)


def in_native_thread(fn: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Call what blocks in C (libvirt, big file work) without stopping the green threads; return its answer."""
    if _running == "eventlet":
        import eventlet.tpool  # noqa: PLC0415

        answer: T = eventlet.tpool.execute(fn, *args, **named)
        return answer
    return fn(*args, **named)


class Guard(Protocol):
    """A lock or a semaphore."""

    def acquire(self, blocking: bool = ..., timeout: float = ...) -> bool:
        """Take it; False when that did not work in time."""
        ...

    def release(self) -> None:
        """Give it back."""
        ...

    def __enter__(self) -> bool: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class Flag(Protocol):
    """Something that happens once, and that others wait for."""

    def set(self) -> None:
        """Let all who wait go on."""
        ...

    def clear(self) -> None:
        """Make it not to have happened."""
        ...

    def is_set(self) -> bool:
        """Tell whether it happened."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for it; False when ``timeout`` seconds passed first."""
        ...


def Lock() -> Guard:  # noqa: N802 - stands for a class
    """Return a lock that the one who holds it can't take again."""
    return threading.Lock()


def RLock() -> Guard:  # noqa: N802
    """Return a lock that the one who holds it may take again."""
    return threading.RLock()


def Semaphore(places: int) -> Guard:  # noqa: N802
    """Return a semaphore with ``places`` places."""
    return threading.BoundedSemaphore(places)


def Event() -> Flag:  # noqa: N802
    """Return an event that has not happened."""
    return threading.Event()


def local() -> Any:
    """Return an object whose attributes each thread (green or native) has for itself."""
    return threading.local()


class Queue(Generic[T]):
    """First in, first out, between threads."""

    def __init__(self) -> None:
        self._items: collections.deque[T] = collections.deque()
        self._changed = threading.Condition(threading.Lock())

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        """Add ``item`` at the end."""
        with self._changed:
            self._items.append(item)
            self._changed.notify()

    def get(self, timeout: float | None = None) -> T:
        """Take the first item, waiting for one. Raises TimeoutError after ``timeout`` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._items, timeout):
                raise TimeoutError
            return self._items.popleft()


class Task:
    """A piece of work that runs on its own."""

    def __init__(self, fn: Callable[..., object], args: tuple[object, ...]) -> None:
        self._fn = fn
        self._args = args
        self._thread = threading.Thread(target=self._run, name=_name(fn), daemon=True)
        self._thread.start()

    def _run(self) -> None:
        _run_logged(self._fn, self._args)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for its end; False when ``timeout`` seconds passed first."""
        self._thread.join(timeout)
        return not self._thread.is_alive()


def spawn(fn: Callable[..., object], *args: object) -> Task:
    """Run ``fn(*args)`` beside the rest. An exception is logged; nothing else hears of it."""
    return Task(fn, args)


def _name(fn: Callable[..., object]) -> str:
    return str(getattr(fn, "__qualname__", type(fn).__name__))


def _run_logged(fn: Callable[..., object], args: tuple[object, ...]) -> None:
    try:
        fn(*args)
    except Exception:
        LOG.exception("%s failed", _name(fn))


class Pool:
    """At most ``size`` pieces of work at once; what comes beyond waits its turn, in order."""

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"a pool of {size} does no work")
        self.size = size
        self._lock = threading.Condition(threading.Lock())
        self._waiting: collections.deque[tuple[Callable[..., object], tuple[object, ...]]] = collections.deque()
        self._workers = 0
        self._idle = 0
        self._closed = False

    @property
    def busy(self) -> int:
        """How many pieces of work are running."""
        return self._workers - self._idle

    @property
    def waiting(self) -> int:
        """How many pieces of work have not begun."""
        return len(self._waiting)

    def submit(self, fn: Callable[..., object], *args: object) -> None:
        """Run ``fn(*args)`` as soon as there is a place. Raises RuntimeError after ``stop``."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool takes no more work")
            self._waiting.append((fn, args))
            if self._idle >= len(self._waiting):
                self._lock.notify()
                return
            if self._workers == self.size:
                return
            self._workers += 1
        threading.Thread(target=self._work, name="pool", daemon=True).start()

    def stop(self, timeout: float | None = None) -> bool:
        """Take no more work and wait for what was taken; False when ``timeout`` seconds passed first."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._lock:
            self._closed = True
            self._lock.notify_all()
            while self._workers:
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return False
                self._lock.wait(left)
        return True

    def _work(self) -> None:
        while True:
            with self._lock:
                while not self._waiting:
                    if self._closed or not self._rest():
                        self._workers -= 1
                        self._lock.notify_all()
                        return
                fn, args = self._waiting.popleft()
            _run_logged(fn, args)
            del fn, args

    def _rest(self) -> bool:
        """Wait for work; False when none came for so long that the worker may go."""
        self._idle += 1
        try:
            return self._lock.wait(_IDLE_SECONDS) or bool(self._waiting)
        finally:
            self._idle -= 1


_IDLE_SECONDS = 10.0


class Timer:
    """Work that is done again and again, until it is stopped."""

    def __init__(self, seconds: float | Callable[[], float], fn: Callable[[], object], *, at_once: bool) -> None:
        self._seconds = seconds if callable(seconds) else lambda: seconds
        self._fn = fn
        self._at_once = at_once
        self._stopped = threading.Event()
        self._nudged = threading.Event()
        self._task = spawn(self._run)

    def _run(self) -> None:
        if not self._at_once:
            self._pause()
        while not self._stopped.is_set():
            _run_logged(self._fn, ())
            self._pause()

    def _pause(self) -> None:
        self._nudged.wait(self._seconds())
        self._nudged.clear()

    def nudge(self) -> None:
        """Do it now rather than at the end of the pause."""
        self._nudged.set()

    def stop(self, timeout: float | None = None) -> bool:
        """Do it no more and wait for a run that is on its way; False when ``timeout`` seconds passed first."""
        self._stopped.set()
        self._nudged.set()
        return self._task.wait(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def every(seconds: float | Callable[[], float], fn: Callable[[], object], *, at_once: bool = True) -> Timer:
    """Call ``fn`` with a pause of ``seconds`` (or of what ``seconds()`` says then) between; it survives exceptions."""
    return Timer(seconds, fn, at_once=at_once)
