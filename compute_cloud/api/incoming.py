"""The body of a request, from the socket to a JSON document; whatever is wrong with it is the asker's fault."""

from typing import Any, Final

import msgspec

from compute_cloud.api.faults import TooLarge
from compute_cloud.errors import Invalid

DEEPEST: Final = 64
_PIECE_BYTES: Final = 65536


def body_of(environ: dict[str, Any], *, most_bytes: int | None = None) -> bytes:
    """Return the bytes of a body, whether its length was said or it comes in chunks.

    Raises Invalid for one that breaks off or whose chunks make no sense, TooLarge past ``most_bytes``.
    """
    wanted = _length(environ)
    pieces: list[bytes] = []
    came = 0
    try:
        while wanted is None or came < wanted:
            piece = environ["wsgi.input"].read(_PIECE_BYTES if wanted is None else min(wanted - came, _PIECE_BYTES))
            if not piece:
                break
            pieces.append(piece)
            came += len(piece)
            if most_bytes is not None and came > most_bytes:
                raise TooLarge("The request body is too large.")
    except (OSError, ValueError) as error:  # servers say so when a chunk is not well formed
        raise Invalid("Malformed request body: it broke off.", detail=str(error)) from error
    if wanted is not None and came < wanted:
        raise Invalid(f"Malformed request body: it broke off, {came} of {wanted} bytes came.")
    return b"".join(pieces)


def json_of(raw: bytes) -> Any:
    """Return a JSON document. Raises Invalid, also for one that is nested deeper than any that makes sense."""
    try:
        document = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise Invalid("Malformed request body: it is no JSON that can be read.") from error
    level = [document]
    for _ in range(DEEPEST):
        level = [child for each in level for child in _children(each) if isinstance(child, dict | list)]
        if not level:
            return document
    raise Invalid(f"Malformed request body: it is nested deeper than {DEEPEST} levels.")


def _length(environ: dict[str, Any]) -> int | None:
    """Return how long the body is said to be, None when it comes in chunks."""
    said = environ.get("CONTENT_LENGTH")
    if said:
        if not str(said).isdecimal():
            raise Invalid("Malformed request: Content-Length is no number of bytes.", field="Content-Length")
        return int(said)
    return None if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower() else 0


def _children(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
