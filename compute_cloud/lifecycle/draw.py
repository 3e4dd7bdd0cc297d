"""Draw the table of actions as a page: ``python -m compute_cloud.lifecycle.draw > docs/states.md``."""

import sys

from compute_cloud.lifecycle.machine import ACTIONS, ANY_TASK, IDLE, Action
from compute_cloud.lifecycle.states import VmState

HEAD = """\
# States of a server, and what may happen in each

Drawn from `compute_cloud/lifecycle/machine.py` by `python -m compute_cloud.lifecycle.draw`; do not edit.

"""


def page() -> str:
    """Return the whole page, markdown."""
    return HEAD + _grid() + "\n" + _lines()


def _grid() -> str:
    states = [s for s in VmState if s is not VmState.DELETED]
    rows = [
        "## Action by state",
        "",
        "Where it lands from each state; `same` leaves the state as it is; an empty cell answers 409.",
        "",
        "| action | " + " | ".join(states) + " |",
        "|---" * (len(states) + 1) + "|",
    ]
    rows += [f"| {a.name} | " + " | ".join(_cell(a, s) for s in states) + " |" for a in ACTIONS.values()]
    return "\n".join(rows) + "\n"


def _cell(action: Action, state: VmState) -> str:
    if state not in action.starts_in:
        return ""
    if not action.ends_in or (action.holds and state in action.ends_in):
        return "same"
    return " or ".join(action.ends_in)


def _lines() -> str:
    rows = [
        "## Each action",
        "",
        "`passes`: task states in order (some are skipped when there is nothing to do). `starts at`: task states",
        "in which it is accepted; an action that passes task states takes the server over from what was running.",
        "`fails to`: `same` is where it stood.",
        "",
        "| action | recorded as | passes | starts at | fails to | never launched | locked |",
        "|---|---|---|---|---|---|---|",
    ]
    for a in ACTIONS.values():
        cells = (
            a.name,
            a.recorded_as or "not recorded",
            ", ".join(a.steps) or "none",
            _tasks(a),
            (a.on_failure or "same") if a.holds else "same",
            "refused" if a.launched else "accepted",
            "refused" if a.heeds_lock else "accepted",
        )
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def _tasks(action: Action) -> str:
    if action.starts_at == ANY_TASK:
        return "any"
    if action.starts_at == IDLE:
        return "none"
    return ", ".join(sorted(t or "none" for t in action.starts_at))


if __name__ == "__main__":
    sys.stdout.write(page())
