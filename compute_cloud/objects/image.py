"""What a guest's disk is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image as the Images v2 API knows it; ``properties`` are the keys beyond its own.

    ``checksum`` is the MD5 of the file, ``hash_value`` its digest by ``hash_algo`` (hex).
    """

    id: str
    name: str | None = None
    status: str = "queued"
    visibility: str = "shared"
    owner: str | None = None
    disk_format: str | None = None
    container_format: str | None = None
    size_bytes: int | None = None
    virtual_size_bytes: int | None = None
    checksum: str | None = None
    hash_algo: str | None = None
    hash_value: str | None = None
    min_disk_gb: int = 0
    min_ram_mb: int = 0
    protected: bool = False
    hidden: bool = False
    tags: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ImageQuery:
    """Which images to list.

    ``project_id`` sees its own, public, community (when asked for) and shared ones; None sees
    all. ``filters`` compare fields of `Image` or properties for equality; ``ids`` empty: any.
    """

    project_id: str | None = None
    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    visibility: str | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()
    hidden: bool = False
    filters: Mapping[str, str] = field(default_factory=dict)
    size_min_bytes: int | None = None
    size_max_bytes: int | None = None
    limit: int = 25
    marker: str | None = None
    sort_keys: tuple[str, ...] = ("created_at",)
    sort_dirs: tuple[str, ...] = ("desc",)
