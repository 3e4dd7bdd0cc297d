"""Flavors: the sizes that servers may have."""

import uuid
from typing import Any, Final

from compute_cloud.api.body import NO_GROUPS, Body, Groups, Query, field
from compute_cloud.api.operation import operation
from compute_cloud.api.paging import LIMIT, MARKER, SORT_DIR, SORT_KEY, next_link, page_size, sorting
from compute_cloud.api.request import ApiRequest
from compute_cloud.api.schemas import FLAG, NAME, Kind, read_flag, whole
from compute_cloud.objects.flavor import Flavor, FlavorQuery

_BIGGEST: Final = 0x7FFFFFFF
FLAVOR_ID: Final = Kind(
    {
        "anyOf": [
            {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^(?! )[a-zA-Z0-9. _-]*(?<! )\Z"},
            {"type": "integer", "minimum": 0, "maximum": _BIGGEST},
            {"type": "null"},
        ]
    },
    lambda value: None if value is None else str(value),
)
FACTOR: Final = Kind(
    {"type": ["number", "string"], "pattern": r"^[0-9]{1,8}(\.[0-9]{1,8})?\Z", "minimum": 0, "maximum": 3.4e38}, float
)
DESCRIPTION: Final = Kind({"type": ["string", "null"], "maxLength": 65535, "format": "text"})
ANY_FLAG: Final = Kind(
    {"anyOf": [FLAG.schema, {"type": "string", "pattern": r"^[nN][oO][nN][eE]\Z"}]},
    lambda value: None if str(value).lower() == "none" else read_flag(value),
)
SORT_COLUMNS: Final = {
    "flavorid": "id",
    "id": "id",
    "name": "name",
    "memory_mb": "memory_mb",
    "vcpus": "vcpus",
    "root_gb": "root_gb",
    "ephemeral_gb": "ephemeral_gb",
    "swap": "swap_mb",
    "rxtx_factor": "rxtx_factor",
    "is_public": "is_public",
    "disabled": "disabled",
}


class FlavorFields(Body):
    """A flavor as it comes in and goes out."""

    flavor_id: str | None = field(FLAVOR_ID, name="id", of="id")
    name: str = field(NAME, required=True, of="name")
    memory_mb: int = field(whole(1), name="ram", required=True, of="memory_mb")
    vcpus: int = field(whole(1), required=True, of="vcpus")
    root_gb: int = field(whole(0), name="disk", required=True, of="root_gb")
    ephemeral_gb: int = field(whole(0), name="OS-FLV-EXT-DATA:ephemeral", default=0, of="ephemeral_gb")
    swap_mb: int = field(whole(0), name="swap", default=0)
    shown_swap_text: object = field(name="swap", until="2.74", of=lambda flavor, _: flavor.swap_mb or "")
    shown_swap: object = field(name="swap", since="2.75", of="swap_mb")
    rxtx_factor: float = field(FACTOR, until="2.101", default=1.0, of="rxtx_factor")
    disabled: object = field(name="OS-FLV-DISABLED:disabled", until="2.101", of="disabled")
    is_public: bool = field(FLAG, name="os-flavor-access:is_public", default=True, of="is_public")
    description: str | None = field(DESCRIPTION, since="2.55", of="description")
    extra_specs: object = field(since="2.61", group="specs", of=lambda flavor, _: dict(flavor.extra_specs))
    links: object = field(of=lambda flavor, request: request.links("flavors", flavor.id))


class ShortFlavor(Body):
    """A flavor in the short list."""

    flavor_id: object = field(name="id", of="id")
    name: object = field(of="name")
    description: object = field(since="2.55", of="description")
    links: object = field(of=lambda flavor, request: request.links("flavors", flavor.id))


class NewFlavor(Body):
    """The body of a request for a flavor."""

    flavor: FlavorFields = field(FlavorFields, required=True)


class FlavorList(Query, open_until="2.74"):
    """Which flavors to list."""

    limit: int | None = field(LIMIT)
    marker: str | None = field(MARKER)
    is_public: bool | None = field(ANY_FLAG, default=True)
    min_memory_mb: int = field(whole(0), name="minRam", default=0)
    min_root_gb: int = field(whole(0), name="minDisk", default=0)
    sort_keys: tuple[str, ...] = field(SORT_KEY, name="sort_key", many=True, default=())
    sort_dirs: tuple[str, ...] = field(SORT_DIR, name="sort_dir", many=True, default=())
    name: str | None = field(Kind({"type": "string", "maxLength": 255}), since="2.102")


@operation(rule="os_compute_api:flavors", query=FlavorList)
def index(request: ApiRequest) -> Any:
    """List flavors, short."""
    return _listed(request, "flavors", ShortFlavor, NO_GROUPS)


@operation(rule="os_compute_api:flavors", query=FlavorList)
def detail(request: ApiRequest) -> Any:
    """List flavors."""
    return _listed(request, "flavors/detail", FlavorFields, _groups(request))


@operation(rule="os_compute_api:flavors")
def show(request: ApiRequest, flavor_id: str) -> Any:
    """Show a flavor."""
    flavor = request.conductor.show_flavor(request.context, flavor_id=flavor_id, scope=request.scope)
    return _shown(request, flavor)


@operation(rule="os_compute_api:os-flavor-manage:create", body=NewFlavor)
def create(request: ApiRequest) -> Any:
    """Write a new flavor."""
    given = request.body.flavor
    flavor_id = given.flavor_id
    if flavor_id is None or flavor_id == "auto":
        flavor_id = str(uuid.uuid4())
    flavor = Flavor(
        id=flavor_id,
        name=given.name,
        vcpus=given.vcpus,
        memory_mb=given.memory_mb,
        root_gb=given.root_gb,
        ephemeral_gb=given.ephemeral_gb,
        swap_mb=given.swap_mb,
        rxtx_factor=given.rxtx_factor,
        is_public=given.is_public,
        description=given.description,
    )
    return _shown(request, request.conductor.create_flavor(request.context, flavor=flavor))


@operation(rule="os_compute_api:os-flavor-manage:delete", success=202)
def delete(request: ApiRequest, flavor_id: str) -> Any:
    """Take a flavor away."""
    request.conductor.delete_flavor(request.context, flavor_id=flavor_id)


@operation(rule="os_compute_api:os-flavor-extra-specs:index")
def extra_specs(request: ApiRequest, flavor_id: str) -> Any:
    """Show the extra specs of a flavor."""
    flavor = request.conductor.show_flavor(request.context, flavor_id=flavor_id, scope=request.scope)
    return {"extra_specs": dict(flavor.extra_specs)}


def _listed(request: ApiRequest, path: str, shape: type[Body], groups: Groups) -> Any:
    asked = request.query
    limit = page_size(request)
    keys, dirs = sorting(asked.sort_keys, asked.sort_dirs, SORT_COLUMNS, ("id", "asc"))
    query = FlavorQuery(
        is_public=asked.is_public if request.context.is_admin else True,
        project_id=request.context.project_id,
        name=asked.name,
        min_memory_mb=asked.min_memory_mb,
        min_root_gb=asked.min_root_gb,
        limit=limit,
        marker=asked.marker,
        sort_keys=keys,
        sort_dirs=dirs,
    )
    flavors = request.conductor.list_flavors(request.context, query=query) if limit else ()
    view = shape.view(request.version, groups)
    answer: dict[str, Any] = {"flavors": [view(flavor, request) for flavor in flavors]}
    links = next_link(request, path, flavors, lambda flavor: str(flavor.id))
    return answer | ({"flavors_links": links} if links else {})


def _shown(request: ApiRequest, flavor: Flavor) -> Any:
    return {"flavor": FlavorFields.view(request.version, _groups(request))(flavor, request)}


def _groups(request: ApiRequest) -> Groups:
    return frozenset({"specs"}) if request.may("os_compute_api:os-flavor-extra-specs:index") else NO_GROUPS
