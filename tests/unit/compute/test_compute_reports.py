"""What a compute host tells by itself, at start, in outages and when guests change; and what it removes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from oslo_config import cfg

from compute_cloud.compute.service import ComputeService
from compute_cloud.context import nobody
from compute_cloud.errors import Unavailable
from compute_cloud.lifecycle.states import PowerState, TaskState, VmState
from compute_cloud.rpc.contract import Endpoint
from compute_cloud.rpc.contracts.compute import ComputeRpc
from compute_cloud.virt.driver import PowerWatcher
from compute_cloud.virt.fake import FakeDriver
from tests.factories.compute import MemoryConductor, facts_of, order, until


@pytest.fixture
def standing(
    conf: cfg.ConfigOpts, build: Callable[..., ComputeService], conductor: MemoryConductor, driver: FakeDriver
) -> Iterator[Any]:
    """An order whose guest stands on a host whose service was stopped."""
    service = build()
    asked = order()
    conductor.hosts(asked, vm_state=VmState.ACTIVE, task_state=None, power_state=PowerState.RUNNING)
    service.spawn_guest(nobody(), ticket="t1", node="h1", order=asked)
    facts_of(conductor.outcome("t1"))
    service.stop()
    conductor.started = 0
    return asked


def test_it_keeps_the_contract(service: ComputeService) -> None:
    Endpoint(ComputeRpc, service)


def test_the_conductor_learns_what_the_host_has(service: ComputeService, conductor: MemoryConductor) -> None:
    assert conductor.alive
    assert [node.name for node in conductor.nodes] == ["h1"]


def test_a_start_waits_for_the_conductor(
    build: Callable[..., ComputeService], conductor: MemoryConductor, driver: FakeDriver
) -> None:
    conductor.away = True
    service = build()
    asked = order()
    conductor.hosts(asked)
    service.spawn_guest(nobody(), ticket="t1", node="h1", order=asked)
    assert not driver.guests()
    with pytest.raises(Unavailable):
        service.console_output(nobody(), server_id=asked.server_id, lines=None)
    conductor.away = False
    facts_of(conductor.outcome("t1"))
    until(lambda: conductor.started)


class LateDriver(FakeDriver):
    """A driver whose hypervisor comes up late, in two ways."""

    tries = 0

    def start(self, watcher: PowerWatcher) -> None:
        self.tries += 1
        if self.tries == 1:
            raise Unavailable("libvirt does not answer")
        if self.tries == 2:
            raise RuntimeError("something nobody foresaw")
        super().start(watcher)


def test_a_start_waits_for_the_hypervisor(
    conf: cfg.ConfigOpts, build: Callable[..., ComputeService], conductor: MemoryConductor
) -> None:
    build(driver=LateDriver(conf))
    until(lambda: conductor.started)
    assert conductor.nodes


def test_a_service_that_never_got_up_stops_at_once(
    build: Callable[..., ComputeService], conductor: MemoryConductor
) -> None:
    conductor.away = True
    build().stop()


def test_orders_that_were_open_are_done_once_more_at_the_next_start(
    build: Callable[..., ComputeService], conductor: MemoryConductor, driver: FakeDriver, standing: Any
) -> None:
    conductor.answers.clear()
    service = build(start=False)

    def send_again() -> None:
        service.spawn_guest(nobody(), ticket="t1", node="h1", order=standing)

    conductor.on_started = send_again
    service.start()
    facts_of(conductor.outcome("t1"))
    assert len(driver.guests()) == 1


def test_a_guest_that_changed_while_nobody_looked_is_told_at_start(
    build: Callable[..., ComputeService], conductor: MemoryConductor, driver: FakeDriver, standing: Any
) -> None:
    driver.happen(standing.server_id, PowerState.SHUTDOWN)
    build()
    until(lambda: (standing.server_id, int(PowerState.SHUTDOWN)) in conductor.power)


def test_guests_that_ran_before_the_host_went_down_run_again_when_the_operator_says_so(
    conf: cfg.ConfigOpts,
    build: Callable[..., ComputeService],
    conductor: MemoryConductor,
    driver: FakeDriver,
    standing: Any,
) -> None:
    conf.set_override("resume_guests_state_on_host_boot", True)
    driver.happen(standing.server_id, PowerState.SHUTDOWN)
    build()
    until(lambda: driver.power_state(standing.server_id) == PowerState.RUNNING)


def test_guests_that_were_off_stay_off(
    conf: cfg.ConfigOpts,
    build: Callable[..., ComputeService],
    conductor: MemoryConductor,
    driver: FakeDriver,
    standing: Any,
) -> None:
    conf.set_override("resume_guests_state_on_host_boot", True)
    conductor.servers[standing.server_id] = replace(
        conductor.servers[standing.server_id], vm_state=VmState.STOPPED, power_state=PowerState.SHUTDOWN
    )
    driver.happen(standing.server_id, PowerState.SHUTDOWN)
    build().stop()
    assert conductor.started
    assert driver.power_state(standing.server_id) == PowerState.SHUTDOWN


def test_a_guest_that_vanished_is_told_too(
    build: Callable[..., ComputeService], conductor: MemoryConductor, driver: FakeDriver, standing: Any
) -> None:
    driver.vanish(standing.server_id)
    build()
    until(lambda: (standing.server_id, int(PowerState.NOSTATE)) in conductor.power)


def test_what_the_conductor_knows_is_no_news(
    build: Callable[..., ComputeService], conductor: MemoryConductor, driver: FakeDriver, standing: Any
) -> None:
    build()
    until(lambda: conductor.started)
    driver.happen(standing.server_id, PowerState.CRASHED)
    until(lambda: conductor.power)
    assert conductor.power == [(standing.server_id, int(PowerState.CRASHED))]


def test_power_that_could_not_be_told_is_told_later(
    build: Callable[..., ComputeService], conductor: MemoryConductor, driver: FakeDriver, standing: Any
) -> None:
    build()
    until(lambda: conductor.started)
    conductor.troubles.append(Unavailable("the broker went away"))
    driver.happen(standing.server_id, PowerState.PAUSED)
    until(lambda: not conductor.troubles)
    assert not conductor.power
    until(lambda: conductor.power == [(standing.server_id, int(PowerState.PAUSED))])


def gone(conductor: MemoryConductor, server_id: str) -> None:
    del conductor.servers[server_id]


def elsewhere(conductor: MemoryConductor, server_id: str) -> None:
    conductor.servers[server_id] = replace(conductor.servers[server_id], host="h2")


def unplaced(conductor: MemoryConductor, server_id: str) -> None:
    conductor.servers[server_id] = replace(conductor.servers[server_id], host=None, vm_state=VmState.ERROR)


def deleted(conductor: MemoryConductor, server_id: str) -> None:
    conductor.servers[server_id] = replace(conductor.servers[server_id], host=None, deleted=True)


@pytest.mark.parametrize("left", [gone, elsewhere, unplaced, deleted])
def test_a_guest_without_a_server_is_removed(
    build: Callable[..., ComputeService],
    conductor: MemoryConductor,
    driver: FakeDriver,
    standing: Any,
    left: Callable[[MemoryConductor, str], None],
) -> None:
    left(conductor, standing.server_id)
    build()
    until(lambda: not driver.guests() and not driver.disks)


def moving(conductor: MemoryConductor, server_id: str) -> None:
    server = conductor.servers[server_id]
    conductor.servers[server_id] = replace(server, host="h2", task_state=TaskState.MIGRATING)


def resized(conductor: MemoryConductor, server_id: str) -> None:
    conductor.servers[server_id] = replace(conductor.servers[server_id], host="h2", vm_state=VmState.RESIZED)


def unknown(conductor: MemoryConductor, server_id: str) -> None:
    """The list of servers lacks it, and the question for it alone is not answered well."""
    elsewhere(conductor, server_id)
    conductor.on_started = lambda: conductor.troubles.append(Unavailable("the broker went away"))


@pytest.mark.parametrize("left", [moving, resized, unknown])
def test_a_guest_that_may_still_be_needed_is_left_alone(
    build: Callable[..., ComputeService],
    conductor: MemoryConductor,
    driver: FakeDriver,
    standing: Any,
    left: Callable[[MemoryConductor, str], None],
) -> None:
    left(conductor, standing.server_id)
    build().stop()
    assert driver.power_state(standing.server_id) == PowerState.RUNNING


@pytest.mark.parametrize("action", ["log", "noop", "shutdown"])
def test_an_operator_may_want_to_look_first(
    conf: cfg.ConfigOpts,
    build: Callable[..., ComputeService],
    conductor: MemoryConductor,
    driver: FakeDriver,
    standing: Any,
    action: str,
) -> None:
    conf.set_override("running_deleted_instance_action", action)
    gone(conductor, standing.server_id)
    build()
    until(lambda: conductor.started)
    assert driver.guests()


def test_leftovers_are_looked_for_again_and_again(
    conf: cfg.ConfigOpts,
    build: Callable[..., ComputeService],
    conductor: MemoryConductor,
    driver: FakeDriver,
    standing: Any,
) -> None:
    conf.set_override("running_deleted_instance_poll_interval", 1)
    build()
    until(lambda: conductor.started)
    assert driver.guests()
    gone(conductor, standing.server_id)
    until(lambda: not driver.guests())


def test_after_a_long_silence_it_asks_again_what_should_run_here(
    conf: cfg.ConfigOpts, build: Callable[..., ComputeService], conductor: MemoryConductor
) -> None:
    conf.set_override("report_interval", 1)
    conf.set_override("service_down_time", 1)
    build()
    until(lambda: conductor.started == 1)
    conductor.troubles += [Unavailable("the broker went away")] * 2
    until(lambda: not conductor.troubles)
    until(lambda: conductor.started > 1)


def test_new_reserves_are_reported_at_once(
    conf: cfg.ConfigOpts, service: ComputeService, conductor: MemoryConductor
) -> None:
    conf.set_override("reserved_host_memory_mb", 1024)

    def reported() -> bool:
        service.reload()
        return conductor.nodes[0].inventories["MEMORY_MB"].reserved == 1024

    until(reported)
