"""How the daemon ends, comes back, and what it refuses to begin with."""

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.fixtures.ports import free_port
from tests.fixtures.waiting import wait_for
from tests.functional.product.whole_cloud import BACKENDS, BIN, User, WholeCloud, environment

OPTIONS = {
    "DEFAULT": {"debug": "false"},
    "conductor": {"flow_lease_seconds": 3, "flow_poll_seconds": 1},
    "quota": {"instances": 100, "cores": 400},
}
T = TypeVar("T")
U = TypeVar("U")
SLOW = {"metadata": {"fake_delay_seconds": "1"}}


@dataclass(frozen=True)
class Mortal:
    """A cloud of this file's own, which its tests may end; each leaves it running."""

    cloud: WholeCloud
    image: str
    flavor: str

    def restart(self) -> None:
        self.cloud.start()
        self.cloud.ready()

    @property
    def demo(self) -> User:
        return self.cloud.user("demo")

    def boot(self, count: int, **said: Any) -> list[str]:
        made = self.demo.boot(self.image, self.flavor, min_count=count, return_reservation_id=True, **said)
        reservation = made.json()["reservation_id"]
        return [server["id"] for server in self.demo.get(f"/servers?reservation_id={reservation}")["servers"]]

    def guests(self) -> set[str]:
        """Return the servers whose guests the (fake) hypervisor runs."""
        [memory] = self.cloud.directory.glob("fake-*.log")
        running = set()
        for line in memory.read_text().splitlines():
            change = json.loads(line)
            running |= {change["guest"]} if "guest" in change else set()
            running -= {change.get("gone")}
        return running

    def statuses(self) -> dict[str, str]:
        servers = self.cloud.user("admin").get("/servers/detail?all_tenants=1")["servers"]
        return {server["id"]: server["status"] for server in servers}

    def check(self) -> None:
        """Wait until claims, guests and servers say the same."""

        def agree() -> bool:
            [host] = self.cloud.user("admin").get("/os-hypervisors/detail", version="2.87")["hypervisors"]
            active = {server_id for server_id, status in self.statuses().items() if status == "ACTIVE"}
            return self.guests() == active and (host["vcpus_used"], host["running_vms"]) == (len(active),) * 2

        wait_for(agree, "claims and guests equal servers")


def put_up(cloud: WholeCloud) -> Mortal:
    cloud.start()
    cloud.ready()
    admin = cloud.user("admin")
    return Mortal(cloud, admin.upload("small", bytes(4096), visibility="public"), admin.flavor("tiny"))


def at_once(work: Callable[[T], U], things: Sequence[T]) -> list[U]:
    """Do something to each at the same time: daemons that start use one processor each."""
    with ThreadPoolExecutor(len(things)) as pool:
        return list(pool.map(work, things))


@pytest.fixture(scope="module")
def mortals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Mortal]]:
    """One on each backend."""
    clouds = [WholeCloud(tmp_path_factory.mktemp(f"mortal-{backend}"), backend, OPTIONS) for backend in BACKENDS]
    try:
        yield at_once(put_up, clouds)
        for cloud in clouds:
            cloud.stop()
    finally:
        for cloud in clouds:
            cloud.kill()
    assert {cloud.backend: cloud.complaints() for cloud in clouds} == {backend: [] for backend in BACKENDS}


def on_both(scenario: Callable[[Mortal], None]) -> Callable[[list[Mortal]], None]:
    """Make a test of what is to be true on each backend."""

    def named(mortal: Mortal) -> None:
        try:
            scenario(mortal)
        except BaseException as failure:
            failure.add_note(f"on {mortal.cloud.backend}")
            raise

    def test(mortals: list[Mortal]) -> None:
        at_once(named, mortals)

    test.__name__, test.__doc__ = scenario.__name__, scenario.__doc__
    return test


@on_both
def test_sighup_switches_the_log_level(mortal: Mortal) -> None:
    cloud = mortal.cloud

    def debugs() -> int:
        """Return how often something was logged that only --debug shows, having given a reason for it."""
        assert mortal.demo.ask("POST", "/servers", {"server": {"name": "x" * 200_000}}).status_code == 413
        return len(re.findall(" DEBUG ", cloud.log.read_text()))

    assert debugs() == 0
    for level, is_right in (("true", lambda before: debugs() > before), ("false", lambda before: debugs() == before)):
        text = cloud.configuration.read_text()
        cloud.configuration.write_text(re.sub("debug = .*", f"debug = {level}", text))
        told = cloud.log.read_text().count("mutable options were taken anew")
        cloud.signal(signal.SIGHUP)
        wait_for(lambda told=told: cloud.log.read_text().count("taken anew") > told, "the configuration is read again")
        before = len(re.findall(" DEBUG ", cloud.log.read_text()))
        assert is_right(before), level


@on_both
def test_user_files_that_are_broken_break_nothing(mortal: Mortal) -> None:
    for name in ("users.yaml", "htpasswd"):
        break_and_mend(mortal, name)


def break_and_mend(mortal: Mortal, name: str) -> None:
    file = mortal.cloud.directory / name
    before = file.read_text()
    try:
        for broken in ("{", "[a]", "\0", f"{before}nobody:nothing\n"):
            file.write_text(broken)
            answer = mortal.demo.ask("GET", "/servers")
            assert answer.status_code == (200 if name == "users.yaml" or before in broken else 401), broken
        file.unlink()
        assert mortal.demo.ask("GET", "/servers").status_code in {200, 401}
    finally:
        file.write_text(before)
    assert mortal.demo.ask("GET", "/servers").status_code == 200
    assert mortal.cloud.user("admin").ask("GET", "/servers").status_code == 200


@on_both
def test_sigterm_finishes_and_a_restart_keeps_everything(mortal: Mortal) -> None:
    cloud = mortal.cloud
    kept = mortal.boot(2, name="kept", metadata={"a": "b"})
    before = [mortal.demo.settled(server_id) for server_id in kept]
    on_the_way = mortal.boot(3, name="on-the-way", **SLOW)
    assert cloud.stop() < 20
    assert cloud.exit_status == 0
    mortal.restart()
    after = [mortal.demo.get(f"/servers/{server_id}")["server"] for server_id in kept]
    assert after == before
    assert {mortal.demo.settled(server_id)["status"] for server_id in on_the_way} == {"ACTIVE"}
    mortal.check()
    console = {"os-getConsoleOutput": {"length": 1}}
    for server_id in (*kept, *on_the_way):
        assert "guest ready" in mortal.demo.ask("POST", f"/servers/{server_id}/action", console).text
    assert mortal.demo.ask_images("GET", f"/v2/images/{mortal.image}/file").content == bytes(4096)
    mortal.demo.delete(*kept, *on_the_way)
    mortal.check()


@on_both
def test_kill_9_in_the_middle_of_boots_and_deletes(mortal: Mortal) -> None:
    cloud, demo = mortal.cloud, mortal.demo
    standing = mortal.boot(2, name="standing")
    for server_id in standing:
        demo.settled(server_id)
    building = mortal.boot(12, name="building", **SLOW)
    refused = mortal.boot(2, name="refused", metadata={"fake_delay_seconds": "1", "fake_failure": "invalid"})
    wait_for(
        lambda: any(s["OS-EXT-STS:task_state"] == "spawning" for s in demo.get("/servers/detail")["servers"]),
        "some are being built",
        pause=0.01,
    )
    unwanted = [standing[0], building[0], building[-1]]
    for server_id in unwanted:
        assert demo.ask("DELETE", f"/servers/{server_id}").status_code == 204
    cloud.kill()
    mortal.restart()
    wait_for(lambda: not set(unwanted) & mortal.statuses().keys(), "what was being deleted is gone")
    wait_for(lambda: "BUILD" not in mortal.statuses().values(), "nothing is being built any more")
    statuses = mortal.statuses()
    assert {statuses[server_id] for server_id in (standing[1], *building[1:-1])} == {"ACTIVE"}
    for server_id in refused:
        server = demo.get(f"/servers/{server_id}")["server"]
        assert (server["status"], server["OS-EXT-STS:task_state"]) == ("ERROR", None)
        assert server["fault"]["message"] == "The guest cannot be built from this order."
    mortal.check()
    demo.delete(*statuses)
    mortal.check()


# beginnings that are refused


@dataclass(frozen=True)
class Refusal:
    """Options that are wrong, a word of what must be said of them, and the backend to try them on."""

    options: str
    says: str
    backend: str | None = "eventlet"


REFUSALS = {
    "noauth2-eventlet": Refusal("[api]\nauth_strategy = noauth2\n", "allow_noauth2 = true"),
    "noauth2-threading": Refusal("[api]\nauth_strategy = noauth2\n", "allow_noauth2 = true", "threading"),
    "number": Refusal("[DEFAULT]\nreport_interval = often\n", "report_interval"),
    "choice": Refusal("[fake]\nfail_spawn = sometimes\n", "fail_spawn", "threading"),
    "file": Refusal("[DEFAULT\n", "compute-cloud.conf"),
    "backend": Refusal("[DEFAULT]\nconcurrency_backend = fibers\n", "fibers", None),
    "apis": Refusal("[DEFAULT]\nenabled_apis =\n", "enabled_apis", "threading"),
}


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """Start all of them at once; return the exit status and the words of each."""
    running = {}
    for name, refusal in REFUSALS.items():
        directory: Path = tmp_path_factory.mktemp(name)
        (directory / "compute-cloud.conf").write_text(refusal.options)
        ports = (f"--port={free_port()}", f"--image-port={free_port()}")
        command = [str(BIN / "compute-cloud-all-in-one"), f"--state-dir={directory}", *ports]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        running[name] = subprocess.Popen(command, env=environment(refusal.backend), **pipes)
    said = {}
    for name, process in running.items():
        try:
            words, _ = process.communicate(timeout=60)
            said[name] = (process.returncode, words)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            said[name] = (0, "it did not end")
    return said


@pytest.mark.parametrize("name", REFUSALS)
def test_it_does_not_begin_with_what_is_wrong(refusals: dict[str, tuple[int, str]], name: str) -> None:
    status, words = refusals[name]
    assert status > 0, words
    assert REFUSALS[name].says in words
    assert len(words.splitlines()) == 1, words
    assert "Traceback" not in words


def test_a_port_that_is_taken(clouds: dict[str, WholeCloud], tmp_path: Path) -> None:
    port = clouds["eventlet"].port
    command = [str(BIN / "compute-cloud-all-in-one"), f"--state-dir={tmp_path}", f"--port={port}"]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == f"compute-cloud-all-in-one: can't listen on 127.0.0.1 port {port}: Address already in use\n"


def test_two_do_not_share_a_directory(clouds: dict[str, WholeCloud]) -> None:
    running = clouds["threading"]
    before = running.configuration.read_text()
    command = [str(BIN / "compute-cloud-all-in-one"), f"--state-dir={running.directory}", f"--port={free_port()}"]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == f"compute-cloud-all-in-one: another process is at work in {running.directory}\n"
    assert running.configuration.read_text() == before


def test_misuse_is_explained(tmp_path: Path) -> None:
    command = [str(BIN / "compute-cloud-all-in-one"), f"--state-dir={tmp_path}", "--port=http"]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "--port" in done.stderr.splitlines()[-1]) == (2, True)
