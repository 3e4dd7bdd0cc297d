"""Is a file what it is said to be, and safe to give to QEMU? Answered by reading it, never by qemu-img."""

from dataclasses import dataclass
from pathlib import Path

from oslo_utils.imageutils import format_inspector

from compute_cloud.errors import Invalid

BOOTABLE = ("raw", "qcow2")
_RAW_LOOKS = {"raw": ("raw", "gpt"), "qcow2": ("qcow2",)}
_CONVERTED_LOOKS = ("raw", "gpt", "iso", "luks")
_GIB = 1024**3


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A file that passed. ``file_format`` is how QEMU is to read it."""

    file_format: str
    virtual_size_bytes: int


def check_image(path: Path, declared: str | None) -> Checked:
    """Return what the downloaded file is. Raises Invalid when it is not what was declared, or names other files."""
    if declared not in BOOTABLE:
        raise Invalid(f"Hosts boot raw and qcow2 images; this one is {declared}.", field="image.disk_format")
    inspector = _inspect(path)
    found = str(inspector)
    if found not in _RAW_LOOKS[declared]:
        raise Invalid(f"The image is declared as {declared}, but its content is {found}.", field="image.disk_format")
    try:
        inspector.safety_check()
    except (format_inspector.SafetyCheckFailed, format_inspector.SafetyViolation) as error:
        reasons = "; ".join(str(each) for each in getattr(error, "failures", {}).values())
        raise Invalid(f"The image is not safe to use: {reasons or error}.", field="image") from error
    size = int(inspector.virtual_size) if declared == "qcow2" else path.stat().st_size
    return Checked(file_format=declared, virtual_size_bytes=size)


def check_converted(path: Path) -> Checked:
    """Return what a file is that we made raw; a disk that begins with another disk's header is refused all the same.

    Raises Invalid.
    """
    found = str(_inspect(path))
    if found not in _CONVERTED_LOOKS:
        raise Invalid(f"The disk within the image is a {found} image itself.", field="image")
    return Checked(file_format="raw", virtual_size_bytes=path.stat().st_size)


def check_size(virtual_size_bytes: int, root_gb: int) -> None:
    """Refuse an image that the flavor's disk cannot hold; a flavor without a root disk holds any. Raises Invalid."""
    if root_gb and virtual_size_bytes > root_gb * _GIB:
        needs = f"{virtual_size_bytes / _GIB:.3g}"
        raise Invalid(f"The image needs {needs} GiB of disk; the flavor has {root_gb}.", field="flavor")


def _inspect(path: Path) -> format_inspector.FileInspector:
    if not path.stat().st_size:
        raise Invalid("The image is empty.", field="image")
    try:
        inspector = format_inspector.detect_file_format(str(path))
    except format_inspector.ImageFormatError as error:
        raise Invalid("The image is more than one thing at once.", field="image", detail=str(error)) from error
    if inspector is None:
        raise Invalid("The image is of no known format.", field="image")
    return inspector
