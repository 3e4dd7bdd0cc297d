"""Who may ask, and that what proves it stays secret."""

import base64
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.functional.product.raw_http import send
from tests.functional.product.whole_cloud import TIMEOUT_SECONDS, Furnished, WholeCloud

ADMINS_ONLY = ("/os-services", "/os-hypervisors", "/servers?all_tenants=1")
PRETENCES = {
    "X-Roles": "admin",
    "X_Roles": "admin",
    "X-Role": "admin",
    "X-User": "admin",
    "X-User-Id": "admin",
    "X-Identity-Status": "Confirmed",
    "X-Is-Admin-Project": "True",
    "X-Service-Roles": "service",
    "X-Service-Identity-Status": "Confirmed",
    "OpenStack-System-Scope": "all",
    "X-Auth-Token": "admin:admin",
    "Forwarded": "for=127.0.0.1",
    "X-Forwarded-For": "127.0.0.1",
}


@pytest.fixture(scope="module")
def server(furnished: Furnished) -> Iterator[str]:
    """A server of demo."""
    demo = furnished.cloud.user("demo")
    server_id = demo.booted(furnished.image, furnished.tiny, name="demos")
    demo.settled(server_id)
    yield server_id
    demo.delete(server_id)


def canary(cloud: WholeCloud) -> str:
    """Return something that must never be logged."""
    word = secrets.token_urlsafe(18)
    cloud.secrets.add(word)
    return word


# who asks


@pytest.mark.parametrize("user", ["demo", "nobody", "", "admin\0", "ädmin"])
def test_who_proves_nothing_is_nobody(cloud: WholeCloud, user: str) -> None:
    stranger = cloud.someone(user, canary(cloud))
    try:
        for answer in (stranger.ask("GET", "/servers"), stranger.ask("POST", "/servers", {"server": {}})):
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == 401
            assert answer.headers["WWW-Authenticate"].startswith("Basic")
        assert stranger.ask_images("GET", "/v2/images").status_code == 401
    finally:
        stranger.session.close()


@pytest.mark.parametrize(
    "proof",
    [
        None,
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"demo").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Basic " + base64.b64encode(b"demo:" + b"x" * 100).decode(),
        "Basic \xff\xff",
        "Bearer admin",
    ],
)
def test_a_proof_that_is_none(cloud: WholeCloud, proof: str | None) -> None:
    headers = {} if proof is None else {"Authorization": proof}
    for port, target in ((cloud.port, b"/v2.1/servers"), (cloud.image_port, b"/v2/images")):
        assert send(port, b"GET", target, headers).status == 401
    pretended = {**headers, **PRETENCES}
    assert send(cloud.port, b"GET", b"/v2.1/servers", pretended).status == 401


def test_discovery_needs_no_proof(cloud: WholeCloud) -> None:
    for url in (cloud.compute, f"{cloud.compute}/v2.1", f"{cloud.image}/versions", f"{cloud.compute}/healthcheck"):
        assert requests.get(url, timeout=TIMEOUT_SECONDS).status_code == 200, url


def test_pretences_gain_nothing(cloud: WholeCloud, server: str) -> None:
    demo, eve = cloud.user("demo"), cloud.user("eve")
    project = demo.get(f"/servers/{server}")["server"]["tenant_id"]
    pretences = {**PRETENCES, "X-Project-Id": project, "X-Tenant-Id": project, "X_Project_Id": project}
    for path in ADMINS_ONLY:
        assert cloud.user("admin").ask("GET", path).status_code == 200
        assert eve.ask("GET", path, headers=pretences).status_code == 403, path
    assert eve.ask("GET", f"/servers/{server}", headers=pretences).status_code == 404
    assert eve.ask("GET", "/servers", headers=pretences).json() == {"servers": []}
    flavor = {"flavor": {"name": "eves", "ram": 1, "vcpus": 1, "disk": 1}}
    assert eve.ask("POST", "/flavors", flavor, headers=pretences).status_code == 403


def test_servers_of_others_are_not_there(furnished: Furnished, server: str) -> None:
    eve = furnished.cloud.user("eve")
    path = f"/servers/{server}"
    attempts: list[tuple[str, str, Any]] = [
        ("GET", path, None),
        ("PUT", path, {"server": {"name": "taken"}}),
        ("DELETE", path, None),
        ("POST", f"{path}/action", {"os-getConsoleOutput": {}}),
        ("GET", f"{path}/os-instance-actions", None),
    ]
    for method, where, body in attempts:
        answer = eve.ask(method, where, body)
        assert answer.status_code == 404, (method, where)
        assert server in answer.json()["itemNotFound"]["message"]
    assert eve.get("/servers/detail")["servers"] == []
    assert eve.ask("GET", f"/servers?marker={server}").status_code == 400
    assert furnished.cloud.user("demo").get(path)["server"]["name"] == "demos"
    assert furnished.cloud.user("admin").get(path)["server"]["id"] == server


def test_private_images_of_others_are_not_there(furnished: Furnished) -> None:
    demo, eve = furnished.cloud.user("demo"), furnished.cloud.user("eve")
    image = demo.upload("private", b"data", visibility="private")
    refused = eve.boot(image, furnished.tiny)
    assert (refused.status_code, f"Image {image} could not be found" in refused.text) == (400, True)
    assert eve.ask_images("DELETE", f"/v2/images/{image}").status_code == 404
    assert image not in eve.ask_images("GET", "/v2/images").text
    assert demo.ask_images("DELETE", f"/v2/images/{image}").status_code == 204


# secrets; that none is logged is seen when the clouds are put away


def test_secrets_reach_whom_they_are_meant_for_only(furnished: Furnished, server: str) -> None:
    cloud = furnished.cloud
    demo, admin, eve = cloud.user("demo"), cloud.user("admin"), cloud.user("eve")
    script, password = f"#!/bin/sh\necho {canary(cloud)}", canary(cloud)
    user_data = base64.b64encode(script.encode()).decode()
    cloud.secrets.add(user_data)
    made = demo.boot(furnished.image, furnished.tiny, user_data=user_data, adminPass=password).json()["server"]
    assert made["adminPass"] == password
    assert password not in demo.ask("GET", f"/servers/{made['id']}").text
    assert user_data not in demo.ask("GET", f"/servers/{made['id']}").text
    whole = admin.get(f"/servers/{made['id']}")["server"]
    assert whole["OS-EXT-SRV-ATTR:user_data"] == user_data
    demo.settled(made["id"])
    assert len(demo.boot(furnished.image, furnished.tiny, name="x" * 300, adminPass=password).text) < 1000
    demo.delete(made["id"])
    eve.ask("GET", f"/servers/{server}", headers={"X-Auth-Token": canary(cloud), "X-Service-Token": canary(cloud)})


@pytest.mark.parametrize("name", ["adminPass", "user_data"])
def test_a_secret_that_is_refused_is_not_repeated(furnished: Furnished, name: str) -> None:
    word = canary(furnished.cloud)
    for value in ([word], {"a": word}, word + "\0", word * 4000):
        answer = furnished.cloud.user("demo").boot(furnished.image, furnished.tiny, **{name: value})
        assert answer.status_code in {400, 413}
        assert word not in answer.text


@pytest.mark.parametrize("name", ["token", "password", "admin_password", "X-Auth-Token", "secret_key", "signature"])
def test_a_secret_in_an_address_is_not_logged(cloud: WholeCloud, name: str) -> None:
    for user in (cloud.user("demo"), cloud.someone("nobody", canary(cloud))):
        user.ask("GET", f"/servers?limit=1&{name}={canary(cloud)}&status=ERROR")
        user.ask_images("GET", f"/v2/images?limit=1&{name}={canary(cloud)}")
        user.session.close()


def test_a_boot_that_fails_tells_no_secrets(furnished: Furnished) -> None:
    cloud, demo = furnished.cloud, furnished.cloud.user("demo")
    word, password = base64.b64encode(canary(cloud).encode()).decode(), canary(cloud)
    cloud.secrets.add(word)
    for said in ({"metadata": {"fake_failure": "invalid"}}, {"metadata": {"fake_failure": "host"}}, {}):
        flavor = furnished.tiny if said else furnished.fat
        server_id = demo.booted(furnished.image, flavor, user_data=word, adminPass=password, **said)
        assert demo.settled(server_id)["status"] == "ERROR"
        demo.delete(server_id)


def test_only_the_owner_may_read_what_is_secret(cloud: WholeCloud) -> None:
    for name in ("passwords", "htpasswd", "users.yaml", "clouds.yaml", "compute-cloud.conf"):
        assert (cloud.directory / name).stat().st_mode & 0o077 == 0, name
    assert cloud.directory.stat().st_mode & 0o077 == 0
    books = b"".join(path.read_bytes() for path in cloud.directory.glob("compute-cloud.db*"))
    for user in ("admin", "demo", "eve"):
        password: str = cloud.password(user)
        assert password.encode() not in books
        assert base64.b64encode(f"{user}:{password}".encode()) not in books


def test_the_log_tells_what_was_asked(cloud: WholeCloud) -> None:
    answer = cloud.user("demo").ask("GET", "/servers?name=a-name-to-look-for&token=hidden-value")
    request_id = answer.headers["X-OpenStack-Request-Id"]
    [line] = [line for line in cloud.log.read_text().splitlines() if "a-name-to-look-for" in line]
    assert request_id in line
    assert "hidden-value" not in line
