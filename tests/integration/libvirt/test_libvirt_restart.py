"""libvirtd is killed under a running service: guests run on, and so does the service."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compute_cloud.compute.service import ComputeService
from compute_cloud.context import nobody
from compute_cloud.lifecycle.states import PowerState
from tests.factories.compute import MemoryConductor, MemoryImages, compute_conf, facts_of, order, until
from tests.factories.private_libvirtd import PrivateLibvirtd

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("libvirtd") or not shutil.which("unshare"),
    reason="a libvirtd of our own needs root, libvirtd and unshare",
)


@pytest.fixture
def daemon() -> Iterator[PrivateLibvirtd]:
    pytest.importorskip("libvirt")
    daemon = PrivateLibvirtd(Path(tempfile.mkdtemp(prefix="cc-libvirtd-", dir="/var/tmp")))
    yield daemon
    daemon.close()


@pytest.mark.timeout(600)
def test_the_service_outlives_libvirtd(daemon: PrivateLibvirtd, home: Path) -> None:
    conf = compute_conf(home, compute_driver="libvirt", libvirt__virt_type="qemu", libvirt__connection_uri=daemon.uri)
    conductor, images = MemoryConductor(), MemoryImages()
    service = ComputeService(conf, conductor, images=images)
    service.start()
    first, second = (order(image=images.put(bytes(2 << 20), "raw")) for _ in range(2))
    try:
        node = until(lambda: conductor.nodes, 60)[0].name
        for asked in (first, second):
            conductor.hosts(asked)
        service.spawn_guest(nobody(), ticket="t1", node=node, order=first)
        facts_of(conductor.outcome("t1", 120))

        daemon.kill()
        service.spawn_guest(nobody(), ticket="t2", node=node, order=second)  # waits for it to come back
        daemon.start()
        facts_of(conductor.outcome("t2", 120))
        assert states(daemon) == {first.server_id: 1, second.server_id: 1}

        live(daemon).lookupByUUIDString(first.server_id).destroy()  # events come again, too
        until(lambda: (first.server_id, int(PowerState.SHUTDOWN)) in conductor.power, 30)

        for asked in (first, second):
            service.destroy_guest(nobody(), ticket=asked.name + asked.server_id, server_id=asked.server_id)
            facts_of(conductor.outcome(asked.name + asked.server_id, 60))
        assert states(daemon) == {}
    finally:
        service.stop()


def live(daemon: PrivateLibvirtd) -> Any:
    import libvirt

    return libvirt.open(daemon.uri)


def states(daemon: PrivateLibvirtd) -> dict[str, int]:
    return {domain.UUIDString(): domain.state()[0] for domain in live(daemon).listAllDomains()}
