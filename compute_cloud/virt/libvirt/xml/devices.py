"""The devices of a domain."""

from xml.etree import ElementTree as ET

from compute_cloud.virt.libvirt.description import Disk, Domain, Graphics
from compute_cloud.virt.libvirt.xml.write import add


def add_devices(parent: ET.Element, domain: Domain) -> None:
    """Append all that the guest finds on its buses."""
    devices = add(parent, "devices")
    for disk in domain.disks:
        _add_disk(devices, disk)
    _add_controllers(devices, domain)
    _add_serial(devices, domain.console_log)
    channel = add(devices, "channel", type="unix")
    add(channel, "target", type="virtio", name="org.qemu.guest_agent.0")
    if domain.graphics is not None:
        _add_graphics(devices, domain.graphics)
    if domain.rng_path:
        rng = add(devices, "rng", model="virtio")
        add(rng, "backend", domain.rng_path, model="random")
    if domain.watchdog is not None:
        add(devices, "watchdog", model="i6300esb", action=domain.watchdog)
    balloon = add(devices, "memballoon", model="virtio")
    if domain.balloon_period_seconds > 0:
        add(balloon, "stats", period=domain.balloon_period_seconds)


def _add_disk(devices: ET.Element, disk: Disk) -> None:
    element = add(devices, "disk", type="file", device="disk")
    add(element, "driver", name="qemu", type=disk.file_format, cache=disk.cache, discard=disk.discard)
    add(element, "source", file=disk.path)
    add(element, "target", dev=disk.device, bus=disk.bus)


def _add_controllers(devices: ET.Element, domain: Domain) -> None:
    if domain.scsi_model is not None:
        add(devices, "controller", type="scsi", index=0, model=domain.scsi_model)
    if domain.spare_pcie_ports:
        # such a board plugs a device into a port of its own, and ports can't be added to a running guest
        add(devices, "controller", type="pci", index=0, model="pcie-root")
        for _ in range(domain.spare_pcie_ports):
            add(devices, "controller", type="pci", model="pcie-root-port")


def _add_serial(devices: ET.Element, console_log: str) -> None:
    serial = add(devices, "serial", type="pty")
    add(serial, "log", file=console_log, append="on")
    add(serial, "target", port=0)


def _add_graphics(devices: ET.Element, graphics: Graphics) -> None:
    element = add(devices, "graphics", type="vnc", port=-1, autoport="yes", listen=graphics.listen)
    add(element, "listen", type="address", address=graphics.listen)
    video = add(devices, "video")
    add(video, "model", type=graphics.video_model)
    if graphics.pointer is not None:
        add(devices, "input", type=graphics.pointer, bus="usb")
