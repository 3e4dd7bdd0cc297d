"""Boot a server: choose a host and claim it, order the guest, try the next host if it must be."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from compute_cloud.conductor.faults import Overtaken
from compute_cloud.conductor.moves import advance, end, fail
from compute_cloud.conductor.run import Run
from compute_cloud.conductor.tools import Tools
from compute_cloud.db.session import Tx
from compute_cloud.db.stores import claims, servers
from compute_cloud.errors import Broken, Conflict, Problem, Unavailable
from compute_cloud.lifecycle.saga import Again, Cast, Decision, Done, Fail, Later, Saga, Step
from compute_cloud.lifecycle.states import PowerState, TaskState
from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.resources import resources_of
from compute_cloud.objects.scheduling import Choice, HostRequest, Selection
from compute_cloud.objects.ticket import Outcome

CREATE = "create"
SELECTIONS = 5


class NoValidHost(Conflict):
    """No host is left that could take the server; the message says why not, host by host group."""


class ClaimLost(Problem):
    """Another server took what was left on the host."""

    kind = "conflict"


def choose_host(tools: Tools, run: Run) -> None:
    """Ask for ranked hosts and claim the first that still fits, in one transaction with the server's host."""
    order: BootOrder = run.params
    lost = 0
    for _ in range(SELECTIONS):
        selection = tools.scheduler.select_hosts(run.context, request=_request(tools, order))
        if not selection.choices:
            raise NoValidHost(selection.explain())
        for at, choice in enumerate(selection.choices):
            try:
                with run.done(_output(selection, at)) as tx:
                    _take(tx, order, choice)
            except ClaimLost:
                lost += 1
            else:
                return
    raise Unavailable(f"{lost} hosts filled up while they were being claimed")


def release_host(_tools: Tools, run: Run) -> None:
    """Give the claim back; the server is on no host any more."""
    with run.done() as tx:
        claims.release(tx, run.record.subject)
        servers.update(tx, run.record.subject, host=None, node=None)


def host_of(run: Run) -> str | None:
    """Return the compute service that was chosen."""
    choice = _choice(run)
    return choice.host if choice else None


def enter_spawning(tx: Tx, run: Run) -> None:
    """From here on the host builds the guest."""
    advance(tx, run.record.subject, CREATE, to=TaskState.SPAWNING)


def send_order(tools: Tools, run: Run, ticket: str) -> None:
    """Send the order to the host."""
    choice = _choice(run)
    if choice is None:
        raise Broken("a guest was ordered before a host was chosen")
    tools.compute(choice.host).spawn_guest(run.context, ticket=ticket, node=choice.node, order=run.params)


def guest_answered(_tools: Tools, tx: Tx, run: Run, outcome: Outcome) -> Decision:
    """Make the server active when its guest runs; ask the next host when that may help."""
    if not outcome.ok:
        return _elsewhere(tx, run, outcome.reason, retry=outcome.retry)
    facts = outcome.facts
    end(
        tx,
        run.record.subject,
        CREATE,
        power_state=PowerState(int(facts.get("power_state") or PowerState.RUNNING)),
        root_device_name=facts.get("root_device_name"),
        launched_at=datetime.now(UTC),
    )
    return Done(output=outcome.host)


def host_silent(tools: Tools, tx: Tx, run: Run) -> Decision | None:
    """Leave a host that gives no sign of life for the next one; when it comes back it removes what it has."""
    host = host_of(run)
    if host is None or tools.alive(tx, host):
        return None
    return _elsewhere(tx, run, "its host stopped answering", retry=True)


def order_removal(tools: Tools, run: Run, ticket: str) -> None:
    """Have the host remove whatever it built."""
    host = host_of(run)
    if host is not None:
        tools.compute(host).destroy_guest(run.context, ticket=ticket, server_id=run.record.subject)


def removed(_tools: Tools, _tx: Tx, _run: Run, outcome: Outcome) -> Decision:
    """Go on when the host has nothing of the guest any more."""
    return Done() if outcome.ok else Later()


def removal_silent(tools: Tools, tx: Tx, run: Run) -> Decision | None:
    """Wait for no dead host: it removes the guest when it comes back and learns that the server is not its own."""
    host = host_of(run)
    return None if host is None or tools.alive(tx, host) else Done()


def mark_failed(tx: Tx, run: Run, _problem: Problem) -> None:
    """Show ERROR at once; the undoing goes on behind."""
    fail(tx, run.record.subject, CREATE)


BOOT_SERVER = Saga(
    name="boot_server",
    params=BootOrder,
    failed=mark_failed,
    steps=(
        Step(name="host", event="conductor_choose_host", do=choose_host, undo=release_host),
        Step(
            name="guest",
            event="compute_spawn_guest",
            cast=Cast(host=host_of, enter=enter_spawning, send=send_order, answered=guest_answered, silent=host_silent),
            undo_cast=Cast(host=host_of, send=order_removal, answered=removed, silent=removal_silent),
        ),
    ),
)


def _request(tools: Tools, order: BootOrder) -> HostRequest:
    return HostRequest(
        server_id=order.server_id,
        project_id=order.project_id,
        flavor=order.flavor,
        resources=resources_of(order.flavor),
        image_properties=order.image.properties,
        availability_zone=order.availability_zone,
        forced_host=order.forced_host,
        forced_node=order.forced_node,
        host=order.host,
        hypervisor_hostname=order.hypervisor_hostname,
        hints=order.hints,
        limit=tools.attempts(),
    )


def _output(selection: Selection, at: int) -> dict[str, Any]:
    choices: list[dict[str, Any]] = msgspec.to_builtins(selection.choices)
    return {"choice": choices[at], "next": choices[at + 1 :], "refused": []}


def _choice(run: Run) -> Choice | None:
    output = run.output("host")
    return msgspec.convert(output["choice"], Choice) if output else None


def _take(tx: Tx, order: BootOrder, choice: Choice) -> None:
    if not claims.claim(tx, choice.node_uuid, order.server_id, resources_of(order.flavor)):
        raise ClaimLost(f"{choice.host} filled up")
    if not servers.update(tx, order.server_id, host=choice.host, node=choice.node, availability_zone=choice.zone):
        raise Overtaken("The server is gone.")


def _elsewhere(tx: Tx, run: Run, why: str, *, retry: bool) -> Decision:
    """Move the claim to the next host that has room, or give up with the reasons of all that were tried."""
    order: BootOrder = run.params
    output = run.output("host")
    refused = [*output["refused"], why]
    if not retry:
        return Fail(problem=Conflict(why))
    claims.release(tx, order.server_id)
    for at, raw in enumerate(output["next"]):
        choice = msgspec.convert(raw, Choice)
        try:
            _take(tx, order, choice)
        except ClaimLost:
            continue
        left = {"choice": raw, "next": output["next"][at + 1 :], "refused": refused}
        return Again(outputs={"host": left})
    reasons = "; ".join(dict.fromkeys(refused))
    tried = "1 host was" if len(refused) == 1 else f"{len(refused)} hosts were"
    message = f"No valid host was found: {tried} tried and could not build the server ({reasons})."
    return Fail(problem=NoValidHost(message))
