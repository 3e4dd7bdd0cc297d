"""A kiln that can be asked within the process."""

import time

import pytest
from kiln import FLAVOR, KilnRpc, Kilns

from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.image import Image
from compute_cloud.rpc.local import LocalTransport


@pytest.fixture
def order():
    return BootOrder(
        server_id="s",
        name="n",
        project_id="p",
        user_id="u",
        flavor=FLAVOR,
        image=Image(id="i"),
        reservation_id="r",
        hostname="h",
        hints={"group": ("g",)},
    )


@pytest.fixture
def kilns():
    transport = LocalTransport()
    kilns = Kilns(transport)
    server = transport.server(KilnRpc, kilns.service, host="h1")
    server.start()
    yield kilns
    kilns.service.hold.set()
    server.stop()
    transport.close()


@pytest.fixture
def eventually():
    def eventually(condition, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not come to be"
            time.sleep(0.01)

    return eventually
