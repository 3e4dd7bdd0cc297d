"""What a guest is to be, as frozen values: made by `plan`, written down by `xml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

X86 = ("x86_64", "i686")


@dataclass(frozen=True, kw_only=True)
class Disk:
    """A file that the guest sees as a disk, as ``device`` (``vda``). ``cache`` and ``discard`` are QEMU's words."""

    path: str
    file_format: str
    device: str
    bus: str
    cache: str
    discard: str | None = None


@dataclass(frozen=True, kw_only=True)
class Processor:
    """The guest's processor. ``mode`` None leaves it to the hypervisor; ``features`` are (name, policy)."""

    mode: str | None
    model: str | None = None
    features: tuple[tuple[str, str], ...] = ()
    sockets: int
    cores: int = 1
    threads: int = 1


@dataclass(frozen=True, kw_only=True)
class Smbios:
    """What firmware tells the guest of the machine; ``serial`` None: nothing."""

    manufacturer: str
    product: str
    version: str
    serial: str | None
    uuid: str
    family: str = "Virtual Machine"


@dataclass(frozen=True, kw_only=True)
class Label:
    """Whose guest this is, for tools and for us: ``host`` is the compute service that made it.

    ``created_at`` is UTC, as ``YYYY-MM-DD hh:mm:ss``.
    """

    product_version: str
    host: str
    server_name: str
    created_at: str
    flavor_name: str
    memory_mb: int
    root_gb: int
    ephemeral_gb: int
    swap_mb: int
    vcpus: int
    user_id: str
    project_id: str
    image_id: str


@dataclass(frozen=True, kw_only=True)
class Graphics:
    """The VNC server of the guest and what goes with it."""

    listen: str
    video_model: str
    pointer: str | None


@dataclass(frozen=True, kw_only=True)
class Domain:
    """A guest whole. ``console_log`` is the file that its serial port is written to.

    ``timers`` map a clock's name to its attributes; ``machine`` None leaves the board to the hypervisor.
    ``watchdog`` is what happens when the guest hangs; None: nobody watches.
    """

    uuid: str
    name: str
    virt_type: str
    arch: str
    machine: str | None
    uefi: bool
    memory_mb: int
    vcpus: int
    processor: Processor
    smbios: Smbios
    label: Label
    disks: tuple[Disk, ...]
    console_log: str
    graphics: Graphics | None
    rng_path: str | None
    balloon_period_seconds: int
    clock: str = "utc"
    timers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    hyperv: bool = False
    watchdog: str | None = None
    scsi_model: str | None = None
    spare_pcie_ports: int = 0
    tb_cache_mb: int | None = None
