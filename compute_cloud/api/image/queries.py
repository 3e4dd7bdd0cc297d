"""Which images a list is asked for: the query string, read. Pure."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from compute_cloud.api.image.documents import READ_ONLY, VISIBILITIES, WRITABLE
from compute_cloud.errors import Invalid
from compute_cloud.objects.image import ImageQuery

LIMIT_DEFAULT: Final = 25
LIMIT_MOST: Final = 1000
SORT_KEYS: Final = {
    "name": "name",
    "status": "status",
    "container_format": "container_format",
    "disk_format": "disk_format",
    "size": "size_bytes",
    "id": "id",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "os_hidden": "hidden",
    "min_disk": "min_disk_gb",
    "min_ram": "min_ram_mb",
    "owner": "owner",
    "protected": "protected",
    "visibility": "visibility",
}
_TRUTHS: Final = {"true": True, "1": True, "t": True, "yes": True, "false": False, "0": False, "f": False, "no": False}
_NOT_SEARCHED: Final = ("created_at", "updated_at", "tags", "file", "self", "schema")


def read_query(pairs: Sequence[tuple[str, str]], *, scope: str | None) -> ImageQuery:
    """Return what a list is asked for by ``scope`` (a project; None sees all). Raises Invalid, naming the parameter."""
    rest = dict(pairs)
    for key in ("limit", "marker", "id", "name", "status", "visibility", "owner", "os_hidden"):
        rest.pop(key, None)
    for key in ("size_min", "size_max", "sort", "sort_key", "sort_dir", "tag", "member_status"):
        rest.pop(key, None)
    given = dict(pairs)
    keys, dirs = _sorting(pairs)
    return ImageQuery(
        project_id=scope,
        ids=_any_of(given.get("id")),
        names=_any_of(given.get("name")),
        statuses=_any_of(given.get("status")),
        visibility=_visibility(given.get("visibility")),
        owner=given.get("owner"),
        tags=tuple(value for key, value in pairs if key == "tag"),
        hidden=_truth("os_hidden", given.get("os_hidden", "false")),
        filters=dict(_filter(key, value) for key, value in rest.items()),
        size_min_bytes=_number("size_min", given.get("size_min")),
        size_max_bytes=_number("size_max", given.get("size_max")),
        limit=_limit(given.get("limit")),
        marker=given.get("marker"),
        sort_keys=keys,
        sort_dirs=dirs,
    )


def page_links(pairs: Sequence[tuple[str, str]], *, last_id: str | None) -> dict[str, str]:
    """Return ``first``, and ``next`` behind ``last_id`` when there may be more."""
    kept = [(key, value) for key, value in pairs if key != "marker"]
    links = {"first": _link(kept)}
    if last_id is not None:
        links["next"] = _link([*kept, ("marker", last_id)])
    return links


def _link(pairs: Sequence[tuple[str, str]]) -> str:
    return f"/v2/images?{urlencode(pairs)}" if pairs else "/v2/images"


def _limit(text: str | None) -> int:
    number = _number("limit", text)
    return LIMIT_DEFAULT if number is None else min(number, LIMIT_MOST)


def _number(key: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise Invalid(f"{key} must be a number that is not negative, not {text[:60]!r}.", field=key)
    return int(text)


def _truth(key: str, text: str) -> bool:
    if text.lower() not in _TRUTHS:
        raise Invalid(f"{key} must be true or false, not {text[:60]!r}.", field=key)
    return _TRUTHS[text.lower()]


def _visibility(text: str | None) -> str | None:
    if text is not None and text not in {*VISIBILITIES, "all"}:
        raise Invalid(f"Invalid visibility value: {text[:60]!r}.", field="visibility")
    return text


def _filter(key: str, value: str) -> tuple[str, str]:
    if key in _NOT_SEARCHED:
        raise Invalid(f"Images are not searched by {key} here.", field=key)
    if key == "protected":
        return key, str(_truth(key, value)).lower()
    return {**WRITABLE, **READ_ONLY}.get(key, key), value


def _any_of(text: str | None) -> tuple[str, ...]:
    """Return the values of ``in:a,"b,c"``, or the one value. Raises Invalid for quotes that don't match."""
    if text is None:
        return ()
    if not text.startswith("in:"):
        return (text,)
    found, left = [], text[3:]
    while left:
        if left.startswith('"'):
            value, quote, left = left[1:].partition('"')
            if not quote or (left and not left.startswith(",")):
                raise Invalid(f"Invalid filter value {text[:100]!r}: the quotes don't match.")
            left = left[1:]
        else:
            value, _, left = left.partition(",")
        found.append(value)
    return tuple(found)


def _sorting(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return fields of Image and directions, newest first where nothing is said; the id breaks ties."""
    keys = [value for key, value in pairs if key == "sort_key"]
    dirs = [value for key, value in pairs if key == "sort_dir"]
    combined = dict(pairs).get("sort")
    if combined and (keys or dirs):
        raise Invalid("sort and sort_key or sort_dir can't be given together.", field="sort")
    if combined:
        parts = [part.strip().partition(":") for part in combined.split(",")]
        keys, dirs = [key for key, _, _ in parts], [way or "desc" for _, _, way in parts]
    keys = keys or ["created_at"]
    dirs = dirs or ["desc"]
    dirs = dirs * len(keys) if len(dirs) == 1 else dirs
    unknown = [key for key in keys if key not in SORT_KEYS]
    if unknown:
        raise Invalid(
            f"Unable to sort by {unknown[0][:60]!r}; it must be one of {', '.join(SORT_KEYS)}.", field="sort_key"
        )
    if set(dirs) - {"asc", "desc"} or len(dirs) != len(keys):
        raise Invalid(
            "Each sort_dir must be asc or desc, and there must be as many as there are keys.", field="sort_dir"
        )
    return tuple(SORT_KEYS[key] for key in keys), tuple(dirs)
