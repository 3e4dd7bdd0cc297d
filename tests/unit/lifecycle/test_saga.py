"""The flow engine: pure moves of a record."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute_cloud.context import Context
from compute_cloud.errors import Conflict
from compute_cloud.lifecycle import saga as engine
from compute_cloud.lifecycle.saga import Cast, Record, Saga, Status, Step


def nothing(*_: object) -> None:
    return None


CAST = Cast(host=lambda _run: "h", send=nothing, answered=nothing)
SAGA = Saga(
    name="try",
    params=str,
    failed=nothing,
    steps=(
        Step(name="one", event="one", do=nothing, undo=nothing),
        Step(name="two", event="two", do=nothing),
        Step(name="three", event="three", cast=CAST, undo_cast=CAST),
    ),
)
PROBLEM = Conflict("no")


def record(**more: object) -> Record:
    start = Record(id="f", kind="try", subject="s", context=Context(), params='"x"', deadline=100, created_at=0)
    return replace(start, **more)


def names(saga: Saga, now: Record) -> list[str]:
    """The steps in the order in which they are taken until the record rests."""
    taken = []
    while (step := engine.current(saga, now)) is not None:
        taken.append(step.name)
        now = engine.completed(saga, now, step, 1) if now.status is Status.RUNNING else engine.undone(saga, now, step)
    return taken


def test_steps_are_taken_in_order_and_the_last_ends_the_flow() -> None:
    assert names(SAGA, record()) == ["one", "two", "three"]
    done = record(outputs={"one": 1, "two": 2}, wake_at=5.0, owner="me")
    done = engine.completed(SAGA, done, SAGA.steps[2], 3)
    assert (done.status, done.wake_at, done.owner) == (Status.DONE, None, None)


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("clean", [True, False])
def test_a_failure_undoes_what_was_done_last_to_first(at: int, clean: bool) -> None:
    step = SAGA.steps[at]
    before = record(outputs={s.name: 1 for s in SAGA.steps[:at]})
    back = engine.failed(SAGA, before, step, PROBLEM, clean=clean, deadline=200)
    itself = [step.name] if not clean and (step.undo or step.undo_cast) else []
    assert names(SAGA, back) == itself + [s.name for s in reversed(SAGA.steps[:at])]
    assert (back.failed_at, back.reason, back.reason_kind) == (step.name, "no", "conflict")


def test_a_flow_that_fails_before_anything_was_done_rests_at_once() -> None:
    assert engine.failed(SAGA, record(), SAGA.steps[1], PROBLEM, clean=True, deadline=200).status is Status.FAILED


def test_every_parking_has_a_ticket_of_its_own() -> None:
    one = engine.parked(record(), host="a", wake_at=1)
    two = engine.parked(one, host="b", wake_at=2, outputs={"one": 2})
    assert one.ticket != two.ticket
    assert (two.asked, two.outputs, two.owner) == ("b", {"one": 2}, None)


def test_a_postponed_step_waits_longer_each_time_up_to_a_bound() -> None:
    now, pauses = record(), []
    for _ in range(8):
        now = engine.postponed(now, 1000)
        assert now.wake_at is not None
        pauses.append(now.wake_at - 1000)
    assert pauses == sorted(pauses)
    assert pauses[0] == engine.FIRST_RETRY_SECONDS
    assert pauses[-1] == engine.LAST_RETRY_SECONDS


def test_a_stuck_flow_goes_on_undoing_at_an_operators_word() -> None:
    back = engine.failed(SAGA, record(outputs={"one": 1}), SAGA.steps[1], PROBLEM, clean=True, deadline=200)
    rest = engine.stuck(back, "why")
    assert rest.resting
    assert engine.current(SAGA, rest) is None
    again = engine.revived(rest, now=5, deadline=500)
    assert names(SAGA, again) == ["one"]


MOVES = ["go", "park", "fail", "dirty", "postpone", "stick", "supersede", "revive"]


@given(st.lists(st.sampled_from(MOVES), max_size=30))
def test_whatever_happens_a_record_has_work_left_or_rests_for_good(moves: list[str]) -> None:  # noqa: C901  one branch a move
    now = record(wake_at=1.0)
    for move in moves:
        step = engine.current(SAGA, now)
        if move == "revive" and now.status is Status.STUCK:
            now = engine.revived(now, now=1, deadline=9)
        elif step is None:
            continue
        elif move == "go" and now.status is Status.RUNNING:
            now = engine.completed(SAGA, now, step, move)
        elif move == "go":
            now = engine.undone(SAGA, now, step)
        elif move == "park" and (step.cast if now.status is Status.RUNNING else step.undo_cast):
            now = engine.parked(now, host="h", wake_at=2)
        elif move in {"fail", "dirty"} and now.status is Status.RUNNING:
            now = engine.failed(SAGA, now, step, PROBLEM, clean=move == "fail", deadline=9)
        elif move == "postpone":
            now = engine.postponed(now, 1)
        elif move == "stick" and now.status is Status.UNDOING:
            now = engine.stuck(now, "why")
        elif move == "supersede":
            now = engine.superseded(now, "why")
        assert now.resting == (engine.current(SAGA, now) is None)
        assert now.resting == (now.wake_at is None)
        assert not (now.resting and now.ticket and now.status is not Status.STUCK)
