"""One at a time, by name: what concerns the same server, or the same image, waits its turn."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from compute_cloud.concurrency import Guard, Lock


@dataclass
class _Queue:
    lock: Guard = field(default_factory=Lock)
    people: int = 0


class Turns:
    """Locks by name that stand as long as somebody holds or waits for them."""

    def __init__(self) -> None:
        self._door = Lock()
        self._queues: dict[str, _Queue] = {}

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Wait for the turn, and hold it."""
        with self._door:
            queue = self._queues.setdefault(name, _Queue())
            queue.people += 1
        try:
            with queue.lock:
                yield
        finally:
            with self._door:
                queue.people -= 1
                if not queue.people:
                    del self._queues[name]

    def busy(self, name: str) -> bool:
        """Tell whether somebody holds or waits for a turn."""
        return name in self._queues
