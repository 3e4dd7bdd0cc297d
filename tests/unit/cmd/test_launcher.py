"""What signals, deaths and failures do to a daemon and its workers, on both backends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOY = Path(__file__).with_name("toy_daemon.py")


class Toy:
    """A toy daemon in a process of its own."""

    def __init__(self, place, backend, workers, **environment):
        self.log = place / "toy.log"
        self.log.touch()
        self.options = place / "toy.conf"
        self.options.write_text("[DEFAULT]\ngraceful_shutdown_timeout = 2\n")
        command = [sys.executable, TOY, self.log, str(workers), "--config-file", self.options]
        environ = {**os.environ, "COMPUTE_CLOUD_CONCURRENCY_BACKEND": backend, **environment}
        self.words = (place / "words").open("w+")
        self.process = subprocess.Popen(command, env=environ, stdout=self.words, stderr=subprocess.STDOUT)

    def said(self, what):
        return [int(line.split()[1]) for line in self.log.read_text().splitlines() if line.split()[0] == what]

    def wait_for(self, what, times):
        end = time.monotonic() + 30
        while len(self.said(what)) < times:
            assert self.process.poll() is None, self.logged()
            assert time.monotonic() < end, f"no {times} {what}: {self.log.read_text()}{self.logged()}"
            time.sleep(0.02)
        return self.said(what)

    def wait_until_ready(self, workers):
        """Return the processes that started."""
        end = time.monotonic() + 30
        while "ready in" not in self.logged():
            assert time.monotonic() < end, self.logged()
            time.sleep(0.02)
        return self.wait_for("start", workers)

    def logged(self):
        self.words.seek(0)
        return self.words.read()

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(30)


@pytest.fixture(params=["eventlet", "threading"])
def toy(request, tmp_path):
    made = []

    def start(workers, **environment):
        made.append(Toy(tmp_path, request.param, workers, **environment))
        return made[-1]

    yield start
    for one in made:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
        one.words.close()


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_finishes(toy, workers, how):
    one = toy(workers)
    started = one.wait_until_ready(workers)
    assert len(set(started)) == workers
    assert one.end(how) == 0
    assert sorted(one.said("stop")) == sorted(started)
    assert "ready in" in one.logged()


@pytest.mark.parametrize("workers", [1, 2])
def test_hangup_takes_mutable_options_anew_and_nothing_else(toy, workers):
    one = toy(workers)
    started = one.wait_until_ready(workers)
    one.options.write_text("[DEFAULT]\nservice_down_time = 77\nreport_interval = 5\ngraceful_shutdown_timeout = 2\n")
    one.process.send_signal(signal.SIGHUP)
    assert sorted(one.wait_for("reload:10:77", workers)) == sorted(started)
    assert one.end() == 0
    assert sorted(one.said("start")) == sorted(started)


def test_a_worker_that_dies_is_replaced(toy):
    one = toy(2)
    first = one.wait_until_ready(2)
    os.kill(first[0], signal.SIGKILL)
    after = one.wait_for("start", 3)
    while "is back" not in one.logged():
        assert one.process.poll() is None
        time.sleep(0.02)
    assert one.end() == 0
    assert sorted(one.said("stop")) == sorted([first[1], after[2]])


def test_workers_stop_when_the_one_that_watches_is_gone(toy):
    one = toy(2)
    one.wait_until_ready(2)
    one.process.kill()
    one.process.wait()
    end = time.monotonic() + 30
    while len(one.said("stop")) < 2:
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("workers", [1, 2])
def test_what_can_not_start_ends_with_the_reason(toy, workers):
    one = toy(workers, TOY="broken")
    assert one.process.wait(30) == 78
    assert "there is no clay" in one.logged()


@pytest.mark.parametrize("workers", [1, 2])
def test_what_does_not_stop_in_time_is_ended(toy, workers):
    one = toy(workers, TOY="slow")
    one.wait_until_ready(workers)
    began = time.monotonic()
    one.end()
    assert 1 < time.monotonic() - began < 20
    assert not one.said("stop")
