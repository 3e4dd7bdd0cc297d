"""What can go wrong, by kind. A subclass stands only where code catches it.

A problem has two messages: ``message`` is for the person who asked and may cross
any border; ``detail`` is for the operator's log and never leaves the house.
"""

from typing import ClassVar


class Problem(Exception):
    """Anything the product itself refuses or fails at.

    ``field`` names the offending part of what was asked (``server.name``), when
    there is one. ``kind`` is the word that crosses RPC and picks the HTTP status.
    """

    kind: ClassVar[str] = "broken"

    def __init__(self, message: str, *, field: str | None = None, detail: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.detail = detail


class NotFound(Problem):
    """What was named does not stand, or the caller may not know that it does."""

    kind = "not_found"


class Invalid(Problem):
    """What was asked can never be right as it is."""

    kind = "invalid"


class Conflict(Problem):
    """What was asked is right, but not in the state things are in."""

    kind = "conflict"


class Forbidden(Problem):
    """The caller may see it, but not do that."""

    kind = "forbidden"


class OverQuota(Problem):
    """The project has used what it was given."""

    kind = "over_quota"


class Unavailable(Problem):
    """Something outside (broker, database, host, image store) does not answer; the same request may work later."""

    kind = "unavailable"


class Broken(Problem):
    """A fault of our own."""

    kind = "broken"


KINDS: dict[str, type[Problem]] = {
    kind.kind: kind for kind in (NotFound, Invalid, Conflict, Forbidden, OverQuota, Unavailable, Broken)
}
