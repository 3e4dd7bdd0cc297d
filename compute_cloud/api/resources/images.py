"""Images as the compute API once showed them (up to 2.35): a window onto the image service."""

from typing import Any, Final

from compute_cloud.api.body import Body, Query, field
from compute_cloud.api.operation import operation
from compute_cloud.api.paging import LIMIT, MARKER, next_link, page_size
from compute_cloud.api.request import ApiRequest
from compute_cloud.api.schemas import TIME, Kind, whole
from compute_cloud.api.shown import zulu
from compute_cloud.errors import Invalid
from compute_cloud.objects.image import Image, ImageQuery

_WORD: Final = Kind({"type": "string", "maxLength": 255})
# status of the image service: (the word here, the progress here in percent)
_STATUSES: Final = {
    "queued": ("SAVING", 25),
    "saving": ("SAVING", 50),
    "importing": ("SAVING", 50),
    "uploading": ("SAVING", 50),
    "active": ("ACTIVE", 100),
    "killed": ("ERROR", 0),
    "deleted": ("DELETED", 0),
    "pending_delete": ("DELETED", 0),
}


def _links(image: Image, request: ApiRequest) -> list[dict[str, str]]:
    prefix = request.tools.conf.api.glance_link_prefix or request.bookmark
    alternate = f"{prefix.rstrip('/')}/images/{image.id}"
    kind = "application/vnd.openstack.image"
    return [*request.links("images", image.id), {"rel": "alternate", "type": kind, "href": alternate}]


def _metadata(image: Image, _: ApiRequest) -> dict[str, str]:
    return dict(image.properties)


class ShortImage(Body):
    """An image in the short list."""

    image_id: object = field(name="id", of="id")
    name: object = field(of="name")
    links: object = field(of=_links)


class WholeImage(ShortImage):
    """An image with details."""

    min_ram: object = field(name="minRam", of="min_ram_mb")
    min_disk: object = field(name="minDisk", of="min_disk_gb")
    metadata: object = field(of=_metadata)
    created: object = field(of=lambda image, _: zulu(image.created_at))
    updated: object = field(of=lambda image, _: zulu(image.updated_at))
    status: object = field(of=lambda image, _: _STATUSES.get(image.status, ("UNKNOWN", 0))[0])
    progress: object = field(of=lambda image, _: _STATUSES.get(image.status, ("UNKNOWN", 0))[1])
    size: object = field(name="OS-EXT-IMG-SIZE:size", of=lambda image, _: image.size_bytes or 0)


class ImageList(Query):
    """Which images to list."""

    limit: int | None = field(LIMIT)
    marker: str | None = field(MARKER)
    name: str | None = field(_WORD)
    status: str | None = field(_WORD)
    min_ram_mb: int = field(whole(0), name="minRam", default=0)
    min_disk_gb: int = field(whole(0), name="minDisk", default=0)
    changed_since: Any = field(TIME, name="changes-since")


@operation(rule="os_compute_api:images", query=ImageList, until="2.35")
def index(request: ApiRequest) -> Any:
    """List images, short."""
    return _listed(request, "images", ShortImage)


@operation(rule="os_compute_api:images", query=ImageList, until="2.35")
def detail(request: ApiRequest) -> Any:
    """List images."""
    return _listed(request, "images/detail", WholeImage)


@operation(rule="os_compute_api:images", until="2.35")
def show(request: ApiRequest, image_id: str) -> Any:
    """Show an image."""
    image = request.tools.images.show(request.context, image_id)
    return {"image": WholeImage.view(request.version)(image, request)}


def _listed(request: ApiRequest, path: str, shape: type[Body]) -> Any:
    asked = request.query
    limit = page_size(request)
    statuses = tuple(there for there, (here, _) in _STATUSES.items() if here == (asked.status or "").upper())
    if asked.status is not None and not statuses:
        raise Invalid(f"Invalid input for query parameter status. Value: {asked.status[:60]!r}.", field="status")
    query = ImageQuery(
        project_id=request.context.project_id,
        names=(asked.name,) if asked.name is not None else (),
        statuses=statuses,
        limit=limit,
        marker=asked.marker,
    )
    images = request.tools.images.list(request.context, query) if limit else ()
    view = shape.view(request.version)
    answer: dict[str, Any] = {"images": [view(image, request) for image in images if _wanted(image, asked)]}
    links = next_link(request, path, images, lambda image: str(image.id))
    return answer | ({"images_links": links} if links else {})


def _wanted(image: Image, asked: ImageList) -> bool:
    """Tell what the image service cannot be asked for."""
    return (
        image.min_ram_mb >= asked.min_ram_mb
        and image.min_disk_gb >= asked.min_disk_gb
        and (asked.changed_since is None or (image.updated_at is not None and image.updated_at >= asked.changed_since))
    )
