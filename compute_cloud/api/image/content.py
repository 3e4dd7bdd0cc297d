"""What an image's data really is: found while it streams by, and held against what was declared."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from oslo_utils.imageutils import format_inspector

from compute_cloud.api.faults import WrongMedia

# disk_format -> formats that the data may show; a partition table is no format of its own to QEMU.
_PLAIN: Final = frozenset({"raw", "gpt"})
_SHOWS: Final = {
    "raw": _PLAIN,
    "gpt": frozenset({"gpt"}),
    "ami": _PLAIN,
    "aki": _PLAIN,
    "ari": _PLAIN,
    "ploop": _PLAIN,
    "iso": frozenset({"iso", "gpt"}),
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the data is. ``complaint``: what is wrong with it, or empty; ``virtual_size_bytes``: what guests see."""

    formats: tuple[str, ...]
    complaint: str = ""
    virtual_size_bytes: int | None = None


class Inspection:
    """Looks at data as it comes, never keeping more than the headers it needs."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        source: Any = pieces  # it is only iterated over
        self._wrapper = format_inspector.InspectWrapper(source)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces unchanged."""
        return iter(self._wrapper)

    def verdict(self, declared: str, size_bytes: int) -> Verdict:
        """Return what was found, once every piece went by."""
        found: list[Any] = self._wrapper.formats or []
        formats = tuple(sorted(str(inspector) for inspector in found))
        allowed = _SHOWS.get(declared, frozenset({declared}))
        if not formats or not set(formats) <= allowed or (declared in {"iso", "gpt"} and declared not in formats):
            return Verdict(formats=formats, complaint=_mismatch(declared, formats))
        if formats[0] in _PLAIN or declared == "iso":
            return Verdict(formats=formats, virtual_size_bytes=size_bytes)
        try:
            found[0].safety_check()
        except format_inspector.SafetyCheckFailed as problem:
            return Verdict(formats=formats, complaint=f"The image is not safe to use: {_reasons(problem)}.")
        except format_inspector.ImageFormatError as problem:
            return Verdict(formats=formats, complaint=f"The {declared} header can't be read: {problem}.")
        return Verdict(formats=formats, virtual_size_bytes=int(found[0].virtual_size))


def insist(verdict: Verdict) -> None:
    """Raise WrongMedia with the complaint, if there is one."""
    if verdict.complaint:
        raise WrongMedia(verdict.complaint, field="disk_format")


def _mismatch(declared: str, formats: tuple[str, ...]) -> str:
    shown = " and ".join(formats) or "nothing known"
    return f"Image content does not match disk_format: declared is {declared}, the data is {shown}."


def _reasons(problem: format_inspector.SafetyCheckFailed) -> str:
    return ", ".join(f"{name} ({why})" for name, why in sorted(problem.failures.items()))
