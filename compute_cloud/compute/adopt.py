"""What a host has, against what the conductor believes it to have: guests that nobody misses are removed."""

import logging
from collections.abc import Collection
from functools import partial

from compute_cloud.compute.orders import Orders
from compute_cloud.compute.tools import Tools
from compute_cloud.context import nobody
from compute_cloud.errors import NotFound, Problem
from compute_cloud.lifecycle.states import PowerState, TaskState, VmState
from compute_cloud.objects.host import HostedServer
from compute_cloud.objects.server import Server, ServerQuery

LOG = logging.getLogger(__name__)
_PAGE = 1000
_DOWN = (PowerState.SHUTDOWN, PowerState.CRASHED)
_MOVING = frozenset(
    {
        TaskState.RESIZE_PREP,
        TaskState.RESIZE_MIGRATING,
        TaskState.RESIZE_MIGRATED,
        TaskState.RESIZE_FINISH,
        TaskState.RESIZE_REVERTING,
        TaskState.RESIZE_CONFIRMING,
        TaskState.MIGRATING,
        TaskState.SHELVING,
        TaskState.SHELVING_IMAGE_PENDING_UPLOAD,
        TaskState.SHELVING_IMAGE_UPLOADING,
        TaskState.SHELVING_OFFLOADING,
        TaskState.UNSHELVING,
    }
)


def remove_leftovers(tools: Tools, orders: Orders, expected: Collection[str], *, action: str) -> None:
    """Remove our guests that the conductor says have no server here any more; ``action`` reap, log, shutdown or noop.

    That a server is not ``expected`` is only a reason to ask for it. Raises Unavailable.
    """
    if action == "noop":
        return
    for guest in tools.driver.guests():
        server_id = guest.server_id
        if server_id in expected:
            continue
        if action != "reap":
            if is_unwanted(tools, server_id):
                LOG.warning("guest %s has no server here any more; it is left alone, as configured", server_id)
            continue
        try:
            orders.remove_if(server_id, partial(_said_unwanted, tools, server_id))
        except Problem as problem:
            LOG.warning("guest %s could not be removed: %s", server_id, problem.detail or problem.message)


def resume_guests(tools: Tools, orders: Orders, hosted: Collection[HostedServer]) -> None:
    """Start the guests again that ran when the host went down: records say that they run, and they do not."""
    states = {guest.server_id: guest.power_state for guest in tools.driver.guests()}
    for server in hosted:
        ran = (server.vm_state, server.task_state, server.power_state) == (VmState.ACTIVE, None, PowerState.RUNNING)
        if not ran or states.get(server.server_id) not in _DOWN or orders.is_busy(server.server_id):
            continue
        try:
            tools.driver.resume_guest(server.server_id)
        except Problem as problem:
            LOG.warning("guest %s could not be started again: %s", server.server_id, problem.detail or problem.message)
        else:
            LOG.info("guest %s ran before the host went down and was started again", server.server_id)


def expected_here(tools: Tools) -> frozenset[str]:
    """Return the servers that the conductor believes to be on this host. Raises Unavailable."""
    found: list[str] = []
    while True:
        marker = found[-1] if found else None
        query = ServerQuery(filters={"host": tools.host}, limit=_PAGE, marker=marker)
        page = tools.conductor.list_server_names(nobody(), query=query)
        found += [line.id for line in page]
        if len(page) < _PAGE:
            return frozenset(found)


def is_unwanted(tools: Tools, server_id: str) -> bool:
    """Ask the conductor whether the server is gone, or settled on another host. Raises Unavailable."""
    try:
        return _is_elsewhere(tools.conductor.show_server(nobody(), server_id=server_id, scope=None), tools.host)
    except NotFound:
        return True


def _said_unwanted(tools: Tools, server_id: str) -> bool:
    unwanted = is_unwanted(tools, server_id)
    if unwanted:
        LOG.warning("guest %s has no server here any more and is removed", server_id)
    return unwanted


def _is_elsewhere(server: Server, host: str) -> bool:
    """Tell whether the server is gone or on another host for good: one that moves has a part on both."""
    if server.deleted:
        return True
    return server.host != host and server.task_state not in _MOVING and server.vm_state is not VmState.RESIZED
