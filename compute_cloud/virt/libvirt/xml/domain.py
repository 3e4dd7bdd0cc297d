"""The document that defines a guest at libvirt."""

from xml.etree import ElementTree as ET

from compute_cloud.virt.libvirt.description import X86, Domain, Processor, Smbios
from compute_cloud.virt.libvirt.xml.devices import add_devices
from compute_cloud.virt.libvirt.xml.metadata import add_metadata
from compute_cloud.virt.libvirt.xml.write import add


def domain_xml(domain: Domain) -> str:
    """Return the definition of ``domain``."""
    root = ET.Element("domain", {"type": domain.virt_type})
    add(root, "uuid", domain.uuid)
    add(root, "name", domain.name)
    add_metadata(root, domain.label)
    add(root, "memory", domain.memory_mb, unit="MiB")
    add(root, "vcpu", domain.vcpus)
    _add_sysinfo(root, domain.smbios)
    _add_os(root, domain)
    _add_features(root, domain)
    _add_processor(root, domain.processor)
    clock = add(root, "clock", offset=domain.clock)
    for name, attributes in domain.timers.items():
        add(clock, "timer", name=name, **attributes)
    add(root, "on_poweroff", "destroy")
    add(root, "on_reboot", "restart")
    add(root, "on_crash", "destroy")
    add_devices(root, domain)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode")


def _add_sysinfo(root: ET.Element, smbios: Smbios) -> None:
    system = add(add(root, "sysinfo", type="smbios"), "system")
    for name in ("manufacturer", "product", "version", "serial", "uuid", "family"):
        text = getattr(smbios, name)
        if text is not None:
            add(system, "entry", text, name=name)


def _add_os(root: ET.Element, domain: Domain) -> None:
    element = add(root, "os", firmware="efi" if domain.uefi else None)
    add(element, "type", "hvm", arch=domain.arch, machine=domain.machine)
    add(element, "boot", dev="hd")
    add(element, "smbios", mode="sysinfo")


def _add_features(root: ET.Element, domain: Domain) -> None:
    features = add(root, "features")
    add(features, "acpi")
    if domain.arch in X86:
        add(features, "apic")
    if domain.hyperv:
        hyperv = add(features, "hyperv")
        add(hyperv, "relaxed", state="on")
        add(hyperv, "vapic", state="on")
        add(hyperv, "spinlocks", state="on", retries=8191)
    if domain.tb_cache_mb:
        add(add(features, "tcg"), "tb-cache", domain.tb_cache_mb, unit="MiB")


def _add_processor(root: ET.Element, processor: Processor) -> None:
    element = add(root, "cpu", mode=processor.mode, match="exact" if processor.mode == "custom" else None)
    if processor.model is not None:
        add(element, "model", processor.model, fallback="forbid")
    add(element, "topology", sockets=processor.sockets, cores=processor.cores, threads=processor.threads)
    for name, policy in processor.features:
        add(element, "feature", name=name, policy=policy)
