"""Signals as bytes in a pipe, which green and native threads alike can wait for."""

import os
import signal
from collections.abc import Iterable
from types import FrameType

from compute_cloud import concurrency


def _note(_: int, __: FrameType | None) -> None:
    """Do nothing: the interpreter has written the number into the pipe."""


class Signals:
    """Catches the given signals from now on; to be made in the main thread."""

    def __init__(self, caught: Iterable[signal.Signals]) -> None:
        self._reader, writer = os.pipe()
        os.set_blocking(writer, False)
        if concurrency.backend() == "eventlet":
            os.set_blocking(self._reader, False)  # eventlet's read gives way only where it can't block
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for one in caught:
            signal.signal(one, _note)

    def next(self) -> signal.Signals:
        """Wait for the next signal and return it."""
        return signal.Signals(os.read(self._reader, 1)[0])
