"""The tiny guest tells whether guests run, whatever devices there are."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compute_cloud.virt.libvirt.connection import Connection
from compute_cloud.virt.libvirt.driver import LibvirtDriver
from compute_cloud.virt.libvirt.kvm_probe import boots, kvm_runs
from tests.factories.compute import compute_conf


@pytest.fixture
def connection(live: Any, uri: str) -> Iterator[Connection]:
    connection = Connection(uri)
    yield connection
    connection.close()


def test_an_emulated_guest_runs(connection: Connection, home: Path) -> None:
    verdict = boots(connection, home, virt_type="qemu", cpu_mode=None, seconds=120)
    assert verdict.runs, verdict.why
    assert list(home.iterdir()) == []


def test_what_is_no_hypervisor_runs_nothing(connection: Connection, home: Path) -> None:
    verdict = boots(connection, home, virt_type="xen", cpu_mode=None)
    assert not verdict.runs
    assert verdict.why
    assert list(home.iterdir()) == []


def test_the_verdict_on_kvm_is_remembered(connection: Connection, home: Path) -> None:
    first = kvm_runs(connection, home / "state", home, cpu_mode="host-model")
    if not first.certain:
        pytest.skip("the machine is too busy to tell")
    started = time.monotonic()
    again = kvm_runs(connection, home / "state", home, cpu_mode="host-model")
    assert (again.runs, again.why) == (first.runs, first.why)
    assert time.monotonic() - started < 1


def test_a_host_that_is_to_use_kvm_uses_what_works(live: Any, home: Path, uri: str) -> None:
    conf = compute_conf(home, host="probe", compute_driver="libvirt", libvirt__connection_uri=uri)
    assert conf.libvirt.virt_type == "kvm"
    driver = LibvirtDriver(conf)
    driver.start(lambda *_: None)
    try:
        runs = boots(Connection(uri), home, virt_type="kvm", cpu_mode="host-model").runs
        kinds = {kind for _, kind, _ in driver.nodes()[0].supported}
        assert ("kvm" in kinds) == runs
        assert driver.nodes()[0].facts["virt_type"] == ("kvm" if runs else "qemu")
    finally:
        driver.stop()
