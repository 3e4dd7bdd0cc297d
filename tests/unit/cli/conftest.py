import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from canned_cloud import Answer, CannedCloud, Run

from compute_cloud.cli.app import main
from tests.fixtures.wsgi import serving


@pytest.fixture
def cloud() -> Iterator[CannedCloud]:
    canned = CannedCloud()
    with serving(canned) as canned.url:
        yield canned


@pytest.fixture(autouse=True)
def _no_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine's own clouds may leak in."""
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run one command line with nobody logged in."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level

    def run_it(*argv: str) -> Answer:
        code = main(argv)
        told = capsys.readouterr()
        for handler in root.handlers:
            if handler not in before:
                root.removeHandler(handler)
        return Answer(code, told.out, told.err)

    yield run_it
    root.handlers[:] = before
    root.setLevel(level)


@pytest.fixture
def ask(run: Run, cloud: CannedCloud) -> Run:
    """Run one command line as a user of the canned cloud."""

    def ask_it(*argv: str) -> Answer:
        login = (
            "--os-auth-type",
            "none",
            "--os-endpoint",
            f"{cloud.url}/v2.1",
            "--os-image-endpoint-override",
            f"{cloud.url}/image",
        )
        return run(*login, *argv)

    return ask_it
