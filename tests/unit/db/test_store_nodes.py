"""Nodes, services and zones: what is reported is what schedulers and administrators read."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from compute_cloud.db.stores import claims, nodes, servers, services
from compute_cloud.db.tables.aggregates import AGGREGATE_HOSTS, AGGREGATE_METADATA, AGGREGATES
from compute_cloud.errors import Invalid, NotFound
from compute_cloud.lifecycle import machine
from compute_cloud.lifecycle.states import TaskState
from compute_cloud.objects.host import HypervisorQuery, Inventory
from compute_cloud.objects.service import Alive, ServiceQuery
from tests.factories.servers import BUILDING, START, node, server

LONG_AGO = START - timedelta(days=300)


def stand(database, host, *some):
    with database.write() as tx:
        services.seen(tx, Alive(host=host, binary="nova-compute"), at=START)
        nodes.report(tx, host, some, at=START)


def changes(database, since=None):
    with database.read() as tx:
        return nodes.changed_since(tx, since)


def settle(database):
    """Let the database's clock go on, so that what was written is before the sequence."""
    before = changes(database).sequence
    while (now := changes(database).sequence) <= before + 0.002:
        pass
    return now


def test_a_report_comes_back_with_what_is_used(database):
    reported = node("n1", traits=("HW_A", "HW_B"), cpu_info={"model": "x", "topology": {"cores": 2}}, facts={"a": "b"})
    stand(database, "h1", reported)
    me = str(uuid.uuid4())
    with database.write() as tx:
        claims.claim(tx, reported.uuid, me, {"VCPU": 3})
        servers.insert(tx, [server(id=me, host="h1", node="n1")], state=BUILDING)
    (state,) = changes(database).states
    assert replace(state.node, inventories={}) == replace(reported, inventories={})
    assert state.node.inventories["VCPU"] == replace(reported.inventories["VCPU"], used=3)
    assert (state.host, state.servers, state.building, state.zone) == ("h1", 1, 1, None)
    assert state.seen_at == START.timestamp()


def test_a_new_report_changes_totals_and_leaves_what_is_used(database):
    stand(database, "h1", node("n1"))
    with database.write() as tx:
        claims.claim(tx, node("n1").uuid, str(uuid.uuid4()), {"VCPU": 3})
        nodes.report(tx, "h1", [node("n1", vcpus=8, traits=("HW_C",))], at=START)
    (state,) = changes(database).states
    assert state.node.inventories["VCPU"] == Inventory(total=8, max_unit=8, used=3)
    assert state.node.traits == ("HW_C",)


def test_a_report_without_news_writes_nothing(database):
    stand(database, "h1", node("n1"))
    written = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *args: written.append(args[2].split()[0]))
    with database.write() as tx:
        nodes.report(tx, "h1", [node("n1")], at=START)
    assert not {"INSERT", "UPDATE", "DELETE"} & set(written)


def test_only_what_changed_is_pulled(database):
    stand(database, "h1", node("n1"))
    stand(database, "h2", node("n2"))
    me = str(uuid.uuid4())
    with database.write() as tx:
        servers.insert(tx, [server(id=me, host="h2", node="n2")], state=BUILDING)
    since = settle(database)
    assert changes(database, since).states == ()
    assert set(changes(database, since).seen) == {"h1", "h2"}
    with database.write() as tx:
        claims.claim(tx, node("n1").uuid, me, {"VCPU": 1})
    assert [state.host for state in changes(database, since).states] == ["h1"]
    since = settle(database)
    with database.write() as tx:
        servers.move(tx, me, expected=BUILDING, to=machine.advance(BUILDING, to=TaskState.SPAWNING))
    assert [state.host for state in changes(database, since).states] == ["h2"]
    since = settle(database)
    with database.write() as tx:
        (service, *_) = services.list_whole(tx, ServiceQuery(host="h1"))
        services.set_disabled(tx, service.id, disabled=True, reason="repair")
    (state,) = changes(database, since).states
    assert (state.host, state.disabled, state.disabled_reason) == ("h1", True, "repair")


def test_signs_of_life_change_no_host_state(database):
    stand(database, "h1", node("n1"))
    since = settle(database)
    later = START + timedelta(seconds=60)
    with database.write() as tx:
        services.seen(tx, Alive(host="h1", binary="nova-compute"), at=later)
    pulled = changes(database, since)
    assert pulled.states == ()
    assert pulled.seen == {"h1": later.timestamp()}


def test_nodes_that_are_not_reported_any_more_are_gone_and_may_come_back(database):
    stand(database, "h1", node("n1"), node("n2"))
    since = settle(database)
    stand(database, "h1", node("n1"))
    pulled = changes(database, since)
    assert (pulled.gone, pulled.states) == ((node("n2").uuid,), ())
    stand(database, "h1", node("n1"), node("n2"))
    assert [state.node.name for state in changes(database, since).states] == ["n2"]


def test_a_node_made_anew_under_an_old_name_takes_its_place(database):
    stand(database, "h1", node("n1"))
    fresh = node("n1", uuid=str(uuid.uuid4()))
    stand(database, "h1", fresh)
    assert [state.node.uuid for state in changes(database).states] == [fresh.uuid]


def test_zones_and_aggregates(database):
    stand(database, "h1", node("n1"))
    stand(database, "h2", node("n2"))
    with database.write() as tx:
        group = tx.execute(
            sa.insert(AGGREGATES).values(uuid=str(uuid.uuid4()), name="a", created_at=START)
        ).inserted_primary_key[0]
        tx.execute(sa.insert(AGGREGATE_HOSTS).values(aggregate_id=group, host="h1"))
        for key, value in {"availability_zone": "z1", "ssd": "true"}.items():
            tx.execute(sa.insert(AGGREGATE_METADATA).values(aggregate_id=group, key=key, value=value))
    first, second = sorted(changes(database).states, key=lambda state: state.host)
    assert (first.zone, first.aggregate_metadata["ssd"], len(first.aggregates)) == ("z1", ("true",), 1)
    assert (second.zone, second.aggregates) == (None, ())
    with database.read() as tx:
        assert {one.host: one.zone for one in services.list_whole(tx, ServiceQuery())} == {"h1": "z1", "h2": ""}


def test_hypervisors(database):
    stand(database, "h1", node("first"), node("second"))
    stand(database, "h2", node("third"))
    mine = server(host="h1", node="first")
    with database.write() as tx:
        servers.insert(tx, [mine], state=BUILDING)
    with database.read() as tx:
        everyone = nodes.list_hypervisors(tx, HypervisorQuery(with_servers=True))
        assert [one.node.name for one in everyone] == ["first", "second", "third"]
        assert [(one.running_vms, one.busy, one.servers) for one in everyone[:2]] == [
            (1, 1, ((mine.id, mine.name),)),
            (0, 0, ()),
        ]
        assert everyone[0].service.host == "h1"
        first, second, _ = everyone
        assert nodes.list_hypervisors(tx, HypervisorQuery(id=second.id))[0].node.name == "second"
        assert nodes.list_hypervisors(tx, HypervisorQuery(uuid=first.node.uuid))[0].servers is None
        paged = nodes.list_hypervisors(tx, HypervisorQuery(limit=1, marker=first.node.uuid))
        assert [one.node.name for one in paged] == ["second"]
        assert [one.node.name for one in nodes.list_hypervisors(tx, HypervisorQuery(pattern="ir"))] == [
            "first", "third",
        ]  # fmt: skip
        with pytest.raises(NotFound):
            nodes.list_hypervisors(tx, HypervisorQuery(id=999))
        with pytest.raises(Invalid):
            nodes.list_hypervisors(tx, HypervisorQuery(marker="nowhere"))


def test_services_stand_from_their_first_sign_of_life(database):
    alive = [Alive(host=f"h{at}", binary="nova-compute") for at in range(3)]
    later = START + timedelta(seconds=10)
    with database.write() as tx:
        services.seen_all(tx, alive[:2], at=START)
        services.seen_all(tx, alive, at=later)
        found = services.list_whole(tx, ServiceQuery(binary="nova-compute"))
    assert [(one.host, one.seen_at, one.disabled) for one in found] == [(f"h{at}", later, False) for at in range(3)]
    assert len({one.uuid for one in found}) == 3


def test_a_service_can_be_forced_down(database):
    with database.write() as tx:
        services.seen(tx, Alive(host="h", binary="b"), at=START)
        (service,) = services.list_whole(tx, ServiceQuery(host="h"))
        services.set_forced_down(tx, service.id, forced_down=True)
        assert services.list_whole(tx, ServiceQuery(host="h"))[0].forced_down
        with pytest.raises(NotFound):
            services.set_disabled(tx, 999, disabled=True)


def test_a_host_that_is_no_more_is_forgotten(database):
    stand(database, "h1", node("n1"))
    since = settle(database)
    with database.write() as tx:
        nodes.forget(tx, "h1")
    assert changes(database, since).gone == (node("n1").uuid,)
    with database.read() as tx:
        assert nodes.list_hypervisors(tx, HypervisorQuery()) == ()
