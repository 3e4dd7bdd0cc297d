"""The laws of the house hold, and whoever breaks one is told which."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "compute_cloud", tmp_path / "compute_cloud", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_laws_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("room", "line", "law"),
    [
        ("objects/offender.py", "import compute_cloud.rpc.contract", "law 1"),
        ("api/offender.py", "import compute_cloud.scheduler", "law 1"),
        ("scheduler/offender.py", "import compute_cloud.conductor.service", "law 1"),
        ("api/offender.py", "import compute_cloud.db.session", "law 2"),
        ("compute/offender.py", "import sqlalchemy", "law 2"),
        ("clients/offender.py", "from oslo_db import api", "law 2"),
        ("lifecycle/offender.py", "import socket", "law 4"),
        ("scheduler/filters/offender.py", "import oslo_config", "law 4"),
        ("conductor/offender.py", "import threading", "law 5"),
    ],
)
def test_a_broken_law_fails_the_build(copy: Path, room: str, line: str, law: str) -> None:
    (copy / "compute_cloud" / room).write_text(f'"""Breaks a law."""\n{line}\n')
    result = lint(copy)
    assert result.returncode != 0
    broken = [text for text in result.stdout.splitlines() if "BROKEN" in text and text.startswith(law)]
    assert broken, result.stdout
