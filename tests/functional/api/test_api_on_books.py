"""The API and the conductor together: every question that the API can ask has an answer."""

from typing import Any

import pytest

from compute_cloud.api.resources.flavors import SORT_COLUMNS as FLAVOR_SORT_COLUMNS
from compute_cloud.api.resources.server_query import FILTERS, SORT_COLUMNS
from tests.functional.api.books import IMAGE_ID, Cloud

ALICE, BOB, ADMIN = "alice:demo", "bob:other", "admin:admin"


def boot(cloud: Cloud, token: str = ALICE, version: str = "2.100", **said: Any) -> tuple[int, Any]:
    server = {"name": "web", "flavorRef": "1", "imageRef": IMAGE_ID, "networks": "auto", **said}
    return cloud(token, "POST", "/servers", {"server": server}, version)


def test_servers_from_birth_to_death(cloud: Cloud) -> None:
    status, answer = boot(cloud, min_count=3, max_count=3, metadata={"a": "b"}, tags=["t1", "t2"], user_data="QQ==")
    assert status == 202
    path = f"/servers/{answer['server']['id']}"
    server = cloud(ALICE, "GET", path)[1]["server"]
    assert server["status"] in {"BUILD", "ERROR"}
    assert (server["metadata"], server["tags"], server["flavor"]["original_name"]) == (
        {"a": "b"},
        ["t1", "t2"],
        "small",
    )
    assert cloud(BOB, "GET", path)[0] == 404
    assert cloud(BOB, "DELETE", path)[0] == 404
    assert cloud(BOB, "GET", "/servers")[1] == {"servers": []}
    changed = {"name": "new", "description": "d", "accessIPv4": "192.0.2.1", "hostname": "new.example"}
    status, answer = cloud(ALICE, "PUT", path, {"server": changed})
    assert status == 200
    server = cloud(ALICE, "GET", path)[1]["server"]
    assert {name: server[name] for name in ("name", "description", "accessIPv4")} == {
        name: changed[name] for name in ("name", "description", "accessIPv4")
    }
    assert server["OS-EXT-SRV-ATTR:hostname"] == "new.example"
    actions = cloud(ALICE, "GET", f"{path}/os-instance-actions")[1]["instanceActions"]
    assert [action["action"] for action in actions] == ["create"]
    assert cloud(ALICE, "GET", f"{path}/os-instance-actions/{actions[0]['request_id']}")[0] == 200
    assert cloud(ALICE, "DELETE", path)[0] == 204
    assert cloud(ALICE, "GET", f"{path}/os-instance-actions")[1]["instanceActions"][0]["action"] == "delete"


def test_pages_reach_everything_once(cloud: Cloud) -> None:
    boot(cloud, min_count=7, max_count=7)
    for listed in ("/servers", "/servers/detail"):
        seen: list[str] = []
        path = f"{listed}?limit=3&sort_key=display_name&sort_dir=desc"
        while path:
            page = cloud(ALICE, "GET", path)[1]
            seen += [server["name"] for server in page["servers"]]
            links = page.get("servers_links")
            path = links[0]["href"].partition("/v2.1")[2] if links else ""
        assert seen == [f"web-{n}" for n in (7, 6, 5, 4, 3, 2, 1)]
    assert cloud(ALICE, "GET", "/servers?marker=11111111-cd40-4630-b43f-b259807c6e87")[0] == 400


VALUES = {
    "launch_index": "1", "power_state": "0", "progress": "0", "config_drive": "false", "locked": "false",
    "launched_at": "2026-01-01T00:00:00Z", "terminated_at": "2026-01-01", "created_at": "2026-01-01T00:00:00.5Z",
}  # fmt: skip


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_is_understood(cloud: Cloud, name: str) -> None:
    boot(cloud)
    assert cloud(ADMIN, "GET", f"/servers/detail?all_tenants=1&{name}={VALUES.get(name, 'x')}")[0] == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("flavor=1", 1), ("flavor=2", 0), (f"image={IMAGE_ID}", 1), ("name=we", 1), ("name=%5Eeb", 0), ("name=%28", -1),
        ("tags=t1,t2", 1), ("tags=t1,t3", 0), ("tags-any=t1,t3", 1), ("not-tags=t1", 0), ("not-tags-any=t3", 1),
        ("locked=true", 0), ("status=PAUSED", 0), ("deleted=true", 0), ("changes-since=2020-01-01", 1),
        ("changes-since=2099-01-01", 0), ("changes-before=2020-01-01", 0), ("user_id=alice", 1), ("user_id=bob", 0),
        ("launch_index=0", 1), ("config_drive=false", 1), ("config_drive=true", 0), ("tenant_id=demo", 1),
        ("tenant_id=x", 0),
    ],
)  # fmt: skip
def test_filters_find_what_they_should(cloud: Cloud, query: str, found: int) -> None:
    boot(cloud, tags=["t1", "t2"])
    status, answer = cloud(ADMIN, "GET", f"/servers/detail?all_tenants=1&{query}")
    assert (status, len(answer.get("servers", ()))) == ((200, found) if found >= 0 else (400, 0))


def test_every_sort_key_is_understood(cloud: Cloud) -> None:
    boot(cloud, min_count=2, max_count=2)
    for key in SORT_COLUMNS:
        for direction in ("asc", "desc"):
            path = f"/servers?limit=1&sort_key={key}&sort_dir={direction}"
            status, page = cloud(ALICE, "GET", path)
            assert status == 200, key
            marker = page["servers"][0]["id"]
            assert len(cloud(ALICE, "GET", f"{path}&marker={marker}")[1]["servers"]) == 1, (key, direction)


def test_quota_refuses_and_says_so(cloud: Cloud) -> None:
    status, answer = boot(cloud, flavorRef="2", min_count=4, max_count=4)
    assert status == 403
    assert "cores" in answer["forbidden"]["message"]
    assert cloud(ALICE, "GET", "/servers")[1] == {"servers": []}


def test_flavors(cloud: Cloud) -> None:
    new = {"flavor": {"name": "new", "ram": 5, "vcpus": 1, "disk": 1, "os-flavor-access:is_public": False}}
    status, answer = cloud(ADMIN, "POST", "/flavors", new)
    assert status == 200
    assert cloud(ADMIN, "POST", "/flavors", new)[0] == 409
    flavor_id = answer["flavor"]["id"]
    assert cloud(ALICE, "GET", f"/flavors/{flavor_id}")[0] == 404
    assert boot(cloud, flavorRef=flavor_id)[0] == 400
    names = [flavor["name"] for flavor in cloud(ADMIN, "GET", "/flavors?is_public=None&sort_key=name")[1]["flavors"]]
    assert names == ["big", "new", "small"]
    assert [f["id"] for f in cloud(ALICE, "GET", "/flavors?minRam=100")[1]["flavors"]] == ["2"]
    for key in FLAVOR_SORT_COLUMNS:
        assert cloud(ALICE, "GET", f"/flavors?sort_key={key}&limit=1&marker=1")[0] == 200, key
    assert cloud(ADMIN, "DELETE", f"/flavors/{flavor_id}")[0] == 202
    assert cloud(ADMIN, "GET", f"/flavors/{flavor_id}")[0] == 404
    assert cloud(ALICE, "GET", "/flavors?marker=none")[0] == 400


def test_what_administrators_see(cloud: Cloud) -> None:
    services = cloud(ADMIN, "GET", "/os-services?binary=nova-compute")[1]["services"]
    assert [(service["host"], service["state"], service["zone"]) for service in services] == [("host1", "up", "nova")]
    assert cloud(ADMIN, "GET", "/os-hypervisors/detail")[1] == {"hypervisors": []}
    assert cloud(ADMIN, "GET", "/os-hypervisors/1", version="2.1")[0] == 404
    assert cloud(ADMIN, "GET", "/os-hypervisors?limit=1&marker=b1e43b5f-eec1-44e0-9f10-7b4945c0226d")[0] == 400
    zones = cloud(ALICE, "GET", "/os-availability-zone")[1]["availabilityZoneInfo"]
    assert zones == [{"zoneName": "nova", "zoneState": {"available": True}, "hosts": None}]
    assert boot(cloud, availability_zone="nova")[0] == 202
    assert boot(cloud, ADMIN, host="host2")[0] == 400
