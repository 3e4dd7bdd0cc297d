"""The configuration names the driver, in our words or in Nova's."""

from pathlib import Path

import pytest

from compute_cloud.errors import Broken
from compute_cloud.virt.loader import load_driver
from tests.factories.compute import compute_conf


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("fake", "FakeDriver"),
        ("fake.FakeDriver", "FakeDriver"),
        ("libvirt", "LibvirtDriver"),
        ("libvirt.LibvirtDriver", "LibvirtDriver"),
    ],
)
def test_drivers_by_name(tmp_path: Path, name: str, kind: str) -> None:
    assert type(load_driver(compute_conf(tmp_path, compute_driver=name))).__name__ == kind


def test_no_such_driver(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="vmwareapi"):
        load_driver(compute_conf(tmp_path, compute_driver="vmwareapi.VMwareVCDriver"))
