"""The daemons of the cloud, and their signs of life."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from compute_cloud.db.clock import utcnow
from compute_cloud.db.rows import Reading, any_of
from compute_cloud.db.session import Tx
from compute_cloud.db.stores.aggregates import zone_of
from compute_cloud.db.tables.services import SERVICES
from compute_cloud.db.upsert import insert_new
from compute_cloud.errors import NotFound
from compute_cloud.objects.service import Alive, Service, ServiceQuery

S = SERVICES.c
READING = Reading(
    Service,
    {
        name: S[name]
        for name in ("id", "uuid", "host", "binary", "disabled", "disabled_reason", "forced_down", "version", "seen_at")
    }
    | {"zone": sa.func.coalesce(zone_of(S.host), sa.literal_column("''")), "updated_at": S.seen_at},
)


def list_whole(tx: Tx, query: ServiceQuery) -> tuple[Service, ...]:
    """Return services by id. ``zone`` is that of the host's aggregate, or empty; nobody is judged alive."""
    chosen = sa.select(*READING.columns).order_by(S.id)
    if query.host is not None:
        chosen = chosen.where(S.host == query.host)
    if query.binary is not None:
        chosen = chosen.where(S.binary == query.binary)
    return READING.all(tx.execute(chosen))


def seen(tx: Tx, alive: Alive, *, at: datetime) -> None:
    """Note a sign of life; the first one makes the service's row."""
    seen_all(tx, [alive], at=at)


def seen_all(tx: Tx, alive: Sequence[Alive], *, at: datetime) -> None:
    """Note signs of life of many daemons, in one statement as long as all are known and unchanged."""
    by_version: dict[int, list[Alive]] = {}
    for one in alive:
        by_version.setdefault(one.version, []).append(one)
    for version, group in by_version.items():
        theirs = any_of(sa.and_(S.host == one.host, S.binary == one.binary) for one in group)
        if tx.execute(sa.update(SERVICES).where(theirs).values(seen_at=at, version=version)).rowcount != len(group):
            insert_new(tx, SERVICES, [_new(one, at) for one in group])


def set_disabled(tx: Tx, service_id: int, *, disabled: bool, reason: str | None = None) -> None:
    """Say whether new servers may come to the service's host. Raises NotFound."""
    _change(tx, service_id, disabled=disabled, disabled_reason=reason)


def set_forced_down(tx: Tx, service_id: int, *, forced_down: bool) -> None:
    """Declare a service dead, or not, whatever it says itself. Raises NotFound."""
    _change(tx, service_id, forced_down=forced_down)


def _change(tx: Tx, service_id: int, **values: Any) -> None:
    if not tx.execute(sa.update(SERVICES).where(S.id == service_id).values(changed_at=utcnow(), **values)).rowcount:
        raise NotFound(f"Service {service_id} could not be found.", field="service_id")


def _new(alive: Alive, at: datetime) -> dict[str, Any]:
    return {
        "uuid": str(uuid.uuid4()),
        "host": alive.host,
        "binary": alive.binary,
        "disabled": False,
        "forced_down": False,
        "version": alive.version,
        "seen_at": at,
        "created_at": at,
        "changed_at": utcnow(),
    }
