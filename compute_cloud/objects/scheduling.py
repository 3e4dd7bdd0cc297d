"""A question to the scheduler, and its answer with the reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from compute_cloud.objects.flavor import Flavor


@dataclass(frozen=True, kw_only=True)
class HostRequest:
    """What a server needs of a host. ``resources`` maps resource classes to amounts (VCPU, MEMORY_MB, DISK_GB).

    ``avoid`` are node uuids that already refused it.
    """

    server_id: str
    project_id: str
    flavor: Flavor
    resources: Mapping[str, int]
    image_properties: Mapping[str, str] = field(default_factory=dict)
    availability_zone: str | None = None
    forced_host: str | None = None
    forced_node: str | None = None
    host: str | None = None
    hypervisor_hostname: str | None = None
    hints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    avoid: tuple[str, ...] = ()
    limit: int = 3


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A host that fits; ``weights`` by weigher, already multiplied."""

    host: str
    node: str
    node_uuid: str
    zone: str
    weight: float = 0.0
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What one filter turned away: how many hosts, and its reason in words (that of the first host)."""

    filter: str
    hosts: int
    reason: str
    examples: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Hosts that fit, best first; and why the others do not."""

    considered: int
    choices: tuple[Choice, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    def explain(self) -> str:
        """Say in one sentence, fit for a user, why no host was found."""
        if not self.considered:
            return "No valid host was found: no compute host has registered yet."
        parts = [f"{r.filter} refused {r.hosts} ({r.reason})" for r in self.refusals]
        return f"No valid host was found among {self.considered}: " + "; ".join(parts or ["none was left"]) + "."
