"""A flow as operators see it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class FlowLine:
    """One flow. ``status`` is a `lifecycle.saga.Status`; ``step`` where it stands; ``reason`` why it failed."""

    id: str
    kind: str
    subject: str
    status: str
    step: str | None
    reason: str | None
    owner: str | None
    created_at: datetime
    updated_at: datetime | None
    deadline: datetime
