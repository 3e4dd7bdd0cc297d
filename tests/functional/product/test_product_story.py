"""What users do with servers, from the image to the end, over plain HTTP."""

import base64

import pytest

from tests.fixtures.waiting import wait_for
from tests.functional.product.whole_cloud import Furnished, WholeCloud

STEPS = [
    "conductor_choose_host",
    "compute_spawn_guest",
    "compute_fetch_image",
    "compute_make_disks",
    "compute_start_guest",
]


def used(cloud: WholeCloud) -> tuple[int, int, int]:
    """Return (processors, MiB, GiB) that the one host has given away."""
    [host] = cloud.user("admin").get("/os-hypervisors/detail", version="2.87")["hypervisors"]
    return host["vcpus_used"], host["memory_mb_used"], host["local_gb_used"]


def test_an_image_from_upload_to_download(furnished: Furnished) -> None:
    demo, eve = furnished.cloud.user("demo"), furnished.cloud.user("eve")
    data = bytes(range(256)) * 1000
    image = demo.upload("mine", data, visibility="private", os_distro="debian", min_ram=16)
    shown = demo.ask_images("GET", f"/v2/images/{image}").json()
    assert (shown["status"], shown["size"], shown["os_distro"]) == ("active", len(data), "debian")
    assert demo.ask_images("GET", f"/v2/images/{image}/file").content == data
    assert demo.ask_images("GET", "/v2/images", params={"name": "mine"}).json()["images"][0]["id"] == image
    assert demo.get(f"/images/{image}", version="2.35")["image"]["minRam"] == 16
    for path in ("", "/file"):
        assert eve.ask_images("GET", f"/v2/images/{image}{path}").status_code == 404
    assert demo.ask_images("DELETE", f"/v2/images/{image}").status_code == 204
    assert demo.ask_images("GET", f"/v2/images/{image}").status_code == 404


def test_a_server_from_boot_to_delete(furnished: Furnished) -> None:
    cloud, demo = furnished.cloud, furnished.cloud.user("demo")
    before = used(cloud)
    made = demo.boot(
        furnished.image,
        furnished.tiny,
        name="first",
        metadata={"color": "blue"},
        tags=["one", "two"],
        description="the first",
        user_data=base64.b64encode(b"#!/bin/sh").decode(),
        config_drive=True,
    )
    assert made.status_code == 202
    assert made.headers["Location"] == made.json()["server"]["links"][0]["href"]
    server = demo.settled(made.json()["server"]["id"])
    path = f"/servers/{server['id']}"
    assert (server["status"], server["OS-EXT-STS:vm_state"], server["OS-EXT-STS:power_state"]) == (
        "ACTIVE",
        "active",
        1,
    )
    assert (server["name"], server["description"], server["tags"]) == ("first", "the first", ["one", "two"])
    assert (server["metadata"], server["config_drive"]) == ({"color": "blue"}, "True")
    assert server["flavor"]["original_name"] == "tiny"
    assert server["image"]["id"] == furnished.image
    assert server["OS-SRV-USG:launched_at"]
    assert "fault" not in server
    assert used(cloud) == (before[0] + 1, before[1] + 64, before[2] + 1)

    [action] = demo.get(f"{path}/os-instance-actions")["instanceActions"]
    assert (action["action"], action["message"]) == ("create", None)
    assert action["request_id"] == made.headers["X-Compute-Request-Id"]
    events = demo.get(f"{path}/os-instance-actions/{action['request_id']}")["instanceAction"]["events"]
    assert sorted(event["event"] for event in events) == sorted(STEPS)
    assert {event["result"] for event in events} == {"Success"}

    console = demo.ask("POST", f"{path}/action", {"os-getConsoleOutput": {"length": 2}}).json()["output"]
    assert console.splitlines()[-1] == "compute-cloud: guest ready first"
    assert len(console.splitlines()) == 2
    renamed = demo.ask("PUT", path, {"server": {"name": "renamed"}})
    assert (renamed.status_code, renamed.json()["server"]["name"]) == (200, "renamed")
    assert demo.get(path)["server"]["name"] == "renamed"

    demo.delete(server["id"])
    for method, where in (("GET", path), ("DELETE", path), ("PUT", path), ("POST", f"{path}/action")):
        body = {"PUT": {"server": {"name": "x"}}, "POST": {"os-getConsoleOutput": {}}}.get(method)
        assert demo.ask(method, where, body).status_code == 404
    actions = demo.get(f"{path}/os-instance-actions")["instanceActions"]
    assert [one["action"] for one in actions] == ["delete", "create"]
    wait_for(lambda: used(cloud) == before, "the claim is back")


def test_several_at_once(furnished: Furnished) -> None:
    demo = furnished.cloud.user("demo")
    made = demo.boot(furnished.image, furnished.tiny, name="many", min_count=2, max_count=3, return_reservation_id=True)
    reservation = made.json()["reservation_id"]
    found = demo.get(f"/servers/detail?reservation_id={reservation}&sort_key=display_name&sort_dir=asc")["servers"]
    assert [server["name"] for server in found] == ["many-1", "many-2", "many-3"]
    assert {demo.settled(server["id"])["status"] for server in found} == {"ACTIVE"}
    demo.delete(*(server["id"] for server in found))


def test_a_server_in_several_versions(furnished: Furnished) -> None:
    demo, admin = furnished.cloud.user("demo"), furnished.cloud.user("admin")
    server_id = demo.booted(furnished.image, furnished.tiny, description="said", tags=["t"])
    demo.settled(server_id)
    since = {
        "locked": "2.9", "description": "2.19", "tags": "2.26", "trusted_image_certificates": "2.63",
        "server_groups": "2.71", "locked_reason": "2.73", "pinned_availability_zone": "2.96",
        "scheduler_hints": "2.100",
    }  # fmt: skip
    for name, version in since.items():
        major, minor = version.split(".")
        before = demo.get(f"/servers/{server_id}", f"{major}.{int(minor) - 1}")["server"]
        assert name not in before, name
        assert name in demo.get(f"/servers/{server_id}", version)["server"], name
    assert demo.get(f"/servers/{server_id}", "2.46")["server"]["flavor"]["id"] == furnished.tiny
    assert demo.get(f"/servers/{server_id}", "2.47")["server"]["flavor"]["original_name"] == "tiny"
    assert "OS-EXT-SRV-ATTR:host" not in demo.get(f"/servers/{server_id}")["server"]
    whole = admin.get(f"/servers/{server_id}", "2.3")["server"]
    assert whole["OS-EXT-SRV-ATTR:instance_name"] == f"instance-{server_id[:8]}"
    assert whole["OS-EXT-SRV-ATTR:root_device_name"] == "/dev/vda"
    answer = demo.ask("GET", f"/servers/{server_id}", version="2.latest")
    assert answer.status_code == 400
    for header in ("compute latest", "compute 2.104"):
        answer = demo.ask("GET", f"/servers/{server_id}", headers={"OpenStack-API-Version": header})
        assert answer.headers["OpenStack-API-Version"] == "compute 2.104"
        assert "OpenStack-API-Version" in answer.headers["Vary"]
    older = demo.session.get(
        f"{demo.compute}/v2.1/servers/{server_id}", headers={"X-OpenStack-Nova-API-Version": "2.9"}, timeout=60
    )
    assert older.headers["X-OpenStack-Nova-API-Version"] == "2.9"
    assert demo.ask("GET", "/servers", version="2.105").status_code == 406
    demo.delete(server_id)


@pytest.mark.parametrize(
    ("flavor", "reason"),
    [
        ("fat", r"1 of 1 host has too little memory (needs 65536 MB,"),
        ("wide", "1 of 1 host gives one server too few processors (needs 64, 32 allowed)"),
    ],
)
def test_a_boot_that_fits_nowhere_says_why(furnished: Furnished, flavor: str, reason: str) -> None:
    cloud, demo = furnished.cloud, furnished.cloud.user("demo")
    before = used(cloud)
    server = demo.settled(demo.booted(furnished.image, getattr(furnished, flavor)))
    assert (server["status"], server["OS-EXT-STS:task_state"]) == ("ERROR", None)
    assert server["fault"]["code"] == 500
    assert server["fault"]["message"].startswith("No valid host was found")
    assert reason in server["fault"]["message"]
    assert "Filter]" in server["fault"]["message"]
    assert server["hostId"] == ""
    path = f"/servers/{server['id']}/os-instance-actions"
    [action] = demo.get(path)["instanceActions"]
    *_, first = demo.get(f"{path}/{action['request_id']}")["instanceAction"]["events"]
    assert (action["message"], first["event"], first["result"]) == ("Error", "conductor_choose_host", "Error")
    assert used(cloud) == before
    demo.delete(server["id"])


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        ("host", "1 host was tried and could not build the server (The hypervisor had no room for the guest.)"),
        ("invalid", "The guest cannot be built from this order."),
    ],
)
def test_a_host_that_cannot_build_it(furnished: Furnished, failure: str, reason: str) -> None:
    cloud, demo = furnished.cloud, furnished.cloud.user("demo")
    before = used(cloud)
    server = demo.settled(demo.booted(furnished.image, furnished.tiny, metadata={"fake_failure": failure}))
    assert server["status"] == "ERROR"
    assert reason in server["fault"]["message"]
    wait_for(lambda: used(cloud) == before, "the claim is back")
    refused = demo.ask("POST", f"/servers/{server['id']}/action", {"os-getConsoleOutput": {}})
    assert refused.status_code in {404, 409}
    demo.delete(server["id"])
