"""Tables, one noun a file: columns only."""

from compute_cloud.db.tables import actions, aggregates, flavors, flows, images, placement, quotas, servers, services
from compute_cloud.db.tables.columns import METADATA

__all__ = [
    "METADATA",
    "actions",
    "aggregates",
    "flavors",
    "flows",
    "images",
    "placement",
    "quotas",
    "servers",
    "services",
]
