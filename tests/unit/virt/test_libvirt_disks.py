"""A guest's files: made whole or not at all, known by their owner, removed to the last."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from compute_cloud.errors import Broken, Invalid
from compute_cloud.virt import qemu_img
from compute_cloud.virt.driver import HostCannot, RootImage
from compute_cloud.virt.libvirt.disks import Disks, direct_io_works
from compute_cloud.virt.notes import bases_in_use, read_note
from tests.factories.compute import flavor, order
from tests.factories.disk_images import MIB, mbr_disk

GIB = 1024 * MIB
pytestmark = pytest.mark.skipif(not shutil.which("qemu-img"), reason="qemu-img is not installed")


@pytest.fixture
def image(tmp_path: Path) -> RootImage:
    path = tmp_path / "_base" / "abc.raw"
    path.parent.mkdir()
    path.write_bytes(mbr_disk())
    return RootImage(path=path, file_format="raw", virtual_size_bytes=4 * MIB)


def disks(tmp_path: Path, **given: Any) -> Disks:
    return Disks(**{"directory": tmp_path, "host": "h1", "file_format": "qcow2", **given})


def info(path: Path) -> dict[str, Any]:
    said = subprocess.run(["qemu-img", "info", "--output", "json", path], check=True, capture_output=True)
    return json.loads(said.stdout)


def test_an_overlay_names_its_backing_file_with_its_format(tmp_path: Path, image: RootImage) -> None:
    asked = order(flavor=flavor(root_gb=2, ephemeral_gb=1, swap_mb=64))
    disks(tmp_path).make(asked, image)
    home = tmp_path / asked.server_id
    root = info(home / "disk")
    assert (root["format"], root["virtual-size"]) == ("qcow2", 2 * GIB)
    assert (root["full-backing-filename"], root["backing-filename-format"]) == (str(image.path), "raw")
    assert info(home / "disk.eph0")["virtual-size"] == GIB
    assert info(home / "disk.swap")["virtual-size"] == 64 * MIB
    assert home.stat().st_mode & 0o777 == 0o711
    assert (home / "disk").stat().st_mode & 0o777 == 0o600
    assert (home / "console.log").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("preallocate", [False, True])
def test_raw_disks_are_copies(tmp_path: Path, image: RootImage, preallocate: bool) -> None:
    asked = order(flavor=flavor(root_gb=0, swap_mb=1))
    disks(tmp_path, file_format="raw", preallocate=preallocate).make(asked, image)
    root = tmp_path / asked.server_id / "disk"
    assert root.read_bytes() == mbr_disk()
    assert (root.stat().st_blocks * 512 >= 4 * MIB) == preallocate
    assert (tmp_path / asked.server_id / "disk.swap").read_bytes() == bytes(MIB)
    assert image.path.read_bytes() == mbr_disk()


def test_a_raw_disk_from_a_qcow2_image_grows_to_the_flavor(tmp_path: Path, image: RootImage) -> None:
    packed = image.path.with_suffix(".qcow2")
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", image.path, packed], check=True)
    asked = order()
    source = RootImage(path=packed, file_format="qcow2", virtual_size_bytes=4 * MIB)
    disks(tmp_path, file_format="raw").make(asked, source)
    root = tmp_path / asked.server_id / "disk"
    assert root.stat().st_size == GIB
    with root.open("rb") as file:
        assert file.read(4 * MIB) == mbr_disk()


def test_a_flavor_without_a_root_disk_takes_the_images_size(tmp_path: Path, image: RootImage) -> None:
    asked = order(flavor=flavor(root_gb=0))
    disks(tmp_path).make(asked, image)
    assert info(tmp_path / asked.server_id / "disk")["virtual-size"] == 4 * MIB


def test_an_image_too_large_for_the_flavor(tmp_path: Path, image: RootImage) -> None:
    large = RootImage(path=image.path, file_format="raw", virtual_size_bytes=2 * GIB)
    with pytest.raises(Invalid, match="2 GiB"):
        disks(tmp_path).make(order(), large)


def test_disks_that_stand_are_kept_and_halves_are_made_anew(tmp_path: Path, image: RootImage) -> None:
    asked = order()
    disks(tmp_path).make(asked, image)
    root = tmp_path / asked.server_id / "disk"
    root.write_bytes(b"what the guest wrote")
    root.with_name("disk.part").write_bytes(b"half")
    disks(tmp_path).make(asked, image)
    assert root.read_bytes() == b"what the guest wrote"


def test_nothing_stays_of_a_guest(tmp_path: Path, image: RootImage) -> None:
    asked = order(flavor=flavor(ephemeral_gb=1))
    mine = disks(tmp_path)
    mine.make(asked, image)
    assert bases_in_use(tmp_path) == {"abc.raw"}
    mine.remove(asked.server_id)
    mine.remove(asked.server_id)
    assert [path.name for path in tmp_path.iterdir()] == ["_base"]
    assert bases_in_use(tmp_path) == frozenset()


def test_a_removal_that_was_cut_short_is_finished(tmp_path: Path, image: RootImage) -> None:
    asked = order()
    mine = disks(tmp_path)
    mine.make(asked, image)
    (tmp_path / asked.server_id).rename(tmp_path / f"{asked.server_id}.leaving")
    assert mine.owned() == ()
    assert [path.name for path in tmp_path.iterdir()] == ["_base"]


def test_each_host_knows_its_own_in_a_shared_directory(tmp_path: Path, image: RootImage) -> None:
    ours, theirs = order(), order()
    disks(tmp_path).make(ours, image)
    disks(tmp_path, host="h2").make(theirs, image)
    (tmp_path / "a-file").write_text("not a guest")
    assert disks(tmp_path).owned() == (ours.server_id,)
    note = read_note(tmp_path / theirs.server_id)
    assert note is not None
    assert (note.host, note.base) == ("h2", "abc.raw")


@pytest.mark.parametrize("server_id", ["../../etc", "/etc", "", ".", "abc"])
def test_what_is_no_id_names_no_directory(tmp_path: Path, server_id: str) -> None:
    with pytest.raises(Broken):
        disks(tmp_path).remove(server_id)


def test_qemu_img_is_told_every_format_and_only_plain_files(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no format"):
        qemu_img.create(tmp_path / "x", "", MIB)
    with pytest.raises(ValueError, match="no format"):
        qemu_img.create_overlay(tmp_path / "x", MIB, backing=tmp_path / "y", backing_format="vmdk")
    with pytest.raises(ValueError, match="not absolute"):
        qemu_img.create(Path("nbd:localhost:1"), "raw", MIB)
    with pytest.raises(HostCannot):
        qemu_img.convert(tmp_path / "none", "qcow2", tmp_path / "x", "raw", size_bytes=MIB)


def test_a_forged_header_in_a_raw_image_is_only_data(tmp_path: Path, image: RootImage) -> None:
    """What a guest writes at the start of its raw disk is never taken for a format."""
    forged = b"QFI\xfb".ljust(MIB, b"\0")
    image.path.write_bytes(forged)
    asked = order(flavor=flavor(root_gb=0))
    source = RootImage(path=image.path, file_format="raw", virtual_size_bytes=MIB)
    disks(tmp_path).make(asked, source)
    assert info(tmp_path / asked.server_id / "disk")["backing-filename-format"] == "raw"


def test_direct_io_is_tried(tmp_path: Path) -> None:
    assert direct_io_works(tmp_path) in {True, False}
    assert list(tmp_path.iterdir()) == []
