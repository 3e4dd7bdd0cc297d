"""The benchmarks run: a small one, from its command line to its figures."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.broker import PrivateBroker
from tests.fixtures.database import PrivateDatabase

pytestmark = pytest.mark.skipif(
    not (PrivateBroker.available() and PrivateDatabase.available()), reason="RabbitMQ and MariaDB are not installed"
)
SMALL = ("--json", "--size=4", "--computes=1", "--nodes=2", "--workers=1")


def test_boots_are_measured() -> None:
    command = [sys.executable, "-m", "tests.perf.boots", *SMALL]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout)["results"][0]
    assert first["what"] == "boot 4, 8 at once"
    assert first["per_second"] > 0
    assert first["p50_ms"] > 0
    assert first["cpu_ms_each"]["conductor"] > 0
