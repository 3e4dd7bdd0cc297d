"""Draws how far servers have come, by the steps of the action that was asked for."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TextIO

DAEMONS = frozenset({"api", "conductor", "scheduler", "compute"})
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
MARKS = {"Success": "✓", "Error": "✗"}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of an action; ``seconds`` and ``result`` are None while it runs."""

    name: str
    seconds: float | None = None
    result: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Line:
    """One server as it stands: ``status`` is the user's (None: it is gone), ``done``: it will change no more."""

    name: str
    status: str | None
    steps: tuple[Step, ...] = ()
    done: bool = False


class Screen(Protocol):
    """Where progress is shown."""

    def show(self, lines: Sequence[Line]) -> None:
        """Show how things stand now."""


def steps_of(action: dict[str, Any] | None) -> tuple[Step, ...]:
    """Return the steps of an instance action as the API gives it, in the order they began."""
    events = sorted((action or {}).get("events") or [], key=lambda event: event["start_time"] or "")
    return tuple(
        Step(
            name=_plain_name(event["event"]),
            seconds=_seconds(event.get("start_time"), event.get("finish_time")),
            result=event.get("result") if event.get("finish_time") else None,
            reason=event.get("details"),
        )
        for event in events
    )


def screen_for(out: TextIO, *, terminal: bool) -> Screen:
    """Return a screen that redraws its lines on a terminal, and one that only adds lines elsewhere."""
    return TerminalScreen(out) if terminal else PlainScreen(out)


class PlainScreen:
    """One line for each thing that happened: fit for logs and pipes."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._said: set[tuple[str, int, str]] = set()
        self._began = time.monotonic()

    def show(self, lines: Sequence[Line]) -> None:
        for line in lines:
            for number, step in enumerate(line.steps):
                self._say(line.name, number, _words(step))
            if line.done:
                after = time.monotonic() - self._began
                self._say(line.name, -1, line.status or "gone", f" after {after:.1f} s")
        self._out.flush()

    def _say(self, name: str, number: int, words: str, tail: str = "") -> None:
        if (name, number, words) not in self._said:
            self._said.add((name, number, words))
            self._out.write(f"{name}: {words}{tail}\n")


class TerminalScreen:
    """A line a server, drawn over at each show; a summary when there are more servers than lines."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._drawn = 0
        self._turn = 0
        self._began = time.monotonic()

    def show(self, lines: Sequence[Line]) -> None:
        size = shutil.get_terminal_size()
        self._turn += 1
        texts = [self._text(line) for line in lines] if len(lines) < size.lines else [self._summary(lines)]
        if self._drawn:
            self._out.write(f"\033[{self._drawn}A")
        for text in texts:
            self._out.write(f"\r\033[K{text[: size.columns - 1]}\n")
        self._drawn = len(texts)
        self._out.flush()

    def _text(self, line: Line) -> str:
        steps = [self._step(step) for step in line.steps]
        if line.done:
            steps.append(f"{line.status or 'gone'} after {time.monotonic() - self._began:.1f} s")
        elif all(step.result for step in line.steps):
            steps.append(f"{self._spinner()} {line.status or ''}")
        return f"{line.name}  {'  '.join(steps)}"

    def _step(self, step: Step) -> str:
        mark = MARKS.get(step.result, "·") if step.result else self._spinner()
        return f"{mark} {step.name}" + ("" if step.seconds is None else f" {_took(step.seconds)}s")

    def _summary(self, lines: Sequence[Line]) -> str:
        counts: dict[str, int] = {}
        for line in lines:
            counts[line.status or "gone"] = counts.get(line.status or "gone", 0) + 1
        mark = "✓" if all(line.done for line in lines) else self._spinner()
        told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
        return f"{mark} {told} after {time.monotonic() - self._began:.1f} s"

    def _spinner(self) -> str:
        return SPINNER[self._turn % len(SPINNER)]


def _plain_name(event: str) -> str:
    """Return what is done, without the daemon that does it (``compute_spawn_guest`` -> ``spawn guest``)."""
    words = event.rpartition("__")[2].split("_")
    return " ".join(words[1:] if len(words) > 1 and words[0] in DAEMONS else words)


def _took(seconds: float) -> str:
    return f"{seconds:.0f}" if seconds >= 10 or seconds == int(seconds) else f"{seconds:.1f}"


def _words(step: Step) -> str:
    if step.result is None:
        return f"{step.name}: running"
    took = "" if step.seconds is None else f" in {_took(step.seconds)} s"
    if step.result == "Success":
        return f"{step.name}: done{took}"
    return f"{step.name}: failed{took}" + (f": {step.reason}" if step.reason else "")


def _seconds(began: str | None, ended: str | None) -> float | None:
    if not began or not ended:
        return None
    return max(0.0, (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds())
