"""Claims: what a server takes of a provider, never more than there is, whoever asks at the same time."""

from collections.abc import Mapping
from functools import cache

import sqlalchemy as sa
from oslo_db.exception import DBDuplicateEntry

from compute_cloud.db.clock import utcnow
from compute_cloud.db.rows import any_of
from compute_cloud.db.session import Tx
from compute_cloud.db.tables.placement import ALLOCATIONS, INVENTORIES

I = INVENTORIES.c  # noqa: E741  short, since the conditions are long
A = ALLOCATIONS.c
_HELD = (
    sa.select(A.provider_uuid, A.resource_class, A.amount)
    .where(A.consumer_id == sa.bindparam("consumer"))
    .order_by(A.provider_uuid, A.resource_class)
    .with_for_update()
)
_FORGET = sa.delete(ALLOCATIONS).where(A.consumer_id == sa.bindparam("consumer"))


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
    rows = tx.execute(_HELD, {"consumer": consumer_id}).all()
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
        tx.execute(_FORGET, {"consumer": consumer_id})


def held_by(tx: Tx, consumer_id: str) -> dict[str, dict[str, int]]:
    """Return what a consumer has claimed: provider -> resource class -> amount."""
    held: dict[str, dict[str, int]] = {}
    query = sa.select(A.provider_uuid, A.resource_class, A.amount).where(A.consumer_id == consumer_id)
    for provider_uuid, resource_class, amount in tx.execute(query):
        held.setdefault(provider_uuid, {})[resource_class] = amount
    return held


def _take(tx: Tx, provider_uuid: str, amounts: Mapping[str, int]) -> bool:
    """Raise what is used of each class that has room for it, in one statement; tell whether all had."""
    names = tuple(sorted(amounts))
    values = {f"of_{at}": amounts[name] for at, name in enumerate(names)}
    return tx.execute(_taking(names), values | {"provider": provider_uuid}).rowcount == len(amounts)


@cache
def _taking(names: tuple[str, ...]) -> sa.Update:
    """Return the statement that takes of these classes, made once: making it costs more than running it."""
    amounts = {name: sa.bindparam(f"of_{at}", type_=sa.BigInteger) for at, name in enumerate(names)}
    return (
        sa.update(INVENTORIES)
        .where(I.provider_uuid == sa.bindparam("provider"), any_of(_fits(name, amounts[name]) for name in names))
        .values(used=I.used + _by_class(amounts), changed_at=utcnow())
    )


def _fits(name: str, amount: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    return sa.and_(
        I.resource_class == name,
        I.used + amount <= (I.total - I.reserved) * I.allocation_ratio,
        I.min_unit <= amount,
        I.max_unit >= amount,
        amount % I.step_size == 0,
    )


def _by_class(amounts: Mapping[str, sa.ColumnElement[int]] | Mapping[str, int]) -> sa.ColumnElement[int]:
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
