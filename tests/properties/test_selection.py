"""What must hold of every choice, whatever the hosts and the request."""

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from compute_cloud.objects.host import HostState
from compute_cloud.objects.scheduling import HostRequest, Selection
from compute_cloud.scheduler.filters.capacity import CoreFilter, DiskFilter, RamFilter
from compute_cloud.scheduler.filters.image import ImagePropertiesFilter
from compute_cloud.scheduler.filters.service import AvailabilityZoneFilter, ComputeFilter, RetryFilter
from compute_cloud.scheduler.plugin import Filter, Weigher
from compute_cloud.scheduler.select import select
from compute_cloud.scheduler.settings import Settings
from compute_cloud.scheduler.weighers.capacity import CPUWeigher, DiskWeigher, RAMWeigher
from compute_cloud.scheduler.weighers.load import IoOpsWeigher
from tests.factories.hosts import NOW, host, inventory, request

SETTINGS = Settings()
FILTERS: tuple[Filter, ...] = tuple(
    each(SETTINGS)
    for each in (
        RetryFilter,
        ComputeFilter,
        AvailabilityZoneFilter,
        CoreFilter,
        RamFilter,
        DiskFilter,
        ImagePropertiesFilter,
    )
)
WEIGHERS: tuple[Weigher, ...] = tuple(each(SETTINGS) for each in (RAMWeigher, CPUWeigher, DiskWeigher, IoOpsWeigher))

inventories = st.builds(
    lambda total, reserved, ratio, used, step: inventory(
        total, reserved=min(reserved, total), allocation_ratio=ratio, used=used, step_size=step
    ),
    st.integers(0, 64),
    st.integers(0, 8),
    st.sampled_from([0.5, 1.0, 1.5, 16.0]),
    st.integers(0, 64),
    st.sampled_from([1, 1, 2]),
)
states = st.lists(
    st.builds(
        lambda inventories, **given: (inventories, given),
        st.fixed_dictionaries({"VCPU": inventories, "MEMORY_MB": inventories}, optional={"DISK_GB": inventories}),
        disabled=st.booleans(),
        forced_down=st.booleans(),
        seen_at=st.floats(NOW - 100, NOW),
        zone=st.sampled_from([None, "east", "west"]),
        building=st.integers(0, 9),
    ),
    max_size=12,
).map(
    lambda drawn: [
        host(f"h{number}", node_inventories=inventories, **given) for number, (inventories, given) in enumerate(drawn)
    ]
)
requests = st.builds(
    request,
    vcpus=st.integers(1, 32),
    memory_mb=st.integers(1, 32),
    root_gb=st.integers(0, 8),
    availability_zone=st.sampled_from([None, None, "east", "nova"]),
    limit=st.integers(1, 5),
    forced_host=st.sampled_from([None, None, None, "h0", "h99"]),
    avoid=st.sampled_from([(), (host("h0").node.uuid,)]),
    image_properties=st.sampled_from([{}, {"hw_architecture": "x86_64"}, {"hw_architecture": "s390x"}]),
)


def decide(asked: HostRequest, known: list[HostState], seed: int | None = None) -> Selection:
    rng = None if seed is None else random.Random(seed)
    return select(
        asked, known, filters=FILTERS, weighers=WEIGHERS, now=NOW, rng=rng, subset_size=3, shuffle=seed is not None
    )


def refuses(asked: HostRequest, state: HostState) -> bool:
    checks = [check for each in FILTERS if (check := each.check(asked, NOW)) is not None]
    return any(check(state) is not None for check in checks)


@given(requests, states, st.none() | st.integers(0, 99))
def test_every_choice_passes_every_filter_and_is_made_once(
    asked: HostRequest, known: list[HostState], seed: int | None
) -> None:
    selection = decide(asked, known, seed)
    by_uuid = {state.node.uuid: state for state in known}
    chosen = [choice.node_uuid for choice in selection.choices]
    assert len(set(chosen)) == len(chosen) <= asked.limit
    assert not any(refuses(asked, by_uuid[uuid]) for uuid in chosen)
    assert not any(asked.forced_host not in (None, choice.host) for choice in selection.choices)


@given(requests, states)
def test_each_host_is_refused_once_or_fits(asked: HostRequest, known: list[HostState]) -> None:
    everyone = replace(asked, limit=len(known) + 1)
    selection = decide(everyone, known)
    assert selection.considered == len(selection.choices) + sum(refusal.hosts for refusal in selection.refusals)
    assert selection.considered <= len(known)


@given(requests, states, st.randoms(use_true_random=False), st.none() | st.integers(0, 99))
def test_the_order_in_which_hosts_are_known_does_not_matter(
    asked: HostRequest, known: list[HostState], rng: random.Random, seed: int | None
) -> None:
    mixed = list(known)
    rng.shuffle(mixed)
    assert decide(asked, mixed, seed) == decide(asked, known, seed)


@given(requests, states)
def test_choices_are_ordered_by_weight(asked: HostRequest, known: list[HostState]) -> None:
    weights = [choice.weight for choice in decide(asked, known).choices]
    assert weights == sorted(weights, reverse=True)
    assert all(abs(choice.weight - sum(choice.weights.values())) < 1e-9 for choice in decide(asked, known).choices)


@given(requests, states)
def test_a_host_more_takes_no_choice_away(asked: HostRequest, known: list[HostState]) -> None:
    if decide(asked, known[:-1]).choices:
        assert decide(asked, known).choices


@settings(max_examples=50)
@given(requests, states)
def test_the_sentence_for_users_names_no_host(asked: HostRequest, known: list[HostState]) -> None:
    secret = [replace(state, host=f"secret-{state.host}", disabled_reason="secret") for state in known]
    secret = [replace(state, node=replace(state.node, name=f"secret-{state.node.name}")) for state in secret]
    selection = decide(replace(asked, forced_host=None), secret)
    assert "secret" not in selection.explain()
    assert selection.explain().endswith(".")
