import io

import pytest

from compute_cloud.cli.progress import Line, Step, screen_for

RUNNING = Line(name="web", status="BUILD", steps=(Step(name="host", seconds=1.0, result="Success"), Step(name="guest")))
FAILED = Line(
    name="web",
    status="ERROR",
    steps=(
        Step(name="host", seconds=1.0, result="Success"),
        Step(name="guest", seconds=2.0, result="Error", reason="no disk"),
    ),
    done=True,
)


def test_plain_lines_come_once_each() -> None:
    out = io.StringIO()
    screen = screen_for(out, terminal=False)
    for line in (RUNNING, RUNNING, FAILED):
        screen.show([line])
    lines = out.getvalue().splitlines()
    assert lines[:3] == ["web: host: done in 1 s", "web: guest: running", "web: guest: failed in 2 s: no disk"]
    assert lines[3].startswith("web: ERROR after")
    assert "\033" not in out.getvalue()


def test_a_terminal_is_drawn_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LINES", "10")
    out = io.StringIO()
    screen = screen_for(out, terminal=True)
    screen.show([RUNNING, RUNNING])
    screen.show([FAILED, RUNNING])
    first, second = out.getvalue().split("\033[2A")
    assert "✓ host 1s" in first
    assert "✗ guest 2s" in second
    assert all(len(text.removeprefix("\r\033[K")) < 40 for text in out.getvalue().replace("\033[2A", "").split("\n"))


def test_more_servers_than_lines_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "5")
    out = io.StringIO()
    screen_for(out, terminal=True).show([RUNNING] * 7 + [FAILED] * 2)
    assert "7 BUILD, 2 ERROR after" in out.getvalue()
