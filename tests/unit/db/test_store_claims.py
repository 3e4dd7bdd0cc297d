"""Claims never take more than there is, and give back exactly what they took."""

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compute_cloud.db.stores import claims, nodes
from compute_cloud.objects.host import Inventory
from tests.factories.servers import START, node

ONE = {"VCPU": 1, "MEMORY_MB": 1024, "DISK_GB": 10}


def stand(database, *some):
    with database.write() as tx:
        nodes.report(tx, "h1", some, at=START)


def used(database):
    with database.read() as tx:
        return {
            state.node.name: {name: one.used for name, one in state.node.inventories.items()}
            for state in nodes.changed_since(tx, None).states
        }


def test_a_claim_is_all_or_nothing(database):
    stand(database, node("n1", disk_gb=25))
    first, second, third = (str(uuid.uuid4()) for _ in range(3))
    with database.write() as tx:
        assert claims.claim(tx, node("n1").uuid, first, ONE)
        assert claims.claim(tx, node("n1").uuid, second, ONE)
        assert not claims.claim(tx, node("n1").uuid, third, ONE)  # the disk is full, the rest is not
        assert claims.held_by(tx, third) == {}
    assert used(database) == {"n1": {"VCPU": 2, "MEMORY_MB": 2048, "DISK_GB": 20}}


def test_the_same_claim_again_changes_nothing_even_when_the_host_is_full(database):
    stand(database, node("n1", vcpus=1))
    me = str(uuid.uuid4())
    for _ in range(2):
        with database.write() as tx:
            assert claims.claim(tx, node("n1").uuid, me, ONE)
    with database.write() as tx:
        assert not claims.claim(tx, node("n1").uuid, me, ONE | {"VCPU": 2})
    assert used(database)["n1"]["VCPU"] == 1


def test_release_gives_back_what_was_taken_once(database):
    stand(database, node("n1"), node("n2"))
    me, other = str(uuid.uuid4()), str(uuid.uuid4())
    with database.write() as tx:
        assert claims.claim(tx, node("n1").uuid, me, ONE)
        assert claims.claim(tx, node("n2").uuid, me, {"VCPU": 2})
        assert claims.claim(tx, node("n1").uuid, other, {"VCPU": 1})
        claims.release(tx, me)
        claims.release(tx, me)
        assert claims.held_by(tx, me) == {}
    assert used(database) == {
        "n1": {"VCPU": 1, "MEMORY_MB": 0, "DISK_GB": 0},
        "n2": {"VCPU": 0, "MEMORY_MB": 0, "DISK_GB": 0},
    }


@pytest.mark.parametrize(
    ("inventory", "amount", "fits"),
    [
        (Inventory(total=4, max_unit=4), 4, True),
        (Inventory(total=4, max_unit=4), 5, False),
        (Inventory(total=4, max_unit=2), 3, False),
        (Inventory(total=4, max_unit=4, min_unit=2), 1, False),
        (Inventory(total=4, max_unit=4, step_size=2), 3, False),
        (Inventory(total=4, max_unit=4, reserved=1), 4, False),
        (Inventory(total=4, max_unit=64, allocation_ratio=4.0), 16, True),
        (Inventory(total=4, max_unit=64, allocation_ratio=4.0), 17, False),
        (Inventory(total=10, max_unit=64, allocation_ratio=1.5, reserved=2), 12, True),
    ],
)
def test_what_fits(database, inventory, amount, fits):
    stand(database, node("n1", inventories={"VCPU": inventory}))
    with database.write() as tx:
        assert claims.claim(tx, node("n1").uuid, str(uuid.uuid4()), {"VCPU": amount}) is fits


def test_a_class_that_the_host_does_not_have_is_no_room(database):
    stand(database, node("n1"))
    with database.write() as tx:
        assert not claims.claim(tx, node("n1").uuid, str(uuid.uuid4()), {"VCPU": 1, "VGPU": 1})
        assert not claims.claim(tx, str(uuid.uuid4()), str(uuid.uuid4()), {"VCPU": 1})
    assert used(database)["n1"]["VCPU"] == 0


moves = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(["n1", "n2", "release"]), st.integers(1, 3)), max_size=25
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves)
def test_what_is_used_is_what_is_allocated_and_never_more_than_there_is(database, walked):
    stand(database, node("n1", vcpus=4), node("n2", vcpus=2))
    consumers = {name: str(uuid.uuid4()) for name in "abcd"}
    held: dict[tuple[str, str], int] = {}
    for who, where, amount in walked:
        with database.write() as tx:
            if where == "release":
                claims.release(tx, consumers[who])
                held = {key: taken for key, taken in held.items() if key[0] != who}
                continue
            free = {"n1": 4, "n2": 2}[where] - sum(taken for (_, at), taken in held.items() if at == where)
            expected = held[who, where] == amount if (who, where) in held else amount <= free and amount <= 4
            assert claims.claim(tx, node(where).uuid, consumers[who], {"VCPU": amount}) is expected
            if expected:
                held[who, where] = amount
    totals = {name: sum(taken for (_, at), taken in held.items() if at == name) for name in ("n1", "n2")}
    assert {name: one["VCPU"] for name, one in used(database).items()} == totals
    with database.write() as tx:
        for consumer in consumers.values():
            claims.release(tx, consumer)
