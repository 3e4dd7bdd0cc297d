"""Many at the same time: claims and quota never pass what there is, moves and saves have one winner."""

import uuid
from concurrent.futures import ThreadPoolExecutor

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compute_cloud.db.stores import claims, flows, nodes, quotas, servers
from compute_cloud.errors import OverQuota
from compute_cloud.lifecycle import machine
from compute_cloud.lifecycle.states import TaskState
from tests.factories.servers import BUILDING, START, node, server
from tests.unit.db.test_store_flows import record

AT_ONCE = 8


def all_at_once(fn, arguments):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(fn, arguments))


def used(database):
    with database.read() as tx:
        states = nodes.changed_since(tx, None).states
    return {state.node.name: {name: one.used for name, one in state.node.inventories.items()} for state in states}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wanted=st.lists(
        st.tuples(st.sampled_from(["n1", "n2"]), st.integers(1, 3), st.integers(1, 2)), min_size=10, max_size=30
    )
)
def test_claims_at_the_same_time_never_pass_the_capacity(database, wanted):
    with database.write() as tx:
        nodes.report(tx, "h1", [node("n1", vcpus=6, disk_gb=8), node("n2", vcpus=9, disk_gb=4)], at=START)
    consumers = [str(uuid.uuid4()) for _ in wanted]

    def take(at):
        where, vcpus, disk = wanted[at]

        def work():
            with database.write() as tx:
                return claims.claim(tx, node(where).uuid, consumers[at], {"VCPU": vcpus, "DISK_GB": disk})

        return database.retrying(work)

    got = all_at_once(take, range(len(wanted)))
    taken = {"n1": [0, 0], "n2": [0, 0]}
    for (where, vcpus, disk), won in zip(wanted, got, strict=True):
        taken[where][0] += vcpus * won
        taken[where][1] += disk * won
    assert {name: [one["VCPU"], one["DISK_GB"]] for name, one in used(database).items()} == taken
    assert taken["n1"][0] <= 6
    assert taken["n1"][1] <= 8
    assert taken["n2"][0] <= 9
    assert taken["n2"][1] <= 4
    for where, vcpus, disk in (one for one, won in zip(wanted, got, strict=True) if not won):
        room = {"n1": (6, 8), "n2": (9, 4)}[where]
        # a claim is refused only when it would not fit even now, after all others
        assert taken[where][0] + vcpus > room[0] or taken[where][1] + disk > room[1]

    def give(consumer):
        def work():
            with database.write() as tx:
                claims.release(tx, consumer)

        database.retrying(work)

    all_at_once(give, consumers * 2)
    assert {amount for one in used(database).values() for amount in one.values()} == {0}


def test_quota_at_the_same_time_never_passes_the_limit(database):
    def take(_):
        def work():
            with database.write() as tx:
                quotas.reserve(tx, "p1", "u1", {"instances": 1, "cores": 2}, {"instances": 100, "cores": 21})

        try:
            database.retrying(work)
        except OverQuota:
            return False
        return True

    assert sum(all_at_once(take, range(30))) == 10
    with database.read() as tx:
        assert quotas.usage(tx, "p1")["cores"] == 20


def test_a_move_has_one_winner(database):
    made = server()
    with database.write() as tx:
        servers.insert(tx, [made], state=BUILDING)

    def move(_):
        with database.write() as tx:
            return servers.move(tx, made.id, expected=BUILDING, to=machine.advance(BUILDING, to=TaskState.SPAWNING))

    assert sum(all_at_once(move, range(16))) == 1


def test_a_save_has_one_winner(database):
    made = record()
    with database.write() as tx:
        flows.insert(tx, [made])

    def save(_):
        try:
            with database.write() as tx:
                flows.save(tx, made)
        except flows.Lost:
            return False
        return True

    assert sum(all_at_once(save, range(16))) == 1


def test_hosts_report_at_the_same_time(database):
    def report(at):
        def work():
            with database.write() as tx:
                nodes.report(tx, f"h{at % 10}", [node(f"n{at % 10}", traits=(f"T{at}", "COMMON"))], at=START)

        database.retrying(work)

    all_at_once(report, range(40))
    with database.read() as tx:
        assert len(nodes.changed_since(tx, None).states) == 10
