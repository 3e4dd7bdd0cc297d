"""What was done to a server, step by step."""

from typing import Any, Final

from compute_cloud.api.body import Body, Groups, Query, field
from compute_cloud.api.microversions import ACTIONS_ARE_PAGED, ACTIONS_OF_DELETED, EVENTS_FOR_OWNERS
from compute_cloud.api.operation import operation
from compute_cloud.api.paging import LIMIT, MARKER, next_link, page_size
from compute_cloud.api.request import ApiRequest
from compute_cloud.api.schemas import TIME
from compute_cloud.api.server_words import host_id
from compute_cloud.api.shown import precise
from compute_cloud.errors import Invalid
from compute_cloud.objects.action import Action, ActionQuery

_RULE: Final = "os_compute_api:os-instance-actions:"


class ShownAction(Body):
    """An action."""

    action: object = field(of="name")
    server: object = field(name="instance_uuid", of="server_id")
    request_id: object = field(of="request_id")
    user_id: object = field(of="user_id")
    project_id: object = field(of="project_id")
    start_time: object = field(of=lambda action, _: precise(action.started_at))
    message: object = field(of="message")
    updated_at: object = field(since="2.58", of=lambda action, _: precise(action.updated_at or action.started_at))


class ShownEvent(Body):
    """A step of an action. Groups: ``internals`` for hosts and tracebacks, ``details``."""

    event: object = field(of="name")
    start_time: object = field(of=lambda event, _: precise(event.started_at))
    finish_time: object = field(of=lambda event, _: precise(event.finished_at))
    result: object = field(of="result")
    traceback: object = field(group="internals", of="traceback")
    host_id: object = field(
        name="hostId", since="2.62", of=lambda event, request: host_id(request.context.project_id, event.host)
    )
    host: object = field(since="2.62", group="internals", of="host")
    details: object = field(since="2.84", group="details", of="details")


class ActionList(Query):
    """Which actions to list."""

    limit: int | None = field(LIMIT, since="2.58")
    marker: str | None = field(MARKER, since="2.58")
    changed_since: Any = field(TIME, name="changes-since", since="2.58")
    changed_before: Any = field(TIME, name="changes-before", since="2.66")


@operation(rule=_RULE + "list", query=ActionList)
def index(request: ApiRequest, server_id: str) -> Any:
    """List the actions of a server, the newest first."""
    server_id = _known(request, server_id, _RULE + "list")
    asked = request.query
    if asked.changed_since and asked.changed_before and asked.changed_since > asked.changed_before:
        raise Invalid("The value of changes-since must be less than or equal to changes-before.", field="changes-since")
    paged = request.version >= ACTIONS_ARE_PAGED
    query = ActionQuery(
        limit=page_size(request) if paged else None,
        marker=asked.marker,
        changed_since=asked.changed_since,
        changed_before=asked.changed_before,
    )
    found = request.conductor.list_actions(request.context, server_id=server_id, scope=request.scope, query=query)
    view = ShownAction.view(request.version)
    answer: dict[str, Any] = {"instanceActions": [view(action, request) for action in found]}
    path = f"servers/{server_id}/os-instance-actions"
    links = next_link(request, path, found, lambda action: str(action.request_id)) if paged else []
    return answer | ({"links": links} if links else {})


@operation(rule=_RULE + "show")
def show(request: ApiRequest, server_id: str, asked_by: str) -> Any:
    """Show an action with its events, the newest first."""
    server_id = _known(request, server_id, _RULE + "show")
    action = request.conductor.show_action(
        request.context, server_id=server_id, scope=request.scope, request_id=asked_by
    )
    shown = ShownAction.view(request.version)(action, request)
    groups = _groups(request)
    if request.version >= EVENTS_FOR_OWNERS or "internals" in groups:
        shown["events"] = _events(request, action, groups)
    return {"instanceAction": shown}


def _known(request: ApiRequest, server_id: str, rule: str) -> str:
    """Return the server's id. Old versions do not show what was done to deleted servers, so it must stand there."""
    if request.version < ACTIONS_OF_DELETED:
        return request.server(server_id, rule).id
    return request.guard(server_id, rule)


def _groups(request: ApiRequest) -> Groups:
    named = {"internals": _RULE + "events", "details": _RULE + "events:details"}
    return frozenset(group for group, rule in named.items() if request.may(rule))


def _events(request: ApiRequest, action: Action, groups: Groups) -> list[dict[str, Any]]:
    view = ShownEvent.view(request.version, groups)
    return [view(event, request) for event in action.events]
