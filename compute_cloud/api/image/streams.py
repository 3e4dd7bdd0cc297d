"""Bytes between a socket and a file, piece by piece."""

import logging
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from compute_cloud.api.image.store import PIECE_BYTES
from compute_cloud.errors import Invalid

LOG = logging.getLogger(__name__)
DRAINED_MOST_BYTES: Final = 8 << 20


class Body:
    """The body of a request, of a known length or chunked; goes on where it was left when it is read again."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self._source = environ["wsgi.input"]
        length = environ.get("CONTENT_LENGTH")
        chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        self._left: int | None = int(length) if length else None if chunked else 0

    def __iter__(self) -> Iterator[bytes]:
        """Yield what is left."""
        while self._left != 0:
            piece = self._read(PIECE_BYTES if self._left is None else min(self._left, PIECE_BYTES))
            if not piece:
                self._left = 0
                return
            if self._left is not None:
                self._left -= len(piece)
            yield piece

    def _read(self, size: int) -> bytes:
        try:
            piece: bytes = self._source.read(size)
        except (OSError, ValueError) as problem:  # servers say so when a chunk is not well formed
            self._left = 0
            raise Invalid("The upload broke off.", detail=str(problem)) from problem
        return piece

    def drain(self) -> None:
        """Read some of what a refused client still sends, so that it gets to read why."""
        came = 0
        try:
            for piece in self:
                came += len(piece)
                if came > DRAINED_MOST_BYTES:
                    return
        except Invalid:
            LOG.debug("a refused upload broke off")


class FilePart:
    """So many bytes of an open file, for a WSGI server, which closes it."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file = file
        self._left = length

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes."""
        while self._left and (piece := self._file.read(min(self._left, PIECE_BYTES))):
            self._left -= len(piece)
            yield piece

    def close(self) -> None:
        """Close the file."""
        self._file.close()
