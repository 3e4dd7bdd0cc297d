import json

import pytest
from canned_cloud import IMAGE, CannedCloud, Run


def test_boot_sends_what_was_asked_at_the_highest_common_microversion(ask: Run, cloud: CannedCloud) -> None:
    answer = ask(
        "boot",
        "--flavor",
        "m1.tiny",
        "--image",
        "tiny",
        "--availability-zone",
        "nova",
        "--meta",
        "a=b",
        "web",
        "-f",
        "json",
    )
    assert answer.code == 0, answer.err
    shown = json.loads(answer.out)
    assert (shown["name"], shown["flavor"], shown["image"]) == ("web", "m1.tiny", IMAGE["id"])
    [(_, _, _, body, headers)] = [asked for asked in cloud.asked if asked[:2] == ("POST", "/v2.1/servers")]
    assert body["server"] == {
        "name": "web",
        "flavorRef": "1",
        "imageRef": IMAGE["id"],
        "networks": "auto",
        "availability_zone": "nova",
        "metadata": {"a": "b"},
    }
    assert headers["openstack-api-version"] == "compute 2.100"


def test_a_newer_cloud_is_spoken_to_at_what_the_command_knows(ask: Run, cloud: CannedCloud) -> None:
    cloud.newest = "2.999"
    assert ask("service-list").code == 0
    assert cloud.asked[-1][4]["openstack-api-version"] == "compute 2.104"


def test_poll_tells_each_step_and_shows_the_active_server(ask: Run, cloud: CannedCloud) -> None:
    answer = ask("boot", "--flavor", "1", "--image", IMAGE["id"], "--poll", "web", "-f", "json")
    assert answer.code == 0, answer.err
    assert json.loads(answer.out)["status"] == "ACTIVE"
    lines = answer.err.splitlines()
    assert lines[:3] == ["web: choose host: done in 4 s", "web: spawn guest: running", "web: spawn guest: done in 3 s"]
    assert lines[3].startswith("web: ACTIVE after ")
    assert len(lines) == 4


def test_poll_of_a_failing_boot_says_why(ask: Run, cloud: CannedCloud) -> None:
    cloud.fate = "ERROR"
    answer = ask("boot", "--flavor", "1", "--image", "tiny", "--poll", "web")
    assert answer.code == 1
    assert answer.out == ""
    assert "No valid host was found. RamFilter refused 2 hosts. (request req-" in answer.err.splitlines()[-1]


def test_poll_survives_an_api_that_is_away_for_a_moment(ask: Run, cloud: CannedCloud) -> None:
    cloud.gateway_faults = 1
    assert ask("boot", "--flavor", "1", "--image", "tiny", "--poll", "web").code == 0


def test_boot_of_several_polls_all_of_them(ask: Run, cloud: CannedCloud) -> None:
    answer = ask("boot", "--flavor", "1", "--image", "tiny", "--max-count", "3", "--poll", "web", "-f", "json")
    assert answer.code == 0, answer.err
    assert [(s["name"], s["status"]) for s in json.loads(answer.out)["servers"]] == [
        (f"web-{n}", "ACTIVE") for n in (1, 2, 3)
    ]


def test_list_follows_pages_and_passes_its_filters(ask: Run, cloud: CannedCloud) -> None:
    for number in range(5):
        cloud.add_server(f"s{number}")
    answer = ask(
        "list",
        "--all-tenants",
        "--host",
        "h",
        "--status",
        "ACTIVE",
        "--name",
        "s",
        "-f",
        "value",
        "-c",
        "Name",
        "-c",
        "Tenant ID",
    )
    assert answer.out.split() == ["s0", "p", "s1", "p", "s2", "p", "s3", "p", "s4", "p"]
    queries = [asked[2] for asked in cloud.asked if asked[1] == "/v2.1/servers/detail"]
    assert queries[0] == {"all_tenants": ["1"], "host": ["h"], "status": ["ACTIVE"], "name": ["s"]}
    assert len(ask("list", "--limit", "3", "-f", "value").out.splitlines()) == 3


def test_show_by_name_and_by_id(ask: Run, cloud: CannedCloud) -> None:
    server = cloud.add_server("a.b+c")
    cloud.add_server("aXb+c")
    for name in ("a.b+c", server["id"]):
        assert json.loads(ask("show", name, "-f", "json").out)["id"] == server["id"]


def test_a_name_of_two_servers_is_refused_with_their_ids(ask: Run, cloud: CannedCloud) -> None:
    ids = [cloud.add_server("twin")["id"] for _ in range(2)]
    answer = ask("delete", "twin")
    assert answer.code == 1
    assert answer.err == f"twin: 2 servers are called 'twin'; use an id: {', '.join(ids)}\n"


def test_delete_waits_until_the_server_is_gone(ask: Run, cloud: CannedCloud) -> None:
    cloud.add_server("web")
    answer = ask("delete", "--wait", "web")
    assert answer.code == 0, answer.err
    assert cloud.servers == {}
    assert answer.err.splitlines()[-1].startswith("web: gone after")


def test_delete_goes_on_past_one_that_is_missing(ask: Run, cloud: CannedCloud) -> None:
    server = cloud.add_server("web")
    answer = ask("delete", "nothing", "web")
    assert answer.code == 1
    assert answer.err == "nothing: There is no server with the name or id 'nothing'\n"
    assert server["going"]


def test_console_log(ask: Run, cloud: CannedCloud) -> None:
    cloud.add_server("web")
    assert ask("console-log", "web").out == "one\ntwo\nthree\n"
    assert ask("console-log", "--length", "2", "web").out == "two\nthree\n"


def test_flavors(ask: Run, cloud: CannedCloud) -> None:
    created = ask("flavor-create", "m1.big", "auto", "2048", "20", "4", "--is-public", "false", "-f", "json")
    assert json.loads(created.out)[0]["ID"] == "made-up"
    assert cloud.flavors[-1]["os-flavor-access:is_public"] is False
    assert ask("flavor-list", "-f", "value", "-c", "Name").out.split() == ["m1.tiny", "m1.big"]
    assert ask("flavor-delete", "m1.big").code == 0
    assert len(cloud.flavors) == 1


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("service-list", {"Binary": "nova-compute", "State": "up"}),
        ("hypervisor-list", {"Hypervisor hostname": "node"}),
        ("image-list", {"Name": "tiny", "Size": 9}),
        ("availability-zone-list", {"Name": "nova", "Status": "available", "Host": "h", "State": "enabled, down"}),
    ],
)
def test_lists(ask: Run, command: str, expected: dict[str, object]) -> None:
    [row] = json.loads(ask(command, "-f", "json").out)
    assert expected.items() <= row.items()


def test_zones_of_one_who_may_not_see_hosts(ask: Run, cloud: CannedCloud) -> None:
    cloud.admin = False
    assert json.loads(ask("availability-zone-list", "-f", "json").out) == [{"Name": "nova", "Status": "available"}]


def test_other_forms_of_output(ask: Run) -> None:
    assert "hypervisor_hostname" not in ask("hypervisor-list").out
    assert ask("hypervisor-list", "-f", "csv").out.splitlines()[0] == '"ID","Hypervisor hostname","State","Status"'
    assert "Hypervisor hostname: node" in ask("hypervisor-list", "-f", "yaml").out
