"""What is wrong with a request is said to whoever sent it, with the field named; never a 500."""

import base64
import json
from typing import Any

import pytest

from tests.functional.product.raw_http import RawAnswer, send
from tests.functional.product.whole_cloud import Furnished, User, WholeCloud

NOBODY = "5f2d0a3e-0000-4000-8000-000000000000"
HUGE = int("9" * 30)


def refused(answer: Any, status: int = 400) -> str:
    """Return the message of a refusal in the API's form."""
    assert answer.status_code == status, answer.text
    [(name, fault)] = answer.json().items()
    assert fault["code"] == status
    assert (
        name
        == {400: "badRequest", 403: "forbidden", 404: "itemNotFound", 413: "overLimit", 415: "badMediaType"}[status]
    )
    return str(fault["message"])


@pytest.fixture
def demo(furnished: Furnished) -> User:
    return furnished.cloud.user("demo")


# one field of a new server


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({"flavorRef": "no-such"}, "Flavor no-such could not be found"),
        ({"flavorRef": HUGE}, "Flavor 9999"),
        ({"flavorRef": "\0"}, "Flavor"),
        ({"imageRef": NOBODY}, f"Image {NOBODY} could not be found"),
        ({"imageRef": "no-such"}, "server.imageRef"),
        ({"imageRef": "\0"}, "server.imageRef"),
        ({"imageRef": ""}, "imageRef"),
        ({"name": "n" * 300}, "server.name"),
        ({"name": ""}, "server.name"),
        ({"name": "a\0b"}, "server.name"),
        ({"name": 5}, "server.name"),
        ({"min_count": 3, "max_count": 2}, "min_count must be <= max_count"),
        ({"min_count": HUGE}, "server.min_count"),
        ({"max_count": -1}, "server.max_count"),
        ({"max_count": 1.5}, "server.max_count"),
        ({"colour": "blue"}, "'colour' was unexpected"),
        ({"metadata": {"a": "\0"}}, "server.metadata.a"),
        ({"metadata": {"a" * 300: "b"}}, "server.metadata"),
        ({"metadata": {"a": {"b": "c"}}}, "server.metadata.a"),
        ({"tags": ["\0"]}, "server.tags.0"),
        ({"tags": ["a,b"]}, "server.tags.0"),
        ({"description": "\0"}, "server.description"),
        ({"description": "d" * 300}, "server.description"),
        ({"user_data": "not base64"}, "server.user_data"),
        ({"adminPass": "a\0b"}, "server.adminPass"),
        ({"availability_zone": "nowhere"}, "availability zone is not available"),
        ({"networks": [{"uuid": NOBODY}]}, "Networks cannot be chosen"),
        ({"networks": "sometimes"}, "server.networks"),
        ({"key_name": "mine"}, "key_name"),
        ({"accessIPv4": "1.2.3"}, "server.accessIPv4"),
        ({"hostname": "under_score"}, "server.hostname"),
        ({"block_device_mapping_v2": [{"boot_index": HUGE}]}, "server.block_device_mapping_v2.0.boot_index"),
    ],
)
def test_a_field_that_is_wrong_is_named(furnished: Furnished, demo: User, said: dict[str, Any], names: str) -> None:
    body = {"name": "bad", "flavorRef": furnished.tiny, "imageRef": furnished.image, "networks": "auto"} | said
    assert names in refused(demo.ask("POST", "/servers", {"server": body}))


@pytest.mark.parametrize(("version", "name"), [("2.18", "description"), ("2.51", "tags"), ("2.89", "hostname")])
def test_a_key_is_unknown_before_its_version(furnished: Furnished, demo: User, version: str, name: str) -> None:
    body = {"name": "bad", "flavorRef": "none", "imageRef": furnished.image}
    body |= {"networks": "auto"} if version != "2.18" else {}
    value: Any = {"tags": ["t"]}.get(name, "said")
    assert f"'{name}' was unexpected" in refused(
        demo.ask("POST", "/servers", {"server": {**body, name: value}}, version)
    )
    following = f"2.{int(version[2:]) + 1}"
    known = refused(demo.ask("POST", "/servers", {"server": {**body, name: value}}, following))
    assert known == "Flavor none could not be found."


# bodies


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"server": {"name": "\xff"}}',
        b'{"server": {"name": "\\ud800"}}',
        b'{"server": {"min_count": 1e400}}',
        b'{"server": {"min_count": ' + b"9" * 5000 + b"}}",
        b"[" * 50_000,
        b'{"server":' * 10_000,
        *(
            b'{"server": {}, "os:scheduler_hints": {"a": {"b": %s}}}' % (b"[" * n + b"]" * n)
            for n in (64, 900, 940, 955)
        ),
    ],
    ids=lambda raw: f"{raw[:20]!r}...{len(raw)}",
)
def test_a_body_that_is_malformed(demo: User, raw: bytes) -> None:
    answer = demo.ask("POST", "/servers", data=raw, headers={"Content-Type": "application/json"})
    assert "Malformed request body" in refused(answer)


def test_a_body_that_is_too_large(demo: User) -> None:
    answer = demo.ask("POST", "/servers", {"server": {"name": "x" * 200_000}})
    assert "Large" in refused(answer, 413)


@pytest.mark.parametrize("media", ["application/xml", "text/plain", "", "application/json2"])
def test_a_body_of_another_kind(demo: User, media: str) -> None:
    answer = demo.ask("POST", "/servers", data=b"<server/>", headers={"Content-Type": media})
    assert "application/json" in refused(answer, 415)


def ask_raw(
    cloud: WholeCloud, method: str, target: bytes, body: bytes = b"", *, image: bool = False, **more: Any
) -> RawAnswer:
    """Ask as demo, byte by byte."""
    user = cloud.user("demo")
    token = base64.b64encode(f"demo:{user.password}".encode()).decode()
    headers = {"Authorization": f"Basic {token}", "OpenStack-API-Version": "compute 2.100", **more.pop("headers", {})}
    return send(cloud.image_port if image else cloud.port, method.encode(), target, headers, body, **more)


JSON = {"Content-Type": "application/json"}
CHUNKED = {**JSON, "Transfer-Encoding": "chunked"}


@pytest.mark.parametrize("image", [False, True])
def test_a_body_in_chunks(cloud: WholeCloud, image: bool) -> None:
    target = b"/v2/images" if image else b"/v2.1/servers"
    whole = b'8\r\n{"name":\r\n3\r\n 5}\r\n0\r\n\r\n'
    understood = ask_raw(cloud, "POST", target, whole, headers=CHUNKED, image=image)
    assert understood.status == 400
    assert b"Malformed" not in understood.body
    broken = ask_raw(cloud, "POST", target, b"zz\r\n{}\r\n0\r\n\r\n", headers=CHUNKED, image=image)
    assert (broken.status, b"broke off" in broken.body) == (400, True)
    large = b"".join(b"10000\r\n" + b"x" * 65536 + b"\r\n" for _ in range(32)) + b"0\r\n\r\n"
    assert ask_raw(cloud, "POST", target, large, headers=CHUNKED, image=image).status == 413


@pytest.mark.parametrize("image", [False, True])
def test_a_body_that_breaks_off(cloud: WholeCloud, image: bool) -> None:
    target = b"/v2/images" if image else b"/v2.1/servers"
    answer = ask_raw(cloud, "POST", target, b"{", headers={**JSON, "Content-Length": "99"}, image=image, break_off=True)
    assert answer.status == 400


@pytest.mark.parametrize("length", ["-5", "abc", "9" * 30])
def test_a_length_that_is_none(cloud: WholeCloud, length: str) -> None:
    answer = ask_raw(cloud, "POST", b"/v2.1/servers", b"{}", headers={**JSON, "Content-Length": length}, break_off=True)
    assert answer.status in {400, 413}


# paths and queries


@pytest.mark.parametrize(
    ("target", "status", "names"),
    [
        (b"/v2.1/nothing", 404, b""),
        (b"/v3", 404, b""),
        (b"/%ff", 404, b""),
        (b"/v2.1/servers/%00", 404, b""),
        (b"/v2.1/servers/%ff%fe", 404, b""),
        (b"/v2.1/servers/\xff\xfe", (400, 404), b""),
        (b"/v2.1/servers/" + b"x" * 5000, 404, b""),
        (b"/v2.1/" + b"x" * 20_000, (404, 414), b""),
        (b"/v2.1/../../etc/passwd", 404, b""),
        (b"/v2.1/no-project/servers", 400, b"project_id"),
        (b"/v2.1/flavors/%00", 404, b""),
        (b"/v2.1/os-cells", 410, b""),
        (b"/v2.1/servers?name=%ff", 400, b"query"),
        (b"/v2.1/servers?%ff=1", 400, b"query"),
        (b"/v2.1/servers?%00=1", 400, b"unexpected"),
        (b"/v2.1/servers?" + b"a=1&" * 1000, 400, b"query"),
        (b"/v2.1/servers?colour=blue", 400, b"colour"),
        (b"/v2.1/servers?limit=-1", 400, b"limit"),
        (b"/v2.1/servers?limit=" + b"9" * 30, 400, b"limit"),
        (b"/v2.1/servers?limit=many", 400, b"limit"),
        (b"/v2.1/servers?marker=nothing", 400, b"nothing"),
        (b"/v2.1/servers?marker=%00", 400, b"Marker"),
        (b"/v2.1/servers?sort_key=%00", 400, b"Sort key"),
        (b"/v2.1/servers?sort_key=name&sort_dir=up", 400, b"sort_dir"),
        (b"/v2.1/servers?status=nonsense", 400, b"status"),
        (b"/v2.1/servers?name=%5B", 400, b"name"),
        (b"/v2.1/servers?changes-since=yesterday", 400, b"changes-since"),
        (b"/v2.1/servers?changes-since=0001-01-01T00:00:00%2B14:00", 400, b"changes-since"),
        (b"/v2.1/servers?changes-since=2020-01-02&changes-before=2020-01-01", 400, b"changes-since"),
        (b"/v2.1/flavors?minRam=-1", 400, b"minRam"),
        (b"/v2.1/flavors?minDisk=" + b"9" * 20, 400, b"minDisk"),
        (b"/v2.1/flavors?limit=-1", 400, b"limit"),
        (b"/v2.1/flavors?marker=none", 400, b"none"),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_a_path_or_query_that_leads_nowhere(cloud: WholeCloud, target: bytes, status: Any, names: bytes) -> None:
    answer = ask_raw(cloud, "GET", target)
    assert answer.status in (status if isinstance(status, tuple) else (status,)), answer.body
    assert names in answer.body


@pytest.mark.parametrize("method", ["PATCH", "PUT", "TRACE", "NONSENSE"])
def test_a_method_that_does_not_stand(cloud: WholeCloud, method: str) -> None:
    answer = ask_raw(cloud, method, b"/v2.1/servers")
    assert (answer.status, b"GET, POST" in answer.body) == (405, True)


@pytest.mark.parametrize(
    "target",
    [b"?name=%00", b"?image=%00", b"?launch_index=1&host=%00", b"?name=(a%2B)", b"?metadata=%7B", b"?tags=%00,a"],
)
def test_what_finds_nothing_finds_nothing(cloud: WholeCloud, target: bytes) -> None:
    answer = ask_raw(cloud, "GET", b"/v2.1/servers" + target, headers={"OpenStack-API-Version": "compute 2.74"})
    assert (answer.status, json.loads(answer.body)) == (200, {"servers": []})


# images


@pytest.mark.parametrize(
    ("method", "target", "body", "status"),
    [
        ("GET", b"/v2/images/%00", b"", 404),
        ("GET", b"/v2/images/%ff", b"", 404),
        ("GET", b"/v2/images/..%2f..%2fhtpasswd/file", b"", 404),
        ("GET", b"/v2/images?name=%ff", b"", 400),
        ("GET", b"/v2/images?limit=-1", b"", 400),
        ("GET", b"/v2/images?limit=" + b"9" * 30, b"", 400),
        ("GET", b"/v2/images?marker=%00", b"", 400),
        ("GET", b"/v2/images?sort=%00", b"", 400),
        ("POST", b"/v2/images", b'{"name": "\xff"}', 400),
        ("POST", b"/v2/images", b'{"name": "\\u0000"}', 400),
        ("POST", b"/v2/images", b'{"p\\u0000": "v"}', 400),
        ("POST", b"/v2/images", b'{"name": "' + b"n" * 300 + b'"}', 400),
        ("POST", b"/v2/images", b'{"min_disk": -1}', 400),
        ("POST", b"/v2/images", b'{"min_disk": ' + b"9" * 30 + b"}", 400),
        ("POST", b"/v2/images", b'{"status": "active"}', 403),
        ("POST", b"/v2/images", b"[" * 50_000, 400),
        ("POST", b"/v2/images", b'{"a":' + b"[" * 950 + b"]" * 950 + b"}", 400),
        ("PUT", b"/v2/images/{image}/tags/%00", b"", (400, 403)),
        ("PUT", b"/v2/images/{image}/tags/%ff", b"", 404),
        ("PUT", b"/v2/images/{image}/file", b"xxx", (403, 415)),
    ],
    ids=lambda value: repr(value)[:50],
)  # fmt: skip
def test_what_the_image_api_refuses(
    furnished: Furnished, method: str, target: bytes, body: bytes, status: int | tuple[int, ...]
) -> None:
    length = {**JSON, "Content-Length": str(len(body))}
    target = target.replace(b"{image}", furnished.image.encode())
    answer = ask_raw(furnished.cloud, method, target, body, headers=length, image=True)
    assert answer.status in (status if isinstance(status, tuple) else (status,)), answer.body
    assert json.loads(answer.body)["code"].startswith(str(answer.status))
