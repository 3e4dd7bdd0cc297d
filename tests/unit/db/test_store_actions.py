"""Instance actions and their events."""

from datetime import timedelta

import pytest

from compute_cloud.context import Context
from compute_cloud.db.stores import actions
from compute_cloud.errors import Invalid, NotFound
from compute_cloud.objects.action import ActionEvent, ActionQuery
from tests.factories.servers import START

ID = "11111111-1111-1111-1111-111111111111"


def at(seconds):
    return START + timedelta(seconds=seconds)


def begun(tx, number, name="create"):
    context = Context(request_id=f"req-{number}", user_id="u", project_id="p")
    actions.begin(tx, context, name, [ID], at=at(number))
    return ID, context.request_id


def test_a_step_is_one_event_from_its_beginning_to_its_end(database):
    with database.write() as tx:
        where = begun(tx, 1)
        begun(tx, 1)
        actions.begin_event(tx, *where, ActionEvent(name="guest", started_at=at(2), host="h1"))
        host_event = ActionEvent(name="compute_image", started_at=at(3), finished_at=at(4), result="Success", host="h1")
        end = ActionEvent(name="guest", started_at=at(9), finished_at=at(5), result="Success", details="d" * 5000)
        actions.end_event(tx, *where, end, more=[host_event], begun=True)
        at_once = ActionEvent(name="at-once", started_at=at(6), finished_at=at(6), result="Error")
        actions.end_event(tx, *where, at_once, begun=False)
        actions.finish(tx, *where, at=at(7), message="Error")
        actions.finish(tx, *where, at=at(8), message=None)
        action = actions.show(tx, *where)
    assert (action.name, action.message, action.finished_at, action.user_id) == ("create", "Error", at(7), "u")
    assert [event.name for event in action.events] == ["at-once", "compute_image", "guest"]
    guest = action.events[2]
    assert (guest.started_at, guest.finished_at, guest.host, guest.result) == (at(2), at(5), "h1", "Success")
    assert guest.details == "d" * 5000


def test_a_step_that_is_tried_again_is_a_new_event(database):
    with database.write() as tx:
        where = begun(tx, 1)
        for host in ("h1", "h2"):
            actions.begin_event(tx, *where, ActionEvent(name="guest", started_at=at(2), host=host))
            actions.end_event(
                tx, *where, ActionEvent(name="guest", started_at=at(2), finished_at=at(3), result="Error"), begun=True
            )
        assert [event.host for event in actions.show(tx, *where).events] == ["h2", "h1"]


def test_pages_are_newest_first(database):
    with database.write() as tx:
        for number in range(5):
            begun(tx, number, f"a{number}")
        assert [one.name for one in actions.list_of(tx, ID, ActionQuery())] == ["a4", "a3", "a2", "a1", "a0"]
        paged = actions.list_of(tx, ID, ActionQuery(limit=2, marker="req-3"))
        assert [one.name for one in paged] == ["a2", "a1"]
        assert len(actions.list_of(tx, ID, ActionQuery(changed_since=at(3)))) == 2
        assert len(actions.list_of(tx, ID, ActionQuery(changed_before=at(0)))) == 1
        with pytest.raises(Invalid):
            actions.list_of(tx, ID, ActionQuery(marker="req-9"))
        with pytest.raises(NotFound):
            actions.show(tx, ID, "req-9")
