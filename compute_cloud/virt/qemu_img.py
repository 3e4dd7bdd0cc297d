"""The one place that runs qemu-img: every format is named, never guessed, and each run is under limits.

A file's format is a user's to forge: only what the image check let through, and what we made, comes here.
"""

from pathlib import Path

from oslo_concurrency import processutils

from compute_cloud.virt.driver import HostCannot

FORMATS = ("raw", "qcow2")
_GIB = 1024**3
_MEMORY_BYTES = 1 * _GIB
_CPU_SECONDS = 30


def create(path: Path, file_format: str, size_bytes: int) -> None:
    """Make an empty disk. Raises HostCannot."""
    _run("create", "-q", "-f", _named(file_format), _plain(path), str(size_bytes), cpu_seconds=_CPU_SECONDS)


def create_overlay(path: Path, size_bytes: int, *, backing: Path, backing_format: str) -> None:
    """Make a qcow2 disk that holds what differs from ``backing``. Raises HostCannot."""
    base = ("-F", _named(backing_format), "-b", _plain(backing))
    _run("create", "-q", "-f", "qcow2", *base, _plain(path), str(size_bytes), cpu_seconds=_CPU_SECONDS)


def convert(source: Path, source_format: str, target: Path, target_format: str, *, size_bytes: int) -> None:
    """Write ``source`` (of that virtual size) anew in another format, holes kept. Raises HostCannot."""
    formats = ("-f", _named(source_format), "-O", _named(target_format))
    allowed = _CPU_SECONDS * (1 + size_bytes // _GIB)
    _run("convert", "-q", "-t", "none", "-T", "none", *formats, _plain(source), _plain(target), cpu_seconds=allowed)


def _run(*arguments: str, cpu_seconds: int) -> None:
    limits = processutils.ProcessLimits(address_space=_MEMORY_BYTES, cpu_time=cpu_seconds)
    try:
        processutils.execute("qemu-img", *arguments, prlimit=limits, env_variables={"LC_ALL": "C", "PATH": _path()})
    except (processutils.ProcessExecutionError, OSError) as error:
        raise HostCannot("The host could not make the guest's disks.", detail=str(error)) from error


def _path() -> str:
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _named(file_format: str) -> str:
    if file_format not in FORMATS:
        raise ValueError(f"{file_format!r} is no format that disks here have")
    return file_format


def _plain(path: Path) -> str:
    """Return a path that qemu-img cannot take for an option or for a protocol (``nbd:…``, ``json:…``)."""
    if not path.is_absolute():
        raise ValueError(f"{path} is not absolute")
    return str(path)
