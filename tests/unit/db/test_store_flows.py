"""The records of flows: nothing is lost of them, and nobody overwrites what another conductor saved."""

import uuid
from dataclasses import replace

import pytest

from compute_cloud.context import Context
from compute_cloud.db.stores import flows
from compute_cloud.errors import Conflict, NotFound
from compute_cloud.lifecycle.saga import Record, Status

CONTEXT = Context(user_id="u", project_id="p", roles=("member",), credentials=(("X-Auth-Token", "secret"),))


def record(**given):
    return Record(
        **{
            "id": str(uuid.uuid4()),
            "kind": "boot_server",
            "subject": "s1",
            "context": CONTEXT,
            "params": '{"a":"é"}',
            "deadline": 1_800_000_100.25,
            "created_at": 1_800_000_000.125,
            "owner": "me",
            "wake_at": 1_800_000_030.5,
            **given,
        }
    )


def put(database, *some):
    with database.write() as tx:
        flows.insert(tx, some)


def test_a_record_comes_back_whole_but_for_the_credentials(database):
    made = record(outputs={"host": {"choice": ["é", None, 1.5]}, "guest": None}, ticket="t/1", asked="h1", casts=1)
    put(database, made)
    with database.read() as tx:
        found = flows.load(tx, made.id)
        assert flows.load(tx, "nowhere") is None
    assert found == replace(made, context=replace(CONTEXT, credentials=()))
    assert found.context.credentials == ()


def test_a_save_over_another_generation_is_lost(database):
    made = record()
    put(database, made)
    with database.write() as tx:
        first = flows.save(tx, replace(made, status=Status.UNDOING, reason="x" * 5000, outputs={"a": 1}))
    with database.write() as tx, pytest.raises(flows.Lost):
        flows.save(tx, made)
    with database.write() as tx:
        assert flows.load(tx, made.id) == replace(first, context=replace(CONTEXT, credentials=()))
        assert flows.save(tx, first).generation == 2


def test_due_are_those_whose_time_has_come(database):
    now = 1_800_000_030.0
    put(
        database,
        late := record(wake_at=now - 10),
        later := record(wake_at=now - 20),
        record(wake_at=now + 10),
        record(wake_at=None, status=Status.DONE),
    )
    with database.write() as tx:
        assert [one.id for one in flows.due(tx, now, limit=10)] == [later.id, late.id]
        assert len(flows.due(tx, now, limit=1)) == 1
        flows.renew(tx, "another", (late.id, later.id), until=now + 30)
        assert len(flows.due(tx, now, limit=10)) == 2
        flows.renew(tx, "me", (late.id, later.id), until=now + 30)
        assert flows.due(tx, now, limit=10) == ()
        flows.hand_over(tx, "me", (late.id,), now=now)
        assert [(one.id, one.owner) for one in flows.due(tx, now, limit=10)] == [(late.id, None)]


def test_a_flow_at_rest_is_never_woken(database):
    put(database, done := record(status=Status.DONE, owner=None, wake_at=None, asked="h1", ticket="t"))
    with database.write() as tx:
        flows.renew(tx, "me", (done.id,), until=2e9)
        flows.hurry(tx, "h1", 1.0)
        flows.hand_over(tx, "me", (done.id,), now=1.0)
        assert flows.due(tx, 3e9, limit=10) == ()
        assert flows.load(tx, done.id).wake_at is None


def test_tickets_that_are_out_to_a_host_are_hurried(database):
    put(
        database,
        mine := record(asked="h1", ticket="t", wake_at=2000.0),
        record(asked="h2", ticket="t", wake_at=2000.0),
        record(asked="h1", wake_at=2000.0),
    )
    with database.write() as tx:
        flows.hurry(tx, "h1", 1000.0)
        assert [one.id for one in flows.due(tx, 1000.0, limit=10)] == [mine.id]


def test_superseded_flows_rest_and_their_owners_lose(database):
    put(database, made := record(), stuck := record(status=Status.STUCK, wake_at=None), other := record(subject="s2"))
    with database.write() as tx:
        assert flows.unfinished(tx, "s1")
        assert flows.supersede(tx, "s1", "deleted") == 2
        assert not flows.unfinished(tx, "s1")
        with pytest.raises(flows.Lost):
            flows.save(tx, made)
        assert flows.load(tx, stuck.id).status is Status.SUPERSEDED
        assert flows.load(tx, other.id).status is Status.RUNNING


def test_operators_list_and_forget(database):
    put(
        database,
        stuck := record(status=Status.STUCK, reason="no", failed_at="guest", wake_at=None),
        running := record(created_at=1_800_000_001.0, subject="s2"),
    )
    with database.write() as tx:
        assert [line.id for line in flows.lines(tx)] == [running.id, stuck.id]
        (line,) = flows.lines(tx, statuses=(Status.STUCK,), kind="boot_server", subject="s1")
        assert (line.step, line.reason, line.status) == ("guest", "no", "stuck")
        assert flows.lines(tx, subject="s2", step_of=lambda _: "host")[0].step == "host"
        flows.forget(tx, stuck.id)
        with pytest.raises(Conflict):
            flows.forget(tx, running.id)
        with pytest.raises(NotFound):
            flows.forget(tx, stuck.id)


def test_old_records_are_pruned_but_not_the_stuck(database):
    put(database, done := record(), stuck := record())
    with database.write() as tx:
        flows.save(tx, replace(done, status=Status.DONE, owner=None, wake_at=None))
        flows.save(tx, replace(stuck, status=Status.STUCK, owner=None, wake_at=None))
        assert flows.prune(tx, 0.0) == 0
        assert flows.prune(tx, 9e9) == 1
        assert flows.load(tx, stuck.id) is not None
