"""The backend is chosen before options are read in earnest; files decide in oslo.config's order."""

import subprocess
import sys

import pytest

from compute_cloud.cmd import begin


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.delenv(begin.VARIABLE, raising=False)
    monkeypatch.setattr(begin, "PLACES", (tmp_path / "none", tmp_path / "etc"))
    (tmp_path / "etc").mkdir()

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return str(path)

    return write


def test_eventlet_when_nothing_is_said(files):
    assert begin.chosen_backend([]) == "eventlet"
    assert begin.chosen_backend(["--config-file", files("a.conf", "[DEFAULT]\ndebug = true\n")]) == "eventlet"


def test_a_file_decides_and_the_last_one_wins(files):
    one = files("a.conf", "[DEFAULT]\nconcurrency_backend = threading\n[other]\nconcurrency_backend = x\n")
    two = files("b.conf", "[DEFAULT]\nconcurrency_backend = eventlet\n")
    assert begin.chosen_backend(["--config-file", one]) == "threading"
    assert begin.chosen_backend([f"--config-file={one}", "--config-file", two]) == "eventlet"
    assert begin.chosen_backend(["--config-file", two, "--debug", "--config-file", one]) == "threading"


def test_a_directory_and_the_usual_place(files, tmp_path):
    files("d/1.conf", "[DEFAULT]\nconcurrency_backend = threading\n")
    assert begin.chosen_backend(["--config-dir", str(tmp_path / "d")]) == "threading"
    files("etc/compute-cloud.conf", "[DEFAULT]\nconcurrency_backend=threading\n")
    assert begin.chosen_backend([]) == "threading"


def test_the_environment_goes_before(files, monkeypatch):
    monkeypatch.setenv(begin.VARIABLE, "threading")
    path = files("a.conf", "[DEFAULT]\nconcurrency_backend = eventlet\n")
    assert begin.chosen_backend(["--config-file", path]) == "threading"


def test_a_file_that_is_none_is_left_to_those_who_read_it_in_earnest(files):
    assert (
        begin.chosen_backend(["--config-file", files("a.conf", "no group\n"), "--config-file", "/nowhere"])
        == "eventlet"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--config-file", "/nowhere/x.conf"], "/nowhere/x.conf"),
        (["--no-such-option"], "no-such-option"),
    ],
)
def test_wrong_options_end_the_process_with_a_sentence(arguments, said):
    program = "import sys; from compute_cloud.cmd.begin import begin; begin('prog', sys.argv[1:])"
    ran = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_backend_that_is_none_ends_the_process_with_a_sentence(tmp_path):
    path = tmp_path / "a.conf"
    path.write_text("[DEFAULT]\nconcurrency_backend = asyncio\n")
    program = "import sys; from compute_cloud.cmd.begin import begin; begin('prog', sys.argv[1:])"
    command = [sys.executable, "-c", program, "--config-file", str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr == "prog: concurrency_backend is eventlet or threading, not asyncio\n"
