"""[DEFAULT]: what a compute host offers and how it treats its guests."""

from oslo_config import cfg

GROUP = None


def _ratio(resource: str, what: str, initial: float) -> list[cfg.Opt]:
    return [
        cfg.FloatOpt(
            f"{resource}_allocation_ratio",
            min=0.0,
            mutable=True,
            help=f"How many times {what} may be given out. Unset (or 0.0) leaves a known host as it is and takes "
            f"initial_{resource}_allocation_ratio for a new one.",
        ),
        cfg.FloatOpt(
            f"initial_{resource}_allocation_ratio",
            default=initial,
            min=0.0,
            help=f"The first allocation ratio of a new host for {what}.",
        ),
    ]


OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "compute_driver",
        default="libvirt",
        help="The driver of this host's hypervisor, a name in the compute_cloud.virt entry points: libvirt or fake. "
        "Nova's spellings libvirt.LibvirtDriver and fake.FakeDriver are understood.",
    ),
    *_ratio("cpu", "the processors", 4.0),
    *_ratio("ram", "the memory", 1.0),
    *_ratio("disk", "the disk", 1.0),
    cfg.IntOpt("reserved_host_memory_mb", default=512, min=0, mutable=True, help="MiB of memory kept for the host."),
    cfg.IntOpt("reserved_host_cpus", default=0, min=0, mutable=True, help="Processors kept for the host."),
    cfg.IntOpt("reserved_host_disk_mb", default=0, min=0, mutable=True, help="MiB of disk kept for the host."),
    cfg.StrOpt(
        "default_availability_zone",
        default="nova",
        help="The availability zone of compute hosts that are in none by an aggregate. Do not change it in a running "
        "cloud.",
    ),
    cfg.StrOpt(
        "internal_service_availability_zone",
        default="internal",
        help="The availability zone in which other services are shown.",
    ),
    cfg.StrOpt(
        "default_schedule_zone",
        mutable=True,
        help="The availability zone of a server whose user names none; unset: any zone.",
    ),
    cfg.IntOpt(
        "max_concurrent_builds",
        default=10,
        min=0,
        help="How many guests this host builds at once; 0: as many as its pool allows.",
    ),
    cfg.IntOpt(
        "instance_build_timeout",
        default=0,
        min=0,
        mutable=True,
        help="Seconds a boot may take before it fails. As no boot may hang for ever, 0 stands for one hour.",
    ),
    cfg.BoolOpt(
        "resume_guests_state_on_host_boot",
        default=False,
        help="Whether guests that ran before the host went down are started when compute starts.",
    ),
    cfg.IntOpt(
        "sync_power_state_interval",
        default=600,
        mutable=True,
        help="Seconds between two comparisons of the guests' power states with the records; negative: never.",
    ),
    cfg.IntOpt(
        "update_resources_interval",
        default=0,
        min=-1,
        help="Seconds between two reports of the host's inventory; 0: each minute; negative: only at start.",
    ),
    cfg.IntOpt(
        "running_deleted_instance_poll_interval",
        default=1800,
        min=0,
        mutable=True,
        help="Seconds between two looks for guests whose server is deleted; 0: never.",
    ),
    cfg.StrOpt(
        "running_deleted_instance_action",
        default="reap",
        choices=["reap", "log", "shutdown", "noop"],
        mutable=True,
        help="What is done with a guest whose server is deleted.",
    ),
    cfg.BoolOpt("use_cow_images", default=True, help="Whether root disks are overlays on the cached image."),
    cfg.BoolOpt(
        "force_raw_images",
        default=True,
        help="Whether cached images are kept in raw form (read fastest, and no format is guessed from their content).",
    ),
    cfg.StrOpt(
        "preallocate_images",
        default="none",
        choices=["none", "space"],
        help="Whether a guest's disk space is taken at its start (space) or as it is written (none).",
    ),
]
