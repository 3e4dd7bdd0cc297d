"""Images as their clients use them: the compute daemons' own client, and openstacksdk."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from oslo_config import cfg
from served_images import Images

from compute_cloud import conf as options
from compute_cloud.clients.image import ImageService, build_image_service
from compute_cloud.context import Context
from compute_cloud.errors import NotFound
from compute_cloud.objects.image import ImageQuery

# the SDK warns of itself
pytestmark = [pytest.mark.filterwarnings(f"ignore::{kind}DeprecationWarning") for kind in ("", "Pending")]
DATA = b"\x42" * 3_000_000


def sdk(images: Images, token: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDK warns of its own parts
        import openstack

        return openstack.connect(
            load_yaml_config=False,
            load_envvars=False,
            auth_type="admin_token",
            auth={"endpoint": images.url, "token": token},
            image_endpoint_override=images.url,
        )


@pytest.fixture
def user(images: Images) -> Iterator[Any]:
    connection = sdk(images, "joe:one")
    yield connection.image
    connection.close()


@pytest.fixture
def stranger(images: Images) -> Iterator[Any]:
    connection = sdk(images, "eve:two")
    yield connection.image
    connection.close()


@pytest.fixture
def own(images: Images) -> ImageService:
    conf = cfg.ConfigOpts()
    options.register(conf)
    conf([], project="none", default_config_files=[], default_config_dirs=[])
    conf.set_override("endpoint_override", images.url, group="glance")
    return build_image_service(conf)


def as_user(token: str) -> Context:
    return Context(project_id=token.partition(":")[2], credentials=(("X-Auth-Token", token),))


def test_an_image_from_file_to_file(images: Images, user: Any, own: ImageService, tmp_path: Path) -> None:
    source = tmp_path / "source.raw"
    source.write_bytes(DATA)
    with source.open("rb") as data:
        made = user.create_image("tiny", data=data, disk_format="raw", container_format="bare", hw_disk_bus="ide")
    made = user.get_image(made.id)
    assert (made.name, made.status, made.size) == ("tiny", "active", len(DATA))
    assert user.find_image("tiny").hw_disk_bus == "ide"

    target = tmp_path / "target.raw"
    user.download_image(made, output=str(target), stream=True)
    assert target.read_bytes() == DATA

    came = bytearray()
    image = own.download(as_user("joe:one"), made.id, came.extend)
    assert bytes(came) == DATA
    assert image.properties["hw_disk_bus"] == "ide"
    assert (image.owner, image.size_bytes, image.hash_value) == ("one", len(DATA), made.hash_value)

    user.update_image(made, name="small", min_disk=2, hw_disk_bus="scsi")
    user.add_tag(made, "blue")
    changed = user.get_image(made.id)
    assert (changed.name, changed.min_disk, changed.tags) == ("small", 2, ["blue"])
    assert changed.hw_disk_bus == "scsi"

    user.delete_image(made.id, ignore_missing=False)
    assert user.find_image("small") is None
    assert list(images.directory.iterdir()) == []


def test_strangers_see_what_is_shown_to_them(user: Any, stranger: Any, own: ImageService) -> None:
    private = user.create_image("private", data=b"x", disk_format="raw", visibility="private")
    community = user.create_image("community", data=b"x", disk_format="raw", visibility="community")
    assert [image.name for image in stranger.images()] == []
    assert [image.name for image in stranger.images(visibility="community")] == ["community"]
    assert own.show(as_user("eve:two"), community.id).status == "active"
    with pytest.raises(NotFound):
        own.show(as_user("eve:two"), private.id)


def test_lists_page_by_page(user: Any, own: ImageService) -> None:
    for number in range(5):
        user.create_image(f"i{number}", data=b"x", disk_format="raw", tags=["even"] if number % 2 == 0 else [])
    names = [image.name for image in user.images(limit=2, sort="name:asc")]
    assert names == ["i0", "i1", "i2", "i3", "i4"]
    assert sorted(image.name for image in user.images(tag="even")) == ["i0", "i2", "i4"]
    query = ImageQuery(names=("i1", "i3"), sort_keys=("name",), sort_dirs=("asc",))
    found = own.list(as_user("joe:one"), query)
    assert [image.name for image in found] == ["i1", "i3"]
    assert [image.name for image in own.list(as_user("eve:two"), query)] == []
    by_id = ImageQuery(ids=tuple(image.id for image in found))
    assert {image.id for image in own.list(as_user("joe:one"), by_id)} == set(by_id.ids)


def test_administrators_publish(images: Images, user: Any, stranger: Any) -> None:
    connection = sdk(images, "admin:admin")
    made = user.create_image("tiny", data=b"x", disk_format="raw")
    connection.image.update_image(made.id, visibility="public")
    assert [image.name for image in stranger.images()] == ["tiny"]
    connection.close()
