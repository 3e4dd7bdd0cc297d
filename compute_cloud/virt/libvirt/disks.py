"""The files of a guest: one directory a server in ``instances_path``, with a note of whose it is."""

import errno
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from oslo_concurrency import processutils

from compute_cloud import concurrency
from compute_cloud.errors import Broken, Invalid
from compute_cloud.objects.boot import BootOrder
from compute_cloud.virt import qemu_img
from compute_cloud.virt.driver import HostCannot, RootImage
from compute_cloud.virt.notes import Note, read_note, write_note

_GIB = 1024**3
_MIB = 1024**2
_LEAVING = ".leaving"


@dataclass(frozen=True, kw_only=True)
class Disks:
    """Makes and removes guests' disks in ``directory`` for the compute service ``host``.

    ``file_format`` raw or qcow2; ``preallocate`` takes their space at once.
    """

    directory: Path
    host: str
    file_format: str
    preallocate: bool = False

    def make(self, order: BootOrder, image: RootImage) -> None:
        """Make all disks of the guest; those that stand already are kept. Raises Invalid, HostCannot."""
        home = self.home(order.server_id)
        flavor = order.flavor
        root_bytes = flavor.root_gb * _GIB or image.virtual_size_bytes
        if image.virtual_size_bytes > root_bytes:
            raise Invalid(
                f"The image needs {_gib(image.virtual_size_bytes)} GiB of disk; the flavor has {flavor.root_gb}.",
                field="flavor",
            )
        with _as_problems():
            self._settle(home, image.path.name)
            self._once(home / "disk", partial(self._root, image), root_bytes)
            self._once(home / "disk.eph0", self._blank, flavor.ephemeral_gb * _GIB)
            self._once(home / "disk.swap", self._blank, flavor.swap_mb * _MIB)

    def remove(self, server_id: str) -> None:
        """Remove every file of the guest; none is fine. Raises HostCannot."""
        home = self.home(server_id)
        leaving = home.with_name(home.name + _LEAVING)
        with _as_problems():
            with suppress(FileNotFoundError):
                home.rename(leaving)
            if leaving.exists():
                concurrency.in_native_thread(shutil.rmtree, leaving)

    def owned(self) -> tuple[str, ...]:
        """Return the servers whose files here are ours; what was being removed when we were stopped goes first."""
        found = []
        for home in sorted(self.directory.iterdir()):
            if home.name.endswith(_LEAVING):
                shutil.rmtree(home, ignore_errors=True)
            elif (note := read_note(home)) is not None and note.host == self.host:
                found.append(home.name)
        return tuple(found)

    def console_log(self, server_id: str) -> Path:
        """Return the file of what the guest prints."""
        return self.home(server_id) / "console.log"

    def home(self, server_id: str) -> Path:
        """Return the directory of a guest. Raises Broken for what is no id: it would name another directory."""
        try:
            name = str(uuid.UUID(server_id))
        except ValueError as error:
            raise Broken("A server's id is not a uuid.", detail=server_id) from error
        return self.directory / name

    def _settle(self, home: Path, base: str) -> None:
        home.mkdir(mode=0o711, exist_ok=True)  # the hypervisor's user must pass, and read nothing else
        write_note(home, Note(host=self.host, base=base))
        self.console_log(home.name).touch(mode=0o600)  # else the log daemon makes it, and it alone may read it

    def _once(self, path: Path, make: Callable[[Path, int], None], size_bytes: int) -> None:
        """Have a disk made under another name first, so that one that stands is whole."""
        if path.exists() or not size_bytes:
            return
        part = path.with_name(f"{path.name}.part")
        part.unlink(missing_ok=True)
        make(part, size_bytes)
        part.chmod(0o600)
        if self.preallocate:
            processutils.execute("fallocate", "-n", "-l", str(size_bytes), str(part))
        part.rename(path)

    def _root(self, image: RootImage, path: Path, size_bytes: int) -> None:
        if self.file_format == "qcow2":
            qemu_img.create_overlay(path, size_bytes, backing=image.path, backing_format=image.file_format)
            return
        if image.file_format == "raw":
            processutils.execute("cp", "--reflink=auto", "--sparse=always", str(image.path), str(path))
        else:
            qemu_img.convert(image.path, image.file_format, path, "raw", size_bytes=image.virtual_size_bytes)
        os.truncate(path, size_bytes)

    def _blank(self, path: Path, size_bytes: int) -> None:
        if self.file_format == "qcow2":
            qemu_img.create(path, "qcow2", size_bytes)
        else:
            path.touch()
            os.truncate(path, size_bytes)


def direct_io_works(directory: Path) -> bool:
    """Tell whether files in ``directory`` can be opened past the page cache."""
    probe = directory / f".direct-{uuid.uuid4()}"
    try:
        os.close(os.open(probe, os.O_CREAT | os.O_RDWR | os.O_DIRECT, 0o600))
    except OSError as error:
        if error.errno == errno.EINVAL:
            return False
        raise
    finally:
        probe.unlink(missing_ok=True)
    return True


@contextmanager
def _as_problems() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        said = "The host has no room for the guest's disks." if full else "The host could not make the guest's disks."
        raise HostCannot(said, detail=str(error)) from error
    except processutils.ProcessExecutionError as error:
        raise HostCannot("The host could not make the guest's disks.", detail=str(error)) from error


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / _GIB:.3g}"
