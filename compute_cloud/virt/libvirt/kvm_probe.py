"""Does KVM really run guests here? Asked of a tiny guest, never of /dev/kvm: a device may open and yet run nothing.

The guest is a ROM of 350 bytes (source: ``kvm_probe.S``), booted as a transient domain, so that the answer holds
for guests as libvirt starts them: its user, its confinement, the processor model that is configured.
"""

import contextlib
import json
import logging
import os
import shutil
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from compute_cloud import concurrency
from compute_cloud.errors import Problem
from compute_cloud.virt.libvirt.connection import Connection
from compute_cloud.virt.libvirt.xml.write import add

LOG = logging.getLogger(__name__)
READY = b"GUEST RUNS"
_LIMIT_SECONDS = 5.0
_ROM_BYTES = 65536
_CODE = bytes.fromhex(
    "fa31c08ed88ec08ed0bc00709c0e681200cffcbf0010b9003030c0f3aa66c70600100320000066c70600200330000066c706"
    "0030830000002e660f0116580166b8010000000f22c066ea50000f00100066b818008ed88ec08ed0bc00700000b820060000"
    "0f22e0b8001000000f22d8b9800000c00f320d000100000f30b8110000800f22c0ea8c000f00080031c08ed88ec08ed0bc00"
    "70000089e56a00559c6a08488d05030000005048cfbb0080000048c7030000000048c743080000000089df31c031d2bb0100"
    "0000b902000000f0480fc70f7533bf00820000dbe3d9e8660f76c00fae07660fefc00fae0f66480f7ec048ffc07512b980f0"
    "fa02ffc975fc488d3518000000eb07488d351b00000066baf803ac84c07403eeebf8f4ebfd47554553542052554e530a0047"
    "55455354204641494c530a000000000000000000ffff0000009baf00ffff0000009bcf00ffff00000093cf001f0038010f"
)
_RESET = bytes.fromhex("ea000000f0")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether guests run, and why not. ``certain`` False: it only took too long, which a busy host explains too."""

    runs: bool
    why: str = ""
    certain: bool = True


def rom() -> bytes:
    """Return the guest: its code, and the jump to it where a processor begins."""
    head = _CODE.ljust(_ROM_BYTES - 16, b"\0")
    return (head + _RESET).ljust(_ROM_BYTES, b"\0")


def kvm_runs(connection: Connection, directory: Path, scratch: Path, *, cpu_mode: str | None) -> Verdict:
    """Return whether KVM runs guests here, from ``directory``'s memory when nothing changed since it was asked.

    ``scratch`` is a directory that the hypervisor may read. Raises Unavailable when libvirt does not answer.
    """
    memory = directory / "kvm_probe.json"
    key = _key(connection, cpu_mode)
    with contextlib.suppress(OSError, ValueError, KeyError):
        remembered = json.loads(memory.read_text())
        if remembered["key"] == key:
            return Verdict(runs=bool(remembered["runs"]), why=str(remembered["why"]))
    verdict = boots(connection, scratch, virt_type="kvm", cpu_mode=cpu_mode)
    if verdict.certain:
        directory.mkdir(parents=True, exist_ok=True)
        memory.write_text(json.dumps({"key": key, "runs": verdict.runs, "why": verdict.why}))
    return verdict


def boots(
    connection: Connection, scratch: Path, *, virt_type: str, cpu_mode: str | None, seconds: float = _LIMIT_SECONDS
) -> Verdict:
    """Boot the tiny guest under ``virt_type`` and return how it went, within ``seconds``."""
    here = Path(tempfile.mkdtemp(prefix="probe-", dir=scratch))
    here.chmod(0o711)
    (here / "rom").write_bytes(rom())
    (here / "rom").chmod(0o644)
    server_id = str(uuid.uuid4())
    definition = _definition(server_id, here, virt_type, cpu_mode)
    try:
        connection.ask(lambda live: live.createXML(definition, 0), doing="start a guest")
        return _await(connection, server_id, here / "serial", seconds)
    except Problem as problem:
        return Verdict(runs=False, why=problem.detail or problem.message)
    finally:
        with contextlib.suppress(Problem):
            connection.ask(lambda live: live.lookupByUUIDString(server_id).destroy())
        shutil.rmtree(here, ignore_errors=True)


def _await(connection: Connection, server_id: str, serial: Path, seconds: float) -> Verdict:
    running = connection.library.VIR_DOMAIN_RUNNING
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        state: Any = connection.ask(lambda live: live.lookupByUUIDString(server_id).state())
        with contextlib.suppress(OSError):
            if READY in serial.read_bytes():
                return Verdict(runs=True)
        if state[0] != running:
            return Verdict(runs=False, why="a guest was stopped by the hypervisor at its first instructions")
        concurrency.sleep(0.05)
    return Verdict(
        runs=False, why=f"a guest did not get through its first instructions in {seconds:g} s", certain=False
    )


def _definition(server_id: str, here: Path, virt_type: str, cpu_mode: str | None) -> str:
    root = ET.Element("domain", {"type": virt_type})
    add(root, "name", f"probe-{server_id[:8]}")
    add(root, "uuid", server_id)
    add(root, "memory", 16, unit="MiB")
    add(root, "vcpu", 1)
    system = add(root, "os")
    add(system, "type", "hvm", arch="x86_64", machine="pc")
    add(system, "loader", str(here / "rom"), readonly="yes", type="rom")
    add(add(root, "features"), "acpi")
    if cpu_mode is not None:
        add(root, "cpu", mode=cpu_mode)
    for moment in ("on_poweroff", "on_reboot", "on_crash"):
        add(root, moment, "destroy")
    devices = add(root, "devices")
    add(devices, "controller", type="usb", model="none")
    serial = add(devices, "serial", type="file")
    add(serial, "source", path=str(here / "serial"))
    add(devices, "memballoon", model="none")
    return ET.tostring(root, encoding="unicode")


def _key(connection: Connection, cpu_mode: str | None) -> str:
    versions: Any = connection.ask(lambda live: (live.getVersion(), live.getLibVersion()))
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        device = Path("/dev/kvm").exists()
        return f"{os.uname().release} {boot} kvm={device} qemu={versions[0]} libvirt={versions[1]} cpu={cpu_mode}"
    return f"{os.uname().release} {versions}"
