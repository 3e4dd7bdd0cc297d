"""Availability zones."""

from typing import Any

from compute_cloud.api.operation import operation
from compute_cloud.api.request import ApiRequest
from compute_cloud.api.shown import precise
from compute_cloud.objects.host import Zone
from compute_cloud.objects.service import Service


@operation(rule="os_compute_api:os-availability-zone:list")
def index(request: ApiRequest) -> Any:
    """List the zones that servers may be booted in."""
    internal = request.tools.conf.internal_service_availability_zone
    zones = [zone for zone in request.conductor.list_zones(request.context) if zone.name != internal]
    return {"availabilityZoneInfo": [{**_shown(zone), "hosts": None} for zone in zones]}


@operation(rule="os_compute_api:os-availability-zone:detail")
def detail(request: ApiRequest) -> Any:
    """List all zones with their hosts and services."""
    zones = request.conductor.list_zones(request.context)
    return {"availabilityZoneInfo": [{**_shown(zone), "hosts": _hosts(zone)} for zone in zones]}


def _shown(zone: Zone) -> dict[str, Any]:
    return {"zoneName": zone.name, "zoneState": {"available": zone.available}}


def _hosts(zone: Zone) -> dict[str, Any]:
    return {
        host: {binary: _service(service) for binary, service in services.items()}
        for host, services in zone.hosts.items()
    }


def _service(service: Service) -> dict[str, Any]:
    seen = precise(service.seen_at or service.updated_at)
    return {"active": not service.disabled, "available": service.alive, "updated_at": seen}
