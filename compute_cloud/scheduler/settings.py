"""What filters and weighers may know of the configuration: values, so that they need not read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The options that decisions depend on. ``multipliers`` maps a weigher's option prefix (``ram``) to its factor."""

    service_down_seconds: float = 60.0
    default_zone: str = "nova"
    default_architecture: str | None = None
    max_io_ops_per_host: int = 8
    max_servers_per_host: int = 50
    subset_size: int = 1
    shuffle: bool = False
    multipliers: Mapping[str, float] = field(default_factory=dict)
