"""Whether the host has what the flavor's extra specs demand."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from os_resource_classes import DISK_GB, MEMORY_MB, VCPU

from compute_cloud.objects.host import HostState
from compute_cloud.objects.scheduling import HostRequest
from compute_cloud.scheduler.filters.capacity import free
from compute_cloud.scheduler.plugin import Check, Reason
from compute_cloud.scheduler.settings import Settings

SCOPE = "capabilities"
_NUMBERS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.ge,  # Nova's: "at least"
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
}
_WORDS: dict[str, Callable[[str, str], bool]] = {
    "s==": operator.eq,
    "s!=": operator.ne,
    "s>=": operator.ge,
    "s>": operator.gt,
    "s<=": operator.le,
    "s<": operator.lt,
}


class ComputeCapabilitiesFilter:
    """Extra specs ``capabilities:NAME`` (and those without a scope) against what the node says of itself."""

    name = "ComputeCapabilitiesFilter"

    def __init__(self, settings: Settings) -> None:
        del settings

    def check(self, request: HostRequest, now: float) -> Check | None:
        del now
        demands = [
            (path, demand, Reason("lack a capability that the flavor asks for", f"needs {key}={demand}"))
            for key, demand in request.flavor.extra_specs.items()
            if (path := _path(key))
        ]
        if not demands:
            return None

        def check(state: HostState) -> Reason | None:
            for path, demand, reason in demands:
                if not _meets(_look_up(state, path), demand):
                    return reason
            return None

        return check


def _path(key: str) -> tuple[str, ...]:
    """Return where the key points on a host; nothing when it is no affair of this filter."""
    scope, *rest = key.split(":")
    if rest:
        return tuple(rest) if scope == SCOPE else ()
    return (scope,)


def _look_up(state: HostState, path: tuple[str, ...]) -> object:
    value: Any = _facts(state, path[0])
    for part in path[1:]:
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def _facts(state: HostState, name: str) -> object:
    node = state.node
    if name in node.facts:
        return node.facts[name]
    if name in ("hypervisor_type", "hypervisor_version", "cpu_info", "uuid"):
        return getattr(node, name)
    resource = {"free_ram_mb": MEMORY_MB, "free_disk_gb": DISK_GB, "vcpus_free": VCPU}.get(name)
    if resource is not None and resource in node.inventories:
        return free(node.inventories[resource])
    return {"num_instances": state.servers, "num_io_ops": state.building, "host": state.host}.get(name)


def _meets(value: object, demand: str) -> bool:
    if value is None:
        return False
    words = demand.split()
    sign, operands = (words[0], [word for word in words[1:] if word != words[0]]) if words else ("", [])
    if sign == "<or>":
        return str(value) in operands
    if sign in ("<in>", "<all-in>"):
        held = value if isinstance(value, tuple) else str(value)
        return all(word in held for word in operands)
    if sign in _WORDS and operands:
        return _WORDS[sign](str(value), operands[0])
    if sign in _NUMBERS and operands:
        return _compare(_NUMBERS[sign], str(value), operands[0])
    return str(value) == demand


def _compare(sign: Callable[[float, float], bool], value: str, than: str) -> bool:
    try:
        return sign(float(value), float(than))
    except ValueError:
        return False
