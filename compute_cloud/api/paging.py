"""Pages of a list: how long, where it goes on, and the link to the next one."""

from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from compute_cloud.api.request import ApiRequest
from compute_cloud.api.schemas import Kind, whole
from compute_cloud.errors import Invalid

LIMIT: Final = whole(0)
MARKER: Final = Kind({"type": "string", "maxLength": 255})
SORT_KEY: Final = Kind({"type": "string", "maxLength": 255})
SORT_DIR: Final = Kind({"type": "string", "enum": ["asc", "desc"]})


def page_size(request: ApiRequest) -> int:
    """Return how many items the asker gets: what was asked for, at most ``[api] max_limit``."""
    most = int(request.tools.conf.api.max_limit)
    asked = request.query.limit
    return most if asked is None else min(int(asked), most)


def next_link(request: ApiRequest, path: str, items: Sequence[Any], name: Callable[[Any], str]) -> list[dict[str, str]]:
    """Return the link to the next page, none when this one is not full. ``path`` begins behind the root."""
    if not items or len(items) < page_size(request):
        return []
    asked = [(key, value) for key, value in parse_qsl(request.query_text, keep_blank_values=True) if key != "marker"]
    return [{"rel": "next", "href": f"{request.root}/{path}?{urlencode([*asked, ('marker', name(items[-1]))])}"}]


def sorting(
    keys: Sequence[str], dirs: Sequence[str], columns: dict[str, str], default: tuple[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns and directions to sort by. Raises Invalid for a key that is none of ``columns``."""
    if len(dirs) > len(keys) and keys:
        raise Invalid("Sort direction size exceeds sort key size.", field="sort_dir")
    for key in keys:
        if key not in columns:
            raise Invalid(f"Sort key supplied is invalid: {key[:60]}", field="sort_key")
    if not keys:
        return (default[0],), (dirs[0] if dirs else default[1],)
    filled = [*dirs, *[dirs[-1] if dirs else default[1]] * (len(keys) - len(dirs))]
    return tuple(columns[key] for key in keys), tuple(filled)
