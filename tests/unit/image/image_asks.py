"""How tests speak to the image API."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from compute_cloud.context import Context

MEMBER = Context(user_id="u", project_id="p", roles=("member", "reader"))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


Ask = Callable[..., Answer]


class Source:
    """A body of known length: reading past it would wait for ever on a socket, so it fails here."""

    def __init__(self, data: bytes, length: int) -> None:
        self._data = io.BytesIO(data)
        self._left = length

    def read(self, size: int = -1) -> bytes:
        assert 0 <= size <= self._left, f"{size} bytes asked for, {self._left} are left"
        piece = self._data.read(size)
        self._left -= len(piece)
        return piece


class Pieces:
    """A body of unknown length, as WSGI servers give chunked ones."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, size: int) -> bytes:
        return next(self._pieces, b"")
