"""The transport within one process keeps what a broker keeps."""

import pytest
from kiln import Kiln, KilnRpc, Kilns

from compute_cloud.errors import Unavailable
from compute_cloud.rpc.local import LocalTransport


def test_what_is_cast_before_there_is_a_server_is_kept(order):
    kilns = Kilns(LocalTransport())
    kilns.client("h1").fire(kilns.context, ticket="1", order=order)
    kilns.client().fire(kilns.context, ticket="2", order=order)
    server = kilns.transport.server(KilnRpc, kilns.service, host="h1")
    server.start()
    assert kilns.service.orders.get(timeout=5) == order
    assert kilns.service.orders.get(timeout=5) == order
    server.stop()


def test_a_call_that_nobody_answers_is_unavailable():
    kilns = Kilns(LocalTransport())
    with pytest.raises(Unavailable):
        kilns.client("nowhere").wait(kilns.context, seconds=0)


def test_servers_of_a_topic_take_turns_and_a_host_gets_its_own(order):
    transport = LocalTransport()
    services = {name: Kiln() for name in ("h1", "h2")}
    servers = [transport.server(KilnRpc, service, host=name) for name, service in services.items()]
    for server in servers:
        server.start()
    kilns = Kilns(transport)
    for _ in range(4):
        kilns.client().look(kilns.context, server_id="a", lines=None)
    kilns.client("h2").look(kilns.context, server_id="a", lines=None)
    assert [len(service.contexts) for service in services.values()] == [2, 3]
    for server in servers:
        server.stop()


def test_a_server_that_stops_answers_what_it_took():
    transport = LocalTransport()
    kilns = Kilns(transport)
    server = transport.server(KilnRpc, kilns.service, host="h1", pool_size=1)
    server.start()
    kilns.service.hold.set()
    kilns.client().wait(kilns.context, seconds=0)
    server.stop()
    with pytest.raises(Unavailable):
        kilns.client().wait(kilns.context, seconds=0)


def test_a_service_that_drifted_has_no_server():
    with pytest.raises(TypeError):
        LocalTransport().server(KilnRpc, object(), host="h1")
