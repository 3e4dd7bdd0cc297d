"""Decide what a guest is to be: order + what the host is + what the operator set -> `Domain`. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from compute_cloud.errors import Invalid
from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.guest import guest_name
from compute_cloud.virt.driver import HostCannot
from compute_cloud.virt.libvirt.description import X86, Disk, Domain, Graphics, Label, Processor, Smbios

MANUFACTURER = "OpenStack Foundation"
"""With `PRODUCT` what cloud-init and others look for when they ask which cloud they run in."""
PRODUCT = "OpenStack Nova"

_PREFIXES = {"virtio": "vd", "scsi": "sd", "sata": "sd", "usb": "sd", "ide": "hd"}
_WATCHDOG_ACTIONS = ("reset", "poweroff", "pause", "none")
_SPARE_PCIE_PORTS = 12


@dataclass(frozen=True, kw_only=True)
class HostFacts:
    """What plans depend on and hosts differ in. ``machines`` are the boards that the hypervisor knows (empty: unknown).

    ``direct_io``: whether disks' directory lets files be opened past the page cache.
    """

    host: str
    virt_type: str
    arch: str
    machines: tuple[str, ...] = ()
    video_models: tuple[str, ...] = ()
    direct_io: bool = True


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the operator set, read from the configuration. ``disk_format`` is of the guests' own disks.

    ``vnc_listen`` None: no graphics. ``machine_types`` by architecture. ``cpu_features`` are ``+name`` or ``-name``.
    """

    product_version: str
    instances_path: str
    name_template: str = "instance-%08x"
    disk_format: str = "qcow2"
    disk_prefix: str | None = None
    cache_mode: str | None = None
    discard: str | None = None
    cpu_mode: str | None = None
    cpu_models: tuple[str, ...] = ()
    cpu_features: tuple[str, ...] = ()
    machine_types: Mapping[str, str] = field(default_factory=dict)
    vnc_listen: str | None = "127.0.0.1"
    rng_path: str | None = "/dev/urandom"
    balloon_period_seconds: int = 10
    show_serial: bool = True
    tb_cache_mb: int | None = None


def plan(order: BootOrder, host: HostFacts, settings: Settings, *, created_at: str) -> Domain:
    """Return the guest of ``order``. ``created_at`` is UTC (``YYYY-MM-DD hh:mm:ss``). Raises Invalid, HostCannot."""
    wishes = order.image.properties
    windows = wishes.get("os_type") == "windows"
    machine = _machine(wishes, host, settings)
    bus = _choice(wishes, "hw_disk_bus", tuple(_PREFIXES), default="virtio")
    return Domain(
        uuid=order.server_id,
        name=guest_name(order.server_id, settings.name_template),
        virt_type=host.virt_type,
        arch=host.arch,
        machine=machine,
        uefi=_choice(wishes, "hw_firmware_type", ("bios", "uefi"), default="bios") == "uefi",
        memory_mb=order.flavor.memory_mb,
        vcpus=order.flavor.vcpus,
        processor=_processor(order, host, settings),
        smbios=Smbios(
            manufacturer=MANUFACTURER,
            product=PRODUCT,
            version=settings.product_version,
            serial=order.server_id if settings.show_serial else None,
            uuid=order.server_id,
        ),
        label=_label(order, host, settings, created_at),
        disks=_disks(order, bus, host, settings),
        console_log=f"{settings.instances_path}/{order.server_id}/console.log",
        graphics=_graphics(wishes, host, settings),
        rng_path=settings.rng_path,
        balloon_period_seconds=settings.balloon_period_seconds,
        clock="localtime" if windows else "utc",
        timers=_timers(host, windows=windows),
        hyperv=windows and host.arch in X86,
        watchdog=_watchdog(order),
        scsi_model=wishes.get("hw_scsi_model", "virtio-scsi") if bus == "scsi" else None,
        spare_pcie_ports=_SPARE_PCIE_PORTS if machine is not None and "q35" in machine else 0,
        tb_cache_mb=settings.tb_cache_mb if host.virt_type == "qemu" else None,
    )


def disk_names(order: BootOrder) -> tuple[str, ...]:
    """Return the files of the guest's disks in the order in which it sees them."""
    names = ["disk"]
    if order.flavor.ephemeral_gb:
        names.append("disk.eph0")
    if order.flavor.swap_mb:
        names.append("disk.swap")
    return tuple(names)


def _disks(order: BootOrder, bus: str, host: HostFacts, settings: Settings) -> tuple[Disk, ...]:
    cache = settings.cache_mode or ("none" if host.direct_io else "writethrough")
    prefix = settings.disk_prefix or _PREFIXES[bus]
    return tuple(
        Disk(
            path=f"{settings.instances_path}/{order.server_id}/{name}",
            file_format=settings.disk_format,
            device=f"{prefix}{letter}",
            bus=bus,
            cache=cache,
            discard=settings.discard,
        )
        for name, letter in zip(disk_names(order), "abc", strict=False)
    )


def _machine(wishes: Mapping[str, str], host: HostFacts, settings: Settings) -> str | None:
    asked = wishes.get("hw_machine_type")
    if asked and host.machines and asked not in host.machines:
        raise HostCannot(f"This host has no machine type {asked}.", field="image.hw_machine_type")
    if asked:
        return asked
    usual = {"x86_64": "pc", "i686": "pc", "aarch64": "virt", "riscv64": "virt"}
    return settings.machine_types.get(host.arch, usual.get(host.arch))


def _processor(order: BootOrder, host: HostFacts, settings: Settings) -> Processor:
    sockets, cores, threads = _topology(order)
    mode = settings.cpu_mode or ("none" if host.virt_type == "qemu" else "host-model")
    if mode == "host-passthrough" and host.virt_type == "qemu":
        mode = "maximum"  # an emulated processor can't be the host's; this is the nearest
    model = settings.cpu_models[0] if mode == "custom" and settings.cpu_models else None
    if mode == "none" or (mode == "custom" and model is None):
        return Processor(mode=None, sockets=sockets, cores=cores, threads=threads)
    features = tuple(
        (flag.lstrip("+-").lower(), "disable" if flag.startswith("-") else "require") for flag in settings.cpu_features
    )
    return Processor(mode=mode, model=model, features=features, sockets=sockets, cores=cores, threads=threads)


def _topology(order: BootOrder) -> tuple[int, int, int]:
    """Return sockets, cores, threads as asked for when they make the flavor's number, else all of them sockets."""
    asked = {
        part: _number(order.flavor.extra_specs.get(f"hw:cpu_{part}") or order.image.properties.get(f"hw_cpu_{part}"))
        for part in ("sockets", "cores", "threads")
    }
    vcpus = order.flavor.vcpus
    threads = asked["threads"] or 1
    cores = asked["cores"] or (vcpus // (asked["sockets"] * threads) if asked["sockets"] else 1)
    if not cores or vcpus % (cores * threads):
        return vcpus, 1, 1
    sockets = vcpus // (cores * threads)
    if asked["sockets"] and asked["sockets"] != sockets:
        return vcpus, 1, 1
    return sockets, cores, threads


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def _graphics(wishes: Mapping[str, str], host: HostFacts, settings: Settings) -> Graphics | None:
    if settings.vnc_listen is None:
        return None
    model = wishes.get("hw_video_model")
    if model and host.video_models and model not in host.video_models:
        raise HostCannot(f"This host has no video model {model}.", field="image.hw_video_model")
    pointer = _choice(wishes, "hw_pointer_model", ("usbtablet", "ps2mouse"), default="usbtablet")
    return Graphics(
        listen=settings.vnc_listen,
        video_model=model or "virtio",
        pointer="tablet" if pointer == "usbtablet" else None,
    )


def _timers(host: HostFacts, *, windows: bool) -> Mapping[str, Mapping[str, str]]:
    if host.arch not in X86:
        return {}
    timers: dict[str, Mapping[str, str]] = {
        "pit": {"tickpolicy": "delay"},
        "rtc": {"tickpolicy": "catchup"},
        "hpet": {"present": "no"},
    }
    if windows:
        timers["hypervclock"] = {"present": "yes"}
    return timers


def _watchdog(order: BootOrder) -> str | None:
    wishes = {"hw_watchdog_action": order.flavor.extra_specs.get("hw:watchdog_action", "disabled")}
    wishes.update({key: text for key, text in order.image.properties.items() if key in wishes})
    action = _choice(wishes, "hw_watchdog_action", (*_WATCHDOG_ACTIONS, "disabled"), default="disabled")
    return None if action == "disabled" else action


def _label(order: BootOrder, host: HostFacts, settings: Settings, created_at: str) -> Label:
    flavor = order.flavor
    return Label(
        product_version=settings.product_version,
        host=host.host,
        server_name=order.name,
        created_at=created_at,
        flavor_name=flavor.name,
        memory_mb=flavor.memory_mb,
        root_gb=flavor.root_gb,
        ephemeral_gb=flavor.ephemeral_gb,
        swap_mb=flavor.swap_mb,
        vcpus=flavor.vcpus,
        user_id=order.user_id,
        project_id=order.project_id,
        image_id=order.image.id,
    )


def _choice(wishes: Mapping[str, str], key: str, choices: tuple[str, ...], *, default: str) -> str:
    asked = wishes.get(key, default)
    if asked not in choices:
        raise Invalid(f"{key} is {asked}; this host knows {', '.join(choices)}.", field=f"image.{key}")
    return asked
