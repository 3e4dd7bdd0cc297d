"""Orders that were cast to a host, and what came of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one ticket.

    ``retry`` says that another host may do better. ``reason`` is for users, ``detail`` for the log of
    administrators. ``events`` are the host's own steps as (name, started, finished), seconds since the epoch.
    ``facts`` carry what the conductor is to write down (``power_state``, ``root_device_name``).
    """

    ok: bool
    host: str
    retry: bool = False
    reason: str = ""
    detail: str = ""
    kind: str = "broken"
    facts: Mapping[str, str | int | None] = field(default_factory=dict)
    events: tuple[tuple[str, float, float], ...] = ()


class Verdict(StrEnum):
    """What a host is to do with what it built: keep it, or take it away since nobody waits for it any more."""

    KEEP = "keep"
    REMOVE = "remove"


@dataclass(frozen=True, kw_only=True)
class PowerReport:
    """The power state (Nova's numbers) that a host sees of one guest."""

    server_id: str
    power_state: int
