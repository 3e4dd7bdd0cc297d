"""Delete a server: take its guest away, give everything back, and close its row.

Deleting never undoes. What cannot be done now is tried again; a host that is dead removes the guest when it comes
back and learns that the server is gone.
"""

from dataclasses import dataclass

from compute_cloud.conductor.moves import end, fail
from compute_cloud.conductor.run import Run
from compute_cloud.conductor.tools import Tools
from compute_cloud.db.session import Tx
from compute_cloud.db.stores import claims, quotas, servers
from compute_cloud.errors import Problem
from compute_cloud.lifecycle.saga import Cast, Decision, Done, Later, Saga, Step
from compute_cloud.objects.ticket import Outcome

DELETE = "delete"


@dataclass(frozen=True, kw_only=True)
class DeleteOrder:
    """What is to go. ``host`` is where the guest is or may be; ``charged`` what the project's quota gets back."""

    server_id: str
    host: str | None
    project_id: str
    user_id: str
    charged: dict[str, int]


def host_of(run: Run) -> str | None:
    """Return the host that has, or may have, the guest."""
    order: DeleteOrder = run.params
    return order.host


def order_removal(tools: Tools, run: Run, ticket: str) -> None:
    """Have the host stop the guest and remove its disks."""
    order: DeleteOrder = run.params
    if order.host is not None:
        tools.compute(order.host).destroy_guest(run.context, ticket=ticket, server_id=order.server_id)


def removed(_tools: Tools, _tx: Tx, _run: Run, outcome: Outcome) -> Decision:
    """Go on when the host has nothing of it any more; a host that could not yet is asked again."""
    return Done() if outcome.ok else Later()


def host_silent(tools: Tools, tx: Tx, run: Run) -> Decision | None:
    """Wait for no host that gives no sign of life."""
    order: DeleteOrder = run.params
    return None if order.host is None or tools.alive(tx, order.host) else Done()


def close(_tools: Tools, run: Run) -> None:
    """Give back the claim and the quota, and close the row, in one transaction."""
    order: DeleteOrder = run.params
    with run.done() as tx:
        claims.release(tx, order.server_id)
        end(tx, order.server_id, DELETE)
        servers.mark_deleted(tx, order.server_id)
        quotas.release(tx, order.project_id, order.user_id, order.charged)


def mark_failed(tx: Tx, run: Run, _problem: Problem) -> None:
    """Leave the server in ERROR, from where it can be deleted again."""
    fail(tx, run.record.subject, DELETE)


DELETE_SERVER = Saga(
    name="delete_server",
    params=DeleteOrder,
    failed=mark_failed,
    steps=(
        Step(
            name="guest",
            event="compute_destroy_guest",
            cast=Cast(host=host_of, send=order_removal, answered=removed, silent=host_silent),
        ),
        Step(name="closed", event="conductor_close_server", do=close),
    ),
)
