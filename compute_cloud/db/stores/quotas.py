"""What projects use, counted in the transaction that uses it, and what they may use."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from compute_cloud.db.session import Tx
from compute_cloud.db.tables.quotas import CLASSES, LIMITS, USAGES
from compute_cloud.db.tables.servers import SERVERS
from compute_cloud.db.upsert import insert_new
from compute_cloud.errors import OverQuota

U = USAGES.c
COUNTED = tuple(column.name for column in USAGES.columns if column.name != "project_id")
L, C = LIMITS.c, CLASSES.c
DEFAULT_CLASS = "default"
_OVERRIDES = sa.union_all(
    sa.select(L.user_id.label("who"), L.resource, L.hard_limit, sa.literal(0).label("of_class")).where(
        L.project_id == sa.bindparam("project"), L.user_id.in_((sa.literal(""), sa.bindparam("user")))
    ),
    sa.select(sa.literal(""), C.resource, C.hard_limit, sa.literal(1)).where(C.name == DEFAULT_CLASS),
)


def usage(tx: Tx, project_id: str) -> dict[str, int]:
    """Return what a project uses, by resource."""
    row = tx.execute(sa.select(USAGES).where(U.project_id == project_id)).mappings().first()
    return {name: int(row[name]) if row else 0 for name in COUNTED}


def reserve(tx: Tx, project_id: str, user_id: str | None, wanted: Mapping[str, int], limits: Mapping[str, int]) -> None:
    """Count the wanted amounts as used, all or none. Raises OverQuota, with the numbers.

    ``limits`` by resource are the project's, -1 or none: without bound. The limits that were set for this project
    (or user) go before them.
    """
    own = overrides(tx, project_id, user_id)
    bounds = {**limits, **own.get("class", {}), **own.get("project", {})}
    if not _add(tx, project_id, wanted, bounds):
        insert_new(tx, USAGES, [{"project_id": project_id, **dict.fromkeys(COUNTED, 0)}])  # the project's first time
        if not _add(tx, project_id, wanted, bounds):
            raise _over(wanted, usage(tx, project_id), bounds)
    theirs = own.get("user", {})
    if user_id is not None and theirs:
        used = _used_by(tx, project_id, user_id)
        if any(_beyond(used.get(name, 0) + amount, theirs.get(name)) for name, amount in wanted.items()):
            release(tx, project_id, user_id, wanted)
            raise _over(wanted, used, theirs)


def release(tx: Tx, project_id: str, user_id: str | None, amounts: Mapping[str, int]) -> None:
    """Count the amounts as used no more."""
    del user_id  # a user's usage is counted from the servers
    less = {name: sa.case((U[name] > amount, U[name] - amount), else_=0) for name, amount in _counted(amounts).items()}
    if less:
        tx.execute(sa.update(USAGES).where(U.project_id == project_id).values(less))


def overrides(tx: Tx, project_id: str, user_id: str | None) -> dict[str, dict[str, int]]:
    """Return the limits that were set, by whom they are for: ``class`` (every project), ``project``, ``user``."""
    found: dict[str, dict[str, int]] = {}
    for who, resource, limit, of_class in tx.execute(_OVERRIDES, {"project": project_id, "user": user_id or ""}):
        whose = "class" if of_class else "user" if who else "project"
        found.setdefault(whose, {})[resource] = limit
    return found


def _add(tx: Tx, project_id: str, wanted: Mapping[str, int], limits: Mapping[str, int]) -> bool:
    counted = _counted(wanted)
    if not counted:
        return True
    bounds: list[sa.ColumnElement[bool]] = [
        U[name] + amount <= limits[name] for name, amount in counted.items() if limits.get(name, -1) >= 0
    ]
    values: dict[str, Any] = {name: U[name] + amount for name, amount in counted.items()}
    return tx.execute(sa.update(USAGES).where(U.project_id == project_id, *bounds).values(values)).rowcount == 1


def _counted(amounts: Mapping[str, int]) -> dict[str, int]:
    return {name: amount for name, amount in amounts.items() if name in COUNTED and amount}


def _used_by(tx: Tx, project_id: str, user_id: str) -> dict[str, int]:
    """Return what a user's servers take; exact, since the project's row is locked by now."""
    s = SERVERS.c
    row = tx.execute(
        sa.select(sa.func.count(), sa.func.sum(s.vcpus), sa.func.sum(s.memory_mb)).where(
            s.project_id == project_id, s.user_id == user_id, s.deleted.is_(False)
        )
    ).one()
    return {"instances": int(row[0]), "cores": int(row[1] or 0), "ram": int(row[2] or 0)}


def _beyond(amount: int, limit: int | None) -> bool:
    return limit is not None and 0 <= limit < amount


def _over(wanted: Mapping[str, int], used: Mapping[str, int], limits: Mapping[str, int]) -> OverQuota:
    over = [name for name in wanted if _beyond(used.get(name, 0) + wanted[name], limits.get(name))]
    names = ", ".join(over)
    requested = ", ".join(str(wanted[name]) for name in over)
    taken = ", ".join(str(used.get(name, 0)) for name in over)
    allowed = ", ".join(str(limits[name]) for name in over)
    return OverQuota(
        f"Quota exceeded for {names}: Requested {requested}, but already used {taken} of {allowed} {names}"
    )
