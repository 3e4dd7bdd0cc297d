"""A real guest, from the order to nothing left."""

from pathlib import Path
from typing import Any

import pytest
from oslo_config import cfg

from compute_cloud.compute.service import ComputeService
from compute_cloud.context import nobody
from compute_cloud.lifecycle.states import PowerState, TaskState, VmState
from tests.factories.compute import MemoryConductor, MemoryImages, facts_of, flavor, order, until

READY = "READY"
BOOT_SECONDS = 240.0


def node_name(conductor: MemoryConductor) -> str:
    return until(lambda: conductor.nodes, 60)[0].name


@pytest.mark.timeout(600)
def test_a_guest_lives_through_a_restart_and_leaves_nothing(
    live: Any,
    conf: cfg.ConfigOpts,
    service: ComputeService,
    conductor: MemoryConductor,
    images: MemoryImages,
    guest_image: bytes,
) -> None:
    image = images.put(guest_image, "qcow2")
    asked = order(image=image, flavor=flavor(ephemeral_gb=1, swap_mb=64))
    conductor.hosts(asked)
    node = node_name(conductor)
    service.spawn_guest(nobody(), ticket="t1", node=node, order=asked)
    facts = facts_of(conductor.outcome("t1", BOOT_SECONDS))
    assert facts == {"root_device_name": "/dev/vda", "power_state": PowerState.RUNNING}
    domain = live.lookupByUUIDString(asked.server_id)
    assert domain.isActive()
    assert asked.server_id in domain.XMLDesc()

    def console() -> str:
        return service.console_output(nobody(), server_id=asked.server_id, lines=None)

    text = until(lambda: READY in (said := console()) and said, BOOT_SECONDS)
    assert asked.server_id in text  # the serial number that the guest reads
    assert service.console_output(nobody(), server_id=asked.server_id, lines=1).count("\n") <= 1

    conductor.hosts(asked, vm_state=VmState.ACTIVE, task_state=None, power_state=PowerState.RUNNING)
    second = ComputeService(conf, conductor, images=images)
    service.stop()
    second.start()
    try:
        until(lambda: conductor.started == 2, 60)
        conductor.answers.clear()
        second.spawn_guest(nobody(), ticket="t1", node=node, order=asked)  # open tickets come again
        assert facts_of(conductor.outcome("t1", 60)) == facts
        assert domain.isActive()

        domain.destroy()  # the guest goes down by itself
        until(lambda: (asked.server_id, int(PowerState.SHUTDOWN)) in conductor.power, 30)

        second.destroy_guest(nobody(), ticket="t2", server_id=asked.server_id)
        facts_of(conductor.outcome("t2", 60))
    finally:
        second.stop()
    assert not [each for each in live.listAllDomains() if each.UUIDString() == asked.server_id]
    assert [path.name for path in Path(conf.instances_path).iterdir()] == ["_base"]
    assert images.downloads == 1


@pytest.mark.timeout(600)
def test_a_guest_without_a_server_is_removed_at_start(
    live: Any,
    conf: cfg.ConfigOpts,
    service: ComputeService,
    conductor: MemoryConductor,
    images: MemoryImages,
    guest_image: bytes,
) -> None:
    asked = order(image=images.put(guest_image, "qcow2"))
    conductor.hosts(asked)
    service.spawn_guest(nobody(), ticket="t1", node=node_name(conductor), order=asked)
    facts_of(conductor.outcome("t1", BOOT_SECONDS))
    service.stop()
    conductor.hosts(asked, host="elsewhere", vm_state=VmState.ACTIVE, task_state=TaskState.MIGRATING)
    for expected in (True, False):
        second = ComputeService(conf, conductor, images=images)
        starts = conductor.started
        second.start()
        until(lambda starts=starts: conductor.started > starts, 60)
        if not expected:
            until(lambda: asked.server_id not in {each.UUIDString() for each in live.listAllDomains()}, 60)
            until(lambda: not (Path(conf.instances_path) / asked.server_id).exists(), 60)
        second.stop()
        if expected:
            assert live.lookupByUUIDString(asked.server_id).isActive()
        conductor.servers.clear()


def test_an_image_that_qemu_cannot_start_is_undone(
    live: Any, conf: cfg.ConfigOpts, service: ComputeService, conductor: MemoryConductor, images: MemoryImages
) -> None:
    """The guest's definition is refused by libvirt itself."""
    image = images.put(bytes(4 << 20), "raw", properties={"hw_disk_bus": "scsi", "hw_scsi_model": "no-such-model"})
    asked = order(image=image)
    conductor.hosts(asked)
    service.spawn_guest(nobody(), ticket="t1", node=node_name(conductor), order=asked)
    outcome = conductor.outcome("t1", 120)
    assert not outcome.ok
    assert outcome.retry
    assert "could not start the guest" in outcome.reason
    assert "no-such-model" in outcome.detail
    assert [event[0] for event in outcome.events] == [
        "compute_fetch_image",
        "compute_make_disks",
        "compute_start_guest",
    ]
    assert [path.name for path in Path(conf.instances_path).iterdir()] == ["_base"]


def test_the_host_says_what_it_has(conductor: MemoryConductor, service: ComputeService, conf: cfg.ConfigOpts) -> None:
    node = until(lambda: conductor.nodes, 60)[0]
    assert node.uuid == (Path(conf.state_path) / "compute_id").read_text().strip()
    assert node.hypervisor_type == "QEMU"
    assert set(node.inventories) == {"VCPU", "MEMORY_MB", "DISK_GB"}
    assert all(each.total > 0 for each in node.inventories.values())
    assert {"COMPUTE_NODE", "COMPUTE_IMAGE_TYPE_QCOW2", "COMPUTE_STORAGE_BUS_VIRTIO"} <= set(node.traits)
    assert not [each for each in node.supported if each[1] == "kvm"]
    assert node.cpu_info["arch"]
