"""Bad input gets the right 4xx with the field named; nothing gets a 500."""

import string
from typing import Any
from urllib.parse import urlencode

import pytest
from api_cloud import IMAGE_ID, OTHER_ID, SERVER_ID, Client, FakeConductor, server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compute_cloud.errors import Broken, Conflict, OverQuota, Problem, Unavailable
from compute_cloud.lifecycle.states import VmState
from compute_cloud.objects.server import Fault

GOOD = {"name": "x", "flavorRef": "1", "imageRef": IMAGE_ID, "networks": "auto"}
DEVICE = {"boot_index": 0, "source_type": "image", "destination_type": "local", "uuid": OTHER_ID}


def refused(ask: Client, body: Any, version: str = "2.100") -> str:
    answer = ask("POST", "/v2.1/servers", body, version=version)
    assert answer.status == 400, answer.text
    return str(answer.json["badRequest"]["message"])


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"name": "n" * 300}, "server.name"),
        ({"name": ""}, "server.name"),
        ({"name": None}, "server.name"),
        ({"flavorRef": "no-such"}, "Flavor no-such could not be found"),
        ({"flavorRef": "7"}, "Flavor 7 could not be found"),
        ({"imageRef": "no-such"}, "server.imageRef"),
        ({"imageRef": OTHER_ID}, f"Image {OTHER_ID} could not be found"),
        ({"imageRef": ""}, "imageRef"),
        ({"min_count": 3, "max_count": 2}, "min_count must be <= max_count"),
        ({"min_count": 0}, "server.min_count"),
        ({"min_count": "many"}, "server.min_count"),
        ({"max_count": 10**30}, "server.max_count"),
        ({"min_count": 2000, "max_count": 2000}, "server.min_count"),
        ({"unheard_of": 1}, "'unheard_of' was unexpected"),
        ({"personality": []}, "'personality' was unexpected"),
        ({"networks": "some"}, "server.networks"),
        ({"networks": [{"uuid": OTHER_ID}]}, "no network service"),
        ({"availability_zone": "nowhere"}, "zone is not available"),
        ({"availability_zone": "internal"}, "zone is not available"),
        ({"availability_zone": "a:b:c:d"}, "availability_zone"),
        ({"key_name": "no-such"}, "key_name"),
        ({"security_groups": [{"name": "web"}]}, "Security group web not found"),
        ({"user_data": "no base64!"}, "server.user_data"),
        ({"user_data": "QUFB" * 20_000}, "server.user_data"),
        ({"tags": ["t"] * 2}, "server.tags"),
        ({"tags": [str(n) for n in range(51)]}, "server.tags"),
        ({"tags": ["a/b"]}, "server.tags.0"),
        ({"metadata": {"k" * 256: "v"}}, "server.metadata"),
        ({"metadata": {"k": 1}}, "server.metadata.k"),
        ({"metadata": [1]}, "server.metadata"),
        ({"accessIPv4": "300.1.1.1"}, "server.accessIPv4"),
        ({"accessIPv6": "fe80::1%eth0"}, "server.accessIPv6"),
        ({"hostname": "under_score"}, "server.hostname"),
        ({"hostname": "one.example", "max_count": 2}, "single hostname"),
        ({"block_device_mapping_v2": [{**DEVICE, "source_type": "volume"}]}, "block_device_mapping_v2"),
        ({"block_device_mapping_v2": [DEVICE]}, "More than one image"),
        ({"block_device_mapping": [{"device_name": "vda"}]}, "block_device_mapping"),
    ],
)  # fmt: skip
def test_a_bad_field_of_a_new_server_is_named(
    ask: Client, conductor: FakeConductor, change: dict[str, Any], names: str
) -> None:
    assert names in refused(ask, {"server": {**GOOD, **change}})
    assert not conductor.orders


@pytest.mark.parametrize(
    ("version", "field", "known"),
    [
        ("2.18", "description", False),
        ("2.19", "description", True),
        ("2.51", "tags", False),
        ("2.52", "tags", True),
        ("2.89", "hostname", False),
        ("2.90", "hostname", True),
    ],
)
def test_a_field_is_unknown_before_its_version(ask: Client, version: str, field: str, known: bool) -> None:
    value = {"description": "d", "tags": ["t"], "hostname": "host"}[field]
    body = {"server": {**GOOD, "networks": [] if version < "2.37" else "auto", field: value}}
    answer = ask("POST", "/v2.1/servers", body, version=version)
    assert answer.status == (202 if known else 400)
    if not known:
        assert f"'{field}' was unexpected" in answer.json["badRequest"]["message"]


def test_a_missing_field_is_named(ask: Client) -> None:
    some = {name: value for name, value in GOOD.items() if name != "networks"}
    assert "'networks' is a required property" in refused(ask, {"server": some})
    assert "'server' is a required property" in refused(ask, {})
    assert "server" in refused(ask, {"server": 5})


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"5", b'"x"', b"\xff\xfe", b'{"server": NaN}', b"[" * 50_000, b'{"a":' * 20_000]
)
def test_a_malformed_body_is_a_bad_request(ask: Client, raw: bytes) -> None:
    answer = ask("POST", "/v2.1/servers", raw=raw)
    assert answer.status == 400
    assert "Malformed request body" in answer.json["badRequest"]["message"]


@pytest.mark.parametrize("media", ["application/xml", "text/plain", "multipart/form-data; boundary=x"])
def test_another_media_type_is_refused(ask: Client, media: str) -> None:
    answer = ask("POST", "/v2.1/servers", {"server": GOOD}, Content_Type=media)
    assert answer.status == 415
    assert answer.json["badMediaType"]["code"] == 415


def test_an_oversized_body_is_refused_before_it_is_read(ask: Client, conductor: FakeConductor) -> None:
    answer = ask("POST", "/v2.1/servers", raw=b"x" * 114_689)
    assert answer.status == 413
    assert answer.json["overLimit"]["code"] == 413
    assert not conductor.asked


def test_nobody_asks_the_conductor_without_credentials(app: Any, conductor: FakeConductor) -> None:
    nobody = Client(app, "")
    for method, path in (("GET", "/v2.1/servers"), ("POST", "/v2.1/servers"), ("DELETE", f"/v2.1/servers/{SERVER_ID}")):
        answer = nobody(method, path, {} if method == "POST" else None)
        assert answer.status == 401
        assert answer.json["error"]["code"] == 401
    assert not conductor.asked


def test_unknown_paths_and_methods_ask_nobody(ask: Client, conductor: FakeConductor) -> None:
    assert ask.get("/v2.1/unheard-of").status == 404
    assert ask.get("/v2.1/servers/%ff%fe").status == 404
    answer = ask("PATCH", "/v2.1/servers")
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, POST"
    assert not conductor.asked


@pytest.mark.parametrize("server_id", ["x", "1", "..", "9168b536", SERVER_ID + "0", "%00", "'; drop table servers"])
def test_a_server_id_that_is_none_asks_nobody(ask: Client, conductor: FakeConductor, server_id: str) -> None:
    assert ask.get(f"/v2.1/servers/{server_id}").status == 404
    assert not conductor.asked


def test_servers_of_other_projects_are_not_found(app: Any, conductor: FakeConductor) -> None:
    mallory = Client(app, "mallory:evil")
    path = f"/v2.1/servers/{SERVER_ID}"
    for method, where, body in (
        ("GET", "", None),
        ("PUT", "", {"server": {"name": "mine"}}),
        ("DELETE", "", None),
        ("POST", "/action", {"os-getConsoleOutput": {}}),
        ("GET", "/os-instance-actions", None),
        ("GET", "/os-instance-actions/req-1", None),
    ):
        answer = mallory(method, path + where, body)
        assert answer.status == 404, (method, where)
        assert "itemNotFound" in answer.json
    assert mallory.get("/v2.1/servers").json == {"servers": []}
    assert mallory.get("/v2.1/servers?all_tenants=1").status == 403
    assert mallory.get("/v2.1/servers?project_id=demo").json == {"servers": []}
    assert mallory.get("/v2.1/demo/servers").status == 400
    assert not {"accept_delete", "update_server"} & {name for name, _ in conductor.asked}


@pytest.mark.parametrize("path", ["/v2.1/os-services", "/v2.1/os-hypervisors", "/v2.1/os-availability-zone/detail"])
def test_what_is_for_administrators_is_forbidden(ask: Client, admin: Client, path: str) -> None:
    assert admin.get(path).status == 200
    answer = ask.get(path)
    assert answer.status == 403
    assert "Policy doesn't allow" in answer.json["forbidden"]["message"]


def test_a_reader_may_not_write(app: Any) -> None:
    reader = Client(app, "rita:demo:reader")
    assert reader.get(f"/v2.1/servers/{SERVER_ID}").status == 200
    assert reader("DELETE", f"/v2.1/servers/{SERVER_ID}").status == 403
    assert reader("POST", "/v2.1/servers", {"server": GOOD}, version="2.100").status == 403


@pytest.mark.parametrize(
    ("problem", "status", "name"),
    [
        (Conflict("busy"), 409, "conflictingRequest"),
        (OverQuota("too many"), 403, "forbidden"),
        (Unavailable("later"), 503, "serviceUnavailable"),
        (Broken("secret words"), 500, "computeFault"),
        (RuntimeError("secret words"), 500, "computeFault"),
        (KeyError("secret words"), 500, "computeFault"),
    ],
)
def test_what_the_conductor_says_gets_its_form(
    ask: Client, conductor: FakeConductor, problem: Problem, status: int, name: str
) -> None:
    conductor.fails_with = problem
    answer = ask.get(f"/v2.1/servers/{SERVER_ID}", "2.60")
    assert (answer.status, answer.json[name]["code"]) == (status, status)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["OpenStack-API-Version"] == "compute 2.60"
    if status == 500:
        assert answer.json[name]["message"].endswith(answer.headers["X-Openstack-Request-Id"])
        assert b"secret" not in answer.text


def test_hints_are_bounded(ask: Client) -> None:
    hints = {"different_host": [OTHER_ID] * 101}
    assert "os:scheduler_hints.different_host" in refused(ask, {"server": GOOD, "os:scheduler_hints": hints})
    assert "os:scheduler_hints" in refused(ask, {"server": GOOD, "os:scheduler_hints": {str(n): "" for n in range(65)}})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    ["name", "imageRef", "flavorRef", "networks", "metadata", "min_count", "max_count", "tags", "user_data", "hostname",
     "availability_zone", "block_device_mapping_v2", "block_device_mapping", "security_groups", "key_name", "host",
     "config_drive", "personality", "adminPass", "description", "trusted_image_certificates"]
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.dictionaries(FIELDS, JSON, max_size=3),
    extra=st.dictionaries(st.text(max_size=9), JSON, max_size=1),
    version=st.integers(1, 104),
)
def test_no_body_makes_a_500(ask: Client, changes: dict[str, Any], extra: dict[str, Any], version: int) -> None:
    answer = ask("POST", "/v2.1/servers", {"server": {**GOOD, **changes}, **extra}, version=f"2.{version}")
    assert answer.status in {202, 400, 403}, answer.text


PARAMETERS = st.sampled_from(
    ["limit", "marker", "sort_key", "sort_dir", "name", "status", "deleted", "changes-since", "changes-before", "tags",
     "all_tenants", "is_public", "minRam", "with_servers", "hypervisor_hostname_pattern", "vm_state", "task_state"]
)  # fmt: skip
LISTS = st.sampled_from(
    ["servers", "servers/detail", "flavors", "flavors/detail", "images", "os-hypervisors", "os-services",
     f"servers/{SERVER_ID}/os-instance-actions"]
)  # fmt: skip
VALUES = st.text(alphabet=string.printable, max_size=12)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=LISTS, text=st.lists(st.tuples(PARAMETERS, VALUES), max_size=3), version=st.integers(1, 104))
def test_no_query_makes_a_500(admin: Client, path: str, text: list[tuple[str, str]], version: int) -> None:
    answer = admin.get(f"/v2.1/{path}?{urlencode(text)}", f"2.{version}")
    assert answer.status in {200, 400, 404}, answer.text


def test_a_fault_of_a_host_is_shown_to_its_owner_without_internals(
    ask: Client, admin: Client, conductor: FakeConductor
) -> None:
    fault = Fault(code=500, message="No valid host was found.", details="Traceback")
    conductor.servers = [server(vm_state=VmState.ERROR, fault=fault)]
    shown = ask.get(f"/v2.1/servers/{SERVER_ID}").json["server"]
    assert (shown["status"], shown["fault"]["message"]) == ("ERROR", "No valid host was found.")
    assert "details" not in shown["fault"]
    assert admin.get(f"/v2.1/servers/{SERVER_ID}").json["server"]["fault"]["details"] == "Traceback"
