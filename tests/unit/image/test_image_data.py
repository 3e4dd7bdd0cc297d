import hashlib
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from image_asks import Ask
from image_headers import partitioned, qcow2
from image_records import ImageRecords
from oslo_config import cfg

from compute_cloud.context import Context

ADMIN = Context(user_id="a", project_id="admin", roles=("admin", "member", "reader"), is_admin=True)


def make(ask: Ask, disk_format: str | None = "raw", **more: object) -> str:
    body = {"name": "tiny", "disk_format": disk_format, "container_format": "bare"} | more
    return str(ask("POST", "/v2/images", body).json["id"])


def files(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "images").glob("*"))


def test_data_goes_in_and_comes_out(ask: Ask, tmp_path: Path) -> None:
    image_id, data = make(ask), b"some data" * 100_000
    assert ask("PUT", f"/v2/images/{image_id}/file", data=data).status == 204
    image = ask("GET", f"/v2/images/{image_id}").json
    expected = {
        "status": "active",
        "size": len(data),
        "virtual_size": len(data),
        "checksum": hashlib.md5(data).hexdigest(),
        "os_hash_algo": "sha512",
        "os_hash_value": hashlib.sha512(data).hexdigest(),
    }
    assert expected.items() <= image.items()
    out = ask("GET", f"/v2/images/{image_id}/file")
    assert (out.status, out.content) == (200, data)
    assert out.headers["Content-MD5"] == image["checksum"]
    assert out.headers["Content-Length"] == str(len(data))
    assert files(tmp_path) == [image_id]
    assert (tmp_path / "images").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "images" / image_id).stat().st_mode & 0o777 == 0o640


def test_chunked_uploads(ask: Ask) -> None:
    image_id = make(ask)
    assert ask("PUT", f"/v2/images/{image_id}/file", data=iter([b"one", b"two"])).status == 204
    assert ask("GET", f"/v2/images/{image_id}/file").content == b"onetwo"


def test_data_is_never_whole_in_memory(ask: Ask) -> None:
    """Eighty MiB pass through; what is held at any time stays far below that."""
    import tracemalloc

    image_id = make(ask)
    tracemalloc.start()
    try:
        sent = ask("PUT", f"/v2/images/{image_id}/file", data=(bytes(1 << 20) for _ in range(80)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sent.status == 204
    assert peak < 16 << 20


def test_a_part_of_the_data(ask: Ask) -> None:
    image_id = make(ask)
    ask("PUT", f"/v2/images/{image_id}/file", data=b"0123456789")
    part = ask("GET", f"/v2/images/{image_id}/file", range="bytes=3-5")
    assert (part.status, part.content, part.headers["Content-Range"]) == (206, b"345", "bytes 3-5/10")
    assert ask("GET", f"/v2/images/{image_id}/file", range="bytes=7-").content == b"789"
    assert ask("GET", f"/v2/images/{image_id}/file", range="bytes=10-").status == 416


def test_no_data_yet(ask: Ask) -> None:
    assert ask("GET", f"/v2/images/{make(ask)}/file").status == 204


def test_data_comes_once(ask: Ask) -> None:
    image_id = make(ask)
    ask("PUT", f"/v2/images/{image_id}/file", data=b"first")
    assert ask("PUT", f"/v2/images/{image_id}/file", data=b"second").status == 409
    assert ask("GET", f"/v2/images/{image_id}/file").content == b"first"


def test_two_uploads_at_once(ask: Ask) -> None:
    image_id = make(ask)
    inner = []

    def slow() -> Iterator[bytes]:
        yield b"first"
        inner.append(ask("PUT", f"/v2/images/{image_id}/file", data=b"second").status)
        yield b" all"

    assert ask("PUT", f"/v2/images/{image_id}/file", data=slow()).status == 204
    assert inner == [409]
    assert ask("GET", f"/v2/images/{image_id}/file").content == b"first all"


def test_an_upload_that_breaks_off_can_be_begun_anew(ask: Ask, tmp_path: Path) -> None:
    image_id = make(ask)
    cut = ask("PUT", f"/v2/images/{image_id}/file", data=b"half", content_length="8")
    assert (cut.status, "4 of 8 bytes" in cut.json["message"]) == (400, True)

    def resets() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError("reset by peer")

    assert ask("PUT", f"/v2/images/{image_id}/file", data=resets()).status == 400
    assert ask("GET", f"/v2/images/{image_id}").json["status"] == "queued"
    assert files(tmp_path) == []
    assert ask("PUT", f"/v2/images/{image_id}/file", data=b"whole").status == 204


def test_an_upload_whose_process_died_is_taken_over(ask: Ask, records: ImageRecords, tmp_path: Path) -> None:
    from dataclasses import replace

    image_id = make(ask)
    records.rows[image_id] = replace(records.rows[image_id], status="saving")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / f"{image_id}.part").write_bytes(b"what was left behind and is longer")
    assert ask("PUT", f"/v2/images/{image_id}/file", data=b"whole").status == 204
    assert ask("GET", f"/v2/images/{image_id}/file").content == b"whole"


def test_an_image_deleted_while_it_is_uploaded_leaves_nothing(ask: Ask, tmp_path: Path) -> None:
    image_id = make(ask)

    def deleting() -> Iterator[bytes]:
        yield b"data"
        assert ask("DELETE", f"/v2/images/{image_id}").status == 204

    assert ask("PUT", f"/v2/images/{image_id}/file", data=deleting()).status == 404
    assert files(tmp_path) == []


def test_a_record_that_is_not_written_leaves_no_file(ask: Ask, records: ImageRecords, tmp_path: Path) -> None:
    image_id = make(ask)
    records.fail_updates_to = "active"
    assert ask("PUT", f"/v2/images/{image_id}/file", data=b"data").status == 409
    assert files(tmp_path) == []
    assert ask("GET", f"/v2/images/{image_id}").json["status"] == "queued"


def test_a_storage_that_fails_is_said_to(ask: Ask, conf: cfg.ConfigOpts, tmp_path: Path) -> None:
    (tmp_path / "images").write_text("no directory")
    image_id = make(ask)
    assert ask("PUT", f"/v2/images/{image_id}/file", data=b"data").status == 503
    assert ask("GET", f"/v2/images/{image_id}").json["status"] == "queued"


def test_a_full_disk(ask: Ask, tmp_path: Path) -> None:
    image_id = make(ask)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        answer = ask("PUT", f"/v2/images/{image_id}/file", data=b"x" * 1_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (answer.status, "disk space" in answer.json["message"]) == (413, True)
    assert ask("GET", f"/v2/images/{image_id}").json["status"] == "queued"
    assert files(tmp_path) == []


def test_links_are_not_followed(ask: Ask, tmp_path: Path) -> None:
    image_id = make(ask)
    (tmp_path / "images").mkdir()
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "images" / f"{image_id}.part").symlink_to(tmp_path / "precious")
    assert ask("PUT", f"/v2/images/{image_id}/file", data=b"x").status == 503
    assert (tmp_path / "precious").read_text() == "precious"


def test_deleting_removes_the_data(ask: Ask, tmp_path: Path) -> None:
    image_id = make(ask)
    ask("PUT", f"/v2/images/{image_id}/file", data=b"data")
    assert ask("DELETE", f"/v2/images/{image_id}").status == 204
    assert files(tmp_path) == []


def test_limits_of_size(ask: Ask, conf: cfg.ConfigOpts, tmp_path: Path) -> None:
    conf.set_override("image_size_cap", 10, group="image")
    image_id = make(ask)
    assert ask("PUT", f"/v2/images/{image_id}/file", data=b"x" * 11).status == 413
    assert ask("PUT", f"/v2/images/{image_id}/file", data=iter([b"x" * 6, b"x" * 6])).status == 413
    said = ask("PUT", f"/v2/images/{image_id}/file", data=b"x" * 9, x_openstack_image_size="8")
    assert (said.status, "8 bytes" in said.json["message"]) == (400, True)
    assert files(tmp_path) == []
    assert ask("PUT", f"/v2/images/{image_id}/file", data=b"x" * 10, x_openstack_image_size="10").status == 204


def test_uploads_need_a_type_and_formats(ask: Ask) -> None:
    assert ask("PUT", f"/v2/images/{make(ask)}/file", data=b"x", content_type="application/json").status == 415
    without = ask("PUT", f"/v2/images/{make(ask, disk_format=None)}/file", data=b"x")
    assert (without.status, "disk_format" in without.json["message"]) == (400, True)


@pytest.mark.parametrize(
    ("declared", "data", "status"),
    [
        ("qcow2", qcow2(), 204),
        ("raw", b"plain", 204),
        ("raw", partitioned(), 204),
        ("aki", partitioned(), 204),
        ("raw", qcow2(), 415),
        ("qcow2", b"plain", 415),
        ("qcow2", b"", 415),
        ("vmdk", qcow2(), 415),
        ("iso", b"plain", 415),
        ("gpt", b"plain" * 200, 415),
        ("qcow2", qcow2(backing_file=b"/etc/shadow"), 415),
        ("qcow2", qcow2(data_file=True), 415),
        ("qcow2", qcow2()[:50], 415),
    ],
)
def test_data_is_what_was_declared(ask: Ask, tmp_path: Path, declared: str, data: bytes, status: int) -> None:
    image_id = make(ask, disk_format=declared)
    answer = ask("PUT", f"/v2/images/{image_id}/file", data=data)
    assert answer.status == status, answer.content
    expected = "active" if status == 204 else "queued"
    assert ask("GET", f"/v2/images/{image_id}").json["status"] == expected
    assert files(tmp_path) == ([image_id] if status == 204 else [])


def test_a_refusal_says_what_is_wrong(ask: Ask) -> None:
    unlike = ask("PUT", f"/v2/images/{make(ask)}/file", data=qcow2())
    assert "declared is raw, the data is qcow2" in unlike.json["message"]
    unsafe = ask("PUT", f"/v2/images/{make(ask, disk_format='qcow2')}/file", data=qcow2(backing_file=b"/etc/shadow"))
    assert "not safe" in unsafe.json["message"]
    assert "backing" in unsafe.json["message"]


def test_the_virtual_size_is_the_headers(ask: Ask) -> None:
    image_id = make(ask, disk_format="qcow2")
    ask("PUT", f"/v2/images/{image_id}/file", data=qcow2(virtual_size=5 << 30))
    assert ask("GET", f"/v2/images/{image_id}").json["virtual_size"] == 5 << 30


def test_a_mismatch_may_be_let_pass(ask: Ask, conf: cfg.ConfigOpts, caplog: pytest.LogCaptureFixture) -> None:
    conf.set_override("require_image_format_match", False, group="image")
    assert ask("PUT", f"/v2/images/{make(ask)}/file", data=qcow2()).status == 204
    assert "declared is raw" in caplog.text


def test_formats_are_fixed_once_there_is_data(ask: Ask) -> None:
    image_id = make(ask)
    ask("PUT", f"/v2/images/{image_id}/file", data=b"data")
    patch = [{"op": "replace", "path": "/disk_format", "value": "qcow2"}]
    kind = "application/openstack-images-v2.1-json-patch"
    assert ask("PATCH", f"/v2/images/{image_id}", patch, content_type=kind).status == 403


def test_a_deactivated_image_is_for_administrators(ask: Ask) -> None:
    image_id = make(ask)
    assert ask("POST", f"/v2/images/{image_id}/actions/deactivate").status == 403
    ask("PUT", f"/v2/images/{image_id}/file", data=b"data")
    assert ask("POST", f"/v2/images/{image_id}/actions/deactivate").status == 204
    assert ask("GET", f"/v2/images/{image_id}/file").status == 403
    assert ask("GET", f"/v2/images/{image_id}/file", by=ADMIN).content == b"data"
    assert ask("POST", f"/v2/images/{image_id}/actions/reactivate").status == 204
    assert ask("GET", f"/v2/images/{image_id}/file").content == b"data"
