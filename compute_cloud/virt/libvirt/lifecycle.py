"""Guests come and go at libvirt. Each call finds its work done when it is repeated."""

import contextlib
import time
from typing import Any

from compute_cloud import concurrency
from compute_cloud.errors import NotFound
from compute_cloud.lifecycle.states import PowerState
from compute_cloud.virt.driver import Guest, HostCannot
from compute_cloud.virt.libvirt.connection import Connection
from compute_cloud.virt.libvirt.xml.metadata import OURS, host_of

_STOP_SECONDS = 30.0


class Lifecycle:
    """The guests of one compute service (``host``) at one libvirt."""

    def __init__(self, connection: Connection, host: str) -> None:
        self._connection = connection
        self._host = host
        self._ours: set[str] = set()

    def owns(self, server_id: str) -> bool:
        """Tell whether the guest was ours when we last looked or started it."""
        return server_id in self._ours

    def guests(self) -> tuple[Guest, ...]:
        """Return the guests that bear our mark, running or not. Raises Unavailable."""
        library = self._connection.library

        def listed(live: Any) -> tuple[Guest, ...]:
            found = []
            for domain in live.listAllDomains(0):
                with contextlib.suppress(library.libvirtError):  # gone in between, or without a mark
                    mark = domain.metadata(library.VIR_DOMAIN_METADATA_ELEMENT, OURS, 0)
                    if host_of(mark) == self._host:
                        state = power_state_of(library, domain.state()[0])
                        found.append(Guest(server_id=domain.UUIDString(), name=domain.name(), power_state=state))
            return tuple(found)

        guests = self._connection.ask(listed, doing="list its guests")
        self._ours |= {guest.server_id for guest in guests}
        return guests

    def power_state(self, server_id: str) -> PowerState:
        """Return the power state of a guest. Raises NotFound, Unavailable."""
        library = self._connection.library
        state: int = self._connection.ask(lambda live: live.lookupByUUIDString(server_id).state()[0])
        return power_state_of(library, state)

    def start(self, server_id: str, definition: str) -> None:
        """Define the guest and start it, unless it runs. Raises HostCannot, Unavailable."""
        library = self._connection.library

        def started(live: Any) -> None:
            with contextlib.suppress(library.libvirtError):
                if live.lookupByUUIDString(server_id).isActive():
                    return
            domain = live.defineXML(definition)
            try:
                domain.create()
            except library.libvirtError:
                with contextlib.suppress(library.libvirtError):
                    if live.isAlive() and not domain.isActive():
                        _undefine(library, domain)
                raise

        self._ours.add(server_id)
        self._connection.ask(started, doing="start the guest")

    def resume(self, server_id: str) -> None:
        """Start a guest again that is defined, unless it runs. Raises NotFound, HostCannot, Unavailable."""

        def resumed(live: Any) -> None:
            domain = live.lookupByUUIDString(server_id)
            if not domain.isActive():
                domain.create()

        self._connection.ask(resumed, doing="start the guest")

    def stop(self, server_id: str) -> None:
        """Stop the guest at once and forget it; none is fine. Raises HostCannot when it does not stop, Unavailable."""
        library = self._connection.library
        self._ours.discard(server_id)  # what we do ourselves is no news

        def stopped(live: Any) -> None:
            domain = live.lookupByUUIDString(server_id)
            if domain.isActive():
                domain.destroy()
            with contextlib.suppress(library.libvirtError):  # a transient domain is gone already
                _undefine(library, live.lookupByUUIDString(server_id))

        until = time.monotonic() + _STOP_SECONDS
        while True:
            try:
                self._connection.ask(stopped, doing="stop the guest")
            except NotFound:
                return
            except HostCannot:  # QEMU may be busy with its disks longer than libvirt waits for it
                if time.monotonic() > until:
                    raise
                concurrency.sleep(1)
            else:
                break
        if self._stands(server_id):
            raise HostCannot("The host could not remove the guest.", detail=f"domain {server_id} is still defined")

    def _stands(self, server_id: str) -> bool:
        try:
            self.power_state(server_id)
        except NotFound:
            return False
        return True


def power_state_of(library: Any, state: int) -> PowerState:
    """Return the product's word for libvirt's state of a domain."""
    return {
        library.VIR_DOMAIN_RUNNING: PowerState.RUNNING,
        library.VIR_DOMAIN_BLOCKED: PowerState.RUNNING,
        library.VIR_DOMAIN_SHUTDOWN: PowerState.RUNNING,
        library.VIR_DOMAIN_PAUSED: PowerState.PAUSED,
        library.VIR_DOMAIN_SHUTOFF: PowerState.SHUTDOWN,
        library.VIR_DOMAIN_CRASHED: PowerState.CRASHED,
        library.VIR_DOMAIN_PMSUSPENDED: PowerState.SUSPENDED,
    }.get(state, PowerState.NOSTATE)


def _undefine(library: Any, domain: Any) -> None:
    flags = (
        library.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
        | library.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
        | library.VIR_DOMAIN_UNDEFINE_NVRAM
    )
    try:
        domain.undefineFlags(flags)
    except library.libvirtError:
        domain.undefine()  # a driver of libvirt that knows none of them
