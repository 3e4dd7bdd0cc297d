"""The table of actions: what users know of it, and that no walk leaves it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute_cloud.errors import Conflict
from compute_cloud.lifecycle import draw, machine
from compute_cloud.lifecycle.machine import ACTIONS, Refused, State
from compute_cloud.lifecycle.states import PowerState, TaskState, VmState

V, T = VmState, TaskState


def test_boot_passes_its_steps_and_ends_active():
    state = machine.begin(State(V.BUILDING), "create", launched=False)
    seen = []
    while state.task:
        seen.append(str(state.task))
        state = machine.advance(state)
    assert seen == ["scheduling", "networking", "block_device_mapping", "spawning"]
    assert state == State(V.ACTIVE)


def test_a_failed_boot_is_an_error():
    state = machine.begin(State(V.BUILDING), "create", launched=False)
    assert machine.fail(state) == State(V.ERROR)


def test_a_failed_stop_leaves_the_server_where_it_stood_unless_it_is_broken():
    state = machine.begin(State(V.ACTIVE), "stop")
    assert machine.fail(state) == State(V.ACTIVE)
    assert machine.fail(state, broken=True) == State(V.ERROR)


def test_a_refusal_names_the_action_the_server_and_the_state():
    with pytest.raises(Refused, match="Cannot 'stop' server 7d1 while it is in vm_state paused") as refused:
        machine.begin(State(V.PAUSED), "stop", server="7d1")
    assert isinstance(refused.value, Conflict)
    with pytest.raises(Refused, match="task_state powering-off"):
        machine.begin(machine.begin(State(V.ACTIVE), "stop"), "pause")
    with pytest.raises(Refused, match="locked"):
        machine.begin(State(V.ACTIVE), "stop", locked=True)
    with pytest.raises(Refused, match="never been launched"):
        machine.begin(State(V.ERROR), "rebuild", launched=False)


def test_steps_may_be_skipped_forwards_and_repeated_but_not_walked_back():
    state = machine.begin(State(V.BUILDING), "create", launched=False)
    spawning = machine.advance(state, to=T.SPAWNING)
    assert machine.advance(spawning, to=T.SPAWNING) == spawning
    with pytest.raises(ValueError, match="does not pass"):
        machine.advance(spawning, to=T.NETWORKING)


@pytest.mark.parametrize(("stood", "lands"), [(V.ACTIVE, V.ACTIVE), (V.STOPPED, V.STOPPED), (V.ERROR, V.ACTIVE)])
def test_a_rebuild_ends_where_it_stood_or_active(stood, lands):
    assert machine.end(machine.begin(State(stood), "rebuild")) == State(lands)


def test_a_revert_may_land_stopped_because_the_server_was():
    state = machine.begin(State(V.RESIZED), "revertResize")
    assert machine.advance(state) == State(V.ACTIVE)
    assert machine.advance(state, ends_in=V.STOPPED) == State(V.STOPPED)
    with pytest.raises(ValueError, match="does not end in"):
        machine.advance(state, ends_in=V.PAUSED)


def test_delete_takes_over_and_a_second_delete_changes_nothing():
    spawning = machine.advance(machine.begin(State(V.BUILDING), "create", launched=False), to=T.SPAWNING)
    deleting = machine.begin(spawning, "delete", launched=False)
    assert deleting == State(V.BUILDING, T.DELETING, "delete")
    assert machine.begin(deleting, "delete") == deleting
    assert machine.begin(deleting, "forceDelete") == deleting
    assert machine.advance(deleting) == State(V.DELETED)


def test_a_hard_reboot_takes_over_a_soft_one_but_not_a_rebuild():
    soft = machine.begin(State(V.ACTIVE), "reboot")
    assert machine.begin(soft, "hard-reboot").action == "hard-reboot"
    with pytest.raises(Refused):
        machine.begin(soft, "pause")
    with pytest.raises(Refused):
        machine.begin(machine.begin(State(V.ACTIVE), "rebuild"), "hard-reboot")


def test_light_actions_leave_the_state_alone():
    assert machine.begin(State(V.ACTIVE), "attach_volume") == State(V.ACTIVE)
    migrating = machine.begin(State(V.ACTIVE), "live-migration")
    assert machine.begin(migrating, "live_migration_cancel") == migrating
    with pytest.raises(Refused, match="task_state none"):
        machine.begin(State(V.ACTIVE), "live_migration_cancel")


def test_reset_ends_whatever_was_running():
    assert machine.reset(State(V.BUILDING, T.SPAWNING, "create"), V.ERROR) == State(V.ERROR)
    with pytest.raises(ValueError, match="cannot be reset"):
        machine.reset(State(V.ACTIVE), V.PAUSED)
    with pytest.raises(Refused):
        machine.reset(State(V.DELETED), V.ACTIVE)


def test_nothing_starts_on_a_deleted_server():
    for name in ACTIONS:
        with pytest.raises(Refused):
            machine.begin(State(V.DELETED), name)


def test_power_states_are_the_numbers_users_see():
    assert {s.name: s.value for s in PowerState} == {
        "NOSTATE": 0, "RUNNING": 1, "PAUSED": 3, "SHUTDOWN": 4, "CRASHED": 6, "SUSPENDED": 7,
    }  # fmt: skip


def test_every_instance_action_that_users_know_is_in_the_table():
    known = (
        "create delete evacuate restore stop start reboot rebuild revertResize confirmResize resize migrate pause "
        "unpause suspend resume rescue unrescue changePassword shelve shelveOffload unshelve live-migration "
        "live_migration_cancel live_migration_force_complete trigger_crash_dump extend_volume attach_interface "
        "detach_interface attach_volume detach_volume attach_share detach_share swap_volume lock unlock createBackup "
        "createImage resetState refresh_volume_attachment"
    )
    assert set(known.split()) == {a.recorded_as for a in ACTIONS.values()} - {None}


names = st.sampled_from(sorted(ACTIONS))
moves = st.one_of(
    st.tuples(st.just("begin"), names, st.booleans(), st.booleans()),
    st.tuples(st.just("advance")),
    st.tuples(st.just("skip"), st.sampled_from(TaskState)),
    st.tuples(st.just("land"), st.sampled_from(VmState)),
    st.tuples(st.just("fail"), st.booleans()),
    st.tuples(st.just("reset"), st.sampled_from(VmState)),
)


def walk(state: State, move: tuple) -> State:
    match move:
        case ("begin", name, launched, locked):
            return machine.begin(state, name, launched=launched, locked=locked)
        case ("advance",):
            return machine.advance(state)
        case ("skip", task):
            return machine.advance(state, to=task)
        case ("land", vm):
            return machine.advance(state, ends_in=vm)
        case ("fail", broken):
            return machine.fail(state, broken=broken)
        case ("reset", vm):
            return machine.reset(state, vm)
    raise AssertionError(move)


@given(st.sampled_from(VmState), st.lists(moves, max_size=40))
def test_no_walk_leaves_the_table(start, walked):
    state = State(start)
    for move in walked:
        before = state
        try:
            state = walk(state, move)
        except (Refused, ValueError):
            continue
        assert machine.legal(state), (before, move)
        assert before.vm is not V.DELETED, "a deleted server never moves"


@given(st.sampled_from(VmState), names)
def test_whatever_begins_ends(start, name):
    try:
        state = machine.begin(State(start), name)
    except Refused:
        return
    for _ in range(10):
        if not state.task:
            break
        state = machine.advance(state)
    assert state.task is None
    assert state.vm in (ACTIONS[name].ends_in or (start,)) or not ACTIONS[name].holds


def test_the_page_is_what_the_table_says():
    page = Path(__file__).parents[3] / "docs" / "states.md"
    assert page.read_text() == draw.page(), "run: python -m compute_cloud.lifecycle.draw > docs/states.md"
