import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from canned_images import DATA, IMAGE_ID, CannedImages
from oslo_config import cfg

from compute_cloud import conf as options
from compute_cloud.clients.image import ImageService, build_image_service
from compute_cloud.context import Context
from compute_cloud.errors import Conflict, Forbidden, Invalid, NotFound, Problem, Unavailable
from compute_cloud.objects.image import Image, ImageQuery
from tests.fixtures.wsgi import serving

USER = Context(user_id="u", project_id="p", roles=("member",), credentials=(("X-Auth-Token", "the-users"),))
OWN = Context(project_id="p")
Build = Callable[..., ImageService]


@pytest.fixture
def cloud() -> Iterator[CannedImages]:
    canned = CannedImages()
    with serving(canned) as url:
        canned.url = url
        yield canned


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Build the service by the lines of a [glance] section."""

    def build_it(**glance: object) -> ImageService:
        file = tmp_path / "compute-cloud.conf"
        lines = [f"{key} = {value}" for key, value in glance.items()]
        file.write_text("\n".join(["[glance]", *lines]))
        conf = cfg.ConfigOpts()
        options.register(conf)
        conf(["--config-file", str(file)], project="none", default_config_dirs=[])
        return build_image_service(conf)

    return build_it


@pytest.fixture
def images(build: Build, cloud: CannedImages) -> ImageService:
    return build(endpoint_override=cloud.url)


def test_show_reads_every_field(images: ImageService) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    shown = images.show(USER, IMAGE_ID)
    assert shown == Image(
        id=IMAGE_ID,
        name="tiny",
        status="active",
        visibility="public",
        owner="p",
        disk_format="qcow2",
        container_format="bare",
        size_bytes=len(DATA),
        virtual_size_bytes=1 << 30,
        checksum=shown.checksum,
        hash_algo="sha512",
        hash_value=shown.hash_value,
        min_disk_gb=1,
        min_ram_mb=64,
        protected=True,
        tags=("t",),
        properties={"hw_disk_bus": "virtio"},
        created_at=moment,
        updated_at=moment,
    )


def test_the_users_own_credentials_and_request_id_go_along(images: ImageService, cloud: CannedImages) -> None:
    images.show(USER, IMAGE_ID)
    method, path, headers = cloud.asked[-1]
    assert (method, path) == ("GET", f"/v2/images/{IMAGE_ID}")
    assert headers["x-auth-token"] == "the-users"
    assert headers["x-openstack-request-id"] == USER.request_id


def test_our_own_login_when_the_context_has_none(build: Build, cloud: CannedImages) -> None:
    basic = build(endpoint_override=cloud.url, auth_type="http_basic", username="nova", password="pw")
    basic.show(OWN, IMAGE_ID)
    assert cloud.asked[-1][2]["authorization"] == "Basic " + base64.b64encode(b"nova:pw").decode()
    basic.show(USER, IMAGE_ID)
    assert "authorization" not in cloud.asked[-1][2]
    build(endpoint_override=cloud.url, auth_type="none").show(OWN, IMAGE_ID)
    assert cloud.asked[-1][2]["x-auth-token"] == "notused"


def test_the_address_may_hold_the_version(build: Build, cloud: CannedImages) -> None:
    build(endpoint_override=f"{cloud.url}/v2/").show(USER, IMAGE_ID)
    assert cloud.asked[-1][1] == f"/v2/images/{IMAGE_ID}"


def test_an_active_image_is_remembered_for_its_project(images: ImageService, cloud: CannedImages) -> None:
    first = images.show(USER, IMAGE_ID)
    assert images.show(USER, IMAGE_ID) is first
    assert len(cloud.asked) == 1
    images.show(Context(project_id="q", credentials=USER.credentials), IMAGE_ID)
    assert len(cloud.asked) == 2


def test_an_image_without_data_is_not_remembered(images: ImageService, cloud: CannedImages) -> None:
    cloud.document["status"] = "queued"
    images.show(USER, IMAGE_ID)
    cloud.document["status"] = "active"
    assert images.show(USER, IMAGE_ID).status == "active"


def test_a_list_goes_on_to_its_limit(images: ImageService, cloud: CannedImages) -> None:
    query = ImageQuery(names=("tiny", "a,b"), tags=("t",), filters={"os_distro": "debian"}, limit=3)
    assert [image.id for image in images.list(USER, query)] == ["a", "b", "c"]
    asked = cloud.asked[0][1]
    for part in ("name=in%3Atiny%2C%22a%2Cb%22", "tag=t", "os_distro=debian", "limit=3", "sort_key=created_at"):
        assert part in asked
    assert [image.id for image in images.list(USER, ImageQuery(limit=1))] == ["a"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, NotFound), (403, Forbidden), (401, Forbidden), (400, Invalid), (409, Conflict), (500, Unavailable)],
)
def test_refusals_are_problems(images: ImageService, cloud: CannedImages, status: int, kind: type[Problem]) -> None:
    cloud.statuses = [status]
    with pytest.raises(kind) as problem:
        images.show(USER, IMAGE_ID)
    assert IMAGE_ID in problem.value.message


def test_a_service_that_is_away_for_a_moment_is_asked_again(images: ImageService, cloud: CannedImages) -> None:
    cloud.statuses = [503, 502]
    assert images.show(USER, IMAGE_ID).name == "tiny"


def test_a_service_that_stays_away_is_unavailable(build: Build, cloud: CannedImages) -> None:
    cloud.statuses = [503] * 5
    with pytest.raises(Unavailable, match="does not answer"):
        build(endpoint_override=cloud.url, num_retries=1).show(USER, IMAGE_ID)
    assert len(cloud.asked) == 2
    with pytest.raises(Unavailable, match="does not answer"):
        build(endpoint_override="http://127.0.0.1:9", num_retries=0).show(USER, IMAGE_ID)


def test_another_address_is_asked_when_one_is_down(build: Build, cloud: CannedImages) -> None:
    several = build(api_servers=f"http://127.0.0.1:9,{cloud.url}", num_retries=1)
    assert several.show(USER, IMAGE_ID).name == "tiny"


def test_nothing_is_configured(build: Build) -> None:
    with pytest.raises(Unavailable) as problem:
        build().show(USER, IMAGE_ID)
    assert "endpoint_override" in (problem.value.detail or "")


def test_an_answer_in_no_known_form(images: ImageService, cloud: CannedImages) -> None:
    cloud.document = {"images": []}
    with pytest.raises(Unavailable, match="not understood"):
        images.show(USER, IMAGE_ID)


@pytest.mark.parametrize("image_id", ["", "..", "x" * 300])
def test_what_is_no_id_is_not_asked_for(images: ImageService, cloud: CannedImages, image_id: str) -> None:
    with pytest.raises(NotFound):
        images.show(USER, image_id)
    assert cloud.asked == []


def test_an_id_stays_within_its_part_of_the_path(images: ImageService, cloud: CannedImages) -> None:
    images.show(USER, "a#b")
    assert cloud.asked[-1][1] == "/v2/images/a#b"


def test_download(images: ImageService) -> None:
    came = bytearray()
    image = images.download(USER, IMAGE_ID, came.extend)
    assert bytes(came) == DATA
    assert image.size_bytes == len(DATA)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_download_that_breaks_is_taken_up_again(images: ImageService, cloud: CannedImages, ranges: bool) -> None:
    cloud.cuts, cloud.ranges = 2, ranges
    came = bytearray()
    images.download(USER, IMAGE_ID, came.extend)
    assert bytes(came) == DATA
    assert "range" in cloud.asked[-1][2]


def test_a_download_that_keeps_breaking_ends(build: Build, cloud: CannedImages) -> None:
    cloud.cuts = 5
    with pytest.raises(Unavailable, match="to its end"):
        build(endpoint_override=cloud.url, num_retries=1).download(USER, IMAGE_ID, bytearray().extend)


def test_damaged_data_is_refused(images: ImageService, cloud: CannedImages) -> None:
    cloud.document["os_hash_value"] = "0" * 128
    with pytest.raises(Unavailable, match="damaged"):
        images.download(USER, IMAGE_ID, bytearray().extend)


def test_md5_counts_where_there_is_nothing_better(images: ImageService, cloud: CannedImages) -> None:
    cloud.document |= {"os_hash_algo": None, "os_hash_value": None}
    images.download(USER, IMAGE_ID, bytearray().extend)
    cloud.document["checksum"] = "0" * 32
    with pytest.raises(Unavailable, match="damaged"):
        images.download(USER, IMAGE_ID, bytearray().extend)


def test_a_size_that_does_not_fit(images: ImageService, cloud: CannedImages) -> None:
    cloud.document["size"] = 5
    with pytest.raises(Unavailable, match="of 5 bytes"):
        images.download(USER, IMAGE_ID, bytearray().extend)


def test_no_data(images: ImageService, cloud: CannedImages) -> None:
    cloud.statuses = [200, 204]
    with pytest.raises(Conflict, match="no data"):
        images.download(USER, IMAGE_ID, bytearray().extend)


def test_what_writing_raises_ends_the_download(images: ImageService, cloud: CannedImages) -> None:
    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        images.download(USER, IMAGE_ID, full)
    assert len([asked for asked in cloud.asked if asked[1].endswith("/file")]) == 1


def test_delete(images: ImageService, cloud: CannedImages) -> None:
    images.delete(USER, IMAGE_ID)
    assert cloud.asked[-1][:2] == ("DELETE", f"/v2/images/{IMAGE_ID}")
    cloud.statuses = [404]
    with pytest.raises(NotFound):
        images.delete(USER, IMAGE_ID)
