"""The commands of users and operators, as installed programs, against the cloud."""

import json
import re
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.ports import free_port
from tests.functional.product.whole_cloud import BIN, Furnished, environment

# programs take long to start, and care little how the cloud runs: those in tests/functional/cli ask the other backend
pytestmark = pytest.mark.parametrize("cloud", ["threading"], indirect=True)
AT_ONCE = 2
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Shell:
    """Where commands find the cloud."""

    clouds_yaml: Path
    configuration: Path

    def run(self, *words: str, user: str = "demo", clouds_yaml: Path | None = None) -> Done:
        """Run `compute-cloud` as a user named in clouds.yaml."""
        login = {"OS_CLIENT_CONFIG_FILE": str(clouds_yaml or self.clouds_yaml), "OS_CLOUD": user}
        return _run("compute-cloud", words, login)

    def admin(self, *words: str) -> Done:
        return self.run(*words, user="admin")

    def manage(self, *words: str) -> Done:
        """Run `compute-cloud-manage` with the cloud's configuration."""
        return _run("compute-cloud-manage", ("--config-file", str(self.configuration), *words), {})


def _run(program: str, words: Sequence[str], variables: dict[str, str]) -> Done:
    command = [str(BIN / program), *words]
    return subprocess.run(
        command, env=environment(None, **variables), capture_output=True, text=True, timeout=120, check=False
    )


def together(*calls: Any) -> list[Done]:
    """Run several at once; return what each did, in order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def document(done: Done) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def shell(furnished: Furnished) -> Shell:
    return Shell(furnished.cloud.directory / "clouds.yaml", furnished.cloud.configuration)


def test_a_server_by_commands(shell: Shell) -> None:
    booted = shell.run("boot", "--flavor", "tiny", "--image", "small", "--poll", "shell", "-f", "json")
    server = document(booted)
    assert (server["name"], server["status"]) == ("shell", "ACTIVE")
    assert booted.stderr.splitlines()[-1].startswith("shell: ACTIVE after")
    listed, logged, flows = together(
        partial(shell.run, "list", "--name", "shell"),
        partial(shell.run, "console-log", "--length", "1", "shell"),
        partial(shell.manage, "flow", "list", "--server", server["id"]),
    )
    assert {cell.strip() for cell in listed.stdout.splitlines()[3].split("|")} >= {server["id"], "shell", "ACTIVE"}
    assert logged.stdout == "compute-cloud: guest ready shell\n"
    assert [word in flows.stdout for word in ("boot_server", server["id"], "done")] == [True] * 3
    deleted = shell.run("delete", "--wait", "shell")
    assert (deleted.returncode, deleted.stderr.splitlines()[-1][:17]) == (0, "shell: gone after")


def test_flavors_by_commands(shell: Shell) -> None:
    [made] = document(shell.admin("flavor-create", "mine", "auto", "32", "2", "1", "-f", "json"))
    assert made["Name"] == "mine"
    assert shell.admin("flavor-delete", made["ID"]).returncode == 0


def test_what_operators_list(shell: Shell, furnished: Furnished) -> None:
    services, hosts, zones, version, alive, kept = together(
        partial(shell.admin, "service-list"),
        partial(shell.admin, "hypervisor-list"),
        partial(shell.admin, "availability-zone-list"),
        partial(shell.manage, "db", "version"),
        partial(shell.manage, "service", "list"),
        partial(shell.manage, "image", "list"),
    )
    daemons = {"nova-compute", "nova-conductor", "nova-scheduler"}
    assert all(f"| {daemon} " in services.stdout for daemon in daemons)
    assert "| up " in hosts.stdout
    assert "| nova" in zones.stdout
    assert version.stdout.startswith("0001 (newest: 0001)")
    assert all(daemon in alive.stdout for daemon in daemons)
    assert alive.stdout.count(" up ") == 3
    assert furnished.image in kept.stdout


def test_what_fails_says_so_in_one_line(shell: Shell, tmp_path: Path) -> None:
    text = shell.clouds_yaml.read_text()
    wrong, absent = tmp_path / "wrong.yaml", tmp_path / "absent.yaml"
    wrong.write_text(re.sub("password: .*", "password: wrong", text))
    absent.write_text(re.sub("http://127.0.0.1:[0-9]+", f"http://127.0.0.1:{free_port()}", text))
    calls = {
        "HTTP 401": partial(shell.run, "list", clouds_yaml=wrong),
        "127.0.0.1": partial(shell.run, "list", clouds_yaml=absent),
        "stranger": partial(shell.run, "list", user="stranger"),
        "no-flow": partial(shell.manage, "flow", "show", "no-flow"),
        "no-image": partial(shell.manage, "image", "delete", "no-image"),
        "/none": partial(_run, "compute-cloud-manage", ("--config-file", "/none", "db", "version"), {}),
    }
    for says, done in zip(calls, together(*calls.values()), strict=True):
        assert (done.returncode, done.stdout) == (1, ""), done.args
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert says in done.stderr
