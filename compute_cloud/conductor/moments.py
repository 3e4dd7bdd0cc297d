"""What becomes true of a flow, for those who watch."""

from dataclasses import dataclass
from typing import Protocol

from compute_cloud.db.session import Tx
from compute_cloud.errors import Problem
from compute_cloud.lifecycle.saga import Record, Step
from compute_cloud.objects.ticket import Outcome


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Something that just became true of a flow. ``what``: done, parked, again, failed, undone or ended."""

    what: str
    record: Record
    step: Step
    at: float
    began_at: float
    outcome: Outcome | None = None
    problem: Problem | None = None


class Watcher(Protocol):
    """Sees every moment, in the transaction that makes it true."""

    def __call__(self, tx: Tx, moment: Moment) -> None: ...
