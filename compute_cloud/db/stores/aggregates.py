"""Groups of hosts, read: zones, and what filters and weighers ask of a host's aggregates."""

from collections.abc import Collection
from dataclasses import dataclass, field

import sqlalchemy as sa

from compute_cloud.db.session import Tx
from compute_cloud.db.tables.aggregates import AGGREGATE_HOSTS, AGGREGATE_METADATA, AGGREGATES

A, H, M = AGGREGATES.c, AGGREGATE_HOSTS.c, AGGREGATE_METADATA.c
ZONE_KEY = "availability_zone"


@dataclass
class Groups:
    """The aggregates of one host: their uuids, the values of each metadata key over all of them, the zone."""

    uuids: list[str] = field(default_factory=list)
    metadata: dict[str, list[str]] = field(default_factory=dict)

    @property
    def zone(self) -> str | None:
        """The availability zone, None when no aggregate gives one."""
        return next(iter(self.metadata.get(ZONE_KEY, ())), None)


def zone_of(host: sa.ColumnElement[str]) -> sa.ScalarSelect[str]:
    """Return the zone of the host in that column, as an expression; null when it is in none."""
    return (
        sa.select(sa.func.min(M.value))
        .select_from(AGGREGATE_HOSTS.join(AGGREGATE_METADATA, M.aggregate_id == H.aggregate_id))
        .where(H.host == host, M.key == ZONE_KEY)
        .scalar_subquery()
    )


def by_host(tx: Tx, hosts: Collection[str] | None = None) -> dict[str, Groups]:
    """Return the aggregates of hosts (None: of all that are in one)."""
    query = (
        sa.select(H.host, A.uuid, M.key, M.value)
        .select_from(
            AGGREGATE_HOSTS.join(AGGREGATES, A.id == H.aggregate_id).outerjoin(
                AGGREGATE_METADATA, M.aggregate_id == A.id
            )
        )
        .order_by(A.id, M.key)
    )
    if hosts is not None:
        query = query.where(H.host.in_(sorted(hosts)))
    found: dict[str, Groups] = {}
    for host, uuid, key, value in tx.execute(query):
        groups = found.setdefault(host, Groups())
        if uuid not in groups.uuids:
            groups.uuids.append(uuid)
        if key is not None:
            values = groups.metadata.setdefault(key, [])
            if value not in values:
                values.append(value)
    return found
