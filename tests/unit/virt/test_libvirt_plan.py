"""What a guest is to be follows from the order, the host and the operator's settings, and from nothing else."""

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as some

from compute_cloud.errors import Invalid
from compute_cloud.objects.guest import guest_name
from compute_cloud.objects.image import Image
from compute_cloud.virt.driver import HostCannot
from compute_cloud.virt.libvirt.description import Domain
from compute_cloud.virt.libvirt.plan import HostFacts, Settings, plan
from compute_cloud.virt.libvirt.xml import domain_xml
from tests.factories.compute import flavor, order

SERVER_ID = "ea8ed8c4-dfe6-4160-8e99-5fe75f016cb3"
KVM = HostFacts(host="h1", virt_type="kvm", arch="x86_64", machines=("pc", "q35"), video_models=("virtio", "vga"))
QEMU = replace(KVM, virt_type="qemu")
SETTINGS = Settings(product_version="1.2.3", instances_path="/srv/instances")
NOVA = "{http://openstack.org/xmlns/libvirt/nova/1.1}"
OURS = "{https://compute-cloud/xmlns/libvirt/guest/1.0}"


def planned(host: HostFacts = QEMU, settings: Settings = SETTINGS, **given_: Any) -> Domain:
    properties = given_.pop("properties", {})
    image = Image(id="image-1", disk_format="qcow2", properties=properties)
    asked = order(**{"server_id": SERVER_ID, "image": image, **given_})
    return plan(asked, host, settings, created_at="2026-11-20 12:00:00")


def written(host: HostFacts = QEMU, settings: Settings = SETTINGS, **given_: Any) -> ET.Element:
    return ET.fromstring(domain_xml(planned(host, settings, **given_)))


def attributes(root: ET.Element, path: str) -> dict[str, str]:
    found = root.find(path)
    assert found is not None, path
    return dict(found.attrib)


def test_the_usual_guest() -> None:
    root = written(flavor=flavor(vcpus=2, memory_mb=512))
    assert root.get("type") == "qemu"
    assert root.findtext("uuid") == SERVER_ID
    assert root.findtext("name") == "instance-ea8ed8c4"
    assert (root.findtext("memory"), attributes(root, "memory")) == ("512", {"unit": "MiB"})
    assert root.findtext("vcpu") == "2"
    assert attributes(root, "os/type") == {"arch": "x86_64", "machine": "pc"}
    assert attributes(root, "devices/disk/driver") == {"name": "qemu", "type": "qcow2", "cache": "none"}
    assert attributes(root, "devices/disk/source") == {"file": f"/srv/instances/{SERVER_ID}/disk"}
    assert attributes(root, "devices/disk/target") == {"dev": "vda", "bus": "virtio"}
    assert attributes(root, "devices/serial/log") == {
        "file": f"/srv/instances/{SERVER_ID}/console.log",
        "append": "on",
    }
    assert attributes(root, "devices/graphics") == {
        "type": "vnc",
        "port": "-1",
        "autoport": "yes",
        "listen": "127.0.0.1",
    }
    assert attributes(root, "devices/channel/target") == {"type": "virtio", "name": "org.qemu.guest_agent.0"}
    assert attributes(root, "devices/memballoon/stats") == {"period": "10"}
    assert root.findtext("devices/rng/backend") == "/dev/urandom"


def test_the_guest_reads_its_servers_id_and_never_the_hosts_serial() -> None:
    entries = {entry.get("name"): entry.text for entry in written().findall("sysinfo/system/entry")}
    assert entries["serial"] == entries["uuid"] == SERVER_ID
    assert entries["product"] == "OpenStack Nova"  # what cloud-init looks for
    hidden = written(settings=replace(SETTINGS, show_serial=False))
    assert "serial" not in {entry.get("name") for entry in hidden.findall("sysinfo/system/entry")}


def test_tools_find_whose_guest_it_is() -> None:
    root = written(name="web <1>", user_id="user-1", project_id="project-1")
    instance = root.find(f"metadata/{NOVA}instance")
    assert instance is not None
    assert instance.findtext(f"{NOVA}name") == "web <1>"
    assert instance.findtext(f"{NOVA}creationTime") == "2026-11-20 12:00:00"
    assert attributes(instance, f"{NOVA}flavor") == {"name": "tiny"}
    assert attributes(instance, f"{NOVA}owner/{NOVA}project") == {"uuid": "project-1"}
    assert attributes(instance, f"{NOVA}root") == {"type": "image", "uuid": "image-1"}
    assert attributes(root, f"metadata/{OURS}guest") == {"host": "h1"}


def test_disks_beyond_the_root() -> None:
    domain = planned(flavor=flavor(ephemeral_gb=2, swap_mb=64))
    assert [(disk.device, disk.path.rpartition("/")[2]) for disk in domain.disks] == [
        ("vda", "disk"),
        ("vdb", "disk.eph0"),
        ("vdc", "disk.swap"),
    ]


@pytest.mark.parametrize(("bus", "device"), [("virtio", "vda"), ("scsi", "sda"), ("sata", "sda"), ("ide", "hda")])
def test_the_image_chooses_the_bus(bus: str, device: str) -> None:
    root = written(properties={"hw_disk_bus": bus})
    assert attributes(root, "devices/disk/target") == {"dev": device, "bus": bus}
    assert (root.find("devices/controller[@type='scsi']") is not None) == (bus == "scsi")


@pytest.mark.parametrize(
    ("properties", "field"),
    [
        ({"hw_disk_bus": "floppy"}, "image.hw_disk_bus"),
        ({"hw_firmware_type": "coreboot"}, "image.hw_firmware_type"),
        ({"hw_watchdog_action": "explode"}, "image.hw_watchdog_action"),
        ({"hw_pointer_model": "trackball"}, "image.hw_pointer_model"),
    ],
)
def test_what_no_guest_can_have_names_the_property(properties: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        planned(properties=properties)
    assert refused.value.field == field


@pytest.mark.parametrize("properties", [{"hw_machine_type": "vax"}, {"hw_video_model": "hercules"}])
def test_what_this_host_lacks_another_may_have(properties: dict[str, str]) -> None:
    with pytest.raises(HostCannot):
        planned(properties=properties)


def test_the_processor() -> None:
    def mode(host: HostFacts, **set_: Any) -> str | None:
        return planned(host, replace(SETTINGS, **set_)).processor.mode

    assert mode(QEMU) is None
    assert mode(KVM) == "host-model"
    assert mode(KVM, cpu_mode="none") is None
    assert mode(KVM, cpu_mode="host-passthrough") == "host-passthrough"
    assert mode(QEMU, cpu_mode="host-passthrough") == "maximum"
    custom = replace(SETTINGS, cpu_mode="custom", cpu_models=("Nehalem",), cpu_features=("+pcid", "-vmx", "AES"))
    cpu = written(KVM, custom).find("cpu")
    assert cpu is not None
    assert cpu.findtext("model") == "Nehalem"
    features = {each.get("name"): each.get("policy") for each in cpu.findall("feature")}
    assert features == {"pcid": "require", "vmx": "disable", "aes": "require"}


@pytest.mark.parametrize(
    ("vcpus", "specs", "shape"),
    [
        (4, {}, (4, 1, 1)),
        (4, {"hw:cpu_cores": "2"}, (2, 2, 1)),
        (4, {"hw:cpu_sockets": "1"}, (1, 4, 1)),
        (8, {"hw:cpu_sockets": "2", "hw:cpu_threads": "2"}, (2, 2, 2)),
        (4, {"hw:cpu_cores": "3"}, (4, 1, 1)),
        (4, {"hw:cpu_sockets": "3"}, (4, 1, 1)),
        (4, {"hw:cpu_sockets": "8"}, (4, 1, 1)),
        (4, {"hw:cpu_cores": "many"}, (4, 1, 1)),
    ],
)
def test_the_topology(vcpus: int, specs: dict[str, str], shape: tuple[int, int, int]) -> None:
    processor = planned(flavor=flavor(vcpus=vcpus, extra_specs=specs)).processor
    assert (processor.sockets, processor.cores, processor.threads) == shape


def test_boards() -> None:
    assert planned(properties={"hw_machine_type": "q35"}).spare_pcie_ports
    root = written(settings=replace(SETTINGS, machine_types={"x86_64": "q35"}))
    assert len(root.findall("devices/controller[@model='pcie-root-port']")) > 4
    uefi = written(properties={"hw_firmware_type": "uefi"})
    assert attributes(uefi, "os") == {"firmware": "efi"}


def test_windows() -> None:
    root = written(properties={"os_type": "windows"})
    assert attributes(root, "clock") == {"offset": "localtime"}
    assert root.find("features/hyperv/relaxed") is not None


def test_an_arm_host_has_none_of_the_pcs_clocks() -> None:
    root = written(replace(QEMU, arch="aarch64", machines=()))
    assert attributes(root, "os/type") == {"arch": "aarch64", "machine": "virt"}
    assert root.findall("clock/timer") == []
    assert root.find("features/apic") is None


def test_operators_switch_things_off() -> None:
    root = written(settings=replace(SETTINGS, vnc_listen=None, rng_path=None, balloon_period_seconds=0))
    for path in ("devices/graphics", "devices/video", "devices/rng", "devices/memballoon/stats"):
        assert root.find(path) is None
    cached = written(replace(QEMU, direct_io=False), replace(SETTINGS, discard="unmap", disk_format="raw"))
    assert attributes(cached, "devices/disk/driver") == {
        "name": "qemu",
        "type": "raw",
        "cache": "writethrough",
        "discard": "unmap",
    }
    assert planned(settings=replace(SETTINGS, cache_mode="unsafe")).disks[0].cache == "unsafe"
    assert planned(KVM, replace(SETTINGS, tb_cache_mb=32)).tb_cache_mb is None
    assert written(QEMU, replace(SETTINGS, tb_cache_mb=32)).findtext("features/tcg/tb-cache") == "32"


def test_names_at_the_hypervisor() -> None:
    assert guest_name(SERVER_ID, "instance-%08x") == "instance-ea8ed8c4"
    assert guest_name("0000000a-dfe6-4160-8e99-5fe75f016cb3", "instance-%08x") == "instance-0000000a"
    assert guest_name(SERVER_ID, "cc-%(uuid)s") == f"cc-{SERVER_ID}"


@given(some.text(), some.text(), some.dictionaries(some.sampled_from(["hw_scsi_model", "os_type"]), some.text()))
def test_users_words_never_break_the_document(name: str, user: str, properties: dict[str, str]) -> None:
    root = written(name=name, user_id=user, properties=properties)
    assert len(root.findall("devices/disk")) == 1
    assert len(root.findall("metadata/*")) == 2
    assert root.findtext("uuid") == SERVER_ID


def test_the_same_order_gives_the_same_document() -> None:
    assert domain_xml(planned()) == domain_xml(planned())
