"""The images of this host's guests: fetched once, checked, kept under the name of their content's digest."""

import contextlib
import hashlib
import logging
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from compute_cloud import concurrency
from compute_cloud.clients.image import ImageService
from compute_cloud.compute.image_check import Checked, check_converted, check_image, check_size
from compute_cloud.compute.turns import Turns
from compute_cloud.context import Context
from compute_cloud.errors import Unavailable
from compute_cloud.objects.image import Image
from compute_cloud.virt import qemu_img
from compute_cloud.virt.driver import HostCannot, RootImage

LOG = logging.getLogger(__name__)
_PART = ".part"


class ImageCache:
    """``directory`` holds the images; ``as_raw`` keeps them in raw form, whatever they came as."""

    def __init__(self, directory: Path, service: Callable[[], ImageService], *, as_raw: bool) -> None:
        self._directory = directory
        self._service = service
        self._as_raw = as_raw
        self._turns = Turns()
        self._checked: dict[tuple[str, int, int], Checked] = {}

    def fetch(self, context: Context, image: Image, *, root_gb: int, check: Callable[[], None]) -> RootImage:
        """Return the image's file, downloaded if it must be; ``check`` is called now and then and may raise to end it.

        Raises Invalid when the image is unfit, HostCannot when there is no room, and what the image service raises.
        """
        kept = "raw" if self._as_raw or image.disk_format == "raw" else "qcow2"
        path = self._directory / f"{key_of(image)}.{kept}"
        check_size(image.virtual_size_bytes or 0, root_gb)
        with self._turns.turn(path.name):
            check()
            if not path.exists():
                self._download(context, image, path, root_gb, check)
            checked = self._look(path, kept, own=self._as_raw and image.disk_format != "raw")
            check_size(checked.virtual_size_bytes, root_gb)
            os.utime(path)
            return RootImage(path=path, file_format=checked.file_format, virtual_size_bytes=checked.virtual_size_bytes)

    def forget(self, used: Callable[[], frozenset[str]], *, seconds: int) -> None:
        """Remove images that no disk stands on (``used`` names those that do) and none asked for in ``seconds``."""
        if not self._directory.is_dir():
            return
        now = time.time()
        old = [path for path in self._directory.iterdir() if now - path.stat().st_mtime > seconds]
        needed = used() if old else frozenset()
        for path in old:
            if path.name not in needed:
                with self._turns.turn(path.name), contextlib.suppress(FileNotFoundError):
                    if now - path.stat().st_mtime > seconds:
                        LOG.info("image %s is not needed any more", path.name)
                        path.unlink()

    def _download(self, context: Context, image: Image, path: Path, root_gb: int, check: Callable[[], None]) -> None:
        with _as_problems():
            self._directory.mkdir(mode=0o711, parents=True, exist_ok=True)
            self._make_room(image.size_bytes or 0)
            part = self._directory / f"{path.name}.{uuid.uuid4().hex[:8]}{_PART}"
            try:
                self._receive(context, image, part, check)
                found = check_image(part, image.disk_format)
                check_size(found.virtual_size_bytes, root_gb)
                check()
                if self._as_raw and found.file_format != "raw":
                    self._turn_raw(part, found)
                concurrency.in_native_thread(_settle, part, path)
            finally:
                part.unlink(missing_ok=True)
        LOG.info("image %s is in the cache", image.id)

    def _receive(self, context: Context, image: Image, part: Path, check: Callable[[], None]) -> None:
        with part.open("xb") as file:

            def write(piece: bytes) -> None:
                check()
                file.write(piece)

            sent = self._service().download(context, image.id, write)
        if key_of(sent) != key_of(image) or sent.disk_format != image.disk_format:
            raise Unavailable(f"Image {image.id} is not what it was when the server was ordered.")

    def _turn_raw(self, part: Path, found: Checked) -> None:
        self._make_room(found.virtual_size_bytes)
        raw = part.with_name(f"{part.name}.raw{_PART}")
        try:
            qemu_img.convert(part, found.file_format, raw, "raw", size_bytes=found.virtual_size_bytes)
            raw.replace(part)
        finally:
            raw.unlink(missing_ok=True)

    def _look(self, path: Path, file_format: str, *, own: bool) -> Checked:
        """Check a file that stands in the cache, unless it is the one that was checked before."""
        stat = path.stat()
        signature = (path.name, stat.st_ino, stat.st_size)
        known = self._checked.get(signature)
        if known is None:
            known = check_converted(path) if own else check_image(path, file_format)
            self._checked[signature] = known
        return known

    def _make_room(self, size_bytes: int) -> None:
        disk = os.statvfs(self._directory)
        if disk.f_bavail * disk.f_frsize < size_bytes:
            raise HostCannot("The host has no room for the image.", detail=f"{size_bytes} bytes in {self._directory}")


def key_of(image: Image) -> str:
    """Return the name of an image's content here: by its digest, and by its id too where the digest is a weak one.

    The declared format is part of it: a file that passed as one must not pass as another unseen.
    """
    strong = image.hash_value and image.hash_algo not in {"md5", "sha1"}
    content = f"{image.hash_algo}:{image.hash_value}" if strong else f"{image.id}:{image.checksum}"
    return hashlib.sha256(f"{image.disk_format}:{content}".encode()).hexdigest()[:40]


def _settle(part: Path, path: Path) -> None:
    """Give a finished file its name, for good: a host that loses power finds the whole of it or nothing."""
    part.chmod(0o644)  # the hypervisor's user reads it
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


@contextmanager
def _as_problems() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HostCannot("The host could not keep the image.", detail=str(error)) from error
