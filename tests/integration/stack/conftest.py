"""The cloud that `devstack/stack.sh` builds, with Keystone and without; taken away again afterwards.

A cloud that was here before is brought up to date and asked, and stays: it is somebody's.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
ETC = Path("/etc/compute-cloud")
BIN = Path(sys.executable).parent
STACK_SECONDS = 900


@dataclass(frozen=True)
class Stack:
    """A running cloud. ``first_seconds`` is how long it took to build, ``report`` what stack.sh printed."""

    mode: str
    report: str
    first_seconds: float

    def command(self, *words: str, cloud: str = "devstack", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a client with the printed clouds.yaml and nothing else."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        clean |= {"OS_CLIENT_CONFIG_FILE": str(ETC / "clouds.yaml"), "OS_CLOUD": cloud} | environment
        return subprocess.run(
            [str(BIN / words[0]), *words[1:]], env=clean, capture_output=True, text=True, timeout=300, check=False
        )

    def ask(self, *words: str, cloud: str = "devstack") -> Any:
        """Run a client that succeeds; return its JSON."""
        result = self.command(*words, "-f", "json", cloud=cloud)
        assert result.returncode == 0, f"{' '.join(words)}\n{result.stdout}\n{result.stderr}"
        return json.loads(result.stdout)

    def again(self) -> tuple[str, float]:
        """Run stack.sh once more; return what it printed and how many seconds it took."""
        began = time.monotonic()
        return run_script("stack.sh", *_flags(self.mode)), time.monotonic() - began


def _flags(mode: str) -> list[str]:
    return ["--standalone"] if mode == "standalone" else []


def run_script(name: str, *flags: str) -> str:
    result = subprocess.run(
        [str(ROOT / "devstack" / name), *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=STACK_SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-8000:]
    return result.stdout


def mode_of_the_cloud_here() -> str | None:
    """Return whether somebody's cloud is here, and of which mode."""
    if not (ETC / "clouds.yaml").exists():
        return None
    return "keystone" if "auth_url" in (ETC / "clouds.yaml").read_text() else "standalone"


@pytest.fixture(scope="package", params=["keystone", "standalone"])
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    if os.geteuid() != 0:
        pytest.skip("stack.sh needs root")
    here = mode_of_the_cloud_here()
    if here is not None:
        if here != request.param:
            pytest.skip(f"a cloud of mode {here} is here already, and is somebody's")
        yield Stack(here, run_script("stack.sh", *_flags(here)), 0.0)
        return
    run_script("unstack.sh")
    began = time.monotonic()
    try:
        report = run_script("stack.sh", *_flags(request.param))
        yield Stack(request.param, report, time.monotonic() - began)
    finally:
        run_script("unstack.sh")
