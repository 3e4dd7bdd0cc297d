"""Flavors, images, services, hypervisors, zones, actions."""

from typing import Any

import pytest
from api_cloud import IMAGE_ID, NODE_ID, OTHER_ID, SERVER_ID, SERVICE_ID, Client, FakeConductor

from compute_cloud.api.status import KNOWN, states_of, status_of
from compute_cloud.lifecycle.states import TaskState, VmState


def test_every_state_has_a_status_and_every_status_its_states() -> None:
    for vm in VmState:
        for task in (None, *TaskState):
            vms, tasks = states_of(status_of(vm, task))
            assert vm in vms
            assert task in tasks
    assert len(KNOWN) == 19
    assert states_of("reboot")[0] == (VmState.ACTIVE,)
    assert states_of("odd") == ((), ())


def test_flavors_change_their_form(ask: Client) -> None:
    def fields(version: str) -> set[str]:
        return set(ask.get("/v2.1/flavors/1", version).json["flavor"])

    first = {"id", "name", "ram", "vcpus", "disk", "OS-FLV-EXT-DATA:ephemeral", "swap", "rxtx_factor", "links",
             "OS-FLV-DISABLED:disabled", "os-flavor-access:is_public"}  # fmt: skip
    assert fields("2.54") == first
    assert fields("2.55") == first | {"description"}
    assert fields("2.61") == first | {"description", "extra_specs"}
    assert fields("2.102") == (first | {"description", "extra_specs"}) - {"rxtx_factor", "OS-FLV-DISABLED:disabled"}
    assert ask.get("/v2.1/flavors/1", "2.74").json["flavor"]["swap"] == ""
    assert ask.get("/v2.1/flavors/1", "2.75").json["flavor"]["swap"] == 0


def test_private_flavors_are_listed_for_administrators_who_ask(
    ask: Client, admin: Client, conductor: FakeConductor
) -> None:
    assert "7" not in [f["id"] for f in ask.get("/v2.1/flavors?is_public=None").json["flavors"]]
    assert "7" in [f["id"] for f in admin.get("/v2.1/flavors?is_public=None").json["flavors"]]
    assert ask.get("/v2.1/flavors/7").status == 404
    assert ask.get("/v2.1/flavors?is_public=perhaps").status == 400
    ask.get("/v2.1/flavors?minRam=5&minDisk=6&sort_key=memory_mb&sort_dir=desc&name=small", "2.102")
    query = conductor.asked[-1][1]["query"]
    assert (query.min_memory_mb, query.min_root_gb, query.name) == (5, 6, "small")
    assert (query.sort_keys, query.sort_dirs) == (("memory_mb",), ("desc",))


def test_flavors_are_made_and_taken_away(ask: Client, admin: Client, conductor: FakeConductor) -> None:
    body = {
        "flavor": {"name": "new", "ram": "64", "vcpus": 1, "disk": 1, "id": "auto", "swap": 512, "rxtx_factor": "1.5"}
    }
    assert ask("POST", "/v2.1/flavors", body).status == 403
    answer = admin("POST", "/v2.1/flavors", body, version="2.61")
    assert answer.status == 200
    made = conductor.asked[-1][1]["flavor"]
    assert (made.memory_mb, made.swap_mb, made.rxtx_factor, len(made.id)) == (64, 512, 1.5, 36)
    for change in (
        {"ram": 0},
        {"vcpus": 0},
        {"disk": -1},
        {"name": " "},
        {"id": "a/b"},
        {"swap": -1},
        {"odd": 1},
        {"description": "d"},
    ):
        body = {"flavor": {"name": "n", "ram": 1, "vcpus": 1, "disk": 0, **change}}
        assert admin("POST", "/v2.1/flavors", body, version="2.54").status == 400, change
    assert admin("DELETE", "/v2.1/flavors/1").status == 202
    assert admin("DELETE", "/v2.1/flavors/none").status == 404


def test_images_are_shown_until_a_version(ask: Client) -> None:
    shown = ask.get(f"/v2.1/images/{IMAGE_ID}").json["image"]
    assert (shown["status"], shown["progress"], shown["minDisk"], shown["OS-EXT-IMG-SIZE:size"]) == (
        "ACTIVE",
        100,
        1,
        1 << 20,
    )
    assert ask.get(f"/v2.1/images/{OTHER_ID}").status == 404
    assert ask.get("/v2.1/images?minDisk=2").json == {"images": []}
    assert ask.get("/v2.1/images?status=odd").status == 400


def test_services(admin: Client, conductor: FakeConductor) -> None:
    def service(version: str) -> dict[str, Any]:
        return dict(admin.get("/v2.1/os-services?binary=nova-compute", version).json["services"][0])

    assert conductor.asked == []
    assert service("2.10")["id"] == 3
    assert "forced_down" not in service("2.10")
    assert service("2.11")["forced_down"] is False
    assert service("2.53")["id"] == SERVICE_ID
    assert (service("2.1")["status"], service("2.1")["state"]) == ("enabled", "up")
    assert admin.get("/v2.1/os-services?odd=1", "2.75").status == 400


def test_hypervisors(admin: Client) -> None:
    one = admin.get("/v2.1/os-hypervisors/1", "2.52").json["hypervisor"]
    assert (one["id"], one["vcpus"], one["vcpus_used"], one["cpu_info"]) == (1, 4, 1, {"arch": "x86_64"})
    assert isinstance(admin.get("/v2.1/os-hypervisors/1", "2.27").json["hypervisor"]["cpu_info"], str)
    one = admin.get(f"/v2.1/os-hypervisors/{NODE_ID}?with_servers=true", "2.88").json["hypervisor"]
    assert (one["id"], one["uptime"], one["servers"][0]["uuid"]) == (NODE_ID, "up 1 day", SERVER_ID)
    assert "vcpus" not in one
    assert admin.get("/v2.1/os-hypervisors/x", "2.52").status == 404
    assert admin.get("/v2.1/os-hypervisors/1", "2.53").status == 400
    assert admin.get(f"/v2.1/os-hypervisors/{OTHER_ID}", "2.53").status == 404
    assert admin.get("/v2.1/os-hypervisors?hypervisor_hostname_pattern=odd", "2.53").status == 404
    assert admin.get("/v2.1/os-hypervisors?hypervisor_hostname_pattern=node&limit=1", "2.53").status == 400
    page = admin.get("/v2.1/os-hypervisors?limit=1", "2.53").json
    assert page["hypervisors_links"][0]["href"].endswith(f"limit=1&marker={NODE_ID}")


def test_zones(ask: Client, admin: Client) -> None:
    zones = ask.get("/v2.1/os-availability-zone").json["availabilityZoneInfo"]
    assert zones == [{"zoneName": "nova", "zoneState": {"available": True}, "hosts": None}]
    zones = admin.get("/v2.1/os-availability-zone/detail").json["availabilityZoneInfo"]
    assert [zone["zoneName"] for zone in zones] == ["nova", "internal"]
    assert zones[0]["hosts"]["host1"]["nova-compute"]["available"] is True


@pytest.mark.parametrize(
    ("version", "of_owner", "of_admin"),
    [
        ("2.50", None, {"traceback"}),
        ("2.51", set(), {"traceback"}),
        ("2.62", {"hostId"}, {"traceback", "hostId", "host"}),
        ("2.84", {"hostId"}, {"traceback", "hostId", "host", "details"}),
    ],
)
def test_who_is_shown_what_of_events(
    ask: Client, admin: Client, version: str, of_owner: set[str] | None, of_admin: set[str]
) -> None:
    path = f"/v2.1/servers/{SERVER_ID}/os-instance-actions/req-1"
    always = {"event", "start_time", "finish_time", "result"}
    mine = ask.get(path, version).json["instanceAction"]
    if of_owner is None:
        assert "events" not in mine
    else:
        assert set(mine["events"][0]) == always | of_owner
    assert set(admin.get(path, version).json["instanceAction"]["events"][0]) == always | of_admin


def test_actions_are_paged_since_a_version(ask: Client, conductor: FakeConductor) -> None:
    path = f"/v2.1/servers/{SERVER_ID}/os-instance-actions"
    assert "updated_at" not in ask.get(path, "2.57").json["instanceActions"][0]
    page = ask.get(f"{path}?limit=1", "2.58").json
    assert page["links"][0]["href"].endswith("limit=1&marker=req-1")
    assert ask.get(f"{path}?changes-since=x", "2.58").status == 400
