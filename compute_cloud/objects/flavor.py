"""The size of a server."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Flavor:
    """One row of what may be booted; ``id`` is what users name it by (Nova's ``flavorid``)."""

    id: str
    name: str
    vcpus: int
    memory_mb: int
    root_gb: int
    ephemeral_gb: int = 0
    swap_mb: int = 0
    rxtx_factor: float = 1.0
    is_public: bool = True
    disabled: bool = False
    description: str | None = None
    extra_specs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FlavorQuery:
    """Which flavors to list, in which order.

    ``project_id`` names whose private flavors count besides the public ones; ``is_public``
    None lists all of them (administrators). ``sort_keys`` are field names of `Flavor`.
    """

    is_public: bool | None = True
    project_id: str | None = None
    name: str | None = None
    min_memory_mb: int = 0
    min_root_gb: int = 0
    limit: int = 1000
    marker: str | None = None
    sort_keys: tuple[str, ...] = ("id",)
    sort_dirs: tuple[str, ...] = ("asc",)
