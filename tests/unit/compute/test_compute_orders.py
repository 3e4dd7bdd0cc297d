"""Orders by ticket: each is worked on once, answered until the conductor has a verdict, and undone when it fails."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from oslo_config import cfg

from compute_cloud.compute.service import ComputeService
from compute_cloud.context import Context, nobody
from compute_cloud.errors import Broken, NotFound, Unavailable
from compute_cloud.lifecycle.states import PowerState
from compute_cloud.objects.ticket import Verdict
from compute_cloud.virt.fake import DELAY, FAILURE, FakeDriver
from tests.factories.compute import MemoryConductor, facts_of, order, until

STEPS = ["compute_fetch_image", "compute_make_disks", "compute_start_guest"]


def spawn(service: ComputeService, conductor: MemoryConductor, ticket: str = "t1", **given: Any) -> Any:
    asked = order(**given)
    conductor.hosts(asked)
    service.spawn_guest(nobody(), ticket=ticket, node="h1", order=asked)
    return asked


def test_a_guest_is_built(service: ComputeService, conductor: MemoryConductor, driver: FakeDriver) -> None:
    before = time.time()
    asked = spawn(service, conductor)
    outcome = conductor.outcome("t1")
    assert outcome.ok
    assert outcome.host == "h1"
    assert outcome.facts == {"root_device_name": "/dev/vda", "power_state": PowerState.RUNNING}
    assert [name for name, _, _ in outcome.events] == STEPS
    assert all(before <= start <= end <= time.time() for _, start, end in outcome.events)
    assert driver.power_state(asked.server_id) == PowerState.RUNNING
    assert "guest ready" in service.console_output(nobody(), server_id=asked.server_id, lines=1)


def test_no_such_console(service: ComputeService) -> None:
    with pytest.raises(NotFound):
        service.console_output(nobody(), server_id="none", lines=None)


@pytest.mark.parametrize(("failure", "retry", "kind"), [("host", True, "unavailable"), ("invalid", False, "invalid")])
def test_a_guest_that_cannot_be_built_leaves_nothing(
    service: ComputeService, conductor: MemoryConductor, driver: FakeDriver, failure: str, retry: bool, kind: str
) -> None:
    spawn(service, conductor, metadata={FAILURE: failure})
    outcome = conductor.outcome("t1")
    assert (outcome.ok, outcome.retry, outcome.kind) == (False, retry, kind)
    assert outcome.reason.endswith(".")
    assert outcome.detail == "asked for by a test"
    assert [name for name, _, _ in outcome.events] == STEPS  # it failed at the last
    assert driver.guests() == ()
    assert not driver.disks


def test_a_fault_of_our_own_shows_its_trace_to_administrators_only(
    service: ComputeService, conductor: MemoryConductor, driver: FakeDriver
) -> None:
    spawn(service, conductor, metadata={FAILURE: "broken"})
    outcome = conductor.outcome("t1")
    assert (outcome.ok, outcome.retry, outcome.kind) == (False, True, "broken")
    assert "Traceback" in outcome.detail
    assert "RuntimeError" not in outcome.reason
    assert not driver.disks


def test_the_wrong_node_is_another_hosts_chance(service: ComputeService, conductor: MemoryConductor) -> None:
    asked = order()
    service.spawn_guest(nobody(), ticket="t1", node="other", order=asked)
    assert conductor.outcome("t1").retry


def test_a_guest_is_removed_twice(service: ComputeService, conductor: MemoryConductor, driver: FakeDriver) -> None:
    asked = spawn(service, conductor)
    facts_of(conductor.outcome("t1"))
    for ticket in ("t2", "t3"):
        service.destroy_guest(nobody(), ticket=ticket, server_id=asked.server_id)
        facts_of(conductor.outcome(ticket))
        assert (driver.guests(), set(driver.disks)) == ((), set())


def test_a_guest_that_does_not_stop_is_not_said_to_be_gone(
    service: ComputeService, conductor: MemoryConductor, driver: FakeDriver
) -> None:
    asked = spawn(service, conductor, metadata={FAILURE: "destroy"})
    facts_of(conductor.outcome("t1"))
    service.destroy_guest(nobody(), ticket="t2", server_id=asked.server_id)
    outcome = conductor.outcome("t2")
    assert not outcome.ok
    assert driver.disks


def test_a_cast_that_comes_twice_is_one_order(
    service: ComputeService, conductor: MemoryConductor, driver: FakeDriver
) -> None:
    asked = order(metadata={DELAY: "0.3"})
    conductor.hosts(asked)
    for _ in range(3):
        service.spawn_guest(nobody(), ticket="t1", node="h1", order=asked)
    facts_of(conductor.outcome("t1"))
    assert len(conductor.answers) == 1
    service.spawn_guest(nobody(), ticket="t1", node="h1", order=asked)  # its answer was lost: it is told again
    until(lambda: len(conductor.answers) == 2)
    assert conductor.answers[0] == conductor.answers[1]
    assert len(driver.guests()) == 1


def test_the_outcome_is_delivered_when_the_conductor_is_back(
    service: ComputeService, conductor: MemoryConductor
) -> None:
    conductor.troubles += [Unavailable("broker gone"), Broken("a fault")]
    spawn(service, conductor)
    assert conductor.outcome("t1").ok
    assert conductor.troubles == []


def test_an_answer_does_not_end_with_its_requests_deadline(service: ComputeService, conductor: MemoryConductor) -> None:
    asked = order()
    conductor.hosts(asked)
    service.spawn_guest(Context(deadline=time.time() - 1), ticket="t1", node="h1", order=asked)
    assert conductor.outcome("t1").ok  # the conductor of these tests refuses a context with a deadline


def test_what_nobody_waits_for_is_removed(
    service: ComputeService, conductor: MemoryConductor, driver: FakeDriver
) -> None:
    service.spawn_guest(nobody(), ticket="t1", node="h1", order=order())  # no such server at the conductor
    assert conductor.outcome("t1").ok
    until(lambda: not driver.guests() and not driver.disks)


def test_a_late_verdict_spares_what_was_ordered_anew(
    service: ComputeService, conductor: MemoryConductor, driver: FakeDriver
) -> None:
    conductor.verdicts["t1"] = Verdict.REMOVE
    asked = order(metadata={DELAY: "0.2"})
    conductor.hosts(asked)
    for ticket in ("t1", "t2"):
        service.spawn_guest(nobody(), ticket=ticket, node="h1", order=asked)
    for ticket in ("t1", "t2"):
        facts_of(conductor.outcome(ticket))
    service.spawn_guest(nobody(), ticket="t1", node="h1", order=asked)
    until(lambda: len(conductor.answers) == 3)
    service.stop()
    assert len(driver.guests()) == 1


def test_a_removal_stops_the_build(service: ComputeService, conductor: MemoryConductor, driver: FakeDriver) -> None:
    asked = spawn(service, conductor, metadata={DELAY: "0.4"})
    until(lambda: driver.disks)
    service.destroy_guest(nobody(), ticket="t2", server_id=asked.server_id)
    facts_of(conductor.outcome("t2"))
    stopped = conductor.outcome("t1")
    assert (stopped.ok, stopped.retry, stopped.kind) == (False, False, "conflict")
    assert "deleted" in stopped.reason
    assert sorted(ticket for ticket, _, _ in conductor.answers) == ["t1", "t2"]
    assert (driver.guests(), set(driver.disks)) == ((), set())


def test_a_build_that_comes_after_the_removal_is_refused(
    service: ComputeService, conductor: MemoryConductor, driver: FakeDriver
) -> None:
    asked = order()
    service.destroy_guest(nobody(), ticket="t2", server_id=asked.server_id)
    facts_of(conductor.outcome("t2"))
    service.spawn_guest(nobody(), ticket="t1", node="h1", order=asked)
    refused = conductor.outcome("t1")
    assert (refused.ok, refused.retry) == (False, False)
    assert driver.guests() == ()


def test_builds_wait_for_their_places(
    conf: cfg.ConfigOpts, build: Callable[..., ComputeService], conductor: MemoryConductor, driver: FakeDriver
) -> None:
    conf.set_override("max_concurrent_builds", 2)
    service = build()
    orders = [order(metadata={DELAY: "0.3"}) for _ in range(4)]
    for number, asked in enumerate(orders):
        conductor.hosts(asked)
        service.spawn_guest(nobody(), ticket=f"t{number}", node="h1", order=asked)
    until(lambda: len(driver.disks) == 2)
    assert len(driver.disks) == 2
    for number in range(4):
        facts_of(conductor.outcome(f"t{number}"))


def test_a_hundred_boots(service: ComputeService, conductor: MemoryConductor, driver: FakeDriver) -> None:
    orders = [order() for _ in range(100)]
    began = time.process_time()
    for number, asked in enumerate(orders):
        conductor.hosts(asked)
        service.spawn_guest(nobody(), ticket=f"t{number}", node="h1", order=asked)
    until(lambda: len(conductor.answers) == 100)
    assert time.process_time() - began < 2.0  # seconds of processor; it is far less
    assert len(driver.guests()) == 100


def test_what_has_not_begun_is_left_to_the_next_start(
    conf: cfg.ConfigOpts, build: Callable[..., ComputeService], conductor: MemoryConductor, driver: FakeDriver
) -> None:
    conf.set_override("max_concurrent_builds", 1)
    service = build()
    until(lambda: conductor.started)
    first, second = order(metadata={DELAY: "0.3"}), order()
    for number, asked in enumerate((first, second)):
        conductor.hosts(asked)
        service.spawn_guest(nobody(), ticket=f"t{number}", node="h1", order=asked)
    until(lambda: first.server_id in driver.disks)
    service.stop()
    assert [ticket for ticket, _, _ in conductor.answers] == ["t0"]
    again = build()
    again.spawn_guest(nobody(), ticket="t1", node="h1", order=second)
    facts_of(conductor.outcome("t1"))
