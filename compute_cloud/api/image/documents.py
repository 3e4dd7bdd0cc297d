"""Images as the v2 API writes them, and the schemas that say which form that is."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from compute_cloud.objects.image import Image

VISIBILITIES: Final = ("public", "private", "shared", "community")
DISK_FORMATS: Final = (
    "ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "ploop", "iso", "gpt", "luks",
)  # fmt: skip
CONTAINER_FORMATS: Final = ("ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed")
STATUSES: Final = (
    "queued", "saving", "active", "killed", "deleted", "uploading", "importing", "pending_delete", "deactivated",
)  # fmt: skip

# API key -> field of Image, for every field a user may write.
WRITABLE: Final[Mapping[str, str]] = {
    "name": "name",
    "visibility": "visibility",
    "owner": "owner",
    "disk_format": "disk_format",
    "container_format": "container_format",
    "min_disk": "min_disk_gb",
    "min_ram": "min_ram_mb",
    "protected": "protected",
    "os_hidden": "hidden",
    "tags": "tags",
}
# API key -> field of Image, for those that the service writes itself.
READ_ONLY: Final[Mapping[str, str]] = {
    "id": "id",
    "status": "status",
    "size": "size_bytes",
    "virtual_size": "virtual_size_bytes",
    "checksum": "checksum",
    "os_hash_algo": "hash_algo",
    "os_hash_value": "hash_value",
    "created_at": "created_at",
    "updated_at": "updated_at",
}
# Keys that are neither: links, and what Glance keeps for itself.
RESERVED: Final = frozenset(
    {"self", "file", "schema", "locations", "direct_url", "stores", "location", "deleted", "deleted_at"}
)


def write_image(image: Image) -> dict[str, Any]:
    """Return an image as the API shows it; properties stand beside its own keys and never over them."""
    own = {key: getattr(image, field) for key, field in {**WRITABLE, **READ_ONLY}.items()}
    own |= {
        "tags": sorted(image.tags),
        "created_at": _time(image.created_at),
        "updated_at": _time(image.updated_at),
        "self": f"/v2/images/{image.id}",
        "file": f"/v2/images/{image.id}/file",
        "schema": "/v2/schemas/image",
    }
    return {**image.properties, **own}


def is_reserved(key: str) -> bool:
    """Whether nobody may write this key."""
    return key in RESERVED or key.startswith("os_glance")


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _words(most: int) -> dict[str, Any]:
    return {"type": ["null", "string"], "maxLength": most, "pattern": NO_NUL}


def _one_of(words: tuple[str, ...]) -> dict[str, Any]:
    return {"type": ["null", "string"], "enum": [None, *words]}


NO_NUL: Final = "^[^\\x00]*$"
PROPERTY: Final[Mapping[str, Any]] = {"type": "string", "maxLength": 65535, "pattern": NO_NUL}
_TAG: Final = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": NO_NUL}
_UUID: Final = "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"
_READ_ONLY_FORMS: Final[Mapping[str, dict[str, Any]]] = {
    "status": {"type": "string", "enum": list(STATUSES)},
    "size": {"type": ["null", "integer"]},
    "virtual_size": {"type": ["null", "integer"]},
    "checksum": _words(32),
    "os_hash_algo": _words(64),
    "os_hash_value": _words(128),
    "created_at": {"type": "string"},
    "updated_at": {"type": "string"},
    "self": {"type": "string"},
    "file": {"type": "string"},
    "schema": {"type": "string"},
}
IMAGE_PROPERTIES: Final[Mapping[str, dict[str, Any]]] = {
    "id": {"type": "string", "pattern": _UUID, "description": "An identifier for the image"},
    "name": _words(255),
    "visibility": {"type": "string", "enum": list(VISIBILITIES)},
    "owner": _words(255),
    "disk_format": _one_of(DISK_FORMATS),
    "container_format": _one_of(CONTAINER_FORMATS),
    "min_disk": {"type": "integer", "minimum": 0, "maximum": 2147483647},
    "min_ram": {"type": "integer", "minimum": 0, "maximum": 2147483647},
    "protected": {"type": "boolean"},
    "os_hidden": {"type": "boolean"},
    "tags": {"type": "array", "maxItems": 128, "items": _TAG},
    **{key: {**form, "readOnly": True} for key, form in _READ_ONLY_FORMS.items()},
}
IMAGE_SCHEMA: Final[Mapping[str, Any]] = {
    "name": "image",
    "properties": IMAGE_PROPERTIES,
    "additionalProperties": PROPERTY,
    "links": [
        {"rel": "self", "href": "{self}"},
        {"rel": "enclosure", "href": "{file}"},
        {"rel": "describedby", "href": "{schema}"},
    ],
}
_PAGE_LINKS: Final = [
    {"rel": "first", "href": "{first}"},
    {"rel": "next", "href": "{next}"},
    {"rel": "describedby", "href": "{schema}"},
]
_MEMBER_SCHEMA: Final[Mapping[str, Any]] = {
    "name": "member",
    "properties": {
        "member_id": {"type": "string"},
        "image_id": {"type": "string", "pattern": _UUID},
        "status": {"type": "string", "enum": ["pending", "accepted", "rejected"]},
        "created_at": {"type": "string"},
        "updated_at": {"type": "string"},
        "schema": {"type": "string"},
    },
}


def _page_of(noun: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    texts = {key: {"type": "string"} for key in ("first", "next", "schema")}
    return {
        "name": noun,
        "properties": {noun: {"type": "array", "items": schema}, **texts},
        "links": _PAGE_LINKS,
    }


SCHEMAS: Final[Mapping[str, Mapping[str, Any]]] = {
    "image": IMAGE_SCHEMA,
    "images": _page_of("images", IMAGE_SCHEMA),
    "member": _MEMBER_SCHEMA,
    "members": _page_of("members", _MEMBER_SCHEMA),
}
