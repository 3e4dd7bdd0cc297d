"""The `compute-cloud` command, as an installed program, against a whole cloud in one process."""

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.functional.product.whole_cloud import BIN, WholeCloud, environment

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def clouds_yaml(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    cloud = WholeCloud(tmp_path_factory.mktemp("cloud"), "eventlet")
    try:
        cloud.start()
        cloud.ready()
        cloud.user("admin").upload("empty", bytes(1 << 20), visibility="public")
        yield cloud.directory / "clouds.yaml"
        cloud.stop()
    finally:
        cloud.kill()
    assert cloud.complaints() == []


@pytest.fixture(scope="module")
def run(clouds_yaml: Path) -> Run:
    """Run the command as a user named in clouds.yaml."""

    def run_it(*words: str, cloud: str = "admin") -> "subprocess.CompletedProcess[str]":
        variables = environment(None, OS_CLIENT_CONFIG_FILE=str(clouds_yaml), OS_CLOUD=cloud)
        command = [str(BIN / "compute-cloud"), *words]
        return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120, check=False)

    return run_it


def ask(run: Run, *words: str, cloud: str = "admin") -> Any:
    done = run(*words, "-f", "json", cloud=cloud)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ask_all(run: Run, *asked: Sequence[str], cloud: str = "admin") -> list[Any]:
    """Ask several at once: a program that starts keeps one processor busy."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda words: ask(run, *words, cloud=cloud), asked))


def run_all(run: Run, *asked: Sequence[str], cloud: str = "admin") -> "list[subprocess.CompletedProcess[str]]":
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda words: run(*words, cloud=cloud), asked))


@pytest.fixture(scope="module", autouse=True)
def _flavor(run: Run) -> None:
    ask(run, "flavor-create", "tiny", "auto", "64", "1", "1")


def test_a_server_from_boot_to_delete(run: Run) -> None:
    boot = ("boot", "--flavor", "tiny", "--image", "empty", "--meta", "color=blue", "--poll", "web")
    booted = run(*boot, "-f", "json", cloud="demo")
    assert booted.returncode == 0, booted.stderr
    server = json.loads(booted.stdout)
    assert (server["name"], server["status"], server["flavor"]) == ("web", "ACTIVE", "tiny")
    assert server["metadata"] == {"color": "blue"}
    progress = booted.stderr.splitlines()
    assert progress[-1].startswith("web: ACTIVE after")
    assert len(progress) > 2, "each step has its line"
    assert all(line.startswith("web: ") for line in progress)

    listing = ("list", "--name", "web", "--status", "ACTIVE")
    [listed], shown = ask_all(run, listing, ("show", "web"), cloud="demo")
    assert (listed["ID"], listed["Power State"]) == (server["id"], "Running")
    assert shown["id"] == server["id"]
    assert run("console-log", "--length", "5", "web", cloud="demo").returncode == 0
    [seen] = ask(run, "list", "--all-tenants", "--host", ask(run, "show", server["id"])["OS-EXT-SRV-ATTR:host"])
    assert seen["ID"] == server["id"]

    deleted = run("delete", "--wait", "web", cloud="demo")
    assert deleted.returncode == 0, deleted.stderr
    assert deleted.stderr.splitlines()[-1].startswith("web: gone after")
    assert ask(run, "list", cloud="demo") == []


def test_several_at_once(run: Run) -> None:
    many = ask(run, "boot", "--flavor", "tiny", "--image", "empty", "--max-count", "3", "--poll", "many", cloud="demo")
    names = [server["name"] for server in many["servers"]]
    assert names == ["many-1", "many-2", "many-3"]
    assert {server["status"] for server in many["servers"]} == {"ACTIVE"}
    assert run("delete", "--wait", *names, cloud="demo").returncode == 0


def test_a_boot_that_fits_nowhere_says_why(run: Run) -> None:
    ask(run, "flavor-create", "huge", "auto", "64", "1", "1000")
    failed = run("boot", "--flavor", "huge", "--image", "empty", "--poll", "giant", cloud="demo")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "No valid host" in failed.stderr.splitlines()[-1] or "Quota" in failed.stderr.splitlines()[-1]
    assert "(req" in failed.stderr.splitlines()[-1] or "request req-" in failed.stderr.splitlines()[-1]
    run("delete", "--wait", "giant", cloud="demo")


def test_what_operators_see(run: Run) -> None:
    lists = ("hypervisor-list", "service-list", "availability-zone-list", "image-list", "flavor-list")
    hosts, services, zones, images, flavors = ask_all(run, *((name,) for name in lists))
    assert [host["State"] for host in hosts] == ["up"]
    up = {service["Binary"]: service["State"] for service in services}
    assert {"nova-compute", "nova-conductor", "nova-scheduler"} <= up.keys()
    assert set(up.values()) == {"up"}
    assert "nova" in {zone["Name"] for zone in zones}
    assert [image["Name"] for image in images] == ["empty"]
    assert {flavor["Name"] for flavor in flavors} >= {"tiny"}


def test_what_users_do_not_see(run: Run) -> None:
    forbidden = (("service-list",), ("hypervisor-list",), ("flavor-create", "x", "auto", "1", "1", "1"))
    for refused in run_all(run, *forbidden, cloud="demo"):
        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 1
        assert "HTTP 403, request req-" in refused.stderr
    assert ask(run, "availability-zone-list", cloud="demo") == [{"Name": "nova", "Status": "available"}]


def test_wrong_names(run: Run) -> None:
    boot = ("boot", "--flavor", "nothing", "--image", "e", "x")
    for failed in run_all(run, ("show", "nothing"), ("flavor-delete", "nothing"), boot):
        assert failed.returncode == 1
        assert "'nothing'" in failed.stderr
