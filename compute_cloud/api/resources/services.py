"""The daemons of the cloud, for administrators."""

from typing import Any

from compute_cloud.api.body import Body, Query, field
from compute_cloud.api.operation import operation
from compute_cloud.api.request import ApiRequest
from compute_cloud.api.schemas import Kind
from compute_cloud.api.shown import precise
from compute_cloud.objects.service import ServiceQuery

_WORD = Kind({"type": "string", "maxLength": 255})


class ShownService(Body):
    """A service."""

    number: object = field(name="id", until="2.52", of="id")
    uuid: object = field(name="id", since="2.53", of="uuid")
    binary: object = field(of="binary")
    host: object = field(of="host")
    zone: object = field(of="zone")
    status: object = field(of=lambda service, _: "disabled" if service.disabled else "enabled")
    state: object = field(of=lambda service, _: "up" if service.alive else "down")
    updated_at: object = field(of=lambda service, _: precise(service.seen_at or service.updated_at))
    disabled_reason: object = field(of="disabled_reason")
    forced_down: object = field(since="2.11", of="forced_down")


class ServiceList(Query, open_until="2.74"):
    """Which services to list."""

    host: str | None = field(_WORD)
    binary: str | None = field(_WORD)


@operation(rule="os_compute_api:os-services:list", query=ServiceList)
def index(request: ApiRequest) -> Any:
    """List services."""
    query = ServiceQuery(host=request.query.host, binary=request.query.binary)
    view = ShownService.view(request.version)
    found = request.conductor.list_services(request.context, query=query)
    return {"services": [view(service, request) for service in found]}
