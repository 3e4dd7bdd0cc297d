"""What guests print on their serial port, as virtlogd keeps it."""

import contextlib
import re
from pathlib import Path

LIMIT_BYTES = 1024 * 1024
_UNPRINTABLE = re.compile("[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")


def read_tail(log: Path, lines: int | None) -> str:
    """Return the last ``lines`` lines of a console log (all when None), at most `LIMIT_BYTES` of UTF-8.

    The part that was rotated away last is read too. What is no text becomes replacement characters or nothing.
    Raises FileNotFoundError when nothing was ever printed.
    """
    text = _UNPRINTABLE.sub("", _last_bytes(log).decode(errors="replace"))
    if lines is not None:
        kept = text.splitlines(keepends=True)[-lines:] if lines > 0 else []
        text = "".join(kept)
    encoded = text.encode()
    return encoded[-LIMIT_BYTES:].decode(errors="ignore") if len(encoded) > LIMIT_BYTES else text


def _last_bytes(log: Path) -> bytes:
    data = _tail(log, LIMIT_BYTES)
    if len(data) < LIMIT_BYTES:
        with contextlib.suppress(FileNotFoundError):
            data = _tail(log.with_name(f"{log.name}.0"), LIMIT_BYTES - len(data)) + data
    return data


def _tail(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - most))
        return file.read(most)
