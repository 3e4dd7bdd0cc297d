"""A compute service with the fake driver, beside a conductor and an image service in memory."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from oslo_config import cfg

from compute_cloud.compute.service import ComputeService
from compute_cloud.virt.fake import FakeDriver
from tests.factories.compute import MemoryConductor, MemoryImages, compute_conf, until


@pytest.fixture
def conf(tmp_path: Path) -> Iterator[cfg.ConfigOpts]:
    conf = compute_conf(tmp_path)
    yield conf
    conf.reset()


@pytest.fixture
def conductor() -> MemoryConductor:
    return MemoryConductor()


@pytest.fixture
def images() -> MemoryImages:
    return MemoryImages()


@pytest.fixture
def driver(conf: cfg.ConfigOpts) -> FakeDriver:
    return FakeDriver(conf)


@pytest.fixture
def build(
    conf: cfg.ConfigOpts, conductor: MemoryConductor, driver: FakeDriver, images: MemoryImages
) -> Iterator[Callable[..., ComputeService]]:
    """Make services, started ones unless asked otherwise."""
    made = []

    def make(*, start: bool = True, driver: Any = driver) -> ComputeService:
        service = ComputeService(conf, conductor, driver=driver, images=images)
        made.append(service)
        if start:
            service.start()
        return service

    yield make
    for service in made:
        service.stop()


@pytest.fixture
def service(build: Callable[..., ComputeService], conductor: MemoryConductor) -> ComputeService:
    service = build()
    until(lambda: conductor.started)
    return service
