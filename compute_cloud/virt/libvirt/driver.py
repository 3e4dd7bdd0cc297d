"""The libvirt driver: its parts put together behind the Protocols of `compute_cloud.virt.driver`."""

import datetime as dt
import importlib.metadata
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from oslo_config import cfg

from compute_cloud import concurrency
from compute_cloud.context import Context
from compute_cloud.errors import Broken, NotFound, Unavailable
from compute_cloud.lifecycle.states import PowerState
from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.host import Node
from compute_cloud.virt.driver import Guest, HostCannot, PowerWatcher, RootImage
from compute_cloud.virt.libvirt import inventory
from compute_cloud.virt.libvirt.capabilities import (
    Capabilities,
    DomainCapabilities,
    read_capabilities,
    read_domain_capabilities,
)
from compute_cloud.virt.libvirt.connection import Connection
from compute_cloud.virt.libvirt.consoles import read_tail
from compute_cloud.virt.libvirt.disks import Disks, direct_io_works
from compute_cloud.virt.libvirt.events import Events
from compute_cloud.virt.libvirt.kvm_probe import kvm_runs
from compute_cloud.virt.libvirt.lifecycle import Lifecycle
from compute_cloud.virt.libvirt.plan import HostFacts, plan
from compute_cloud.virt.libvirt.settings import disk_format, read_settings
from compute_cloud.virt.libvirt.xml import domain_xml

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Machine:
    """What was found out about the host when the driver was started."""

    node_id: str
    name: str
    facts: HostFacts
    capabilities: Capabilities
    domain: DomainCapabilities


class LibvirtDriver:
    """All of `compute_cloud.virt.driver.Driver` with real guests."""

    wants_image = True

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self._settings = read_settings(conf, importlib.metadata.version("compute-cloud"))
        self._connection = Connection(conf.libvirt.connection_uri or "qemu:///system")
        self._lifecycle = Lifecycle(self._connection, conf.host)
        self._disks = Disks(
            directory=Path(conf.instances_path),
            host=conf.host,
            file_format=disk_format(conf),
            preallocate=conf.preallocate_images == "space",
        )
        self._events: Events | None = None
        self._found: _Machine | None = None

    # its own life

    def start(self, watcher: PowerWatcher) -> None:
        """Connect and look the host over. May be repeated. Raises Unavailable, Broken."""
        try:
            self._disks.directory.mkdir(mode=0o755, parents=True, exist_ok=True)
            node_id = inventory.node_id_in(Path(self._conf.state_path))
            direct_io = direct_io_works(self._disks.directory)
        except OSError as error:
            raise Unavailable("The host's state directories cannot be used.", detail=str(error)) from error
        if self._events is None:
            self._events = Events(
                self._connection, lambda *news: self._tell(watcher, *news), lambda: self._tell_all(watcher)
            )
        self._found = self._look(node_id, direct_io=direct_io)

    def stop(self) -> None:
        if self._events is not None:
            self._events.stop()
            self._events = None
        self._connection.close()

    def _look(self, node_id: str, *, direct_io: bool) -> _Machine:
        ask = self._connection.ask
        said = read_capabilities(ask(lambda live: str(live.getCapabilities())))
        virt_type = self._virt_type(said)
        asked = (None, said.arch, None, virt_type)
        domain = read_domain_capabilities(ask(lambda live: str(live.getDomainCapabilities(*asked))))
        facts = HostFacts(
            host=self._conf.host,
            virt_type=virt_type,
            arch=said.arch,
            machines=said.machines,
            video_models=domain.video_models,
            direct_io=direct_io,
        )
        name = ask(lambda live: str(live.getHostname()))
        return _Machine(node_id=node_id, name=name, facts=facts, capabilities=said, domain=domain)

    def _virt_type(self, said: Capabilities) -> str:
        if self._conf.libvirt.virt_type == "qemu":
            return "qemu"
        why = "libvirt does not offer it"
        if (said.arch, "kvm", "hvm") in said.supported:
            if said.arch != "x86_64":  # there is no tiny guest for other processors yet
                return "kvm"
            mode = self._conf.libvirt.cpu_mode or "host-model"
            cpu_mode = None if mode in {"none", "custom"} else mode
            verdict = kvm_runs(self._connection, Path(self._conf.state_path), self._disks.directory, cpu_mode=cpu_mode)
            if verdict.runs:
                return "kvm"
            why = " ".join(verdict.why.split())
        LOG.warning(
            "virt_type is kvm, but KVM runs no guest here (%s): guests are emulated (qemu), many times slower", why
        )
        return "qemu"

    # what the host has

    def nodes(self) -> tuple[Node, ...]:
        found = self._machine
        return (
            inventory.read_node(
                self._conf,
                self._connection,
                node_id=found.node_id,
                name=found.name,
                virt_type=found.facts.virt_type,
                capabilities=found.capabilities,
                domain=found.domain,
            ),
        )

    # the life of guests

    def guests(self) -> tuple[Guest, ...]:
        """Return our guests, and what is left of such: files without a guest have no power state."""
        guests = self._lifecycle.guests()
        known = {guest.server_id for guest in guests}
        left = tuple(
            Guest(server_id=server_id, name="", power_state=PowerState.NOSTATE)
            for server_id in concurrency.in_native_thread(self._disks.owned)
            if server_id not in known
        )
        return guests + left

    def power_state(self, server_id: str) -> PowerState:
        return self._lifecycle.power_state(server_id)

    def make_disks(self, order: BootOrder, image: RootImage | None) -> None:
        if image is None:
            raise Broken("The driver was given no image to make disks from.")
        self._disks.make(order, image)

    def remove_disks(self, server_id: str) -> None:
        self._disks.remove(server_id)

    def start_guest(self, context: Context, node: str, order: BootOrder) -> Mapping[str, str | int | None]:
        del context
        if node != self._machine.name:
            raise HostCannot(f"This host has no node {node}.")
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
        domain = plan(order, self._machine.facts, self._settings, created_at=now)
        self._lifecycle.start(order.server_id, domain_xml(domain))
        return {"root_device_name": f"/dev/{domain.disks[0].device}"}

    def resume_guest(self, server_id: str) -> None:
        self._lifecycle.resume(server_id)

    def stop_and_undefine(self, server_id: str) -> None:
        self._lifecycle.stop(server_id)

    def console_output(self, server_id: str, lines: int | None) -> str:
        try:
            return concurrency.in_native_thread(read_tail, self._disks.console_log(server_id), lines)
        except FileNotFoundError:
            raise NotFound("The guest has no console on this host.") from None

    # inside

    @property
    def _machine(self) -> _Machine:
        if self._found is None:
            raise Unavailable("The hypervisor driver has not been started.")
        return self._found

    def _tell(self, watcher: PowerWatcher, server_id: str, state: PowerState) -> None:
        if self._lifecycle.owns(server_id):
            watcher(server_id, state)

    def _tell_all(self, watcher: PowerWatcher) -> None:
        for guest in self._lifecycle.guests():
            watcher(guest.server_id, guest.power_state)
