"""Claims: what a server takes of a provider, never more than there is, whoever asks at the same time."""

from collections.abc import Mapping

import sqlalchemy as sa
from oslo_db.exception import DBDuplicateEntry

from compute_cloud.db.clock import utcnow
from compute_cloud.db.rows import any_of
from compute_cloud.db.session import Tx
from compute_cloud.db.tables.placement import ALLOCATIONS, INVENTORIES

I = INVENTORIES.c  # noqa: E741  short, since the conditions are long
A = ALLOCATIONS.c


def claim(tx: Tx, provider_uuid: str, consumer_id: str, amounts: Mapping[str, int]) -> bool:
    """Take the amounts by resource class, all or none; tell whether there was room.

    True also when the consumer has this claim of the provider already.
    """
    if not amounts:
        return True
    tx.exec_driver_sql("SAVEPOINT claim")
    if _take(tx, provider_uuid, amounts):
        try:
            tx.execute(sa.insert(ALLOCATIONS), _rows(provider_uuid, consumer_id, amounts))
        except DBDuplicateEntry:
            pass
        else:
            return True
    tx.exec_driver_sql("ROLLBACK TO SAVEPOINT claim")
    return _of(tx, consumer_id, provider_uuid) == dict(amounts)


def release(tx: Tx, consumer_id: str) -> None:
    """Give back all that a consumer has claimed; nothing claimed is as good."""
    rows = tx.execute(
        sa.select(A.provider_uuid, A.resource_class, A.amount)
        .where(A.consumer_id == consumer_id)
        .order_by(A.provider_uuid, A.resource_class)
        .with_for_update()
    ).all()
    held: dict[str, dict[str, int]] = {}
    for provider_uuid, resource_class, amount in rows:
        held.setdefault(provider_uuid, {})[resource_class] = amount
    for provider_uuid, amounts in held.items():
        tx.execute(
            sa.update(INVENTORIES)
            .where(I.provider_uuid == provider_uuid, I.resource_class.in_(sorted(amounts)))
            .values(used=I.used - _by_class(amounts), changed_at=utcnow())
        )
    if rows:
        tx.execute(sa.delete(ALLOCATIONS).where(A.consumer_id == consumer_id))


def held_by(tx: Tx, consumer_id: str) -> dict[str, dict[str, int]]:
    """Return what a consumer has claimed: provider -> resource class -> amount."""
    held: dict[str, dict[str, int]] = {}
    query = sa.select(A.provider_uuid, A.resource_class, A.amount).where(A.consumer_id == consumer_id)
    for provider_uuid, resource_class, amount in tx.execute(query):
        held.setdefault(provider_uuid, {})[resource_class] = amount
    return held


def _take(tx: Tx, provider_uuid: str, amounts: Mapping[str, int]) -> bool:
    """Raise what is used of each class that has room for it, in one statement; tell whether all had."""
    fits = any_of(_fits(name, amount) for name, amount in sorted(amounts.items()))
    found = tx.execute(
        sa.update(INVENTORIES)
        .where(I.provider_uuid == provider_uuid, fits)
        .values(used=I.used + _by_class(amounts), changed_at=utcnow())
    )
    return found.rowcount == len(amounts)


def _fits(name: str, amount: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        I.resource_class == name,
        I.used + amount <= (I.total - I.reserved) * I.allocation_ratio,
        I.min_unit <= amount,
        I.max_unit >= amount,
        sa.literal(amount) % I.step_size == 0,
    )


def _by_class(amounts: Mapping[str, int]) -> sa.ColumnElement[int]:
    return sa.case(*((I.resource_class == name, amount) for name, amount in sorted(amounts.items())), else_=0)


def _of(tx: Tx, consumer_id: str, provider_uuid: str) -> dict[str, int]:
    return held_by(tx, consumer_id).get(provider_uuid, {})


def _rows(provider_uuid: str, consumer_id: str, amounts: Mapping[str, int]) -> list[dict[str, object]]:
    return [
        {
            "consumer_id": consumer_id,
            "provider_uuid": provider_uuid,
            "resource_class": name,
            "amount": amount,
        }
        for name, amount in sorted(amounts.items())
    ]
