"""Runs a daemon in one process, or in several that one more watches.

The watching process opens no connection and runs no threads: it forks, waits for signals
and forks again where a worker died. SIGTERM and SIGINT let workers finish, SIGHUP lets
them take mutable options and logging anew.
"""

import fcntl
import gc
import logging
import os
import signal
import sys
import termios
import time
from collections.abc import Callable
from typing import Protocol

from oslo_config import cfg

from compute_cloud import concurrency
from compute_cloud.cmd.signals import Signals
from compute_cloud.conf import said_plainly
from compute_cloud.errors import Problem

LOG = logging.getLogger(__name__)
STOPPING = (signal.SIGTERM, signal.SIGINT)
CAUGHT = (*STOPPING, signal.SIGHUP)
WATCHED = {*CAUGHT, signal.SIGCHLD, signal.SIGUSR1}
RESPAWN_PAUSE_SECONDS = 1.0
CANNOT_START = 78  # EX_CONFIG of sysexits.h


class Daemon(Protocol):
    """What runs in each worker. Nothing is connected before ``start``."""

    def start(self) -> None:
        """Begin to work; return when ready."""
        ...

    def stop(self) -> None:
        """Take no more work; return when what was taken is finished or handed over."""
        ...

    def reload(self) -> None:
        """Take mutable options as they are now."""
        ...


def launch(conf: cfg.ConfigOpts, program: str, daemon: Callable[[], Daemon], *, workers: int) -> int:
    """Run the daemon until it is told to stop; return the exit status of the process."""
    if workers == 1:
        return Worker(conf, program, daemon).run()
    return Watcher(conf, program, daemon, workers).run()


class Worker:
    """One process that does the work."""

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        program: str,
        daemon: Callable[[], Daemon],
        *,
        ready: Callable[[], None] | None = None,
    ) -> None:
        self._conf = conf
        self._program = program
        self._make = daemon
        self._tell = ready or self._say_ready
        self._daemon: Daemon | None = None
        self._started = concurrency.Event()
        self._failed = False

    def run(self) -> int:
        """Work until a signal says to stop; return the exit status."""
        signals = Signals(CAUGHT)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
        concurrency.spawn(self._start)
        while True:
            caught = signals.next()
            if caught == signal.SIGHUP:
                reload(self._conf, self._daemon)
            elif self._failed:
                return CANNOT_START
            else:
                return self._stop(caught)

    def _start(self) -> None:
        try:
            self._daemon = self._make()
            self._daemon.start()
        except Exception as error:
            foreseen = isinstance(error, OSError | ValueError | Problem)
            why = said_plainly(error)
            LOG.critical("%s can't start: %s", self._program, why, exc_info=not foreseen)
            if not _logs_to_stderr():
                sys.stderr.write(f"{self._program}: can't start: {why}\n")
            self._failed = True
            os.kill(os.getpid(), signal.SIGTERM)
            return
        gc.collect()
        gc.freeze()
        self._started.set()
        self._tell()

    def _say_ready(self) -> None:
        say_ready(self._program)

    def _stop(self, caught: signal.Signals) -> int:
        if self._daemon is None or not self._started.is_set():
            LOG.info("%s is told to stop (%s) before it is ready", self._program, caught.name)
            return 0
        LOG.info("%s is told to stop (%s)", self._program, caught.name)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(self._conf.graceful_shutdown_timeout)
        try:
            self._daemon.stop()
        except Exception:
            LOG.exception("%s did not stop as it should", self._program)
            return 1
        LOG.info("%s has stopped", self._program)
        return 0


class Watcher:
    """The process that keeps the workers running."""

    def __init__(self, conf: cfg.ConfigOpts, program: str, daemon: Callable[[], Daemon], workers: int) -> None:
        self._conf = conf
        self._program = program
        self._make = daemon
        self._wanted = workers
        self._running: dict[int, float] = {}
        self._fork_from = 0.0
        self._ready = 0
        self._status: int | None = None
        self._give_up: float | None = None
        # a worker waits at the one end of the first pipe, and is told there that this process is gone;
        # into the second it writes when it is ready
        self._lifeline, self._hold = os.pipe()
        self._tally, self._ballot = os.pipe()
        os.set_blocking(self._lifeline, False)

    def run(self) -> int:
        """Keep the workers running until a signal says to stop; return the exit status."""
        signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        gc.collect()
        gc.freeze()  # so that the collector leaves shared pages shared
        while self._status is None or self._running:
            if self._status is None and time.monotonic() >= self._fork_from:
                for _ in range(self._wanted - len(self._running)):
                    self._fork()
            self._take(_wait(self._seconds_left()))
            self._reap()
        LOG.info("%s has stopped", self._program)
        return self._status

    def _seconds_left(self) -> float | None:
        """Return for how long there is nothing to do but to wait for signals."""
        if self._status is not None:
            return None if self._give_up is None else max(self._give_up - time.monotonic(), 0)
        return max(self._fork_from - time.monotonic(), 0) if len(self._running) < self._wanted else None

    def _take(self, caught: int | None) -> None:
        if caught in STOPPING:
            self._stop(0)
        elif caught == signal.SIGHUP:
            reload(self._conf, None)
            self._send(signal.SIGHUP)
        elif caught == signal.SIGUSR1:
            self._count_ready()
        elif self._give_up is not None and time.monotonic() >= self._give_up:
            self._give_up = None
            self._send(signal.SIGKILL)

    def _stop(self, status: int) -> None:
        if self._status is not None:
            return
        self._status = status
        self._send(signal.SIGTERM)
        grace = self._conf.graceful_shutdown_timeout
        self._give_up = time.monotonic() + grace + 1 if grace else None

    def _fork(self) -> None:
        worker = os.fork()
        if worker:
            self._running[worker] = time.monotonic()
            return
        status = 1
        try:
            status = self._work()
        except BaseException:
            LOG.exception("a worker of %s failed", self._program)
        finally:
            leave(status)

    def _work(self) -> int:
        concurrency.after_fork()
        os.close(self._hold)
        if concurrency.backend() != "eventlet":
            os.set_blocking(self._lifeline, True)
        watcher = os.getppid()

        def ready() -> None:
            os.write(self._ballot, b".")
            os.kill(watcher, signal.SIGUSR1)

        worker = Worker(self._conf, self._program, self._make, ready=ready)
        concurrency.spawn(self._mourn)
        return worker.run()

    def _mourn(self) -> None:
        os.read(self._lifeline, 1)
        LOG.warning("the process that watches over the workers is gone")
        os.kill(os.getpid(), signal.SIGTERM)

    def _count_ready(self) -> None:
        before = self._ready
        # one signal may stand for several workers, and the next one then for none: a read would wait for ever
        waiting = int.from_bytes(fcntl.ioctl(self._tally, termios.FIONREAD, bytes(4)), sys.byteorder)
        if not waiting:
            return
        self._ready += len(os.read(self._tally, waiting))
        if before < self._wanted <= self._ready:
            say_ready(self._program, self._wanted)
        elif before >= self._wanted:
            LOG.info("a worker of %s is back", self._program)

    def _send(self, what: signal.Signals) -> None:
        for worker in self._running:
            os.kill(worker, what)

    def _reap(self) -> None:
        while self._running:
            worker, status = os.waitpid(-1, os.WNOHANG)
            if worker == 0:
                return
            began = self._running.pop(worker, None)
            if began is None or self._status is not None:
                continue
            code = os.waitstatus_to_exitcode(status)
            LOG.error("worker %d of %s ended with %d", worker, self._program, code)
            if code == CANNOT_START and self._ready < self._wanted:
                self._stop(code)
            elif time.monotonic() - began < RESPAWN_PAUSE_SECONDS:
                self._fork_from = time.monotonic() + RESPAWN_PAUSE_SECONDS


def _wait(seconds: float | None) -> int | None:
    if seconds is None:
        return signal.sigwait(WATCHED)
    caught = signal.sigtimedwait(WATCHED, seconds)
    return None if caught is None else caught.si_signo


def reload(conf: cfg.ConfigOpts, daemon: Daemon | None) -> None:
    """Read the configuration files again and take what may change while running: log levels, mutable options."""
    try:
        conf.mutate_config_files()
        if daemon is not None:
            daemon.reload()
    except Exception:
        LOG.exception("the configuration could not be taken anew; what was in force stays")
    else:
        LOG.info("mutable options were taken anew")


def say_ready(program: str, workers: int = 1) -> None:
    """Log that the daemon is ready and how long that took; tell the service manager when there is one."""
    several = f" ({workers} workers)" if workers > 1 else ""
    LOG.info("%s%s ready in %.2f s", program, several, _age_seconds())
    if os.environ.get("NOTIFY_SOCKET"):
        from oslo_service import systemd

        systemd.notify_once()


def _logs_to_stderr() -> bool:
    """Tell whether whoever started the daemon sees its log."""
    return any(getattr(handler, "stream", None) is sys.stderr for handler in logging.getLogger().handlers)


def _age_seconds() -> float:
    """Return how long ago this process was started."""
    with open("/proc/self/stat") as file:  # noqa: PTH123 - procfs
        started = int(file.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started


def leave(status: int) -> None:
    """End the process without waiting for threads that wait for others."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
