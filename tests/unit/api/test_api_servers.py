"""Servers: what is asked of the conductor, and what users see."""

from datetime import UTC, datetime
from typing import Any

import pytest
from api_cloud import IMAGE_ID, OTHER_ID, SERVER_ID, Client, FakeConductor, FakeImages, server

from compute_cloud.lifecycle.states import TaskState, VmState
from compute_cloud.objects.image import Image
from compute_cloud.objects.server import ServerQuery

EVERYONE = {
    "id", "name", "status", "tenant_id", "user_id", "metadata", "hostId", "image", "flavor", "created", "updated",
    "addresses", "accessIPv4", "accessIPv6", "links", "progress", "OS-DCF:diskConfig", "OS-EXT-AZ:availability_zone",
    "config_drive", "key_name", "OS-SRV-USG:launched_at", "OS-SRV-USG:terminated_at", "security_groups",
    "OS-EXT-STS:task_state", "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state", "os-extended-volumes:volumes_attached",
}  # fmt: skip
FEW = {"OS-EXT-SRV-ATTR:host", "OS-EXT-SRV-ATTR:instance_name", "OS-EXT-SRV-ATTR:hypervisor_hostname"}
FEW_SINCE_3 = {
    f"OS-EXT-SRV-ATTR:{name}"
    for name in (
        "reservation_id",
        "launch_index",
        "hostname",
        "kernel_id",
        "ramdisk_id",
        "root_device_name",
        "user_data",
    )
}
ADDED = {
    9: {"locked"}, 19: {"description"}, 26: {"tags"}, 63: {"trusted_image_certificates"}, 71: {"server_groups"},
    73: {"locked_reason"}, 90: {"OS-EXT-SRV-ATTR:hostname"}, 96: {"pinned_availability_zone"}, 100: {"scheduler_hints"},
}  # fmt: skip


def shown(client: Client, version: str, path: str = f"/v2.1/servers/{SERVER_ID}") -> dict[str, Any]:
    answer = client.get(path, version)
    assert answer.status == 200, answer.text
    return dict(answer.json["server"])


@pytest.mark.parametrize(
    "version", [1, 2, 3, 8, 9, 15, 16, 18, 19, 25, 26, 62, 63, 70, 71, 72, 73, 89, 90, 95, 96, 99, 100, 104]
)
def test_who_is_shown_what_since_when(ask: Client, admin: Client, version: int) -> None:
    everyone = EVERYONE | {name for since, names in ADDED.items() if since <= version for name in names}
    few = FEW | (FEW_SINCE_3 if version >= 3 else set()) | ({"host_status"} if version >= 16 else set())
    assert set(shown(ask, f"2.{version}")) == everyone
    assert set(shown(admin, f"2.{version}")) == everyone | few


def test_the_forms_that_changed(ask: Client) -> None:
    assert shown(ask, "2.46")["flavor"] == {
        "id": "1",
        "links": [{"rel": "bookmark", "href": "http://localhost:80/flavors/1"}],
    }
    assert shown(ask, "2.47")["flavor"] == {
        "vcpus": 1, "ram": 512, "disk": 5, "ephemeral": 0, "swap": 0, "original_name": "small",
        "extra_specs": {"hw:numa_nodes": "1"},
    }  # fmt: skip
    assert "properties" not in shown(ask, "2.97")["image"]
    assert shown(ask, "2.98")["image"]["properties"] == {"hw_disk_bus": "virtio"}
    assert shown(ask, "2.100")["scheduler_hints"] == {"same_host": [OTHER_ID], "query": "[]"}


def test_times_and_names(admin: Client) -> None:
    seen = shown(admin, "2.1")
    assert seen["created"] == "2026-03-04T05:06:07Z"
    assert seen["OS-SRV-USG:launched_at"] == "2026-03-04T05:06:07.890123"
    assert seen["OS-EXT-SRV-ATTR:instance_name"] == "instance-9168b536"
    assert len(seen["hostId"]) == 56


def test_links_have_the_project_when_the_url_had_it(ask: Client, conf: Any) -> None:
    links = shown(ask, "2.1", f"/v2.1/demo/servers/{SERVER_ID}")["links"]
    assert links == [
        {"rel": "self", "href": f"http://localhost:80/v2.1/demo/servers/{SERVER_ID}"},
        {"rel": "bookmark", "href": f"http://localhost:80/demo/servers/{SERVER_ID}"},
    ]


def test_a_server_in_error_shows_no_progress(ask: Client, conductor: FakeConductor) -> None:
    conductor.servers = [server(vm_state=VmState.ERROR)]
    assert "progress" not in shown(ask, "2.1")


def listed(
    client: Client, conductor: FakeConductor, query: str, version: str = "2.100", path: str = "servers/detail"
) -> ServerQuery:
    answer = client.get(f"/v2.1/{path}?{query}", version)
    assert answer.status == 200, answer.text
    question = conductor.asked[-1][1]["query"]
    assert isinstance(question, ServerQuery)
    return question


def test_a_list_is_of_the_own_project(ask: Client, admin: Client, conductor: FakeConductor) -> None:
    question = listed(ask, conductor, "")
    assert (question.project_id, question.deleted, question.limit) == ("demo", False, 1000)
    assert (question.sort_keys, question.sort_dirs) == (("created_at",), ("desc",))
    assert listed(ask, conductor, "project_id=other&tenant_id=other").project_id == "demo"
    assert listed(admin, conductor, "").project_id == "admin"
    assert listed(admin, conductor, "all_tenants").project_id is None
    assert listed(admin, conductor, "all_tenants=1&tenant_id=other").project_id == "other"


def test_filters(ask: Client, admin: Client, conductor: FakeConductor) -> None:
    question = listed(
        admin, conductor, "name=^web&host=host1&flavor=1&image=i&locked=true&tags=a,b&not-tags-any=c&power_state=1"
    )
    assert question.name_pattern == "^web"
    assert question.filters == {"host": "host1", "flavor": "1", "image_id": "i", "locked": True, "power_state": 1}
    assert (question.tags_all, question.not_tags_any) == (("a", "b"), ("c",))
    assert listed(ask, conductor, "host=host1&flavor=1").filters == {"flavor": "1"}
    assert listed(ask, conductor, "key_name=k", "2.82").filters == {}
    assert listed(ask, conductor, "key_name=k", "2.83").filters == {"key_name": "k"}


def test_the_status_filter(ask: Client, admin: Client, conductor: FakeConductor) -> None:
    active = listed(ask, conductor, "status=active")
    assert active.vm_states == (VmState.ACTIVE,)
    assert None in active.task_states
    assert TaskState.SPAWNING in active.task_states
    assert TaskState.REBOOTING not in active.task_states
    assert listed(ask, conductor, "status=BUILD").task_states == ()
    assert ask.get("/v2.1/servers?status=odd", "2.37").json == {"servers": []}
    assert ask.get("/v2.1/servers?status=odd", "2.38").status == 400
    assert ask.get("/v2.1/servers?status=deleted", "2.38").status == 403
    assert listed(admin, conductor, "status=deleted").deleted is True


def test_changes(ask: Client, admin: Client, conductor: FakeConductor) -> None:
    question = listed(ask, conductor, "changes-since=2026-01-02T03:04:05%2B01:00")
    assert question.changed_since == datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)
    assert question.deleted is None
    assert listed(admin, conductor, "deleted=true").deleted is True
    assert listed(ask, conductor, "deleted=true").deleted is False
    assert ask.get("/v2.1/servers?changes-before=2026-01-01", "2.65").status == 200
    bad = ask.get("/v2.1/servers?changes-since=2026-02-01&changes-before=2026-01-01", "2.66")
    assert bad.status == 400


def test_pages(ask: Client, conductor: FakeConductor) -> None:
    conductor.servers = [server(id=f"{n:08d}-cd40-4630-b43f-b259807c6e87") for n in range(5)]
    answer = ask.get("/v2.1/demo/servers?limit=2&name=f&marker=x", "2.60").json
    last = answer["servers"][-1]["id"]
    href = f"http://localhost:80/v2.1/demo/servers?limit=2&name=f&marker={last}"
    assert answer["servers_links"] == [{"rel": "next", "href": href}]
    assert "servers_links" not in ask.get("/v2.1/servers").json
    assert ask.get("/v2.1/servers?limit=0").json == {"servers": []}
    assert "detail?" in ask.get("/v2.1/servers/detail?limit=2").json["servers_links"][0]["href"]


def test_sorting(ask: Client, conductor: FakeConductor) -> None:
    question = listed(ask, conductor, "sort_key=display_name&sort_dir=asc&sort_key=uuid")
    assert (question.sort_keys, question.sort_dirs) == (("name", "id"), ("asc", "asc"))
    assert ask.get("/v2.1/servers?sort_key=secret").status == 400
    assert ask.get("/v2.1/servers?sort_dir=up").status == 400


def test_unknown_parameters_are_refused_since_a_version(ask: Client) -> None:
    assert ask.get("/v2.1/servers?odd=1", "2.74").status == 200
    assert ask.get("/v2.1/servers?odd=1", "2.75").status == 400
    assert ask.get(f"/v2.1/servers/{SERVER_ID}?odd=1", "2.101").status == 200
    assert ask.get(f"/v2.1/servers/{SERVER_ID}?odd=1", "2.102").status == 400


GOOD = {"name": "My Web.Server", "flavorRef": "1", "imageRef": IMAGE_ID, "networks": "none"}


def create(client: Client, version: str = "2.100", top: dict[str, Any] | None = None, **said: Any) -> Any:
    return client("POST", "/v2.1/servers", {"server": {**GOOD, **said}, **(top or {})}, version=version)


def test_a_new_server(ask: Client, conductor: FakeConductor) -> None:
    answer = create(
        ask, metadata={"a": "b"}, tags=["t"], description="d", user_data="QQ==", config_drive="yes",
        top={"os:scheduler_hints": {"same_host": [OTHER_ID], "odd": 5}},
    )  # fmt: skip
    assert answer.status == 202
    (order,) = conductor.orders
    shown = answer.json["server"]
    assert shown["id"] == order.server_id
    assert answer.headers["Location"] == f"http://localhost:80/v2.1/servers/{order.server_id}"
    assert len(shown["adminPass"]) == 12
    assert (order.project_id, order.user_id, order.flavor.id, order.image.id) == ("demo", "alice", "1", IMAGE_ID)
    assert (order.name, order.hostname) == ("My Web.Server", "my-web-server")
    assert (order.metadata, order.tags, order.description, order.user_data) == ({"a": "b"}, ("t",), "d", "QQ==")
    assert order.config_drive is True
    assert order.hints == {"same_host": (OTHER_ID,), "odd": ("5",)}


def test_several_at_once(ask: Client, conductor: FakeConductor) -> None:
    answer = create(ask, min_count=2, max_count="3", return_reservation_id=True)
    assert [order.name for order in conductor.orders] == [f"My Web.Server-{n}" for n in (1, 2, 3)]
    assert [order.hostname for order in conductor.orders] == [f"my-web-server-{n}" for n in (1, 2, 3)]
    assert len({order.server_id for order in conductor.orders}) == 3
    assert answer.json == {"reservation_id": conductor.orders[0].reservation_id}
    assert conductor.asked[-1][1]["min_count"] == 2


def test_the_image_may_be_named_as_a_device(ask: Client, conductor: FakeConductor) -> None:
    device = {
        "uuid": IMAGE_ID, "boot_index": 0, "source_type": "image", "destination_type": "local",
        "delete_on_termination": True,
    }  # fmt: skip
    for image in ({}, {"imageRef": IMAGE_ID}, {"imageRef": ""}):
        body = {
            "server": {"name": "x", "flavorRef": "1", "networks": "auto", "block_device_mapping_v2": [device], **image}
        }
        assert ask("POST", "/v2.1/servers", body, version="2.100").status == 202
    assert {order.image.id for order in conductor.orders} == {IMAGE_ID}


def test_zones_and_hosts(ask: Client, admin: Client, conductor: FakeConductor) -> None:
    assert create(ask, availability_zone="nova").status == 202
    assert create(ask, availability_zone="nova:host1").status == 403
    assert create(ask, host="host1").status == 403
    assert create(admin, availability_zone="nova:host1:node1").status == 202
    order = conductor.orders[-1]
    assert (order.availability_zone, order.forced_host, order.forced_node) == ("nova", "host1", "node1")
    assert create(admin, host="host1", hypervisor_hostname="node1").status == 202
    assert (conductor.orders[-1].host, conductor.orders[-1].forced_host) == ("host1", None)
    assert create(admin, host="host9").status == 400


@pytest.mark.parametrize(
    ("image", "says"),
    [
        ({"status": "queued"}, "is not active"),
        ({"min_ram_mb": 513}, "memory is too small"),
        ({"min_disk_gb": 6}, "disk is too small"),
        ({"size_bytes": 6 << 30}, "disk is too small"),
    ],
)
def test_an_image_that_does_not_fit(ask: Client, images: FakeImages, image: dict[str, Any], says: str) -> None:
    images.images = [Image(**{"id": IMAGE_ID, "status": "active", **image})]
    answer = create(ask)
    assert answer.status == 400
    assert says in answer.json["badRequest"]["message"]


def test_flavors_without_disk_are_for_few(ask: Client, admin: Client) -> None:
    assert create(ask, flavorRef="0").status == 403
    assert create(admin, flavorRef="0").status == 202


def test_too_much_metadata_is_over_quota(ask: Client) -> None:
    assert create(ask, metadata={str(n): "v" for n in range(128)}).status == 202
    assert create(ask, metadata={str(n): "v" for n in range(129)}).status == 403


def test_update(ask: Client, conductor: FakeConductor) -> None:
    path = f"/v2.1/servers/{SERVER_ID}"
    answer = ask("PUT", path, {"server": {"name": "new", "description": None, "accessIPv4": ""}}, version="2.75")
    changes = conductor.asked[-2][1]["changes"]
    assert changes.given == ("access_ip_v4", "description", "name")
    assert (changes.name, changes.access_ip_v4) == ("new", None)
    assert answer.json["server"]["name"] == "new"
    assert set(answer.json["server"]) >= EVERYONE
    assert ask("PUT", path, {"server": {"hostname": "h"}}, version="2.89").status == 400
    assert ask("PUT", path, {"server": {"hostname": "h"}}, version="2.90").status == 200
    short = ask("PUT", path, {"server": {"name": "new"}}, version="2.74").json["server"]
    assert "OS-EXT-STS:vm_state" not in short
    assert ask("PUT", path, {"server": {"status": "ACTIVE"}}).status == 400


def test_delete(ask: Client, conductor: FakeConductor) -> None:
    answer = ask("DELETE", f"/v2.1/servers/{SERVER_ID}")
    assert (answer.status, answer.text) == (204, b"")
    assert [name for name, _ in conductor.asked] == ["show_server", "accept_delete"]


def test_console_output_is_bounded(ask: Client, conductor: FakeConductor) -> None:
    path = f"/v2.1/servers/{SERVER_ID}/action"
    for length in ({}, {"length": 5}, {"length": "5"}, {"length": -1}, {"length": None}):
        answer = ask("POST", path, {"os-getConsoleOutput": length})
        assert len(answer.json["output"]) == 100 * 1024
    assert ask("POST", path, {"os-getConsoleOutput": {"length": -2}}).status == 400
    assert ask("POST", path, {"os-getConsoleOutput": None}).status == 400
    assert ask("POST", path, {"odd": None}).status == 400
    assert ask("POST", path, {"os-getConsoleOutput": {}, "odd": None}).status == 400
    conductor.servers = [server(host=None)]
    assert ask("POST", path, {"os-getConsoleOutput": {}}).status == 409
