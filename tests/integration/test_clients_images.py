"""Images through the real api daemon, on both backends: large ones, broken uploads, a daemon that is killed."""

import hashlib
import http.client
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from oslo_config import cfg

from compute_cloud import conf as options
from compute_cloud.clients.image import build_image_service
from compute_cloud.context import Context
from tests.fixtures.cloud import Cloud, Plan
from tests.fixtures.ports import answers
from tests.fixtures.rest import Rest
from tests.fixtures.waiting import wait_for

PIECE = bytes(1 << 20)
LARGE_MIB = 300


@pytest.fixture(scope="module", params=["eventlet", "threading"])
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    with Cloud(Plan(backend=request.param)) as running:
        yield running


@pytest.fixture
def images(cloud: Cloud) -> Iterator[Rest]:
    rest = Rest(cloud.image_port, "admin:admin", "/v2")
    yield rest
    rest.close()


def make(images: Rest) -> str:
    made = images.post("/images", {"name": "i", "disk_format": "raw", "container_format": "bare"})
    assert made.status == 201, made
    return str(made.body["id"])


def begin_upload(cloud: Cloud, image_id: str, length: int) -> socket.socket:
    """Send the head of an upload and its first piece."""
    connection = socket.create_connection(("127.0.0.1", cloud.image_port), timeout=60)
    head = (
        f"PUT /v2/images/{image_id}/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: admin:admin\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n"
    )
    connection.sendall(head.encode() + PIECE)
    return connection


def status(images: Rest, image_id: str) -> Any:
    return images.get(f"/images/{image_id}").body["status"]


def test_a_large_image_passes_through_little_memory(cloud: Cloud, images: Rest) -> None:
    image_id = make(images)
    before = cloud.daemons["api"].usage().pss_mib
    connection = http.client.HTTPConnection("127.0.0.1", cloud.image_port, timeout=120)
    headers = {"X-Auth-Token": "admin:admin", "Content-Type": "application/octet-stream"}
    peaks = []

    def pieces() -> Iterator[bytes]:
        for number in range(LARGE_MIB):
            if number % 50 == 49:
                peaks.append(cloud.daemons["api"].usage().pss_mib)
            yield PIECE

    connection.request("PUT", f"/v2/images/{image_id}/file", pieces(), headers, encode_chunked=True)
    answer = connection.getresponse()
    assert answer.status == 204, answer.read()
    connection.close()
    assert max(peaks) - before < 60

    image = images.get(f"/images/{image_id}").body
    assert (image["status"], image["size"]) == ("active", LARGE_MIB << 20)
    expected = hashlib.sha512()
    for _ in range(LARGE_MIB):
        expected.update(PIECE)
    assert image["os_hash_value"] == expected.hexdigest()

    conf = cfg.ConfigOpts()
    options.register(conf)
    conf(["--config-file", str(cloud.directory / "common.conf")], project="none", default_config_dirs=[])
    came: list[int] = []
    user = Context(project_id="admin", credentials=(("X-Auth-Token", "admin:admin"),))
    build_image_service(conf).download(user, image_id, lambda piece: came.append(len(piece)))
    assert sum(came) == LARGE_MIB << 20
    assert cloud.daemons["api"].usage().pss_mib - before < 60
    assert images.delete(f"/images/{image_id}").status == 204


def test_an_upload_that_breaks_off_leaves_nothing(cloud: Cloud, images: Rest) -> None:
    image_id = make(images)
    connection = begin_upload(cloud, image_id, 8 << 20)
    wait_for(lambda: status(images, image_id) == "saving", "the upload begins")
    connection.close()
    wait_for(lambda: status(images, image_id) == "queued", "the image waits for its data again")
    store = cloud.directory / "state" / "images"
    assert [path for path in store.iterdir() if path.name.startswith(image_id)] == []
    sent = images.ask("PUT", f"/images/{image_id}/file", b"whole", "application/octet-stream")
    assert (sent.status, status(images, image_id)) == (204, "active")


def test_an_upload_whose_daemon_was_killed_can_be_made_again(cloud: Cloud, images: Rest) -> None:
    image_id = make(images)
    connection = begin_upload(cloud, image_id, 8 << 20)
    wait_for(lambda: status(images, image_id) == "saving", "the upload begins")
    cloud.kill("api")
    connection.close()
    cloud.start("api")
    wait_for(lambda: answers(cloud.image_port), "the api daemon is back")
    assert status(images, image_id) == "saving"
    sent = images.ask("PUT", f"/images/{image_id}/file", b"whole", "application/octet-stream")
    assert (sent.status, status(images, image_id)) == (204, "active")
