"""Who asks: every way to prove it, and none to pretend it."""

import base64
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from api_cloud import SERVER_ID, Client, FakeCompute, FakeConductor, FakeImages

from compute_cloud.api.app import build_app
from compute_cloud.context import Context

PRETENCES = {
    "X-Roles": "admin",
    "X-Role": "admin",
    "X-User-Id": "root",
    "X-Project-Id": "demo",
    "X-Tenant-Id": "demo",
    "X-Identity-Status": "Confirmed",
    "X-Is-Admin-Project": "True",
    "X-Service-Roles": "service",
    "OpenStack-System-Scope": "all",
}


def build(conf: Any, conductor: Any) -> Any:
    return build_app(conf, conductor=conductor, images=FakeImages(), compute=FakeCompute)


def context_seen(conductor: FakeConductor, app: Any, **headers: str) -> Context:
    seen: list[Context] = []
    original = conductor.show_server
    conductor.show_server = lambda context, **rest: (seen.append(context), original(context, **rest))[1]  # type: ignore[method-assign]
    Client(app, "").get(f"/v2.1/servers/{SERVER_ID}", **headers)
    return seen[0]


def test_noauth2_must_be_asked_for_twice(conf: Any, conductor: FakeConductor) -> None:
    conf.set_override("allow_noauth2", False, group="api")
    with pytest.raises(ValueError, match="allow_noauth2"):
        build(conf, conductor)


@pytest.mark.parametrize("header", PRETENCES)
def test_what_clients_say_of_themselves_is_not_believed(app: Any, header: str) -> None:
    mallory = Client(app, "mallory:evil")
    headers = {header: PRETENCES[header]}
    assert mallory.get("/v2.1/os-services", **headers).status == 403
    assert mallory.get(f"/v2.1/servers/{SERVER_ID}", **headers).status == 404
    assert Client(app, "").get("/v2.1/servers", **PRETENCES).status == 401


def test_the_context_of_a_request(app: Any, conductor: FakeConductor) -> None:
    asked = "req-11111111-2222-3333-4444-555555555555"
    context = context_seen(conductor, app, X_Auth_Token="bob:demo:manager", X_Openstack_Request_Id=asked)
    assert (context.user_id, context.project_id, context.is_admin) == ("bob", "demo", False)
    assert context.roles == ("manager", "member", "reader")
    assert context.credentials == (("X-Auth-Token", "bob:demo:manager"),)
    assert context.global_request_id == asked
    assert context.request_id.startswith("req-")


def test_every_answer_has_a_request_id(ask: Client) -> None:
    for path in ("/v2.1/servers", "/v2.1/nothing", "/", "/v2.1/servers/x"):
        answer = ask.get(path)
        assert answer.headers["X-Openstack-Request-Id"].startswith("req-")
        assert answer.headers["X-Compute-Request-Id"] == answer.headers["X-Openstack-Request-Id"]


@pytest.fixture
def basic(conf: Any, conductor: FakeConductor, tmp_path: Path) -> Any:
    users, mapping = tmp_path / "htpasswd", tmp_path / "mapping.yaml"
    lines = [
        f"{user}:{bcrypt.hashpw(b'secret', bcrypt.gensalt(4)).decode()}"
        for user in ("alice", "unmapped", "projectless")
    ]
    users.write_text("\n".join(lines))
    mapping.write_text("alice: {user_id: a1, project_id: demo, roles: [member]}\nprojectless: {roles: [admin]}\n")
    for name, value in (("http_basic_auth_user_file", users), ("basic_auth_mapping_file", mapping)):
        conf.set_override(name, str(value), group="api")
    conf.set_override("auth_strategy", "http_basic", group="api")
    yield build(conf, conductor)
    for name in ("http_basic_auth_user_file", "basic_auth_mapping_file"):
        conf.clear_override(name, group="api")


def header(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_basic_authentication_maps_the_user(basic: Any, conductor: FakeConductor) -> None:
    proof = header("alice", "secret")
    for _ in range(2):  # the second time from memory
        context = context_seen(conductor, basic, Authorization=proof)
        assert (context.user_id, context.project_id, context.roles) == ("a1", "demo", ("member", "reader"))
        assert context.credentials == (("Authorization", proof),)


@pytest.mark.parametrize(
    "proof",
    [
        "",
        header("alice", "wrong"),
        header("alice", ""),
        header("alice", "x" * 5000),
        header("nobody", "secret"),
        header("unmapped", "secret"),
        header("projectless", "secret"),
        header("", ""),
        "Basic !!!",
        "Basic",
        "Bearer token",
        "Basic " + base64.b64encode(b"\xff\xfe").decode(),
        "Basic " + base64.b64encode(b"alice").decode(),
    ],
)
def test_basic_authentication_refuses(basic: Any, conductor: FakeConductor, proof: str) -> None:
    answer = Client(basic, "").get("/v2.1/servers", Authorization=proof)
    assert answer.status == 401
    assert answer.json["error"]["title"] == "Unauthorized"
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert not conductor.asked


def test_a_changed_file_is_read_again(basic: Any, tmp_path: Path) -> None:
    client = Client(basic, "")
    assert client.get("/v2.1/servers", Authorization=header("alice", "secret")).status == 200
    (tmp_path / "htpasswd").write_text("")
    assert client.get("/v2.1/servers", Authorization=header("alice", "secret")).status == 401


def test_keystone_says_who_asks(conf: Any, conductor: FakeConductor, tmp_path: Path) -> None:
    file = tmp_path / "compute-cloud.conf"
    file.write_text("[keystone_authtoken]\nwww_authenticate_uri = http://192.0.2.1/identity\n")
    conf(["--config-file", str(file)], project="compute-cloud")
    conf.set_override("auth_strategy", "keystone", group="api")
    app = build(conf, conductor)
    answer = Client(app, "").get("/v2.1/servers", **PRETENCES)
    assert answer.status == 401
    assert answer.json["error"]["code"] == 401
    assert answer.headers["WWW-Authenticate"].startswith("Keystone uri=")
    assert Client(app, "").get("/v2.1/").status == 200
    assert Client(app, "").get("/identity/v3").status == 404
    assert not conductor.asked


def test_policies_may_be_overridden(conf: Any, conductor: FakeConductor, tmp_path: Path) -> None:
    policies = tmp_path / "policy.yaml"
    policies.write_text(
        '"os_compute_api:os-services:list": "role:reader"\n'
        '"os_compute_api:servers:delete": "user_id:%(user_id)s"\n'
        '"os_compute_api:servers:show": "!"\n'
    )
    conf.set_override("policy_file", str(policies), group="oslo_policy")
    try:
        app = build(conf, conductor)
        bob, alice = Client(app, "bob:demo"), Client(app, "alice:demo")
        assert bob.get("/v2.1/os-services").status == 200
        assert bob.get(f"/v2.1/servers/{SERVER_ID}").status == 403
        assert bob("DELETE", f"/v2.1/servers/{SERVER_ID}").status == 403
        assert alice("DELETE", f"/v2.1/servers/{SERVER_ID}").status == 204
    finally:
        conf.clear_override("policy_file", group="oslo_policy")


def test_healthcheck_needs_no_token(app: Any) -> None:
    assert Client(app, "").get("/healthcheck").status == 200
