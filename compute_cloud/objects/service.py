"""The daemons of the cloud, as they report themselves."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Service:
    """One daemon on one host. ``seen_at`` is its last sign of life (UTC); ``alive`` was judged by the conductor."""

    id: int
    uuid: str
    host: str
    binary: str
    zone: str
    disabled: bool = False
    disabled_reason: str | None = None
    forced_down: bool = False
    alive: bool = True
    seen_at: datetime | None = None
    updated_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class ServiceQuery:
    """Which services; None: any."""

    host: str | None = None
    binary: str | None = None


@dataclass(frozen=True, kw_only=True)
class Alive:
    """A sign of life. ``binary`` is Nova's name of the daemon (``nova-compute``): tools filter by it."""

    host: str
    binary: str
    version: int = 1
