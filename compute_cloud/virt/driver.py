"""What a hypervisor driver is asked, as small Protocols; a driver has those that it can.

All calls may block; the caller runs them off the hub (`compute_cloud.concurrency.in_native_thread` is the
driver's own business where a C library is called). Drivers raise `compute_cloud.errors` kinds; `HostCannot`
means that another host may do better.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from compute_cloud.context import Context
from compute_cloud.errors import Problem
from compute_cloud.lifecycle.states import PowerState
from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.host import Node


class HostCannot(Problem):
    """This host cannot do what was ordered, though the order is right; another one may."""

    kind = "unavailable"


@dataclass(frozen=True, kw_only=True)
class Guest:
    """A guest that a hypervisor has; ``server_id`` is its uuid there."""

    server_id: str
    name: str
    power_state: PowerState


@dataclass(frozen=True, kw_only=True)
class RootImage:
    """The image file that the root disk is made from: checked, in the host's cache, never written to.

    ``file_format`` is what the inspector found (raw or qcow2).
    """

    path: Path
    file_format: str
    virtual_size_bytes: int


PowerWatcher = Callable[[str, PowerState], None]


class Inventories(Protocol):
    """What the host has."""

    def nodes(self) -> tuple[Node, ...]:
        """Return the nodes of this service with their inventories as they are now."""
        ...


class Guests(Protocol):
    """The life of guests. Every call is idempotent: a repeated one finds its work done."""

    def guests(self) -> tuple[Guest, ...]:
        """Return the guests of ours that this service has, running or not."""
        ...

    def power_state(self, server_id: str) -> PowerState:
        """Return one guest's power state. Raises NotFound."""
        ...

    def make_disks(self, order: BootOrder, image: RootImage | None) -> None:
        """Make the guest's disks (from the image, when the driver wants one). Raises Invalid, HostCannot."""
        ...

    def remove_disks(self, server_id: str) -> None:
        """Remove every file of the guest."""
        ...

    def start_guest(self, context: Context, node: str, order: BootOrder) -> Mapping[str, str | int | None]:
        """Define and start the guest; return facts for the conductor (``root_device_name``). Raises HostCannot."""
        ...

    def resume_guest(self, server_id: str) -> None:
        """Start a guest again that stands and does not run, as after the host was down. Raises NotFound, HostCannot."""
        ...

    def stop_and_undefine(self, server_id: str) -> None:
        """Stop the guest at once and forget its definition; disks stay."""
        ...


class Consoles(Protocol):
    """What guests print."""

    def console_output(self, server_id: str, lines: int | None) -> str:
        """Return the last lines of the console (all when None), at most 1 MiB. Raises NotFound."""
        ...


class Driver(Inventories, Guests, Consoles, Protocol):
    """A whole driver, as the loader gives it. ``wants_image`` False: disks are made without an image file."""

    wants_image: bool

    def start(self, watcher: PowerWatcher) -> None:
        """Connect, and tell the watcher of power changes from then on. Raises Unavailable."""
        ...

    def stop(self) -> None:
        """Let go of the hypervisor; guests run on."""
        ...
