"""Host selection, pure: a request and the hosts' states in, hosts ranked and reasons out."""

import heapq
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from compute_cloud.objects.host import HostState
from compute_cloud.objects.scheduling import Choice, HostRequest, Refusal, Selection
from compute_cloud.scheduler.plugin import Filter, Reason, Weigher

REQUESTED = "RequestedHost"
_EXAMPLES = 3


def select(
    request: HostRequest,
    states: Iterable[HostState],
    *,
    filters: Sequence[Filter],
    weighers: Sequence[Weigher],
    now: float,
    default_zone: str = "nova",
    subset_size: int = 1,
    rng: random.Random | None = None,
    shuffle: bool = False,
) -> Selection:
    """Return up to ``request.limit`` hosts that no filter refused, best first, and why the others were refused.

    Each host is asked by the filters in order until one refuses. Hosts that weigh the same stand in an order of their
    own (by node uuid), or in random order with ``shuffle``; each place is drawn by lot among the ``subset_size`` best.
    Both need ``rng``. The answer does not depend on the order of ``states``.
    """
    everyone = tuple(states)
    candidates = _requested(request, everyone)
    if everyone and not candidates:
        refusal = Refusal(filter=REQUESTED, hosts=len(everyone), reason="are not the host that was asked for")
        return Selection(considered=len(everyone), refusals=(refusal,))
    checks = [(each.name, check) for each in filters if (check := each.check(request, now)) is not None]
    tally = _Tally()
    passed = list(candidates)
    for name, check in checks:
        passed = [state for state in passed if (reason := check(state)) is None or tally.add(name, state, reason)]
    columns = _weigh(request, passed, weighers)
    totals = [sum(weights) for weights in zip(*(column for _, column in columns), strict=True)] or [0.0] * len(passed)
    places = _draw(_order(passed, totals, rng if shuffle else None), request.limit, subset_size, rng)
    return Selection(
        considered=len(candidates),
        choices=tuple(
            _choice(passed[place], default_zone, {name: column[place] for name, column in columns}) for place in places
        ),
        refusals=tally.refusals(),
    )


def _requested(request: HostRequest, states: tuple[HostState, ...]) -> tuple[HostState, ...]:
    """Keep the hosts that the asker named, forced or not; all when none was named."""
    hosts = {name for name in (request.forced_host, request.host) if name}
    nodes = {name for name in (request.forced_node, request.hypervisor_hostname) if name}
    if not hosts and not nodes:
        return states
    return tuple(
        state
        for state in states
        if all(state.host == name for name in hosts) and all(state.node.name == name for name in nodes)
    )


@dataclass
class _Kind:
    """All refusals by one filter for one cause; ``most`` is that of the host that has most."""

    filter: str
    most: Reason
    refused: list[tuple[str, str, Reason]] = field(default_factory=list)


class _Tally:
    """Counts refusals by filter and cause."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str, str, str], _Kind] = {}

    def add(self, name: str, state: HostState, reason: Reason) -> bool:
        """Note a refusal; return False: the host does not stay."""
        amount = reason.amount
        key = (name, reason.why, reason.needs, reason.has if amount is None else "")
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = _Kind(name, reason)
        elif amount is not None and amount > (kind.most.amount or 0):
            kind.most = reason
        kind.refused.append((state.node.uuid, state.node.name, reason))
        return False

    def refusals(self) -> tuple[Refusal, ...]:
        """Return the causes, the most frequent first."""
        kinds = sorted(self._kinds.values(), key=lambda kind: (-len(kind.refused), kind.filter, kind.most.why))
        return tuple(_refusal(kind) for kind in kinds)


def _refusal(kind: _Kind) -> Refusal:
    examples = heapq.nsmallest(_EXAMPLES, kind.refused)
    return Refusal(
        filter=kind.filter,
        hosts=len(kind.refused),
        reason=_say(kind),
        examples=tuple((name, reason.private or reason.has) for _, name, reason in examples),
    )


def _say(kind: _Kind) -> str:
    most = kind.most
    at_most = "at most " if most.amount is not None and len(kind.refused) > 1 else ""
    values = ", ".join(value for value in (most.needs, most.has and at_most + most.has) if value)
    return f"{most.why} ({values})" if values else most.why


Column = tuple[str, list[float]]


def _weigh(request: HostRequest, passed: list[HostState], weighers: Sequence[Weigher]) -> list[Column]:
    """Return one column a weigher that counts: its name, and the weight of each host."""
    return [
        (weigher.name, _scaled([weigher.weigh(request, state) for state in passed], weigher.multiplier))
        for weigher in weighers
        if weigher.multiplier and passed
    ]


def _order(passed: list[HostState], totals: list[float], rng: random.Random | None) -> list[int]:
    """Return the places of the hosts, the heaviest first; equal ones by lot with ``rng``, else by uuid."""
    uuids = [state.node.uuid for state in passed]
    lots = {uuid: 0.0 if rng is None else rng.random() for uuid in sorted(uuids)}
    return sorted(range(len(passed)), key=lambda place: (-totals[place], lots[uuids[place]], uuids[place]))


def _scaled(values: list[float], multiplier: float) -> list[float]:
    """Bring the values to 0..1 over all hosts (0 when they are all the same), then multiply."""
    least, most = min(values), max(values)
    if least == most:
        return [0.0] * len(values)
    factor = multiplier / (most - least)
    return [(value - least) * factor for value in values]


def _draw(order: list[int], limit: int, subset_size: int, rng: random.Random | None) -> list[int]:
    if subset_size <= 1 or rng is None:
        return order[:limit]
    left = order[: limit + subset_size]
    return [left.pop(rng.randrange(min(subset_size, len(left)))) for _ in range(min(limit, len(left)))]


def _choice(state: HostState, default_zone: str, weights: dict[str, float]) -> Choice:
    return Choice(
        host=state.host,
        node=state.node.name,
        node_uuid=state.node.uuid,
        zone=state.zone or default_zone,
        weight=sum(weights.values()),
        weights=weights,
    )
