"""Run the steps of an operation; when one fails, undo it and those before it, last first."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

W = TypeVar("W")
LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Step(Generic[W]):
    """``event`` is its name in the server's history. ``undo`` must bear a step that was begun and not finished."""

    event: str
    do: Callable[[W], None]
    undo: Callable[[W], None] | None = None


def run(steps: Sequence[Step[W]], work: W, check: Callable[[], None], events: list[tuple[str, float, float]]) -> None:
    """Do all steps, ``check`` before each, and append what was done to ``events``. Raises what a step or check does."""
    begun: list[Step[W]] = []
    try:
        for step in steps:
            check()
            begun.append(step)
            started = time.time()
            try:
                step.do(work)
            finally:
                events.append((step.event, started, time.time()))
        check()
    except BaseException:
        for step in reversed(begun):
            _undo(step, work)
        raise


def _undo(step: Step[W], work: W) -> None:
    """Undo one step; when that fails too the rest is still undone, and the conductor will order the removal again."""
    if step.undo is None:
        return
    try:
        step.undo(work)
    except Exception:
        LOG.exception("%s could not be undone", step.event)
