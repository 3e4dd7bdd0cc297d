"""compute-cloud-manage as an operator types it, on a database of its own."""

import subprocess
import sys
import time

import pytest

from compute_cloud.conductor.flows import SAGAS
from compute_cloud.context import Context
from compute_cloud.db.session import Database
from compute_cloud.db.stores import flows
from compute_cloud.lifecycle.saga import Record, Status

KIND = next(iter(SAGAS))


class Desk:
    """A configuration and a database."""

    def __init__(self, place):
        self.url = f"sqlite:///{place}/cc.db"
        self.options = place / "cc.conf"
        self.options.write_text(
            f"[DEFAULT]\nstate_path = {place}\nhost = h1\n[database]\nconnection = {self.url}\n"
            f"[image]\nfilesystem_store_datadir = {place}/images\n"
        )

    def run(self, *words):
        program = "from compute_cloud.cmd.manage import main; main()"
        command = [sys.executable, "-c", program, "--config-file", self.options, *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def say(self, *words):
        ran = self.run(*words)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def refuse(self, *words):
        ran = self.run(*words)
        assert ran.returncode != 0
        assert "Traceback" not in ran.stderr
        return ran.stderr

    def flow(self, flow_id, status):
        now = time.time()
        record = Record(
            id=flow_id,
            kind=KIND,
            subject="server-1",
            context=Context(request_id="req-1"),
            params="{}",
            deadline=now + 60,
            created_at=now,
            status=status,
            reason="it broke",
        )
        with Database(self.url).write() as tx:
            flows.insert(tx, [record])


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    desk = Desk(tmp_path_factory.mktemp("desk"))
    assert "None" in desk.say("db", "version")
    desk.say("db", "sync")
    return desk


def test_the_schema_is_made_once(desk):
    assert "already" in desk.say("db", "sync")
    version, newest = desk.say("db", "version").split(" ", 1)
    assert version in newest


def test_there_are_no_daemons_yet(desk):
    assert desk.say("service", "list").split() == ["id", "binary", "host", "zone", "status", "state", "seen", "at"]


def test_flows_are_listed_shown_retried_and_forgotten(desk):
    desk.flow("f-stuck", Status.STUCK)
    desk.flow("f-done", Status.DONE)
    assert "f-stuck" in desk.say("flow", "list")
    stuck = desk.say("flow", "list", "--status", "stuck")
    assert "f-stuck" in stuck
    assert "f-done" not in stuck
    shown = desk.say("flow", "show", "f-stuck")
    assert "it broke" in shown
    assert "req-1" in shown
    assert "not stuck" in desk.refuse("flow", "retry", "f-done")
    desk.say("flow", "retry", "f-stuck")
    assert "undoing" in desk.say("flow", "show", "f-stuck")
    assert desk.refuse("flow", "forget", "f-stuck")
    desk.say("flow", "forget", "f-done")
    assert "no flow" in desk.refuse("flow", "show", "f-done")
    assert "superseded" in desk.refuse("flow", "list", "--status", "nonsense")


def test_images_are_taken_in_listed_and_deleted(desk, tmp_path):
    data = tmp_path / "data"
    data.write_bytes(b"x" * 10_000)
    image_id = desk.say("image", "create", "small", "--file", str(data), "--disk-format", "raw").strip()
    assert f"{image_id}  small" in desk.say("image", "list")
    assert "declared is qcow2" in desk.refuse("image", "create", "wrong", "--file", str(data))
    assert "wrong" not in desk.say("image", "list")
    assert "nowhere" in desk.refuse("image", "create", "none", "--file", str(tmp_path / "nowhere"))
    desk.say("image", "delete", image_id)
    assert "small" not in desk.say("image", "list")


def test_what_is_missing_is_named(tmp_path):
    empty = tmp_path / "empty.conf"
    empty.write_text("")
    desk = Desk(tmp_path)
    desk.options = empty
    assert "[database] connection is not set" in desk.refuse("db", "sync")
