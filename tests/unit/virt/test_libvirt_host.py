"""What the driver reads of the host: capabilities, identity, consoles, the tiny guest."""

import re
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from compute_cloud.errors import Broken
from compute_cloud.virt.libvirt import kvm_probe
from compute_cloud.virt.libvirt.capabilities import (
    DomainCapabilities,
    read_capabilities,
    read_domain_capabilities,
    traits_of,
)
from compute_cloud.virt.libvirt.consoles import LIMIT_BYTES, read_tail
from compute_cloud.virt.libvirt.inventory import node_id_in, uptime_line
from compute_cloud.virt.libvirt.xml.metadata import host_of

CAPABILITIES = """
<capabilities>
  <host>
    <cpu><arch>x86_64</arch><model>EPYC</model><vendor>AMD</vendor>
      <topology sockets='1' dies='1' cores='2' threads='1'/>
      <feature name='sse4.1'/><feature name='avx512f'/><feature name='nonsense'/></cpu>
    <topology><cells num='1'><cell id='0'/></cells></topology>
  </host>
  <guest><os_type>hvm</os_type>
    <arch name='x86_64'><machine>pc-i440fx-7.2</machine><machine canonical='pc-i440fx-7.2'>pc</machine>
      <domain type='qemu'/><domain type='kvm'/></arch></guest>
  <guest><os_type>hvm</os_type><arch name='aarch64'><machine>virt</machine><domain type='qemu'/></arch></guest>
</capabilities>"""
DOMAIN = """
<domainCapabilities><devices>
  <disk supported='yes'><enum name='bus'><value>virtio</value><value>scsi</value></enum></disk>
  <video supported='yes'><enum name='modelType'><value>vga</value></enum></video>
</devices></domainCapabilities>"""


def test_capabilities() -> None:
    found = read_capabilities(CAPABILITIES)
    assert found.supported == (("x86_64", "qemu", "hvm"), ("x86_64", "kvm", "hvm"), ("aarch64", "qemu", "hvm"))
    assert found.machines == ("pc-i440fx-7.2", "pc")
    assert found.cpu_info["model"] == "EPYC"
    assert found.cpu_info["topology"] == {"cells": 1, "sockets": 1, "dies": 1, "cores": 2, "threads": 1}


def test_traits_are_only_those_that_stand_and_that_guests_have() -> None:
    said, domain = read_capabilities(CAPABILITIES), read_domain_capabilities(DOMAIN)
    kvm = set(traits_of(said, domain, virt_type="kvm", image_formats=("raw", "qcow2")))
    assert {"HW_CPU_X86_SSE41", "HW_CPU_X86_AVX512F", "COMPUTE_STORAGE_BUS_SCSI", "COMPUTE_GRAPHICS_MODEL_VGA"} <= kvm
    assert {"COMPUTE_NODE", "COMPUTE_IMAGE_TYPE_RAW", "COMPUTE_IMAGE_TYPE_QCOW2", "HW_ARCH_X86_64"} <= kvm
    assert not [name for name in kvm if "NONSENSE" in name]
    emulated = traits_of(said, domain, virt_type="qemu", image_formats=("raw",))
    assert not [name for name in emulated if name.startswith("HW_CPU_X86")]


def test_an_empty_domain_capability() -> None:
    assert read_domain_capabilities("<domainCapabilities/>") == DomainCapabilities(video_models=(), disk_buses=())


def test_a_nodes_id_is_made_once(tmp_path: Path) -> None:
    made = node_id_in(tmp_path / "state")
    assert uuid.UUID(made)
    assert node_id_in(tmp_path / "state") == made
    (tmp_path / "state" / "compute_id").write_text("not an id")
    with pytest.raises(Broken, match="compute_id"):
        node_id_in(tmp_path / "state")


def test_uptime_reads_as_uptime_does() -> None:
    assert re.fullmatch(r"up (\d+ days?, )?\s?\d+:\d\d,  load average: [\d.]+, [\d.]+, [\d.]+", uptime_line())


def test_the_mark_of_our_guests() -> None:
    assert host_of('<guest xmlns="https://compute-cloud/xmlns/libvirt/guest/1.0" host="h1"/>') == "h1"
    assert host_of("<guest") is None
    assert host_of("<guest/>") is None


def test_the_end_of_a_console(tmp_path: Path) -> None:
    log = tmp_path / "console.log"
    with pytest.raises(FileNotFoundError):
        read_tail(log, None)
    log.write_text("one\r\ntwo\nthree\n")
    assert read_tail(log, None) == "one\r\ntwo\nthree\n"
    assert read_tail(log, 2) == "two\nthree\n"
    assert read_tail(log, 0) == ""
    assert read_tail(log, 99) == "one\r\ntwo\nthree\n"
    (tmp_path / "console.log.0").write_text("zero\n")  # what was rotated away
    assert read_tail(log, None) == "zero\none\r\ntwo\nthree\n"


def test_a_console_of_garbage_is_bounded_text(tmp_path: Path) -> None:
    log = tmp_path / "console.log"
    log.write_bytes(bytes(range(256)) * 40960)
    text = read_tail(log, None)
    assert 0 < len(text.encode()) <= LIMIT_BYTES
    assert "\x00" not in text
    log.write_bytes(b"\xff" * (3 * LIMIT_BYTES))
    assert len(read_tail(log, None).encode()) <= LIMIT_BYTES
    log.write_bytes(b"x" * (100 * LIMIT_BYTES))
    assert len(read_tail(log, 1)) == LIMIT_BYTES


def test_the_tiny_guest_is_a_rom() -> None:
    rom = kvm_probe.rom()
    assert len(rom) == 65536
    assert rom[0xFFF0:0xFFF5].hex() == "ea000000f0"  # a processor begins here: jump to f000:0000
    assert kvm_probe.READY in rom


@pytest.mark.skipif(not (shutil.which("as") and shutil.which("ld")), reason="binutils are not installed")
def test_the_tiny_guest_is_what_its_source_says(tmp_path: Path) -> None:
    source = Path(kvm_probe.__file__).with_suffix(".S")
    subprocess.run(["as", "--64", source, "-o", tmp_path / "o"], check=True)
    link = ["ld", "-Ttext", "0", "-e", "0", "--oformat", "binary", "-o", tmp_path / "rom", tmp_path / "o"]
    subprocess.run(link, check=True)
    assert (tmp_path / "rom").read_bytes() == kvm_probe.rom()
