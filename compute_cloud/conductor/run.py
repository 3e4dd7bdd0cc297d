"""One flow in the hands of one conductor, as its steps see it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import Any, Protocol

from compute_cloud.context import Context
from compute_cloud.db.session import Tx
from compute_cloud.lifecycle.saga import Record, Saga
from compute_cloud.rpc import codec


class Finish(Protocol):
    """Writes the end of the present step and gives the record as it is then."""

    def __call__(self, tx: Tx, run: "Run", output: Any) -> Record: ...


class Run:
    """What a step may ask of its flow. A step that ends at once ends by `done`; nothing is kept otherwise."""

    def __init__(
        self, saga: Saga, record: Record, write: Callable[[], AbstractContextManager[Tx]], finish: Finish
    ) -> None:
        self.saga = saga
        self.record = record
        self._write = write
        self._finish = finish
        self.began_at: float | None = None  # when the present step was begun here, for its event

    @property
    def context(self) -> Context:
        """Who asked for the flow."""
        return self.record.context

    @cached_property
    def params(self) -> Any:
        """What was asked, in the saga's own type."""
        return codec.load(self.record.params, self.saga.params)

    def output(self, step: str) -> Any:
        """Return what an earlier step gave; None when it was begun but not finished."""
        return self.record.outputs.get(step)

    @contextmanager
    def done(self, output: Any = None) -> Iterator[Tx]:
        """Give the transaction in which the step's change, its end and its event are written, or none of them."""
        with self._write() as tx:
            yield tx
            after = self._finish(tx, self, output)
        self.record = after
