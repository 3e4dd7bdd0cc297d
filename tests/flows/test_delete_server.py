"""Deleting, also in the middle of everything else."""

import pytest

from compute_cloud.lifecycle.states import VmState
from tests.flows.cloud import Cloud


def run_some(cloud: Cloud, steps: int) -> None:
    """Do that many pieces of work, of the conductor's and of the hosts'."""
    for _ in range(steps):
        if cloud.pool.work:
            fn, args = cloud.pool.work.popleft()
            fn(*args)
        else:
            any(host.work() for host in cloud.hosts.values())


def test_delete_leaves_nothing(cloud: Cloud) -> None:
    (server_id,) = cloud.boot()
    cloud.settle()
    cloud.delete(server_id)
    cloud.settle()
    server = cloud.server(server_id)
    assert (server.deleted, server.vm_state, server.task_state) == (True, "deleted", None)
    assert server.terminated_at is not None
    cloud.check()


@pytest.mark.parametrize("steps", range(6))
def test_delete_preempts_a_boot_wherever_it_is(cloud: Cloud, steps: int) -> None:
    (server_id,) = cloud.boot()
    run_some(cloud, steps)
    cloud.delete(server_id)
    cloud.settle()
    assert cloud.server(server_id).deleted
    cloud.check()


@pytest.mark.parametrize("steps", range(4))
def test_the_order_to_spawn_may_overtake_or_fall_behind_the_order_to_destroy(cloud: Cloud, steps: int) -> None:
    (server_id,) = cloud.boot()
    run_some(cloud, 1)
    cloud.delete(server_id)
    run_some(cloud, steps)
    cloud.hosts["a"].orders.reverse()
    cloud.settle()
    assert cloud.server(server_id).deleted
    cloud.check()


def test_delete_of_what_failed_gives_everything_back(cloud: Cloud) -> None:
    cloud.offered = []
    (server_id,) = cloud.boot()
    cloud.settle()
    assert cloud.server(server_id).vm_state == VmState.ERROR
    cloud.delete(server_id)
    cloud.settle()
    assert cloud.server(server_id).deleted
    cloud.check()


def test_delete_while_a_failed_boot_is_still_being_undone(cloud: Cloud) -> None:
    for host in cloud.hosts.values():
        host.refuses = "no"
    (server_id,) = cloud.boot()
    for steps in range(8):
        run_some(cloud, 1)
        if cloud.server(server_id).vm_state == VmState.ERROR:
            break
        assert steps < 7
    cloud.delete(server_id)
    cloud.settle()
    assert cloud.server(server_id).deleted
    cloud.check()


def test_delete_twice_is_delete_once(cloud: Cloud) -> None:
    (server_id,) = cloud.boot()
    cloud.settle()
    cloud.delete(server_id)
    cloud.delete(server_id)
    cloud.settle()
    cloud.check()
    assert [what for host in cloud.hosts.values() for what, *_ in host.orders] == []


def test_nobody_waits_for_a_dead_host(cloud: Cloud) -> None:
    (server_id,) = cloud.boot()
    cloud.settle()
    host = cloud.hosts["a"]
    host.silent = True
    cloud.delete(server_id)
    cloud.settle()
    assert not cloud.server(server_id).deleted
    for _ in range(8):
        cloud.later(11)
    assert cloud.server(server_id).deleted
    host.silent = False
    cloud.settle()
    cloud.check()
