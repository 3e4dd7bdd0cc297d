"""What daemons report: that they live, what their nodes have, what they see of guests, what came of an order."""

from compute_cloud.conductor.office import Office
from compute_cloud.db.stores import flows, nodes, servers, services
from compute_cloud.errors import NotFound
from compute_cloud.objects.host import HostedServer, Node
from compute_cloud.objects.service import Alive
from compute_cloud.objects.ticket import Outcome, PowerReport, Verdict


def report_alive(office: Office, alive: Alive) -> None:
    """Note a sign of life."""
    with office.database.write() as tx:
        services.seen(tx, alive, at=office.now())


def report_nodes(office: Office, host: str, found: tuple[Node, ...]) -> None:
    """Write down what the nodes of a host have."""
    with office.database.write() as tx:
        nodes.report(tx, host, found, at=office.now())


def host_started(office: Office, host: str) -> tuple[HostedServer, ...]:
    """Make every order that is out to the host due, and return what should run there."""
    with office.database.write() as tx:
        flows.hurry(tx, host, office.clock())
        hosted = servers.hosted(tx, host)
    office.flows.look()
    return hosted


def report_power(office: Office, host: str, reports: tuple[PowerReport, ...]) -> None:
    """Write down the power states, of servers that are still the host's."""
    with office.database.write() as tx:
        servers.set_power(tx, host, reports)


def answer(office: Office, ticket: str, server_id: str, outcome: Outcome) -> Verdict:
    """Take an answer; tell a host whose server is not its own (any more) to remove what it has."""
    if office.flows.answer(ticket, outcome):
        return Verdict.KEEP
    try:
        with office.database.read() as tx:
            server = servers.show(tx, server_id, None)
    except NotFound:
        return Verdict.REMOVE
    return Verdict.KEEP if server.host == outcome.host else Verdict.REMOVE


def prune(office: Office, days: int) -> int:
    """Take away some of the records of flows that ended more than so many days ago; return how many."""
    with office.database.write() as tx:
        return flows.prune(tx, office.clock() - days * 86400)
