"""Every URL of the compute API on one page."""

from typing import Final

from compute_cloud.api.operation import Actions, Removed
from compute_cloud.api.resources import (
    aggregates,
    availability_zones,
    console_output,
    extensions,
    flavors,
    hypervisors,
    images,
    instance_actions,
    servers,
    services,
)
from compute_cloud.api.routing import Table

GONE: Final = Removed()

SERVER_ACTIONS: Final = Actions(
    {
        "os-getConsoleOutput": console_output.show,
        "os-getRDPConsole": GONE,
        "resetNetwork": GONE,
    }
)

# fmt: off
ROUTES: Final[Table] = {
    "/extensions":                              {"GET": extensions.index},
    "/extensions/{alias}":                      {"GET": extensions.show},
    "/flavors":                                 {"GET": flavors.index, "POST": flavors.create},
    "/flavors/detail":                          {"GET": flavors.detail},
    "/flavors/{flavor_id}":                     {"GET": flavors.show, "DELETE": flavors.delete},
    "/flavors/{flavor_id}/os-extra_specs":      {"GET": flavors.extra_specs},
    "/images":                                  {"GET": images.index},
    "/images/detail":                           {"GET": images.detail},
    "/images/{image_id}":                       {"GET": images.show},
    "/os-aggregates":                           {"GET": aggregates.index},
    "/os-availability-zone":                    {"GET": availability_zones.index},
    "/os-availability-zone/detail":             {"GET": availability_zones.detail},
    "/os-hypervisors":                          {"GET": hypervisors.index},
    "/os-hypervisors/detail":                   {"GET": hypervisors.detail},
    "/os-hypervisors/{hypervisor_id}":          {"GET": hypervisors.show},
    "/os-services":                             {"GET": services.index},
    "/servers":                                 {"GET": servers.index, "POST": servers.create},
    "/servers/detail":                          {"GET": servers.detail},
    "/servers/{server_id}":                     {"GET": servers.show, "PUT": servers.update, "DELETE": servers.delete},
    "/servers/{server_id}/action":              {"POST": SERVER_ACTIONS},
    "/servers/{server_id}/os-instance-actions": {"GET": instance_actions.index},
    "/servers/{server_id}/os-instance-actions/{asked_by}": {"GET": instance_actions.show},
    # taken out of the API in all versions
    "/os-agents":                               {"GET": GONE, "POST": GONE},
    "/os-agents/{id}":                          {"PUT": GONE, "DELETE": GONE},
    "/os-cells":                                {"GET": GONE, "POST": GONE},
    "/os-cells/{id}":                           {"GET": GONE, "PUT": GONE, "DELETE": GONE},
    "/os-cells/{id}/capacities":                {"GET": GONE},
    "/os-certificates":                         {"POST": GONE},
    "/os-certificates/{id}":                    {"GET": GONE},
    "/os-cloudpipe":                            {"GET": GONE, "POST": GONE},
    "/os-cloudpipe/{id}":                       {"PUT": GONE},
    "/os-fixed-ips/{id}":                       {"GET": GONE},
    "/os-fixed-ips/{id}/action":                {"POST": GONE},
    "/os-floating-ip-dns":                      {"GET": GONE},
    "/os-floating-ip-dns/{id}":                 {"PUT": GONE, "DELETE": GONE},
    "/os-floating-ip-dns/{id}/entries/{entry}": {"GET": GONE, "PUT": GONE, "DELETE": GONE},
    "/os-floating-ips-bulk":                    {"GET": GONE, "POST": GONE},
    "/os-floating-ips-bulk/{id}":               {"GET": GONE, "PUT": GONE},
    "/os-fping":                                {"GET": GONE},
    "/os-fping/{id}":                           {"GET": GONE},
    "/os-security-group-default-rules":         {"GET": GONE, "POST": GONE},
    "/os-security-group-default-rules/{id}":    {"GET": GONE, "DELETE": GONE},
    "/servers/{server_id}/consoles":            {"GET": GONE, "POST": GONE},
    "/servers/{server_id}/consoles/{id}":       {"GET": GONE, "DELETE": GONE},
    "/servers/{server_id}/os-virtual-interfaces": {"GET": GONE},
}
# fmt: on
