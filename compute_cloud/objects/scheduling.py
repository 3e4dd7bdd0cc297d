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
    """What one filter turned away for one cause: how many hosts, and why.

    ``reason`` goes on from "N hosts" in the plural and names no host ("have too little memory (needs 8192 MB, at most
    6500 MB free)"). ``examples`` are for operators: node name -> what it has, or what was noted on it.
    """

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
        if not self.refusals:
            return "No valid host was found: the hosts that fitted were taken by others in the meantime."
        first, *rest = self.refusals
        parts = [f"{first.hosts} of {_hosts(self.considered)} {_said(first)}"]
        parts += [f"{refusal.hosts} {_said(refusal)}" for refusal in rest]
        return f"No valid host was found: {'; '.join(parts)}."

    def explain_to_operators(self) -> str:
        """Say it again with examples by name, one line a cause."""
        lines = [f"{len(self.choices)} of {_hosts(self.considered)} chosen."]
        for refusal in self.refusals:
            examples = ", ".join(f"{name}: {has}" if has else name for name, has in refusal.examples)
            lines.append(f"{refusal.filter} refused {refusal.hosts}: {refusal.reason}; {examples or 'no example'}")
        return "\n".join(lines)


_SINGULAR = {"have": "has", "are": "is", "were": "was", "give": "gives", "lack": "lacks"}


def _hosts(number: int) -> str:
    return "1 host" if number == 1 else f"{number} hosts"


def _said(refusal: Refusal) -> str:
    reason = refusal.reason
    if refusal.hosts == 1:
        verb, *rest = reason.split(" ", 1)
        reason = " ".join([_SINGULAR.get(verb, verb), *rest])
    return f"{reason} [{refusal.filter}]"
