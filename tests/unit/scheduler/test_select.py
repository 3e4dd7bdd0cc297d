"""The choice, its order, and what is said when there is none."""

import random
from typing import Any

import pytest

from compute_cloud.objects.host import HostState
from compute_cloud.objects.scheduling import HostRequest, Selection
from compute_cloud.scheduler.filters.capacity import CoreFilter, DiskFilter, RamFilter
from compute_cloud.scheduler.filters.service import AvailabilityZoneFilter, ComputeFilter
from compute_cloud.scheduler.plugin import Filter, Weigher
from compute_cloud.scheduler.select import select
from compute_cloud.scheduler.settings import Settings
from compute_cloud.scheduler.weighers.capacity import CPUWeigher, DiskWeigher, RAMWeigher
from compute_cloud.scheduler.weighers.load import HypervisorVersionWeigher, IoOpsWeigher, NumInstancesWeigher
from tests.factories.hosts import NOW, host, request

SETTINGS = Settings()
FILTERS: tuple[Filter, ...] = tuple(
    each(SETTINGS) for each in (ComputeFilter, AvailabilityZoneFilter, CoreFilter, RamFilter, DiskFilter)
)
WEIGHERS: tuple[Weigher, ...] = tuple(each(SETTINGS) for each in (RAMWeigher, CPUWeigher, DiskWeigher, IoOpsWeigher))


def decide(asked: HostRequest, *states: HostState, **how: Any) -> Selection:
    return select(asked, states, **{"filters": FILTERS, "weighers": WEIGHERS, "now": NOW, **how})


def names(selection: Selection) -> list[str]:
    return [choice.node for choice in selection.choices]


def test_the_emptiest_host_is_first_and_the_limit_holds() -> None:
    states = [host(f"h{number}", used={"MEMORY_MB": number * 1000}) for number in range(5)]
    assert names(decide(request(limit=3), *states)) == ["h0", "h1", "h2"]


def test_a_choice_carries_what_the_claim_needs() -> None:
    state = host("h1", zone=None)
    (choice,) = decide(request(), state, default_zone="east").choices
    assert (choice.host, choice.node, choice.node_uuid, choice.zone) == ("h1", "h1", state.node.uuid, "east")


def test_weights_are_scaled_to_one_and_multiplied() -> None:
    settings = Settings(multipliers={"ram": 2.0, "io_ops": -0.5, "cpu": 0.0})
    weighers = [each(settings) for each in (RAMWeigher, CPUWeigher, IoOpsWeigher)]
    states = [host("full", used={"MEMORY_MB": 4000}), host("busy", building=4)]
    first, second = decide(request(), *states, weighers=weighers).choices
    assert (first.node, first.weights) == ("busy", {"RAMWeigher": 2.0, "IoOpsWeigher": -0.5})
    assert (second.node, second.weights) == ("full", {"RAMWeigher": 0.0, "IoOpsWeigher": -0.0})
    assert first.weight == 1.5


def test_the_other_weighers_count_guests_and_versions() -> None:
    settings = Settings(multipliers={"num_instances": -2.0})
    weighers = [NumInstancesWeigher(settings), HypervisorVersionWeigher(settings)]
    states = [host("old", node_hypervisor_version=6000000), host("new"), host("many", servers=9)]
    assert names(decide(request(), *states, weighers=weighers)) == ["new", "old", "many"]


def test_a_forced_host_must_exist_and_stands_alone() -> None:
    states = [host("h1"), host("h2", used={"VCPU": 7})]
    assert names(decide(request(forced_host="h2"), *states)) == ["h2"]
    assert names(decide(request(host="h1", hypervisor_hostname="h1"), *states)) == ["h1"]
    assert names(decide(request(host="h1", hypervisor_hostname="h2"), *states)) == []
    lost = decide(request(forced_node="h3"), *states)
    assert lost.explain() == (
        "No valid host was found: 2 of 2 hosts are not the host that was asked for [RequestedHost]."
    )


def test_nobody_there() -> None:
    assert decide(request()).explain() == "No valid host was found: no compute host has registered yet."


def test_the_sentence_says_what_each_filter_refused_without_naming_a_host() -> None:
    states = [
        host("secret-1", memory_mb=6500),
        host("secret-2", memory_mb=4000),
        host("secret-3", memory_mb=2000),
        host("secret-4", disabled=True, disabled_reason="secret fan"),
    ]
    selection = decide(request(memory_mb=8192), *states)
    assert selection.explain() == (
        "No valid host was found: 3 of 4 hosts have too little memory (needs 8192 MB, at most 6500 MB free)"
        " [RamFilter]; 1 is disabled [ComputeFilter]."
    )
    told = selection.explain_to_operators()
    assert "secret-1: 6500 MB free" in told
    assert "secret-4: secret fan" in told


def test_one_host_alone() -> None:
    sentence = decide(request(vcpus=9), host()).explain()
    assert sentence == ("No valid host was found: 1 of 1 host has too few processors (needs 9, 8 free) [CoreFilter].")


def test_examples_are_few_however_many_hosts_are_refused() -> None:
    states = [host(f"h{number}", vcpus=1) for number in range(1000)]
    (refusal,) = decide(request(vcpus=2), *states).refusals
    assert refusal.hosts == 1000
    assert len(refusal.examples) == 3


def test_the_lot_among_the_best_and_among_equals_is_the_rngs() -> None:
    states = [host(f"h{number}") for number in range(10)]
    alike = {names(decide(request(limit=1), *states))[0] for _ in range(5)}
    assert len(alike) == 1
    shuffled = {names(decide(request(limit=1), *states, shuffle=True, rng=random.Random(n)))[0] for n in range(50)}
    assert len(shuffled) > 5
    graded = [host(f"h{number}", used={"MEMORY_MB": number * 100}) for number in range(10)]
    drawn = {names(decide(request(limit=1), *graded, subset_size=3, rng=random.Random(n)))[0] for n in range(50)}
    assert drawn == {"h0", "h1", "h2"}


@pytest.mark.parametrize("limit", [1, 3, 20])
def test_the_lot_draws_no_host_twice(limit: int) -> None:
    states = [host(f"h{number}") for number in range(10)]
    drawn = names(decide(request(limit=limit), *states, subset_size=4, rng=random.Random(1)))
    assert len(set(drawn)) == len(drawn) == min(limit, 10)
