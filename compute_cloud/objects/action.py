"""What was done to a server, step by step (Nova's instance actions)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class ActionEvent:
    """One step. ``result`` is Success, Error or None while it runs; ``details`` is the reason for users."""

    name: str
    started_at: datetime
    finished_at: datetime | None = None
    result: str | None = None
    host: str | None = None
    details: str | None = None
    traceback: str | None = None


@dataclass(frozen=True, kw_only=True)
class Action:
    """One thing that was asked. ``message`` is ``Error`` when it failed (as clients of Nova look for)."""

    server_id: str
    request_id: str
    name: str
    user_id: str | None
    project_id: str | None
    started_at: datetime
    updated_at: datetime | None = None
    finished_at: datetime | None = None
    message: str | None = None
    events: tuple[ActionEvent, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ActionQuery:
    """Which actions of a server, newest first; ``marker`` is a request id."""

    limit: int | None = None
    marker: str | None = None
    changed_since: datetime | None = None
    changed_before: datetime | None = None
