"""The fake driver keeps the promises of the driver's Protocols, and fails when it is asked to."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from oslo_config import cfg

from compute_cloud import conf as options
from compute_cloud.context import nobody
from compute_cloud.errors import Invalid, NotFound
from compute_cloud.lifecycle.states import PowerState
from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.flavor import Flavor
from compute_cloud.objects.image import Image
from compute_cloud.virt.driver import Driver, HostCannot
from compute_cloud.virt.fake import FakeDriver


@pytest.fixture
def conf(tmp_path: Path) -> Iterator[cfg.ConfigOpts]:
    conf = cfg.ConfigOpts()
    options.register(conf)
    conf([], default_config_files=[], default_config_dirs=[])
    conf.set_override("host", "h1")
    conf.set_override("state_path", str(tmp_path / "state"))
    conf.set_override("persist", True, group="fake")
    yield conf
    conf.reset()


def order(server_id: str = "s1", name: str = "web", **metadata: str) -> BootOrder:
    return BootOrder(
        server_id=server_id,
        name=name,
        project_id="p",
        user_id="u",
        flavor=Flavor(id="1", name="small", vcpus=1, memory_mb=512, root_gb=1),
        image=Image(id="i"),
        reservation_id="r-1",
        hostname=name,
        metadata=metadata,
    )


def started(conf: cfg.ConfigOpts, happenings: list[tuple[str, PowerState]] | None = None) -> FakeDriver:
    driver = FakeDriver(conf)
    seen = [] if happenings is None else happenings
    driver.start(lambda server_id, state: seen.append((server_id, state)))
    return driver


def boot(driver: FakeDriver, asked: BootOrder, node: str = "h1") -> None:
    driver.make_disks(asked, None)
    driver.start_guest(nobody(), node, asked)


def test_it_is_a_whole_driver(conf: cfg.ConfigOpts) -> None:
    driver: Driver = started(conf)
    assert driver.wants_image is False


def test_a_guest_lives_and_goes_and_every_step_may_be_repeated(conf: cfg.ConfigOpts) -> None:
    driver = started(conf)
    for _ in range(2):
        boot(driver, order())
    assert [guest.server_id for guest in driver.guests()] == ["s1"]
    assert driver.power_state("s1") is PowerState.RUNNING
    for _ in range(2):
        driver.stop_and_undefine("s1")
        assert driver.disks <= {"s1"}
        driver.remove_disks("s1")
    assert driver.guests() == ()
    assert driver.disks == frozenset()
    with pytest.raises(NotFound):
        driver.power_state("s1")


def test_nodes_are_those_of_the_configuration_and_keep_their_uuid(conf: cfg.ConfigOpts) -> None:
    assert [node.name for node in FakeDriver(conf).nodes()] == ["h1"]
    conf.set_override("nodes", ["a", "b"], group="fake")
    conf.set_override("memory_mb", 1000, group="fake")
    conf.set_override("cpu_allocation_ratio", 2.0)
    first, second = FakeDriver(conf).nodes()
    assert (first.name, second.name) == ("a", "b")
    assert first.uuid != second.uuid
    assert first.uuid == FakeDriver(conf).nodes()[0].uuid
    assert first.inventories["MEMORY_MB"].total == 1000
    assert first.inventories["MEMORY_MB"].reserved == 512
    assert first.inventories["VCPU"].allocation_ratio == 2.0
    with pytest.raises(HostCannot):
        boot(FakeDriver(conf), order(), node="c")


def test_guests_survive_the_process_that_started_them(conf: cfg.ConfigOpts) -> None:
    killed = started(conf)
    for number in range(5):
        boot(killed, order(f"s{number}"))
    killed.stop_and_undefine("s0")
    killed.remove_disks("s0")
    killed.happen("s1", PowerState.SHUTDOWN)
    path = Path(conf.state_path) / "fake-h1.log"
    with path.open("a") as log:
        log.write('{"gone": "s4')  # the line that a kill tore

    again = started(conf)
    assert {guest.server_id for guest in again.guests()} == {"s1", "s2", "s3", "s4"}
    assert again.power_state("s1") is PowerState.SHUTDOWN
    assert again.disks == {"s1", "s2", "s3", "s4"}
    assert len(path.read_text().splitlines()) == 8
    killed.stop()
    again.stop()


def test_without_persist_nothing_is_written(conf: cfg.ConfigOpts) -> None:
    conf.set_override("persist", False, group="fake")
    boot(started(conf), order())
    assert started(conf).guests() == ()
    assert not Path(conf.state_path).exists()


@pytest.mark.parametrize(
    ("failure", "error"),
    [("host", HostCannot), ("node:h1", HostCannot), ("invalid", Invalid), ("broken", RuntimeError)],
)
def test_a_server_asks_for_its_failure(conf: cfg.ConfigOpts, failure: str, error: type[Exception]) -> None:
    driver = started(conf)
    with pytest.raises(error):
        boot(driver, order(fake_failure=failure))
    assert driver.guests() == ()


def test_a_failure_of_another_node_does_not_concern_this_one(conf: cfg.ConfigOpts) -> None:
    driver = started(conf)
    boot(driver, order(fake_failure="node:h2"))
    assert driver.power_state("s1") is PowerState.RUNNING


def test_a_guest_that_never_stops(conf: cfg.ConfigOpts) -> None:
    driver = started(conf)
    boot(driver, order(fake_failure="destroy"))
    with pytest.raises(HostCannot):
        driver.stop_and_undefine("s1")


def test_failures_by_name_and_by_ratio(conf: cfg.ConfigOpts) -> None:
    driver = started(conf)
    conf.set_override("fail_spawn_pattern", "fail-", group="fake")
    with pytest.raises(HostCannot):
        boot(driver, order("s1", "fail-me"))
    boot(driver, order("s2", "do-not-fail-me"))

    conf.set_override("fail_spawn_ratio", 0.25, group="fake")
    conf.set_override("fail_spawn", "invalid", group="fake")

    def fails(number: int) -> bool:
        try:
            boot(driver, order(f"r{number}"))
        except Invalid:
            return True
        return False

    failed = [number for number in range(400) if fails(number)]
    assert 60 < len(failed) < 140
    assert all(fails(number) for number in failed)


def test_a_guest_takes_as_long_as_it_was_told_to(conf: cfg.ConfigOpts) -> None:
    conf.set_override("spawn_delay_seconds", 30.0, group="fake")
    driver = started(conf)
    before = time.monotonic()
    boot(driver, order(fake_delay_seconds="0.05"))
    assert 0.05 <= time.monotonic() - before < 20


def test_power_changes_that_nobody_ordered_are_told(conf: cfg.ConfigOpts) -> None:
    happenings: list[tuple[str, PowerState]] = []
    driver = started(conf, happenings)
    boot(driver, order())
    driver.happen("s1", PowerState.CRASHED)
    assert happenings == [("s1", PowerState.CRASHED)]
    assert driver.power_state("s1") is PowerState.CRASHED
    driver.vanish("s1")
    assert driver.guests() == ()


def test_the_console_ends_with_the_ready_line(conf: cfg.ConfigOpts) -> None:
    driver = started(conf)
    boot(driver, order())
    whole = driver.console_output("s1", None)
    assert whole.splitlines()[-1] == "compute-cloud: guest ready web"
    assert driver.console_output("s1", 2).splitlines() == whole.splitlines()[-2:]
    assert driver.console_output("s1", 0) == ""
    with pytest.raises(NotFound):
        driver.console_output("s2", None)


def test_thousands_of_guests_cost_next_to_nothing(conf: cfg.ConfigOpts) -> None:
    driver = started(conf)
    before = time.process_time()
    for number in range(2000):
        boot(driver, order(f"s{number}"))
    assert time.process_time() - before < 2.0
    assert len(started(conf).guests()) == 2000
