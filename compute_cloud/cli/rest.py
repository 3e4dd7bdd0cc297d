"""Questions to the REST APIs: pages to their end, and ids for what a user calls by name."""

import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from compute_cloud.cli.cloud import Cloud
from compute_cloud.cli.failure import CommandError

PAGE_MAX = 1000


def pages(
    adapter: Any, path: str, key: str, query: Mapping[str, Any], *, limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the entries of a list, page after page, until ``limit`` or the end."""
    asked = {name: value for name, value in query.items() if value not in (None, "")}
    left = limit
    while left is None or left > 0:
        if left is not None:
            asked["limit"] = min(left, PAGE_MAX)
        body = adapter.get(f"{path}?{urlencode(asked, doseq=True)}" if asked else path).json()
        found = body[key]
        yield from found[:left]
        following = _next_page(body, key)
        if not found or following is None:
            return
        asked |= following
        left = None if left is None else left - len(found)


def _next_page(body: Mapping[str, Any], key: str) -> dict[str, str] | None:
    """Return the query of the next page: Nova says it in ``servers_links``, Glance in ``next``."""
    links = body.get(f"{key}_links") or []
    href = next((link["href"] for link in links if link.get("rel") == "next"), body.get("next"))
    return None if href is None else dict(parse_qsl(urlsplit(href).query))


def find_server(cloud: Cloud, name_or_id: str, *, all_tenants: bool = False) -> dict[str, Any]:
    """Return a server by id or name, in full. Raises `CommandError` when there is none or more than one."""
    by_id = _get_or_none(cloud.compute, f"/servers/{name_or_id}", "server") if _is_uuid(name_or_id) else None
    if by_id is not None:
        return by_id
    pattern = "^" + re.sub(r"([.^$*+?(){}|\\\[\]])", r"\\\1", name_or_id) + "$"
    query = {"name": pattern, "all_tenants": 1 if all_tenants else None}
    return _only(
        "server",
        name_or_id,
        [s for s in pages(cloud.compute, "/servers/detail", "servers", query) if s["name"] == name_or_id],
    )


def find_flavor(cloud: Cloud, name_or_id: str) -> dict[str, Any]:
    """Return a flavor by id or name, in full; an id wins over a name."""
    flavors = list(pages(cloud.compute, "/flavors/detail", "flavors", {"is_public": "None"}))
    by_id = [flavor for flavor in flavors if flavor["id"] == name_or_id]
    return _only("flavor", name_or_id, by_id or [flavor for flavor in flavors if flavor["name"] == name_or_id])


def find_image(cloud: Cloud, name_or_id: str) -> dict[str, Any]:
    """Return an image by id or name, as the Images v2 API gives it."""
    if _is_uuid(name_or_id):
        response = cloud.image.get(f"/images/{name_or_id}", raise_exc=False)
        if response.status_code == 200:
            found: dict[str, Any] = response.json()
            return found
    return _only("image", name_or_id, list(pages(cloud.image, "/images", "images", {"name": name_or_id})))


def _get_or_none(adapter: Any, path: str, key: str) -> dict[str, Any] | None:
    from keystoneauth1 import exceptions  # noqa: PLC0415 - slow to import

    try:
        found: dict[str, Any] = adapter.get(path).json()[key]
    except exceptions.NotFound:
        return None
    return found


def _only(noun: str, name: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    if not found:
        raise CommandError(f"There is no {noun} with the name or id {name!r}")
    if len(found) > 1:
        ids = ", ".join(sorted(entry["id"] for entry in found))
        raise CommandError(f"{len(found)} {noun}s are called {name!r}; use an id: {ids}")
    return found[0]


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
