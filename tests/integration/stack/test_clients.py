"""openstackclient and openstacksdk from PyPI, with the printed clouds.yaml and nothing else."""

import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.integration.stack.conftest import ETC, Stack

GUEST = Path("/var/lib/compute-cloud/guest-image/guest.qcow2")


@pytest.fixture
def name() -> str:
    return f"t-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def image(stack: Stack, name: str) -> Iterator[str]:
    words = ("openstack", "image", "create", "--disk-format", "qcow2", "--container-format", "bare")
    made = stack.ask(*words, "--file", str(GUEST), name)
    yield made["id"]
    stack.command("openstack", "image", "delete", made["id"])


def test_openstackclient_boots_lists_shows_and_deletes(stack: Stack, image: str, name: str) -> None:
    made = stack.ask("openstack", "server", "create", "--flavor", "m1.nano", "--image", image, "--wait", name)
    assert made["status"] == "ACTIVE"
    assert name in [server["Name"] for server in stack.ask("openstack", "server", "list")]
    shown = stack.ask("openstack", "server", "show", name)
    assert shown["id"] == made["id"]
    assert stack.command("openstack", "server", "delete", "--wait", name).returncode == 0
    assert name not in [server["Name"] for server in stack.ask("openstack", "server", "list")]


def test_openstackclient_lists_what_there_is(stack: Stack, image: str) -> None:
    assert image in [one["ID"] for one in stack.ask("openstack", "image", "list")]
    assert stack.ask("openstack", "image", "show", image)["status"] == "active"
    assert "m1.nano" in [one["Name"] for one in stack.ask("openstack", "flavor", "list")]
    admin = {"cloud": "devstack-admin"}
    assert {"nova-compute"} <= {one["Binary"] for one in stack.ask("openstack", "compute", "service", "list", **admin)}
    assert stack.ask("openstack", "hypervisor", "list", **admin)[0]["State"] == "up"
    assert "nova" in {one["Zone Name"] for one in stack.ask("openstack", "availability", "zone", "list", "--compute")}


def test_openstacksdk_boots_and_deletes(stack: Stack, image: str, name: str) -> None:
    import openstack

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from openstack.config import OpenStackConfig

        region = OpenStackConfig(config_files=[str(ETC / "clouds.yaml")]).get_one("devstack")
        cloud = openstack.connection.Connection(config=region)
        flavor = cloud.compute.find_flavor("m1.nano")
        server = cloud.compute.create_server(name=name, flavor_id=flavor.id, image_id=image, networks="none")
        server = cloud.compute.wait_for_server(server, wait=180)
        assert server.status == "ACTIVE"
        assert server.id in {one.id for one in cloud.compute.servers()}
        cloud.compute.delete_server(server)
        cloud.compute.wait_for_delete(server, wait=120)
        cloud.close()
    assert stack.mode


def test_a_wrong_password_is_401(stack: Stack, tmp_path: Path) -> None:
    clouds = yaml.safe_load((ETC / "clouds.yaml").read_text())
    clouds["clouds"]["devstack"]["auth"]["password"] = "wrong"
    file = tmp_path / "clouds.yaml"
    file.write_text(yaml.safe_dump(clouds))
    result = stack.command("openstack", "server", "list", OS_CLIENT_CONFIG_FILE=str(file))
    assert result.returncode != 0
    assert "401" in result.stderr


def test_a_token_that_is_no_longer_good_is_401(stack: Stack) -> None:
    import requests

    url = "http://127.0.0.1:8774/v2.1/servers"
    if stack.mode == "keystone":
        token = stack.ask("openstack", "token", "issue")["id"]
        assert requests.get(url, headers={"X-Auth-Token": token}, timeout=30).status_code == 200
        assert stack.command("openstack", "token", "revoke", token).returncode == 0
        assert stack.command("openstack", "server", "list").returncode == 0
    assert requests.get(url, headers={"X-Auth-Token": "expired"}, timeout=30).status_code == 401
    assert requests.get(url, timeout=30).status_code == 401


def test_another_projects_server_does_not_exist(stack: Stack, name: str) -> None:
    admin = "devstack-admin"
    words = ("openstack", "server", "create", "--flavor", "m1.nano", "--image", "guest", "--wait", name)
    theirs = stack.ask(*words, cloud=admin)["id"]
    try:
        for words in (("show", theirs), ("delete", theirs)):
            seen = stack.command("openstack", "server", *words, cloud="devstack")
            assert seen.returncode != 0
            assert "No Server found" in seen.stderr or "could not be found" in seen.stderr
        assert stack.ask("openstack", "server", "show", theirs, cloud=admin)["status"] == "ACTIVE"
    finally:
        stack.command("openstack", "server", "delete", "--wait", theirs, cloud=admin)
