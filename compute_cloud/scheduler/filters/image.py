"""Whether the host can run what the image holds."""

import operator
import re
from functools import cache

from compute_cloud.objects.host import HostState
from compute_cloud.objects.scheduling import HostRequest
from compute_cloud.scheduler.plugin import Check, Reason
from compute_cloud.scheduler.settings import Settings

_ARCHITECTURES = {"amd64": "x86_64", "x86": "i686", "i386": "i686", "i486": "i686", "i586": "i686", "arm64": "aarch64"}
_HYPERVISORS = {"xapi": "xen", "powervm": "phyp"}
_MODES = {"pv": "xen", "xenapi": "xen", "baremetal": "hvm"}
_PROPERTIES = (
    (0, ("hw_architecture", "architecture"), _ARCHITECTURES),
    (1, ("img_hv_type", "hypervisor_type"), _HYPERVISORS),
    (2, ("hw_vm_mode", "vm_mode"), _MODES),
)
_COMPARE = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}
Demand = tuple[int, str]


class ImagePropertiesFilter:
    """Architecture, hypervisor type, VM mode and hypervisor version that the image asks for."""

    name = "ImagePropertiesFilter"

    def __init__(self, settings: Settings) -> None:
        self._default_architecture = settings.default_architecture

    def check(self, request: HostRequest, now: float) -> Check | None:
        del now
        wanted = self._wanted(request)
        version = _first(request, ("img_hv_requested_version", "hypervisor_version_requires"))
        demands = _version_demands(version) if version else []
        if not wanted and not demands:
            return None
        cannot = Reason("cannot run this kind of image", "needs " + " ".join(value for _, value in wanted))
        other = Reason("have another version of the hypervisor", f"needs {version}")

        @cache  # hosts are many and their kinds few
        def judge(supported: tuple[tuple[str, str, str], ...], version: int) -> Reason | None:
            if wanted and not any(_matches(kind, wanted) for kind in supported):
                return cannot
            if not all(_COMPARE[sign](_release(version), than) for sign, than in demands):
                return other
            return None

        def check(state: HostState) -> Reason | None:
            return judge(state.node.supported, state.node.hypervisor_version)

        return check

    def _wanted(self, request: HostRequest) -> list[Demand]:
        wanted = []
        for position, names, spellings in _PROPERTIES:
            value = _first(request, names)
            if value is None and position == 0:
                value = self._default_architecture
            if value:
                wanted.append((position, spellings.get(value.lower(), value.lower())))
        return wanted


def _first(request: HostRequest, names: tuple[str, ...]) -> str | None:
    return next((request.image_properties[name] for name in names if request.image_properties.get(name)), None)


def _matches(supported: tuple[str, str, str], wanted: list[Demand]) -> bool:
    return all(supported[position].lower() == value for position, value in wanted)


def _version_demands(text: str) -> list[tuple[str, tuple[int, ...]]]:
    """Read ``>=6.0, <8.2``; what is not such a demand asks nothing."""
    found = re.findall(r"(<=|>=|==|!=|<|>)\s*(\d+(?:\.\d+)*)", text)
    return [(sign, _padded(tuple(int(part) for part in version.split(".")))) for sign, version in found]


def _release(version: int) -> tuple[int, ...]:
    """Return 7.2.1 for 7002001, as libvirt numbers hypervisors."""
    return (version // 1_000_000, version // 1000 % 1000, version % 1000)


def _padded(version: tuple[int, ...]) -> tuple[int, ...]:
    return (*version, 0, 0, 0)[:3]
