"""Commands for operators: services, hypervisors, availability zones."""

import argparse
from typing import Any

from compute_cloud.cli.asking import AskingList, columns
from compute_cloud.cli.rest import pages

SERVICE_COLUMNS = {
    "Id": "id",
    "Binary": "binary",
    "Host": "host",
    "Zone": "zone",
    "Status": "status",
    "State": "state",
    "Updated At": "updated_at",
    "Disabled Reason": "disabled_reason",
    "Forced down": "forced_down",
}
HYPERVISOR_COLUMNS = {"ID": "id", "Hypervisor hostname": "hypervisor_hostname", "State": "state", "Status": "status"}


class ServiceList(AskingList):
    """List the daemons and whether they are up."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("--host", metavar="<host>", help="only services on this host")
        parser.add_argument("--binary", metavar="<binary>", help="only services of this name")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        query = {"host": parsed_args.host, "binary": parsed_args.binary}
        return columns(SERVICE_COLUMNS, list(pages(self.cloud.compute, "/os-services", "services", query)))


class HypervisorList(AskingList):
    """List the hypervisors."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("--matching", metavar="<text>", help="only those with this in their host name")
        parser.add_argument("--marker", metavar="<id>", help="the last hypervisor of the page before")
        parser.add_argument("--limit", type=int, metavar="<n>", help="at most so many")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        query = {"hypervisor_hostname_pattern": parsed_args.matching, "marker": parsed_args.marker}
        found = pages(self.cloud.compute, "/os-hypervisors", "hypervisors", query, limit=parsed_args.limit)
        return columns(HYPERVISOR_COLUMNS, list(found))


class AvailabilityZoneList(AskingList):
    """List the availability zones; an administrator sees their hosts and services too."""

    def take_action(self, parsed_args: argparse.Namespace) -> Any:  # noqa: ARG002 - cliff's signature
        from keystoneauth1 import exceptions  # noqa: PLC0415 - slow to import

        try:
            zones = self.cloud.compute.get("/os-availability-zone/detail").json()["availabilityZoneInfo"]
        except exceptions.Forbidden:
            zones = self.cloud.compute.get("/os-availability-zone").json()["availabilityZoneInfo"]
            return ("Name", "Status"), [(zone["zoneName"], _available(zone["zoneState"])) for zone in zones]
        return ("Name", "Status", "Host", "Service", "State"), [row for zone in zones for row in _zone_rows(zone)]


def _zone_rows(zone: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return a row a service of the zone, or one row for a zone without any."""
    head = (zone["zoneName"], _available(zone["zoneState"]))
    services: list[tuple[str, ...]] = [
        (*head, host, name, _state(service))
        for host, running in sorted((zone.get("hosts") or {}).items())
        for name, service in sorted(running.items())
    ]
    return services or [(*head, "", "", "")]


def _available(state: dict[str, Any]) -> str:
    return "available" if state["available"] else "not available"


def _state(service: dict[str, Any]) -> str:
    return f"{'enabled' if service['active'] else 'disabled'}, {'up' if service['available'] else 'down'}"
