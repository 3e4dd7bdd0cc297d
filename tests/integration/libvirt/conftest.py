"""A compute service with the real libvirt driver, beside a conductor and an image service in memory."""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from oslo_config import cfg

from compute_cloud.compute.service import ComputeService
from tests.factories.compute import MemoryConductor, MemoryImages, compute_conf

GUEST_IMAGE = os.environ.get("COMPUTE_CLOUD_GUEST_IMAGE", "/var/lib/compute-cloud/guest-image/guest.qcow2")
URI = os.environ.get("COMPUTE_CLOUD_LIBVIRT_URI", "qemu:///system")


@pytest.fixture(scope="session")
def live() -> Any:
    libvirt = pytest.importorskip("libvirt")
    try:
        return libvirt.open(URI)
    except libvirt.libvirtError as error:
        pytest.skip(f"no libvirt at {URI}: {error}")


@pytest.fixture(scope="session")
def uri() -> str:
    return URI


@pytest.fixture(scope="session")
def guest_image() -> bytes:
    if not Path(GUEST_IMAGE).exists():
        pytest.skip(f"no guest image at {GUEST_IMAGE} (devstack/guest-image/build.sh makes one)")
    return Path(GUEST_IMAGE).read_bytes()


@pytest.fixture
def home() -> Iterator[Path]:
    """A state directory that the hypervisor's user can pass."""
    home = Path("/var/tmp") / f"compute-cloud-test-{uuid.uuid4().hex[:8]}"
    home.mkdir(mode=0o755)
    yield home
    shutil.rmtree(home)


@pytest.fixture
def host(home: Path) -> str:
    return f"test-{home.name[-8:]}"


@pytest.fixture
def conf(home: Path, host: str) -> Iterator[cfg.ConfigOpts]:
    conf = compute_conf(
        home,
        host=host,
        compute_driver="libvirt",
        libvirt__virt_type="qemu",
        libvirt__connection_uri=URI,
        libvirt__tb_cache_size=32,
    )
    yield conf
    conf.reset()


@pytest.fixture
def images() -> MemoryImages:
    return MemoryImages()


@pytest.fixture
def conductor(host: str) -> MemoryConductor:
    return MemoryConductor(host=host)


@pytest.fixture
def service(
    live: Any, conf: cfg.ConfigOpts, conductor: MemoryConductor, images: MemoryImages
) -> Iterator[ComputeService]:
    service = ComputeService(conf, conductor, images=images)
    service.start()
    yield service
    service.stop()
    left = [domain for domain in live.listAllDomains() if conf.host in domain.XMLDesc()]
    for domain in left:
        if domain.isActive():
            domain.destroy()
        domain.undefine()
    assert not left
