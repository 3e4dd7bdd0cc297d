"""Quota: the counter takes all of a request or nothing, and a refusal has the numbers."""

import pytest
import sqlalchemy as sa

from compute_cloud.db.stores import quotas, servers
from compute_cloud.db.tables.quotas import CLASSES, LIMITS
from compute_cloud.errors import OverQuota
from tests.factories.servers import BUILDING, server

BOUNDS = {"instances": 3, "cores": 4, "ram": -1}


def reserve(database, **wanted):
    with database.write() as tx:
        quotas.reserve(tx, "p1", "u1", wanted, BOUNDS)


def usage(database):
    with database.read() as tx:
        return {name: amount for name, amount in quotas.usage(tx, "p1").items() if amount}


def limit(database, table, **row):
    with database.write() as tx:
        tx.execute(sa.insert(table).values(**row))


def test_what_is_reserved_is_counted_and_given_back(database):
    assert usage(database) == {}
    reserve(database, instances=2, cores=2, ram=9000)
    assert usage(database) == {"instances": 2, "cores": 2, "ram": 9000}
    with database.write() as tx:
        quotas.release(tx, "p1", "u1", {"instances": 1, "cores": 5, "ram": 4000})
    assert usage(database) == {"instances": 1, "ram": 5000}


def test_beyond_the_limit_nothing_is_counted_and_the_message_has_the_numbers(database):
    reserve(database, instances=2, cores=3)
    with pytest.raises(OverQuota) as over:
        reserve(database, instances=2, cores=2, ram=1)
    assert over.value.message == (
        "Quota exceeded for instances, cores: Requested 2, 2, but already used 2, 3 of 3, 4 instances, cores"
    )
    assert usage(database) == {"instances": 2, "cores": 3}


def test_a_refusal_leaves_the_transaction_as_it_was(database):
    with database.write() as tx:
        with pytest.raises(OverQuota):
            quotas.reserve(tx, "p1", "u1", {"instances": 4}, BOUNDS)
        quotas.reserve(tx, "p1", "u1", {"instances": 3}, BOUNDS)
    assert usage(database) == {"instances": 3}


def test_limits_of_the_project_go_before_those_of_everybody(database):
    limit(database, CLASSES, name="default", resource="instances", hard_limit=1)
    with pytest.raises(OverQuota):
        reserve(database, instances=2)
    limit(database, LIMITS, project_id="p1", user_id="", resource="instances", hard_limit=2)
    reserve(database, instances=2)


def test_limits_of_a_user_count_that_users_servers(database):
    limit(database, LIMITS, project_id="p1", user_id="u1", resource="instances", hard_limit=1)
    reserve(database, instances=1)
    with database.write() as tx:
        servers.insert(tx, [server()], state=BUILDING)
    with pytest.raises(OverQuota, match="Requested 1, but already used 1 of 1 instances"):
        reserve(database, instances=1)
    assert usage(database) == {"instances": 1}
    with database.write() as tx:
        quotas.reserve(tx, "p1", "u2", {"instances": 1}, BOUNDS)
