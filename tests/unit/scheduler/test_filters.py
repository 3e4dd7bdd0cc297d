"""Each filter refuses what it should, and says why in words without a host's name."""

from collections.abc import Mapping
from typing import Any

import pytest

from compute_cloud.objects.host import HostState
from compute_cloud.objects.scheduling import HostRequest
from compute_cloud.scheduler.filters.capabilities import ComputeCapabilitiesFilter
from compute_cloud.scheduler.filters.capacity import CoreFilter, DiskFilter, RamFilter, ResourcesFilter
from compute_cloud.scheduler.filters.image import ImagePropertiesFilter
from compute_cloud.scheduler.filters.service import (
    AllHostsFilter,
    AvailabilityZoneFilter,
    ComputeFilter,
    IoOpsFilter,
    NumInstancesFilter,
    RetryFilter,
)
from compute_cloud.scheduler.plugin import Filter, Reason
from compute_cloud.scheduler.settings import Settings
from tests.factories.hosts import NOW, host, inventory, request


def ask(filter_class: type[Filter], asked: HostRequest, state: HostState, **settings: Any) -> Reason | None:
    check = filter_class(Settings(**settings)).check(asked, NOW)  # type: ignore[call-arg]
    return None if check is None else check(state)


def why(*arguments: Any, **settings: Any) -> str | None:
    reason = ask(*arguments, **settings)
    return None if reason is None else reason.why


class TestCapacity:
    def test_what_fits_exactly_fits(self) -> None:
        asked = request(vcpus=8, memory_mb=8192, root_gb=100)
        for each in (CoreFilter, RamFilter, DiskFilter):
            assert ask(each, asked, host()) is None

    def test_one_too_many_is_refused_with_both_values(self) -> None:
        state = host(used={"MEMORY_MB": 1692})
        assert ask(RamFilter, request(memory_mb=8192), state) == Reason(
            "have too little memory", "needs 8192 MB", "6500 MB free", 6500
        )
        assert why(CoreFilter, request(vcpus=9), host()) == "have too few processors"
        assert why(DiskFilter, request(root_gb=101), host()) == "have too little disk"

    def test_ratio_and_reserve_count(self) -> None:
        inventories = {"VCPU": inventory(4, reserved=1, allocation_ratio=2.0, max_unit=8, used=1)}
        state = host(node_inventories=inventories)
        assert ask(CoreFilter, request(vcpus=5), state) is None
        reason = ask(CoreFilter, request(vcpus=6), state)
        assert reason is not None
        assert reason.has == "5 free"

    def test_one_server_may_not_have_more_than_max_unit(self) -> None:
        state = host(node_inventories={"VCPU": inventory(4, allocation_ratio=4.0)})
        assert why(CoreFilter, request(vcpus=5), state) == "give one server too few processors"

    def test_min_unit_and_step(self) -> None:
        state = host(node_inventories={"MEMORY_MB": inventory(8192, min_unit=128, step_size=64)})
        assert why(RamFilter, request(memory_mb=64), state) == "give no so small amount of memory"
        assert why(RamFilter, request(memory_mb=200), state) == "give memory in steps that do not fit"
        assert why(RamFilter, request(memory_mb=192), state) is None

    def test_a_shrunk_host_has_nothing_free_rather_than_less(self) -> None:
        reason = ask(RamFilter, request(), host(used={"MEMORY_MB": 9000}))
        assert reason is not None
        assert reason.has == "0 MB free"

    def test_no_inventory_is_no_room(self) -> None:
        assert why(DiskFilter, request(), host(node_inventories={})) == "have too little disk"

    def test_nothing_is_asked_for_nothing(self) -> None:
        assert DiskFilter(Settings()).check(request(root_gb=0), NOW) is None

    def test_other_resource_classes(self) -> None:
        asked = request(resources={"VCPU": 1, "CUSTOM_FPGA": 2})
        assert why(ResourcesFilter, asked, host()) == "have too little CUSTOM_FPGA"
        assert ask(ResourcesFilter, asked, host(node_inventories={"CUSTOM_FPGA": inventory(2)})) is None
        assert ResourcesFilter(Settings()).check(request(), NOW) is None


class TestService:
    def test_a_host_that_is_well_passes(self) -> None:
        assert ask(ComputeFilter, request(), host()) is None
        assert ask(AllHostsFilter, request(), host(disabled=True)) is None

    @pytest.mark.parametrize(
        ("state", "reason"),
        [
            (host(disabled=True, disabled_reason="fan"), Reason("are disabled", private="fan")),
            (host(forced_down=True), Reason("are marked as down")),
            (host(seen_at=NOW - 61), Reason("give no sign of life", private="for 61 s")),
            (host(seen_at=0.0), Reason("give no sign of life", private="never heard of")),
        ],
    )
    def test_a_host_that_is_not_says_why(self, state: HostState, reason: Reason) -> None:
        assert ask(ComputeFilter, request(), state) == reason

    def test_patience_is_configured(self) -> None:
        assert ask(ComputeFilter, request(), host(seen_at=NOW - 61), service_down_seconds=120) is None

    @pytest.mark.parametrize(("zone", "passes"), [("az1", True), ("az2", False), (None, False)])
    def test_zone(self, zone: str | None, passes: bool) -> None:
        reason = ask(AvailabilityZoneFilter, request(availability_zone="az1"), host(zone=zone))
        assert (reason is None) == passes

    def test_hosts_without_a_zone_are_in_the_default_one(self) -> None:
        assert ask(AvailabilityZoneFilter, request(availability_zone="nova"), host()) is None
        assert ask(AvailabilityZoneFilter, request(), host(zone="anywhere")) is None

    def test_a_host_that_refused_is_not_tried_again(self) -> None:
        bad, good = host("bad"), host("good")
        asked = request(avoid=(bad.node.uuid,))
        assert why(RetryFilter, asked, bad) == "were tried already and could not build this server"
        assert ask(RetryFilter, asked, good) is None

    def test_limits_of_guests(self) -> None:
        assert ask(NumInstancesFilter, request(), host(servers=1), max_servers_per_host=2) is None
        assert ask(NumInstancesFilter, request(), host(servers=2), max_servers_per_host=2) is not None
        assert ask(IoOpsFilter, request(), host(building=7)) is None
        assert ask(IoOpsFilter, request(), host(building=8)) is not None


class TestImage:
    @pytest.mark.parametrize(
        ("properties", "passes"),
        [
            ({}, True),
            ({"hw_architecture": "x86_64"}, True),
            ({"hw_architecture": "AMD64"}, True),
            ({"architecture": "i386"}, True),
            ({"hw_architecture": "aarch64"}, False),
            ({"img_hv_type": "qemu"}, True),
            ({"img_hv_type": "kvm", "hw_architecture": "i686"}, True),
            ({"img_hv_type": "qemu", "hw_architecture": "i686"}, False),
            ({"hypervisor_type": "xen"}, False),
            ({"hw_vm_mode": "hvm"}, True),
            ({"vm_mode": "exe"}, False),
            ({"img_hv_requested_version": ">=6.0,<8"}, True),
            ({"img_hv_requested_version": ">= 7.2.1"}, False),
            ({"img_hv_requested_version": "gibberish"}, True),
        ],
    )
    def test_properties(self, properties: Mapping[str, str], passes: bool) -> None:
        reason = ask(ImagePropertiesFilter, request(image_properties=properties), host())
        assert (reason is None) == passes

    def test_the_default_architecture(self) -> None:
        assert ask(ImagePropertiesFilter, request(), host(), default_architecture="aarch64") is not None
        said = request(image_properties={"hw_architecture": "x86_64"})
        assert ask(ImagePropertiesFilter, said, host(), default_architecture="aarch64") is None


class TestCapabilities:
    @pytest.mark.parametrize(
        ("key", "demand", "passes"),
        [
            ("capabilities:hypervisor_type", "QEMU", True),
            ("hypervisor_type", "xen", False),
            ("capabilities:hypervisor_type", "s== QEMU", True),
            ("capabilities:hypervisor_type", "s!= QEMU", False),
            ("capabilities:hypervisor_type", "<or> KVM <or> QEMU", True),
            ("capabilities:hypervisor_type", "<in> EM", True),
            ("capabilities:hypervisor_version", ">= 7002000", True),
            ("capabilities:hypervisor_version", "= 9000000", False),
            ("capabilities:hypervisor_version", ">= word", False),
            ("capabilities:cpu_info:topology:cores", "4", True),
            ("capabilities:cpu_info:topology:cores", "== 5", False),
            ("capabilities:cpu_info:features", "<all-in> aes <all-in> avx", True),
            ("capabilities:cpu_info:features", "<all-in> aes <all-in> sve", False),
            ("capabilities:free_ram_mb", ">= 8000", True),
            ("capabilities:no_such_thing", "1", False),
            ("capabilities:colour", "green", True),
            ("hw:cpu_policy", "dedicated", True),
            ("trait:CUSTOM_X", "required", True),
        ],
    )
    def test_demands(self, key: str, demand: str, passes: bool) -> None:
        state = host(
            node_cpu_info={"topology": {"cores": 4}, "features": ("aes", "avx")}, node_facts={"colour": "green"}
        )
        assert (ask(ComputeCapabilitiesFilter, request(extra_specs={key: demand}), state) is None) == passes
