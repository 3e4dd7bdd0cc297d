"""The steps of devstack/stack.sh: order, changes, failures; run by bash, on nothing but temporary files."""

import subprocess
from pathlib import Path

DEVSTACK = Path(__file__).resolve().parents[3] / "devstack"


def run(tmp_path: Path, script: str) -> subprocess.CompletedProcess[str]:
    head = f"set -euo pipefail\nsource {DEVSTACK}/lib/all.sh\nsteps_open {tmp_path}/steps\n"
    return subprocess.run(
        ["bash", "-c", head + script],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "NOTES": str(tmp_path / "notes")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_step_waits_for_those_it_names(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        f"""
        first() {{ wait_for 30 go test -e {tmp_path}/go; echo first >>{tmp_path}/order; }}
        second() {{ after first; echo second >>{tmp_path}/order; }}
        begin second second
        begin first first
        touch {tmp_path}/go
        await second first
        """,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "order").read_text().split() == ["first", "second"]


def test_a_failing_command_fails_its_step_and_shows_its_log(tmp_path: Path) -> None:
    done = run(tmp_path, "broken() { echo on the way; false; echo never; }\nstep broken broken\necho not reached")
    assert done.returncode == 1
    assert "FAILED: broken" in done.stderr
    assert "on the way" in done.stderr
    assert "never" not in done.stderr
    assert "not reached" not in done.stdout


def test_the_step_that_failed_is_shown_and_not_the_one_that_waited_for_it(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        """
        broken() { echo the cause; false; }
        waiting() { after broken; }
        begin waiting waiting
        begin broken broken
        await waiting broken
        """,
    )
    assert done.returncode == 1
    assert "FAILED: broken" in done.stderr
    assert "the cause" in done.stderr


def test_what_changed_is_told(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        """
        makes() { changed a database; changed a user; }
        idle() { :; }
        step makes makes
        step idle idle
        steps_table
        """,
    )
    rows = {line.split()[0]: line.split(maxsplit=2)[2] for line in done.stdout.splitlines()[4:-1]}
    assert rows == {"makes": "a database, a user", "idle": "unchanged"}


def test_a_file_is_written_once(tmp_path: Path) -> None:
    write = f"write() {{ echo $1 | write_file {tmp_path}/file 0640 $(id -un):$(id -gn); }}\n"
    done = run(tmp_path, write + "step new write one\nstep same write one\nstep other write two\nsteps_table")
    assert done.returncode == 0, done.stderr
    table = [line.split(maxsplit=2)[2] for line in done.stdout.splitlines()[5:-1]]
    assert table == [f"{tmp_path}/file", "unchanged", f"{tmp_path}/file"]
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


def test_a_block_in_a_file_of_others_comes_and_goes(tmp_path: Path) -> None:
    theirs = tmp_path / "their.conf"
    theirs.write_text("a = 1\n")
    done = run(tmp_path, f"put_block {theirs} <<<'b = 2'\nput_block {theirs} <<<'b = 3'\n")
    assert done.returncode == 0, done.stderr
    assert theirs.read_text().splitlines()[1:] == ["# compute-cloud begin", "b = 3", "# compute-cloud end"]
    run(tmp_path, f"drop_block {theirs}")
    assert theirs.read_text() == "a = 1\n"
