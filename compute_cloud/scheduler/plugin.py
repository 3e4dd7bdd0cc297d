"""What a filter and a weigher are. Both are made once with the `Settings` and asked for each request."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from compute_cloud.objects.host import HostState
from compute_cloud.objects.scheduling import HostRequest


class Reason(NamedTuple):
    """Why a host was refused.

    ``why`` is a phrase that goes on from "N hosts", in the plural: "have too little memory". ``needs`` and ``has``
    are the compared values in words, ``amount`` what ``has`` measures if that differs from host to host: the greatest
    is shown then.
    Users read all of that, so it names no host; ``private`` is for operators alone.
    """

    why: str
    needs: str = ""
    has: str = ""
    amount: float | None = None
    private: str = ""


Check = Callable[[HostState], Reason | None]
"""Says why not this host, or nothing."""


class Filter(Protocol):
    """Turns hosts away. ``name`` is what operators enable it by."""

    name: str

    def check(self, request: HostRequest, now: float) -> Check | None:
        """Return what is asked of each host; None when the request asks nothing. ``now`` is seconds since the epoch."""
        ...


class Weigher(Protocol):
    """Says which of the hosts that fit is better. Values are scaled to 0..1 over all hosts, then multiplied."""

    name: str
    multiplier: float

    def weigh(self, request: HostRequest, state: HostState) -> float:
        """Return a number that is greater for a better host."""
        ...
