"""Guests come and go at libvirt's own test hypervisor; all calls may be repeated."""

import uuid
from collections.abc import Iterator

import pytest

from compute_cloud.errors import NotFound
from compute_cloud.lifecycle.states import PowerState
from compute_cloud.virt.driver import HostCannot
from compute_cloud.virt.libvirt.connection import Connection
from compute_cloud.virt.libvirt.events import Events
from compute_cloud.virt.libvirt.lifecycle import Lifecycle
from tests.factories.compute import until

pytest.importorskip("libvirt")


@pytest.fixture
def connection() -> Iterator[Connection]:
    connection = Connection("test:///default")
    yield connection
    connection.close()


def definition(server_id: str, host: str = "h1", *, memory: str = "8192") -> str:
    return f"""<domain type='test'><name>guest-{server_id[:8]}</name><uuid>{server_id}</uuid>
      <metadata><g:guest xmlns:g='https://compute-cloud/xmlns/libvirt/guest/1.0' host='{host}'/></metadata>
      <memory>{memory}</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>"""


def test_a_guests_life(connection: Connection) -> None:
    server_id = str(uuid.uuid4())
    lifecycle = Lifecycle(connection, "h1")
    with pytest.raises(NotFound):
        lifecycle.power_state(server_id)
    for _ in range(2):
        lifecycle.start(server_id, definition(server_id))
        assert lifecycle.power_state(server_id) == PowerState.RUNNING
    connection.ask(lambda live: live.lookupByUUIDString(server_id).destroy())
    assert lifecycle.power_state(server_id) == PowerState.SHUTDOWN
    for _ in range(2):
        lifecycle.resume(server_id)
        assert lifecycle.power_state(server_id) == PowerState.RUNNING
    for _ in range(2):
        lifecycle.stop(server_id)
        with pytest.raises(NotFound):
            lifecycle.power_state(server_id)
    with pytest.raises(NotFound):
        lifecycle.resume(server_id)


def test_only_guests_with_our_mark_are_ours(connection: Connection) -> None:
    ours, theirs = str(uuid.uuid4()), str(uuid.uuid4())
    lifecycle = Lifecycle(connection, "h1")
    lifecycle.start(ours, definition(ours))
    Lifecycle(connection, "h2").start(theirs, definition(theirs, "h2"))
    names = set(connection.ask(lambda live: [each.name() for each in live.listAllDomains()]))
    assert "test" in names  # somebody else's
    assert [guest.server_id for guest in lifecycle.guests()] == [ours]
    assert (lifecycle.owns(ours), lifecycle.owns(theirs)) == (True, False)
    for server_id in (ours, theirs):
        lifecycle.stop(server_id)


def test_what_libvirt_refuses_is_this_hosts_fault_and_leaves_nothing(connection: Connection) -> None:
    server_id = str(uuid.uuid4())
    lifecycle = Lifecycle(connection, "h1")
    with pytest.raises(HostCannot) as refused:
        lifecycle.start(server_id, definition(server_id, memory="much"))
    assert "could not start the guest" in refused.value.message
    assert "memory" in (refused.value.detail or "")
    assert lifecycle.guests() == ()


def test_what_happens_to_guests_is_told(connection: Connection) -> None:
    told: list[tuple[str, PowerState]] = []
    opened: list[bool] = []
    events = Events(connection, lambda *news: told.append(news), lambda: opened.append(True))
    server_id = str(uuid.uuid4())
    lifecycle = Lifecycle(connection, "h1")
    try:
        lifecycle.start(server_id, definition(server_id))
        until(lambda: (server_id, PowerState.RUNNING) in told)
        connection.ask(lambda live: live.lookupByUUIDString(server_id).destroy())
        until(lambda: (server_id, PowerState.SHUTDOWN) in told)
        assert opened
    finally:
        events.stop()
        lifecycle.stop(server_id)
