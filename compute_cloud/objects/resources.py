"""How much of a host a flavor takes."""

from collections.abc import Mapping

from os_resource_classes import DISK_GB, MEMORY_MB, VCPU

from compute_cloud.objects.flavor import Flavor


def resources_of(flavor: Flavor) -> Mapping[str, int]:
    """Return resource class -> amount (threads, MiB, GiB); nothing that is zero. Swap counts as disk, rounded up."""
    disk_gb = flavor.root_gb + flavor.ephemeral_gb + -(-flavor.swap_mb // 1024)
    wanted = {VCPU: flavor.vcpus, MEMORY_MB: flavor.memory_mb, DISK_GB: disk_gb}
    return {name: amount for name, amount in wanted.items() if amount}
