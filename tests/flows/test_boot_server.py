"""Booting, through everything that may happen on the way."""

import time
from dataclasses import replace

import pytest

from compute_cloud.conductor.answers import servers as answers
from compute_cloud.conductor.flows import SAGAS
from compute_cloud.conductor.flows.boot_server import BOOT_SERVER
from compute_cloud.errors import OverQuota, Unavailable
from compute_cloud.lifecycle.saga import Saga
from compute_cloud.lifecycle.states import TaskState, VmState
from compute_cloud.objects.scheduling import Refusal
from tests.flows.cloud import Cloud, order


def test_a_boot_ends_active_with_its_claim_and_its_steps(cloud: Cloud) -> None:
    (server_id,) = cloud.boot()
    assert (cloud.server(server_id).vm_state, cloud.server(server_id).task_state) == ("building", TaskState.SCHEDULING)
    cloud.settle()
    server = cloud.server(server_id)
    assert (server.vm_state, server.task_state, server.host, server.power_state) == ("active", None, "a", 1)
    assert server.launched_at is not None
    action = answers.show_action(cloud.office, server_id, None, cloud.context.request_id)
    assert (action.name, action.message) == ("create", None)
    assert {event.name for event in action.events} == {"conductor_choose_host", "compute_spawn_guest", "guest"}
    assert all(event.result == "Success" and event.finished_at for event in action.events)
    cloud.check()


def test_a_host_that_refuses_is_followed_by_the_next(cloud: Cloud) -> None:
    cloud.hosts["a"].refuses = "no memory after all"
    (server_id,) = cloud.boot()
    cloud.settle()
    assert (cloud.server(server_id).vm_state, cloud.server(server_id).host) == ("active", "b")
    cloud.check()


@pytest.mark.parametrize("retry", [True, False])
def test_when_nobody_can_the_server_says_why_and_holds_nothing(cloud: Cloud, retry: bool) -> None:
    for host in cloud.hosts.values():
        host.refuses, host.retry = "the image is broken", retry
    (server_id,) = cloud.boot()
    cloud.settle()
    server = cloud.server(server_id)
    assert (server.vm_state, server.task_state, server.host) == ("error", None, None)
    assert server.fault is not None
    assert "the image is broken" in server.fault.message
    action = answers.show_action(cloud.office, server_id, None, cloud.context.request_id)
    assert action.message == "Error"
    cloud.check()


def test_no_valid_host_says_which_filter_refused_how_many(cloud: Cloud) -> None:
    cloud.offered = []
    cloud.refusals = (Refusal(filter="RamFilter", hosts=2, reason="needs 512 MB, 0 free"),)
    (server_id,) = cloud.boot()
    cloud.settle()
    fault = cloud.server(server_id).fault
    assert fault is not None
    assert "No valid host was found" in fault.message
    assert "needs 512 MB, 0 free" in fault.message
    cloud.check()


def test_a_full_host_is_left_for_the_next_candidate(cloud: Cloud) -> None:
    ids = cloud.boot(8)
    cloud.settle()
    placed = [cloud.server(one).host for one in ids]
    assert sorted(placed, key=str) == ["a"] * 4 + ["b"] * 4
    cloud.check()


def test_an_outage_of_the_scheduler_delays_and_loses_nothing(cloud: Cloud) -> None:
    cloud.outages = [Unavailable("away"), Unavailable("away")]
    (server_id,) = cloud.boot()
    cloud.settle()
    assert cloud.server(server_id).vm_state == VmState.BUILDING
    cloud.later(1)
    cloud.later(2)
    assert cloud.server(server_id).vm_state == VmState.ACTIVE
    cloud.check()


def test_a_lost_order_is_sent_again(cloud: Cloud) -> None:
    (server_id,) = cloud.boot()
    while cloud.pool.work:
        fn, args = cloud.pool.work.popleft()
        fn(*args)
    cloud.hosts["a"].orders.clear()
    cloud.settle()
    assert cloud.server(server_id).task_state == TaskState.SPAWNING
    cloud.later(11)
    assert cloud.server(server_id).vm_state == VmState.ACTIVE
    cloud.check()


def test_an_answer_that_comes_twice_changes_nothing(cloud: Cloud) -> None:
    cloud.boot()
    while cloud.pool.work:
        fn, args = cloud.pool.work.popleft()
        fn(*args)
    cloud.hosts["a"].orders *= 2
    cloud.settle()
    cloud.check()


def test_a_dead_host_is_left_for_the_next_and_cleans_up_when_it_is_back(cloud: Cloud) -> None:
    cloud.hosts["a"].silent = True
    (server_id,) = cloud.boot()
    cloud.settle()
    for _ in range(8):
        cloud.later(11)
    assert (cloud.server(server_id).vm_state, cloud.server(server_id).host) == ("active", "b")
    cloud.hosts["a"].silent = False
    cloud.settle()
    cloud.check()


def test_past_its_deadline_a_boot_fails_with_the_reason(cloud: Cloud) -> None:
    cloud.outages = [Unavailable("away")] * 1000
    (server_id,) = cloud.boot()
    cloud.settle()
    cloud.later(601)
    server = cloud.server(server_id)
    assert server.vm_state == VmState.ERROR
    assert server.fault is not None
    assert "10 minutes" in server.fault.message
    cloud.check()


def test_a_host_that_lives_but_never_answers_runs_into_the_deadline(cloud: Cloud) -> None:
    (server_id,) = cloud.boot()
    while cloud.pool.work:
        fn, args = cloud.pool.work.popleft()
        fn(*args)
    cloud.hosts["a"].orders.clear()
    cloud.clock.now += 601
    cloud.report()
    cloud.flows.look()
    cloud.settle()
    assert cloud.server(server_id).vm_state == VmState.ERROR
    cloud.check()


def explode(*_: object) -> None:
    raise RuntimeError("broken on purpose")


@pytest.mark.parametrize("at", range(len(BOOT_SERVER.steps)))
def test_a_fault_at_any_step_is_undone(cloud: Cloud, at: int) -> None:
    step = BOOT_SERVER.steps[at]
    broken = replace(step, cast=replace(step.cast, enter=explode)) if step.cast else replace(step, do=explode)
    steps = (*BOOT_SERVER.steps[:at], broken, *BOOT_SERVER.steps[at + 1 :])
    saga = Saga(name=BOOT_SERVER.name, params=BOOT_SERVER.params, failed=BOOT_SERVER.failed, steps=steps)
    cloud.new_conductor({**SAGAS, saga.name: saga})
    (server_id,) = cloud.boot()
    cloud.settle()
    server = cloud.server(server_id)
    assert server.vm_state == VmState.ERROR
    assert server.fault is not None
    assert server.fault.details.startswith(step.event)
    cloud.check()


def test_quota_refuses_what_is_too_much_and_takes_what_fits(cloud: Cloud) -> None:
    from compute_cloud.conductor.answers import boots

    with pytest.raises(OverQuota, match="instances"):
        boots.accept_boots(cloud.office, cloud.context, [order() for _ in range(11)], 11)
    taken = boots.accept_boots(cloud.office, cloud.context, [order() for _ in range(12)], 1)
    assert len(taken) == 10
    for server_id in taken:
        cloud.delete(server_id)
    cloud.settle()
    assert len(cloud.boot(10)) == 10


def test_a_request_that_comes_twice_boots_once(cloud: Cloud) -> None:
    from compute_cloud.conductor.answers import boots

    orders = [order(), order()]
    first = boots.accept_boots(cloud.office, cloud.context, orders, 2)
    assert boots.accept_boots(cloud.office, cloud.context, orders, 2) == first
    cloud.settle()
    cloud.check()


def test_records_of_flows_that_ended_long_ago_are_taken_away(cloud: Cloud) -> None:
    from compute_cloud.conductor.answers import reports

    cloud.clock.now = time.time()  # the store writes by the machine's clock when a record was last saved
    cloud.boot()
    cloud.settle()
    assert reports.prune(cloud.office, 7) == 0
    cloud.clock.now += 8 * 86400
    assert reports.prune(cloud.office, 7) == 1
    assert reports.prune(cloud.office, 7) == 0
