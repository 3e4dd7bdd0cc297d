"""Take a guest away: stop it, then remove its disks. Each step finds its work done when it is repeated."""

from dataclasses import dataclass

from compute_cloud.compute.flows.steps import Step, run
from compute_cloud.compute.tools import Tools


@dataclass(frozen=True, kw_only=True)
class Removal:
    """One guest being removed."""

    tools: Tools
    server_id: str


def stop_guest(removal: Removal) -> None:
    """Stop it at once and forget its definition."""
    removal.tools.driver.stop_and_undefine(removal.server_id)


def remove_disks(removal: Removal) -> None:
    """Remove every file of it."""
    removal.tools.driver.remove_disks(removal.server_id)


DESTROY = (
    Step(event="compute_stop_guest", do=stop_guest),
    Step(event="compute_remove_disks", do=remove_disks),
)


def destroy(tools: Tools, server_id: str, events: list[tuple[str, float, float]]) -> None:
    """Remove all that belongs to the guest; nothing there is fine. Raises HostCannot, Unavailable."""
    run(DESTROY, Removal(tools=tools, server_id=server_id), _go_on, events)


def _go_on() -> None:
    """Never call a removal off."""
