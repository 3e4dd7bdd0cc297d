"""The store of servers: what is written comes back, states move by compare-and-swap, pages are exact."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compute_cloud.db.stores import servers
from compute_cloud.errors import Invalid, NotFound
from compute_cloud.lifecycle import machine
from compute_cloud.lifecycle.machine import State
from compute_cloud.lifecycle.states import PowerState, TaskState, VmState
from compute_cloud.objects.server import Fault, ServerQuery
from compute_cloud.objects.ticket import PowerReport
from tests.factories.servers import BUILDING, START, flavor, same, server

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
# characters beyond the first plane, quotes, control characters and line ends must all survive
AWKWARD = "a\"b\\c\n\t\x01 é 漢 🚀 \u2028 %_ ' ]"


def put(database, *made, state=BUILDING):
    with database.write() as tx:
        servers.insert(tx, made, state=state)
    return made


def listed(database, **query):
    with database.read() as tx:
        whole = servers.list_whole(tx, ServerQuery(**query))
        names = servers.list_names(tx, ServerQuery(**query))
    assert [one.id for one in whole] == [one.id for one in names]
    return [one.name for one in whole]


def test_a_server_comes_back_as_it_was_written(database):
    made = server(
        name=AWKWARD,
        description=AWKWARD,
        hostname="h",
        flavor=flavor(extra_specs={"hw:x": AWKWARD}, rxtx_factor=1.5),
        image_id=str(uuid.uuid4()),
        image_properties={"k": AWKWARD},
        metadata={AWKWARD: AWKWARD},
        tags=("a", AWKWARD),
        hints={"group": ("x", "y")},
        user_data="QQ==",
        config_drive=True,
        locked=True,
        locked_reason="because",
        launched_at=START,
        trusted_certificates=("c",),
        access_ip_v6="::1",
        fault=Fault(code=500, message=AWKWARD, details="d", created_at=START),
    )
    put(database, made)
    with database.read() as tx:
        found = servers.show(tx, made.id, "p1")
    assert same(found, made, but=("vm_state", "task_state"))
    assert (found.vm_state, found.task_state) == (VmState.BUILDING, TaskState.SCHEDULING)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=words, keys=st.dictionaries(words, words, max_size=3), tags=st.lists(words, max_size=3))
def test_any_text_survives(database, name, keys, tags):
    made = server(name=name, metadata=keys, tags=tuple(tags))
    put(database, made)
    with database.read() as tx:
        found = servers.show(tx, made.id, None)
        tagged = servers.list_names(tx, ServerQuery(ids=(made.id,), tags_all=tuple(tags)))
    assert (found.name, found.metadata, found.tags) == (name, keys, tuple(tags))
    assert len(tagged) == 1


def test_a_server_of_another_project_and_a_deleted_one_are_not_found(database):
    (made,) = put(database, server())
    with database.write() as tx:
        with pytest.raises(NotFound):
            servers.show(tx, made.id, "p2")
        assert servers.mark_deleted(tx, made.id)
        assert not servers.mark_deleted(tx, made.id)
        with pytest.raises(NotFound):
            servers.show(tx, made.id, "p1")
        gone = servers.show(tx, made.id, "p1", deleted=True)
        assert servers.state(tx, made.id) is None
        assert not servers.update(tx, made.id, name="x")
    assert gone.deleted
    assert gone.terminated_at
    assert gone.vm_state is VmState.DELETED


def test_a_move_is_a_compare_and_swap(database):
    (made,) = put(database, server())
    spawning = machine.advance(BUILDING, to=TaskState.SPAWNING)
    with database.write() as tx:
        assert servers.move(tx, made.id, expected=BUILDING, to=spawning, progress=10)
        assert not servers.move(tx, made.id, expected=BUILDING, to=spawning)
        assert servers.state(tx, made.id) == spawning
        assert servers.move(tx, made.id, expected=spawning, to=machine.end(spawning), power_state=PowerState.RUNNING)
        found = servers.show(tx, made.id, None)
    assert (found.vm_state, found.task_state, found.progress) == (VmState.ACTIVE, None, 10)
    assert found.power_state is PowerState.RUNNING


def test_updates_reach_columns_and_body_alike(database):
    (made,) = put(database, server(image_id="i1", user_data="QQ=="))
    with database.write() as tx:
        assert servers.update(
            tx, made.id, name="new", access_ip_v4="10.0.0.1", image_id="i2", metadata={"a": "b"}, flavor=flavor(id="9")
        )
        found = servers.show(tx, made.id, None)
        with pytest.raises(ValueError, match="vm_state"):
            servers.update(tx, made.id, vm_state=VmState.ACTIVE)
    wanted = replace(
        made, name="new", access_ip_v4="10.0.0.1", image_id="i2", metadata={"a": "b"}, flavor=flavor(id="9")
    )
    assert same(found, wanted, but=("vm_state", "task_state", "updated_at"))
    assert found.updated_at > made.updated_at
    assert listed(database, filters={"image": "i2", "flavor": "9", "access_ip_v4": "10.0.0.1"}) == ["new"]


def test_the_last_fault_is_kept(database):
    (made,) = put(database, server())
    with database.write() as tx:
        servers.set_fault(tx, made.id, Fault(code=500, message="one"))
        servers.set_fault(tx, made.id, Fault(code=500, message="two"))
        fault = servers.show(tx, made.id, None).fault
    assert fault.message == "two"
    assert fault.created_at


def test_power_is_written_for_servers_of_the_host_alone(database):
    here, there = put(database, server(host="h1", node="n1"), server(host="h2", node="n2"))
    with database.write() as tx:
        servers.set_power(tx, "h1", [PowerReport(server_id=one.id, power_state=1) for one in (here, there)])
        assert servers.show(tx, here.id, None).power_state is PowerState.RUNNING
        assert servers.show(tx, there.id, None).power_state is PowerState.NOSTATE
        (hosted,) = servers.hosted(tx, "h1")
    assert (hosted.server_id, hosted.node, hosted.power_state) == (here.id, "n1", 1)


def test_existing_finds_deleted_ones_too(database):
    one, two = put(database, server(), server())
    with database.write() as tx:
        servers.mark_deleted(tx, two.id)
        assert servers.existing(tx, [one.id, two.id, "x"]) == {one.id, two.id}


def test_filters(database):
    put(
        database,
        server(1, name="Web 1", tags=("a", "b"), locked=True, config_drive=True, key_name="k", host="h"),
        server(2, name="db_2", tags=("b", "c"), project_id="p2", user_id="u2"),
        server(3, name="web-3", launch_index=3),
    )
    (done,) = put(database, server(4, name="done"), state=State(VmState.ACTIVE))
    with database.write() as tx:
        servers.mark_deleted(tx, done.id)
    up = {"sort_dirs": ("asc",)}
    assert listed(database, **up) == ["Web 1", "db_2", "web-3"]
    assert listed(database, deleted=True) == ["done"]
    assert listed(database, deleted=None, **up) == ["Web 1", "db_2", "web-3", "done"]
    assert listed(database, project_id="p2") == ["db_2"]
    assert listed(database, user_id="u2") == ["db_2"]
    assert listed(database, name_pattern="WEB", **up) == ["Web 1", "web-3"]
    assert listed(database, name_pattern="b_") == ["db_2"]
    assert listed(database, name_pattern="^w.*3$") == ["web-3"]
    assert listed(database, tags_all=("a", "b")) == ["Web 1"]
    assert listed(database, tags_any=("A", "a%", "", '","')) == []
    assert listed(database, tags_any=("a", "c"), **up) == ["Web 1", "db_2"]
    assert listed(database, not_tags_all=("a", "b"), **up) == ["db_2", "web-3"]
    assert listed(database, not_tags_any=("a", "c")) == ["web-3"]
    assert listed(database, filters={"locked": True}) == ["Web 1"]
    assert listed(database, filters={"config_drive": True, "key_name": "k"}) == ["Web 1"]
    assert listed(database, filters={"launch_index": 3}) == ["web-3"]
    assert listed(database, filters={"created_at": (START + timedelta(seconds=3)).isoformat()}) == ["web-3"]
    assert listed(database, filters={"host": None}, **up) == ["db_2", "web-3"]
    assert listed(database, vm_states=(VmState.ACTIVE,)) == []
    assert listed(database, vm_states=(VmState.ACTIVE,), deleted=None) == []
    assert listed(database, task_states=(None,), deleted=None) == ["done"]
    assert listed(database, task_states=(None, TaskState.SCHEDULING), **up) == ["Web 1", "db_2", "web-3"]
    assert listed(database, changed_since=START + timedelta(seconds=2), **up) == ["db_2", "web-3"]
    assert listed(database, changed_before=START + timedelta(seconds=2), **up) == ["Web 1", "db_2"]
    assert listed(database, limit=0) == []


@pytest.mark.parametrize(
    "query",
    [
        {"name_pattern": "(["},
        {"marker": "nowhere"},
        {"sort_keys": ("flavour",)},
        {"filters": {"flavour": 1}},
        {"filters": {"launched_at": "yesterday"}},
    ],
)
def test_a_query_that_makes_no_sense_is_invalid(database, query):
    put(database, server())
    with database.read() as tx, pytest.raises(Invalid):
        servers.list_whole(tx, ServerQuery(**query))


def test_a_marker_of_another_project_is_unknown(database):
    (other,) = put(database, server(project_id="p2"))
    with database.read() as tx, pytest.raises(Invalid):
        servers.list_names(tx, ServerQuery(project_id="p1", marker=other.id))


KEYS = ("created_at", "host", "name", "launch_index", "key_name", "config_drive", "access_ip_v4", "id")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "host": st.sampled_from([None, "a", "b"]),
                "name": st.sampled_from(["A", "a", "b", ""]),
                "launch_index": st.integers(0, 2),
                "key_name": st.sampled_from([None, "k"]),
                "config_drive": st.booleans(),
                "access_ip_v4": st.sampled_from([None, "1.1.1.1", "1.1.1.2"]),
            }
        ),
        max_size=9,
    ),
    order=st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(["asc", "desc"])), min_size=1, max_size=3),
    step=st.integers(1, 4),
)
def test_pages_joined_are_the_whole_list(database, rows, order, step):
    project = str(uuid.uuid4())
    put(database, *(server(at % 3, project_id=project, **row) for at, row in enumerate(rows)))
    query = ServerQuery(
        project_id=project, sort_keys=tuple(key for key, _ in order), sort_dirs=tuple(way for _, way in order)
    )
    with database.read() as tx:
        whole = [one.id for one in servers.list_names(tx, query)]
        paged, marker = [], None
        while page := servers.list_names(tx, replace(query, limit=step, marker=marker)):
            paged += [one.id for one in page]
            marker = paged[-1]
            assert len(paged) <= len(rows)
    assert len(whole) == len(rows)
    assert paged == whole


def test_a_page_takes_the_same_number_of_statements_whatever_its_size(database):
    put(database, *(server(at, tags=("t",), metadata={"a": "b"}) for at in range(50)))
    seen = []
    sa.event.listen(database.readers, "before_cursor_execute", lambda *args: seen.append(args[2]))
    for limit in (1, 50):
        with database.read() as tx:
            assert len(servers.list_whole(tx, ServerQuery(limit=limit))) == limit
    assert len([one for one in seen if one.startswith("SELECT")]) == 2
