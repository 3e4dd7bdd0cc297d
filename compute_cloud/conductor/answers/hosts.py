"""Services, hypervisors and zones, from what they reported: no host is asked."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from compute_cloud.conductor.office import Office
from compute_cloud.db.session import Tx
from compute_cloud.db.stores import nodes, services
from compute_cloud.objects.host import HostChanges, Hypervisor, HypervisorQuery, Zone
from compute_cloud.objects.service import Service, ServiceQuery

COMPUTE = "nova-compute"
LATE_COMMIT_SECONDS = 10.0  # how long a transaction may take and still be seen by the scheduler's next pulls


def list_services(office: Office, query: ServiceQuery) -> tuple[Service, ...]:
    """Return the services, each with its zone and whether it is alive."""
    with office.database.read() as tx:
        return tuple(_judged(office, service) for service in services.list_whole(tx, query))


def list_hypervisors(office: Office, query: HypervisorQuery) -> tuple[Hypervisor, ...]:
    """Return the hypervisors with what is claimed of them."""
    with office.database.read() as tx:
        found = nodes.list_hypervisors(tx, query)
    return tuple(replace(one, service=_judged(office, one.service)) for one in found)


def list_zones(office: Office) -> tuple[Zone, ...]:
    """Return the zones: that of each compute host, and the internal one of all other services."""
    hosts: dict[str, dict[str, dict[str, Service]]] = {}
    for service in list_services(office, ServiceQuery()):
        hosts.setdefault(service.zone, {}).setdefault(service.host, {})[service.binary] = service
    return tuple(Zone(name=name, available=_available(known.values()), hosts=known) for name, known in hosts.items())


def host_changes(office: Office, since: float | None) -> HostChanges:
    """Return what changed since an earlier pull, some of it perhaps again."""
    with office.database.read() as tx:
        return nodes.changed_since(tx, None if since is None else since - LATE_COMMIT_SECONDS)


def is_alive(tx: Tx, host: str, *, now: float, down_after: int) -> bool:
    """Tell whether the compute service of a host gives signs of life and is not forced down."""
    found = services.list_whole(tx, ServiceQuery(host=host, binary=COMPUTE))
    return any(_alive(service, now, down_after) for service in found)


def _judged(office: Office, service: Service) -> Service:
    zone = (service.zone or office.default_zone) if service.binary == COMPUTE else office.internal_zone
    return replace(service, zone=zone, alive=_alive(service, office.clock(), office.down_after()))


def _alive(service: Service, now: float, down_after: int) -> bool:
    if service.forced_down or service.seen_at is None:
        return False
    return datetime.fromtimestamp(now, UTC) - service.seen_at <= timedelta(seconds=down_after)


def _available(hosts: Iterable[dict[str, Service]]) -> bool:
    return any(not s.disabled and s.alive for known in hosts for s in known.values())
