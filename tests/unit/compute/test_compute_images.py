"""Images are fetched once, kept by content, and never given to QEMU before they are what they were said to be."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from compute_cloud.compute.images import ImageCache, key_of
from compute_cloud.concurrency import Event, Pool
from compute_cloud.context import nobody
from compute_cloud.errors import Invalid, NotFound, Problem, Unavailable
from compute_cloud.objects.image import Image
from compute_cloud.virt.driver import HostCannot, RootImage
from tests.factories.compute import MemoryImages, until
from tests.factories.disk_images import MIB, mbr_disk, qcow2, sparse_vmdk, vmdk_descriptor

needs_qemu_img = pytest.mark.skipif(not shutil.which("qemu-img"), reason="qemu-img is not installed")


@pytest.fixture
def fetch(tmp_path: Path, images: MemoryImages) -> Callable[..., RootImage]:
    def fetched(image: Image, *, root_gb: int = 1, as_raw: bool = False, check: Any = lambda: None) -> RootImage:
        cache = ImageCache(tmp_path / "_base", lambda: images, as_raw=as_raw)
        return cache.fetch(nobody(), image, root_gb=root_gb, check=check)

    return fetched


def left(tmp_path: Path) -> list[str]:
    base = tmp_path / "_base"
    return sorted(path.name for path in base.iterdir()) if base.exists() else []


@pytest.mark.parametrize(("data", "disk_format"), [(qcow2(), "qcow2"), (mbr_disk(), "raw"), (bytes(MIB), "raw")])
def test_a_good_image_is_kept_as_it_is(
    fetch: Callable[..., RootImage], images: MemoryImages, data: bytes, disk_format: str
) -> None:
    image = images.put(data, disk_format)
    found = fetch(image)
    assert found.file_format == disk_format
    assert found.path.read_bytes() == data
    assert found.virtual_size_bytes == (4 * MIB if disk_format == "qcow2" else len(data))
    assert found.path.name == f"{key_of(image)}.{disk_format}"
    assert fetch(image) == found
    assert images.downloads == 1


@needs_qemu_img
def test_a_qcow2_image_can_be_kept_raw(fetch: Callable[..., RootImage], images: MemoryImages) -> None:
    image = images.put(qcow2(virtual_size=8 * MIB), "qcow2")
    found = fetch(image, as_raw=True)
    assert (found.file_format, found.virtual_size_bytes) == ("raw", 8 * MIB)
    assert found.path.read_bytes() == bytes(8 * MIB)
    assert found.path.stat().st_blocks * 512 < MIB  # holes stay holes
    assert fetch(image, as_raw=True) == found


HOSTILE = {
    "backing file": (qcow2(backing=b"/etc/passwd"), "qcow2", "backing"),
    "data file": (qcow2(incompatible=1 << 2), "qcow2", "data_file"),
    "unknown features": (qcow2(incompatible=1 << 60), "qcow2", "safe"),
    "old version": (qcow2(version=1), "qcow2", "safe"),
    "raw that is qcow2": (qcow2(), "raw", "qcow2"),
    "raw that is qcow2 with a backing file": (qcow2(backing=b"/etc/passwd"), "raw", "qcow2"),
    "raw that is vmdk": (sparse_vmdk(), "raw", "vmdk"),
    "qcow2 that is raw": (bytes(MIB), "qcow2", "raw"),
    "qcow2 that is a partitioned disk": (mbr_disk(), "qcow2", "gpt"),
    "truncated qcow2": (qcow2()[:100], "qcow2", "raw"),
    "empty": (b"", "raw", "empty"),
    "empty qcow2": (b"", "qcow2", "empty"),
    "vmdk": (sparse_vmdk(), "vmdk", "vmdk"),
    "vmdk that names a file": (vmdk_descriptor("/etc/passwd"), "vmdk", "vmdk"),
    "vdi": (bytes(MIB), "vdi", "vdi"),
    "nothing declared": (qcow2(), None, "None"),
    "a pebibyte": (qcow2(virtual_size=1 << 50)[:65536], "qcow2", "GiB"),
    "just too large": (qcow2(virtual_size=1024 * MIB + 65536), "qcow2", "GiB"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("as_raw", [True, False])
def test_hostile_images_are_refused_and_not_kept(
    fetch: Callable[..., RootImage],
    images: MemoryImages,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    as_raw: bool,
) -> None:
    data, disk_format, why = HOSTILE[name]
    monkeypatch.setenv("PATH", "")  # no tool may be asked about such a file
    with pytest.raises(Invalid, match=why):
        fetch(images.put(data, disk_format), as_raw=as_raw)
    assert left(tmp_path) == []


def test_a_raw_disk_with_a_vmdks_text_is_only_a_disk(fetch: Callable[..., RootImage], images: MemoryImages) -> None:
    found = fetch(images.put(vmdk_descriptor("/etc/passwd"), "raw"))
    assert found.file_format == "raw"  # and as such it is given to QEMU: as bytes


@needs_qemu_img
def test_an_image_within_an_image_is_refused(
    fetch: Callable[..., RootImage], images: MemoryImages, tmp_path: Path
) -> None:
    inner = tmp_path / "inner"
    inner.write_bytes(qcow2(backing=b"/etc/passwd"))
    outer = tmp_path / "outer"
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", inner, outer], check=True)
    with pytest.raises(Invalid, match="qcow2 image itself"):
        fetch(images.put(outer.read_bytes(), "qcow2"), as_raw=True)


def test_a_file_that_was_exchanged_in_the_cache_is_refused(
    fetch: Callable[..., RootImage], images: MemoryImages
) -> None:
    image = images.put(bytes(MIB), "raw")
    fetch(image).path.write_bytes(qcow2(backing=b"/etc/passwd"))
    with pytest.raises(Invalid):
        fetch(image)


def test_a_cached_image_is_measured_for_each_flavor(fetch: Callable[..., RootImage], images: MemoryImages) -> None:
    image = images.put(qcow2(virtual_size=3 * 1024 * MIB), "qcow2")
    assert fetch(image, root_gb=3)
    assert fetch(image, root_gb=0)  # a flavor without a root disk takes the image's size
    with pytest.raises(Invalid, match="3 GiB"):
        fetch(image, root_gb=2)
    with pytest.raises(Invalid):  # what the image service says is believed when it says no
        fetch(images.put(bytes(MIB), "raw", virtual_size_bytes=5 * 1024 * MIB))
    assert images.downloads == 1


def test_the_same_content_under_another_format_is_another_image(
    fetch: Callable[..., RootImage], images: MemoryImages
) -> None:
    fetch(images.put(qcow2(), "qcow2"), as_raw=False)
    with pytest.raises(Invalid):
        fetch(images.put(qcow2(), "raw"))


def test_images_of_one_content_are_one_file(
    fetch: Callable[..., RootImage], images: MemoryImages, tmp_path: Path
) -> None:
    fetch(images.put(mbr_disk(), "raw"))
    fetch(images.put(mbr_disk(), "raw"))
    assert images.downloads == 1
    assert len(left(tmp_path)) == 1


def test_a_weak_digest_is_not_trusted_across_images() -> None:
    one = Image(id="1", disk_format="raw", checksum="a" * 32)
    assert key_of(one) != key_of(replace(one, id="2"))
    strong = replace(one, hash_algo="sha512", hash_value="b" * 128)
    assert key_of(strong) == key_of(replace(strong, id="2"))


def test_an_image_that_changed_under_way_is_refused(
    fetch: Callable[..., RootImage], images: MemoryImages, tmp_path: Path
) -> None:
    image = images.put(bytes(MIB), "raw")
    images.images[image.id] = replace(image, hash_value="0" * 128)
    with pytest.raises(Unavailable):
        fetch(image)
    assert left(tmp_path) == []


def test_an_image_that_is_gone(fetch: Callable[..., RootImage], tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        fetch(Image(id="gone", disk_format="raw"))
    assert left(tmp_path) == []


def test_an_image_larger_than_the_hosts_disk(fetch: Callable[..., RootImage], images: MemoryImages) -> None:
    image = replace(images.put(bytes(MIB), "raw"), size_bytes=1 << 60)
    with pytest.raises(HostCannot, match="no room"):
        fetch(image, root_gb=0)


def test_a_download_stops_when_it_is_asked_to(
    fetch: Callable[..., RootImage], images: MemoryImages, tmp_path: Path
) -> None:
    class StopNowError(Problem):
        pass

    stop = Event()
    images.between = stop.set

    def check() -> None:
        if stop.is_set():
            raise StopNowError("stop")

    with pytest.raises(StopNowError):
        fetch(images.put(bytes(4 * MIB), "raw"), check=check)
    assert left(tmp_path) == []


def test_builds_of_one_image_share_one_download(images: MemoryImages, tmp_path: Path) -> None:
    cache = ImageCache(tmp_path / "_base", lambda: images, as_raw=False)
    image = images.put(bytes(4 * MIB), "raw")
    found: list[RootImage] = []
    pool = Pool(8)
    for _ in range(8):
        pool.submit(lambda: found.append(cache.fetch(nobody(), image, root_gb=1, check=lambda: None)))
    until(lambda: len(found) == 8)
    pool.stop(5)
    assert len(set(found)) == 1
    assert images.downloads == 1


def test_images_that_no_guest_needs_are_removed(images: MemoryImages, tmp_path: Path) -> None:
    cache = ImageCache(tmp_path / "_base", lambda: images, as_raw=False)
    cache.forget(frozenset, seconds=0)
    used, unused = (
        cache.fetch(nobody(), images.put(bytes(size), "raw"), root_gb=1, check=lambda: None) for size in (MIB, 2 * MIB)
    )
    cache.forget(frozenset, seconds=3600)
    assert len(left(tmp_path)) == 2
    cache.forget(lambda: frozenset({used.path.name}), seconds=-1)
    assert left(tmp_path) == [used.path.name]
    assert not unused.path.exists()
