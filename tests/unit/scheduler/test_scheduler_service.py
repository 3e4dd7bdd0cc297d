"""The daemon's service: plug-ins by Nova's names, decisions that spread, and no refusal from old states."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from oslo_config import cfg

from compute_cloud import conf as options
from compute_cloud.context import Context, nobody
from compute_cloud.errors import Invalid
from compute_cloud.objects.host import HostChanges, HostState
from compute_cloud.objects.scheduling import HostRequest, Selection
from compute_cloud.objects.service import Alive
from compute_cloud.rpc.contract import Endpoint
from compute_cloud.rpc.contracts.scheduler import SchedulerRpc
from compute_cloud.scheduler.drivers.filter_scheduler import FilterScheduler
from compute_cloud.scheduler.hosts import Ages, Hosts
from compute_cloud.scheduler.plugins import load_driver, load_filters, load_weighers, read_settings
from compute_cloud.scheduler.service import SchedulerService
from tests.factories.hosts import host, request


@pytest.fixture
def conf() -> Iterator[cfg.ConfigOpts]:
    conf = cfg.ConfigOpts()
    options.register(conf)
    conf([], default_config_files=[], default_config_dirs=[])
    conf.set_override("host", "h1")
    yield conf
    conf.reset()


class Conductor:
    """Has the hosts that a test puts there."""

    def __init__(self, *states: HostState) -> None:
        self.states = list(states)
        self.pulls = 0
        self.alive: list[Alive] = []

    def host_changes(self, context: Context, *, since: float | None) -> HostChanges:
        del context, since
        self.pulls += 1
        return HostChanges(sequence=float(self.pulls), states=tuple(self.states))

    def report_alive(self, context: Context, *, alive: Alive) -> None:
        del context
        self.alive.append(alive)


class Wire:
    """A transport whose only client is that conductor."""

    def __init__(self, conductor: Conductor) -> None:
        self.conductor = conductor

    def client(self, contract: type, host: str | None = None) -> Any:
        del contract, host
        return self.conductor


def living(name: str, **given: Any) -> HostState:
    return replace(host(name, **given), seen_at=time.time())


def driver(conf: cfg.ConfigOpts, conductor: Conductor) -> FilterScheduler:
    return FilterScheduler(conf, Hosts(conductor, Ages), random.Random(1))


def first(selection: Selection) -> str:
    return selection.choices[0].node


def test_the_service_is_what_the_contract_says(conf: cfg.ConfigOpts) -> None:
    service = SchedulerService(conf, Wire(Conductor(living("a"))))  # type: ignore[arg-type]
    Endpoint(SchedulerRpc, service)
    assert first(service.select_hosts(nobody(), request=request())) == "a"


def test_it_gives_signs_of_life_under_novas_name(conf: cfg.ConfigOpts) -> None:
    conductor = Conductor()
    service = SchedulerService(conf, Wire(conductor))  # type: ignore[arg-type]
    service.start()
    limit = time.monotonic() + 30
    while not conductor.alive and time.monotonic() < limit:
        time.sleep(0.01)
    service.stop()
    service.wait()
    assert conductor.alive[0] == Alive(host="h1", binary="nova-scheduler")


def test_decisions_that_follow_one_another_spread(conf: cfg.ConfigOpts) -> None:
    scheduler = driver(conf, Conductor(*(living(f"h{number}") for number in range(4))))
    chosen = [first(scheduler.select_hosts(request(server_id=f"s{number}"))) for number in range(8)]
    assert Counter(chosen) == {f"h{number}": 2 for number in range(4)}


def test_a_refusal_is_never_from_old_states(conf: cfg.ConfigOpts) -> None:
    conductor = Conductor(living("a", used={"MEMORY_MB": 8192}))
    scheduler = driver(conf, conductor)
    assert not scheduler.select_hosts(request()).choices
    conductor.states = [living("a")]
    assert scheduler.select_hosts(request()).choices


def test_a_claim_that_is_only_expected_refuses_nobody(conf: cfg.ConfigOpts) -> None:
    scheduler = driver(conf, Conductor(living("a", memory_mb=600)))
    assert scheduler.select_hosts(request(server_id="s1")).choices
    assert scheduler.select_hosts(request(server_id="s2")).choices


def test_a_server_that_lost_its_claim_sees_new_states(conf: cfg.ConfigOpts) -> None:
    conductor = Conductor(living("a"), living("b", used={"MEMORY_MB": 4096}))
    scheduler = driver(conf, conductor)
    assert first(scheduler.select_hosts(request())) == "a"
    conductor.states[0] = living("a", used={"MEMORY_MB": 8192})
    assert first(scheduler.select_hosts(request())) == "b"
    assert conductor.pulls == 2


def test_a_forced_host_skips_filters_but_not_capacity(conf: cfg.ConfigOpts) -> None:
    scheduler = driver(conf, Conductor(living("a"), living("b", disabled=True, zone="z")))

    def sent(**given: Any) -> Selection:
        asked: HostRequest = request(availability_zone="nova", **given)
        return scheduler.select_hosts(asked)

    assert first(sent(forced_host="b")) == "b"
    assert not sent(host="b").choices
    assert sent(forced_host="b", vcpus=9).explain().endswith("has too few processors (needs 9, 8 free) [CoreFilter].")


def test_capacity_and_zone_are_asked_whatever_is_enabled(conf: cfg.ConfigOpts) -> None:
    conf.set_override("enabled_filters", ["AllHostsFilter"], group="filter_scheduler")
    names = [each.name for each in load_filters(conf, read_settings(conf))]
    assert names == [
        "RetryFilter",
        "AvailabilityZoneFilter",
        "CoreFilter",
        "RamFilter",
        "DiskFilter",
        "ResourcesFilter",
        "AllHostsFilter",
    ]


def test_the_options_of_a_nova_conf_load(conf: cfg.ConfigOpts) -> None:
    group = "filter_scheduler"
    conf.set_override("available_filters", ["nova.scheduler.filters.all_filters"], group=group)
    conf.set_override(
        "enabled_filters", ["nova.scheduler.filters.io_ops_filter.IoOpsFilter", "ComputeFilter"], group=group
    )
    conf.set_override("weight_classes", ["nova.scheduler.weights.ram.RAMWeigher", "nova.x.OtherWeigher"], group=group)
    settings = read_settings(conf)
    names = [each.name for each in load_filters(conf, settings)]
    assert names[:2] == ["RetryFilter", "ComputeFilter"]
    assert names[-1] == "IoOpsFilter"
    assert [each.name for each in load_weighers(conf, settings)] == ["RAMWeigher"]


def test_a_filter_of_an_operators_own(conf: cfg.ConfigOpts) -> None:
    path = "compute_cloud.scheduler.filters.service.NumInstancesFilter"
    conf.set_override("available_filters", [path], group="filter_scheduler")
    conf.set_override("enabled_filters", ["NumInstancesFilter"], group="filter_scheduler")
    assert load_filters(conf, read_settings(conf))[-1].name == "NumInstancesFilter"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("enabled_filters", ["NoSuchFilter"]),
        ("available_filters", ["no.such.module.Filter"]),
        ("weight_classes", ["no.such.module.Weigher"]),
    ],
)
def test_what_does_not_exist_is_named(conf: cfg.ConfigOpts, option: str, value: list[str]) -> None:
    conf.set_override(option, value, group="filter_scheduler")
    with pytest.raises(Invalid):
        driver(conf, Conductor())


def test_the_driver_by_its_name_and_by_novas_path(conf: cfg.ConfigOpts) -> None:
    assert load_driver(conf) is FilterScheduler
    conf.set_override("driver", "nova.scheduler.filter_scheduler.FilterScheduler", group="scheduler")
    assert load_driver(conf) is FilterScheduler
    conf.set_override("driver", "chance_scheduler", group="scheduler")
    with pytest.raises(Invalid):
        load_driver(conf)


def test_options_change_at_reload(conf: cfg.ConfigOpts) -> None:
    scheduler = driver(conf, Conductor(living("a", used={"MEMORY_MB": 1000}), living("b", used={"VCPU": 3})))
    assert first(scheduler.select_hosts(request())) in ("a", "b")
    conf.set_override("cpu_weight_multiplier", 10.0, group="filter_scheduler")
    scheduler.reload()
    assert first(scheduler.select_hosts(request(server_id="s2"))) == "a"
