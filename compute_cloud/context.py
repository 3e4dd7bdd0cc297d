"""Who asks, and until when an answer is of use."""

import uuid
from dataclasses import dataclass, field


def new_request_id() -> str:
    """Return an id in the form OpenStack's request id middleware gives (``req-<uuid>``)."""
    return f"req-{uuid.uuid4()}"


@dataclass(frozen=True, kw_only=True)
class Context:
    """The asker of one request; travels with every RPC.

    ``deadline`` is seconds since the epoch. ``credentials`` are the HTTP headers that
    prove the asker to another service; they stay in the process that received them
    (the codec never sends them) and never show in a ``repr``.
    """

    request_id: str = field(default_factory=new_request_id)
    global_request_id: str | None = None
    user_id: str | None = None
    project_id: str | None = None
    user_domain_id: str | None = None
    project_domain_id: str | None = None
    system_scope: str | None = None
    roles: tuple[str, ...] = ()
    is_admin: bool = False
    deadline: float | None = None
    credentials: tuple[tuple[str, str], ...] = field(default=(), repr=False, compare=False)


def nobody() -> Context:
    """Return the context of work that a daemon does on its own account."""
    return Context(is_admin=True, roles=("admin",))
