"""The files of the images: one a record, named by its id, complete or not there at all."""

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from compute_cloud.concurrency import in_native_thread
from compute_cloud.errors import Conflict, NotFound

PIECE_BYTES: Final = 256 * 1024
DIRECTORY_MODE: Final = 0o750
FILE_MODE: Final = 0o640
HASH_ALGORITHM: Final = "sha512"


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What was written: its size and digests (hex)."""

    size_bytes: int
    checksum: str
    hash_value: str


class Store:
    """A directory of images; several processes may share it. Ids are UUIDs, as the API checked them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @contextmanager
    def incoming(self, image_id: str) -> Iterator["Incoming"]:
        """Give a place to write the image's data to; what is not kept is removed at the end.

        Raises Conflict when another upload of the image goes on. A lock on the file says so, which a process that
        dies gives back: its upload can be begun anew.
        """
        self._directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        path = self._directory / f"{image_id}.part"
        file = _locked(path, image_id)
        try:
            yield Incoming(file, path, self._path(image_id))
        finally:
            path.unlink(missing_ok=True)
            file.close()

    def open(self, image_id: str) -> BinaryIO:
        """Open the image's data to be read. Raises NotFound when there is none."""
        try:
            return self._path(image_id).open("rb")
        except FileNotFoundError as problem:
            raise NotFound(f"The data of image {image_id} is not here.", detail=str(problem)) from problem

    def remove(self, image_id: str) -> None:
        """Remove the image's data; readers that have begun read on to its end."""
        self._path(image_id).unlink(missing_ok=True)

    def _path(self, image_id: str) -> Path:
        return self._directory / image_id


class Incoming:
    """Data on its way in."""

    def __init__(self, file: BinaryIO, path: Path, final: Path) -> None:
        self._file = file
        self._path = path
        self._final = final

    def write(self, pieces: Iterable[bytes]) -> Stored:
        """Write every piece, and see to it that they are on the disk."""
        md5, sha512 = hashlib.md5(usedforsecurity=False), hashlib.new(HASH_ALGORITHM)
        size = 0
        for piece in pieces:
            self._file.write(piece)
            md5.update(piece)
            sha512.update(piece)
            size += len(piece)
        self._file.flush()
        in_native_thread(os.fsync, self._file.fileno())
        return Stored(size_bytes=size, checksum=md5.hexdigest(), hash_value=sha512.hexdigest())

    def keep(self) -> None:
        """Give the data its final name, beside the first one, whose lock holds until the record is written too."""
        self._final.unlink(missing_ok=True)
        os.link(self._path, self._final)
        directory = os.open(self._final.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _locked(path: Path, image_id: str) -> BinaryIO:
    """Open the file empty, with its lock. Raises Conflict when somebody else has it."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, FILE_MODE), "r+b")
    if not _lock(file, path):
        file.close()
        raise Conflict(f"The data of image {image_id} is being uploaded already.")
    file.truncate(0)
    return file


def _lock(file: BinaryIO, path: Path) -> bool:
    """Lock the file; False when somebody else has it, or has just removed it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
