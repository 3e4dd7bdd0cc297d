"""What libvirt says of this machine and its hypervisor, read from its two XML documents; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import os_traits

CpuInfo = Mapping[str, str | int | tuple[str, ...] | Mapping[str, int]]


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """``supported`` are (architecture, hypervisor type, vm mode); ``machines`` those of the own architecture."""

    arch: str
    cpu_info: CpuInfo
    cpu_features: tuple[str, ...]
    supported: tuple[tuple[str, str, str], ...]
    machines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DomainCapabilities:
    """What one kind of guest (virt type, architecture, machine) may have."""

    video_models: tuple[str, ...]
    disk_buses: tuple[str, ...]


def read_capabilities(document: str) -> Capabilities:
    """Return what a connection's capabilities say."""
    root = _parse(document)
    arch = root.findtext("host/cpu/arch", "x86_64")
    features = tuple(element.get("name", "") for element in root.findall("host/cpu/feature"))
    supported: dict[tuple[str, str, str], None] = {}
    machines: tuple[str, ...] = ()
    for guest in root.findall("guest"):
        mode = guest.findtext("os_type", "hvm")
        for offered in guest.findall("arch"):
            name = offered.get("name", "")
            for domain in offered.findall("domain"):
                supported[name, domain.get("type", ""), mode] = None
            if name == arch:
                machines = tuple(machine.text or "" for machine in offered.findall("machine"))
    return Capabilities(
        arch=arch,
        cpu_info=_cpu_info(root, arch, features),
        cpu_features=features,
        supported=tuple(supported),
        machines=machines,
    )


def read_domain_capabilities(document: str) -> DomainCapabilities:
    """Return what a domain's capabilities say."""
    root = _parse(document)
    return DomainCapabilities(
        video_models=_values(root, "devices/video/enum[@name='modelType']"),
        disk_buses=_values(root, "devices/disk/enum[@name='bus']"),
    )


def traits_of(
    capabilities: Capabilities, domain: DomainCapabilities, *, virt_type: str, image_formats: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the host's traits; the processor's own only where guests run on it."""
    known = set(os_traits.get_traits())
    wanted = {"COMPUTE_NODE", f"HW_ARCH_{_word(capabilities.arch)}"}
    wanted |= {f"COMPUTE_IMAGE_TYPE_{_word(name)}" for name in image_formats}
    wanted |= {f"COMPUTE_GRAPHICS_MODEL_{_word(name)}" for name in domain.video_models}
    wanted |= {f"COMPUTE_STORAGE_BUS_{_word(name)}" for name in domain.disk_buses}
    if virt_type == "kvm":
        wanted |= {f"HW_CPU_X86_{_word(name)}" for name in capabilities.cpu_features}
    return tuple(sorted(wanted & known))


def _word(name: str) -> str:
    return name.upper().replace(".", "").replace("-", "_")


def _cpu_info(root: ET.Element, arch: str, features: tuple[str, ...]) -> CpuInfo:
    topology = root.find("host/cpu/topology")
    shape = {name: int(value) for name, value in topology.items() if value.isdecimal()} if topology is not None else {}
    cells = len(root.findall("host/topology/cells/cell"))
    return {
        "arch": arch,
        "model": root.findtext("host/cpu/model", ""),
        "vendor": root.findtext("host/cpu/vendor", ""),
        "features": features,
        "topology": {"cells": max(cells, 1), **shape},
    }


def _values(root: ET.Element, path: str) -> tuple[str, ...]:
    enum = root.find(path)
    return () if enum is None else tuple(value.text or "" for value in enum.findall("value"))


def _parse(document: str) -> ET.Element:
    return ET.fromstring(document)  # noqa: S314 - libvirt's own document
