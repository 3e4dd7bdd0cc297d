"""The JSON of the Images v2 API, read into our objects."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from compute_cloud.objects.image import Image, ImageQuery

# What Glance says beside an image's own fields and its properties.
_NOT_PROPERTIES: Final = frozenset(
    {"self", "file", "schema", "locations", "direct_url", "stores", "os_glance_import_task", "status_detail"}
)
_FIELDS: Final = {
    "id": "id",
    "name": "name",
    "status": "status",
    "visibility": "visibility",
    "owner": "owner",
    "disk_format": "disk_format",
    "container_format": "container_format",
    "size": "size_bytes",
    "virtual_size": "virtual_size_bytes",
    "checksum": "checksum",
    "os_hash_algo": "hash_algo",
    "os_hash_value": "hash_value",
    "min_disk": "min_disk_gb",
    "min_ram": "min_ram_mb",
    "protected": "protected",
    "os_hidden": "hidden",
}


def read_image(document: Mapping[str, Any]) -> Image:
    """Return the image that a document of the API describes. Raises KeyError or ValueError for what is none."""
    own = {field: document[key] for key, field in _FIELDS.items() if document.get(key) is not None}
    taken = {*_FIELDS, *_NOT_PROPERTIES, "tags", "created_at", "updated_at"}
    properties = {
        key: value if isinstance(value, str) else str(value)
        for key, value in document.items()
        if key not in taken and not key.startswith("os_glance_") and value is not None
    }
    own["id"] = document["id"]
    return Image(
        **own,
        tags=tuple(document.get("tags") or ()),
        properties=properties,
        created_at=_time(document.get("created_at")),
        updated_at=_time(document.get("updated_at")),
    )


def write_query(query: ImageQuery, *, page: int) -> dict[str, str | list[str]]:
    """Return the query string's parameters that ask for it; who asks decides what is visible, not ``project_id``."""
    asked: dict[str, str | list[str] | None] = {
        **query.filters,
        "limit": str(page),
        "marker": query.marker,
        "id": _any_of(query.ids),
        "name": _any_of(query.names),
        "status": _any_of(query.statuses),
        "visibility": query.visibility,
        "owner": query.owner,
        "tag": list(query.tags) or None,
        "os_hidden": "true" if query.hidden else None,
        "size_min": None if query.size_min_bytes is None else str(query.size_min_bytes),
        "size_max": None if query.size_max_bytes is None else str(query.size_max_bytes),
        "sort_key": list(query.sort_keys),
        "sort_dir": list(query.sort_dirs),
    }
    return {key: value for key, value in asked.items() if value is not None}


def _any_of(values: tuple[str, ...]) -> str | None:
    if len(values) > 1:
        quoted = (f'"{value}"' if "," in value else value for value in values)
        return f"in:{','.join(quoted)}"
    return values[0] if values else None


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
