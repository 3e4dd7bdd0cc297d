"""Build a guest: image -> disks -> guest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from compute_cloud.compute.flows.steps import Step, run
from compute_cloud.compute.tools import Tools
from compute_cloud.context import Context
from compute_cloud.errors import NotFound
from compute_cloud.lifecycle.states import PowerState
from compute_cloud.objects.boot import BootOrder
from compute_cloud.virt.driver import RootImage


@dataclass
class Build:
    """One guest being built. ``facts`` are what the conductor is to write down."""

    tools: Tools
    context: Context
    node: str
    order: BootOrder
    check: Callable[[], None]
    image: RootImage | None = None
    facts: Mapping[str, str | int | None] | None = None


def fetch_image(build: Build) -> None:
    """Have the image at hand; it stays in the cache, whatever becomes of the guest."""
    if build.tools.driver.wants_image:
        order = build.order
        images = build.tools.images
        build.image = images.fetch(build.context, order.image, root_gb=order.flavor.root_gb, check=build.check)


def make_disks(build: Build) -> None:
    """Make the guest's disks."""
    build.tools.driver.make_disks(build.order, build.image)


def remove_disks(build: Build) -> None:
    """Remove what there is of them."""
    build.tools.driver.remove_disks(build.order.server_id)


def start_guest(build: Build) -> None:
    """Start it; one that runs already just tells its facts."""
    build.facts = build.tools.driver.start_guest(build.context, build.node, build.order)


def stop_guest(build: Build) -> None:
    """Stop it at once."""
    build.tools.driver.stop_and_undefine(build.order.server_id)


START = Step(event="compute_start_guest", do=start_guest, undo=stop_guest)
SPAWN = (
    Step(event="compute_fetch_image", do=fetch_image),
    Step(event="compute_make_disks", do=make_disks, undo=remove_disks),
    START,
)


def spawn(build: Build, events: list[tuple[str, float, float]]) -> Mapping[str, str | int | None]:
    """Build the guest and return its facts; ``events`` are filled on the way. Raises what drivers and images raise."""
    standing = _stands(build)
    run((Step(event=START.event, do=start_guest),) if standing else SPAWN, build, build.check, events)
    return {**(build.facts or {}), "power_state": int(PowerState.RUNNING)}


def _stands(build: Build) -> bool:
    """Tell whether the guest runs already: an order that came again must not fail, least of all undo, what stands."""
    try:
        return build.tools.driver.power_state(build.order.server_id) == PowerState.RUNNING
    except NotFound:
        return False
