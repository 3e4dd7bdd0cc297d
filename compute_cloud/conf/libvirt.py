"""[libvirt]: how guests are made at libvirt."""

from oslo_config import cfg
from oslo_config import types as kinds

GROUP = cfg.OptGroup("libvirt", title="The libvirt driver")


def _old(name: str) -> list[cfg.DeprecatedOpt]:
    return [cfg.DeprecatedOpt(name, group="DEFAULT")]


OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "virt_type",
        default="kvm",
        choices=["kvm", "qemu"],
        deprecated_opts=_old("libvirt_type"),
        help="kvm runs guests on the processor, qemu emulates one. A host whose /dev/kvm does not really run guests "
        "takes qemu and warns.",
    ),
    cfg.StrOpt(
        "connection_uri",
        default="",
        deprecated_opts=_old("libvirt_uri"),
        help="Where libvirt answers; empty: qemu:///system.",
    ),
    cfg.StrOpt(
        "cpu_mode",
        choices=["host-model", "host-passthrough", "custom", "none"],
        deprecated_opts=_old("libvirt_cpu_mode"),
        help="The processor a guest sees; unset: host-model with kvm, none (the hypervisor's own) with qemu.",
    ),
    cfg.ListOpt(
        "cpu_models",
        default=[],
        deprecated_opts=[
            cfg.DeprecatedOpt("cpu_model", group="libvirt"),
            cfg.DeprecatedOpt("libvirt_cpu_model", group="DEFAULT"),
        ],
        help="Processor models for cpu_mode = custom, the most common first.",
    ),
    cfg.ListOpt(
        "cpu_model_extra_flags",
        default=[],
        help="Processor features to add (+name, or just name) or to take away (-name).",
    ),
    cfg.ListOpt("hw_machine_type", help="Machine types by architecture, such as x86_64=q35."),
    cfg.StrOpt(
        "images_type",
        default="default",
        choices=["default", "raw", "flat", "qcow2"],
        deprecated_opts=_old("libvirt_images_type"),
        help="The form of guests' disks; default: qcow2 when use_cow_images, else raw.",
    ),
    cfg.StrOpt(
        "hw_disk_discard",
        choices=["ignore", "unmap"],
        help="Whether space that a guest frees is freed on the host.",
    ),
    cfg.ListOpt(
        "disk_cachemodes",
        item_type=kinds.String(),
        default=[],
        deprecated_opts=_old("disk_cachemodes"),
        help="Cache modes by kind of disk, such as file=writeback; unset: none where the directory allows direct "
        "reads and writes, else writethrough.",
    ),
    cfg.StrOpt("disk_prefix", deprecated_opts=_old("libvirt_disk_prefix"), help="Device names of disks, such as vd."),
    cfg.StrOpt(
        "rng_dev_path",
        default="/dev/urandom",
        help="Where guests' random numbers come from; empty: no such device.",
    ),
    cfg.IntOpt(
        "mem_stats_period_seconds",
        default=10,
        help="Seconds between two figures of a guest's memory; 0 or less: none.",
    ),
    cfg.StrOpt(
        "sysinfo_serial",
        default="unique",
        choices=["none", "unique"],
        help="The serial number that a guest reads: its server's id (unique) or none. The host's own is never shown.",
    ),
    cfg.IntOpt(
        "wait_soft_reboot_seconds",
        default=120,
        mutable=True,
        deprecated_opts=_old("libvirt_wait_soft_reboot_seconds"),
        help="Seconds a guest has to shut down before a soft reboot turns hard.",
    ),
    cfg.IntOpt("tb_cache_size", min=0, help="MiB of translation cache of an emulated guest (virt_type = qemu)."),
]
