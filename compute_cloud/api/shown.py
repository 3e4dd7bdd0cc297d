"""How values are written in answers."""

from datetime import UTC, datetime


def zulu(time: datetime | None) -> str | None:
    """Return a time to the second with a Z, as most of the API writes it."""
    if time is None:
        return None
    if time.tzinfo is not None and time.tzinfo is not UTC:
        time = time.astimezone(UTC)
    return f"{time.isoformat()[:19]}Z"


def precise(time: datetime | None) -> str | None:
    """Return a time to the microsecond without a zone, as some of the API writes it."""
    if time is None:
        return None
    if time.tzinfo is not None:
        time = time.astimezone(UTC).replace(tzinfo=None)
    return time.isoformat(timespec="microseconds")
