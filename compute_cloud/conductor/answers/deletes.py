"""Begin to delete a server, whatever else it is in the middle of."""

import uuid

from compute_cloud.conductor.answers.boots import charge_of
from compute_cloud.conductor.flows.delete_server import DELETE, DELETE_SERVER, DeleteOrder
from compute_cloud.conductor.office import Office
from compute_cloud.context import Context
from compute_cloud.db.stores import actions, flows, servers
from compute_cloud.lifecycle import machine

A_DAY = 86400.0


def accept_delete(office: Office, context: Context, server_id: str, scope: str | None) -> None:
    """Take the server over from any other flow; asking again while it is being deleted changes nothing."""
    with office.database.write() as tx:
        server = servers.show(tx, server_id, scope)
        now = servers.state(tx, server_id)
        if now is None or (now.action == DELETE and flows.unfinished(tx, server_id)):
            return
        to = machine.begin(
            now,
            DELETE,
            server=server_id,
            launched=server.launched_at is not None,
            locked=server.locked and not context.is_admin,
        )
        if not servers.move(tx, server_id, expected=now, to=to):
            raise flows.Lost(server_id)
        flows.supersede(tx, server_id, "The server is being deleted.")
        order = DeleteOrder(
            server_id=server_id,
            host=server.host,
            project_id=server.project_id,
            user_id=server.user_id,
            charged=dict(charge_of(server)),
        )
        record = office.flows.new(
            DELETE_SERVER, id=str(uuid.uuid4()), subject=server_id, context=context, params=order, seconds=A_DAY
        )
        actions.begin(tx, context, DELETE, [server_id], at=office.now())
        flows.insert(tx, [record])
    office.flows.go(record)
