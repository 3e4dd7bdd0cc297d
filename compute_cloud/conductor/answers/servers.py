"""Reads of servers and their actions, and what an owner may rewrite."""

from compute_cloud.conductor.office import Office
from compute_cloud.db.stores import actions, servers
from compute_cloud.objects.action import Action, ActionQuery
from compute_cloud.objects.server import Server, ServerChanges, ServerName, ServerQuery


def list_servers(office: Office, query: ServerQuery) -> tuple[Server, ...]:
    """Return a page of servers, whole."""
    with office.database.read() as tx:
        return servers.list_whole(tx, query)


def list_server_names(office: Office, query: ServerQuery) -> tuple[ServerName, ...]:
    """Return a page of servers, short."""
    with office.database.read() as tx:
        return servers.list_names(tx, query)


def show_server(office: Office, server_id: str, scope: str | None) -> Server:
    """Return one server."""
    with office.database.read() as tx:
        return servers.show(tx, server_id, scope)


def update_server(office: Office, server_id: str, scope: str | None, changes: ServerChanges) -> Server:
    """Write the fields that are given, and return the server as it is then."""
    with office.database.write() as tx:
        servers.show(tx, server_id, scope)
        fields = {name: getattr(changes, name) for name in changes.given}
        if fields:
            servers.update(tx, server_id, **fields)
        return servers.show(tx, server_id, scope)


def list_actions(office: Office, server_id: str, scope: str | None, query: ActionQuery) -> tuple[Action, ...]:
    """Return the actions of a server, newest first, also of one that is deleted."""
    with office.database.read() as tx:
        servers.show(tx, server_id, scope, deleted=True)
        return actions.list_of(tx, server_id, query)


def show_action(office: Office, server_id: str, scope: str | None, request_id: str) -> Action:
    """Return one action with its events."""
    with office.database.read() as tx:
        servers.show(tx, server_id, scope, deleted=True)
        return actions.show(tx, server_id, request_id)
