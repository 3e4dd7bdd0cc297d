"""Questions over a real RabbitMQ, through a door that can be shut. Runs on one backend, in a process of its own.

rpc_scenario.py BACKEND TRANSPORT_URL; prints ``fine`` when all is as it should be.
"""

import sys
import tempfile
import time
import uuid

from compute_cloud import concurrency

if __name__ == "__main__":
    concurrency.start_backend(sys.argv[1])

import contextlib
import socket
import threading
from typing import ClassVar, Protocol
from urllib.parse import urlsplit

import kombu
import pytest

from compute_cloud.conf import CONF, load
from compute_cloud.context import Context
from compute_cloud.errors import NotFound, Unavailable
from compute_cloud.rpc.contract import Contract, call, cast
from compute_cloud.rpc.transport import open_transport

TOPIC = f"cc-test-{uuid.uuid4().hex[:8]}"
CONTEXT = Context(user_id="u")


class EchoRpc(Contract, Protocol):
    """Says what it hears."""

    topic: ClassVar[str] = TOPIC
    version: ClassVar[str] = "1.0"

    @call(since="1.0", timeout=40)
    def say(self, context: Context, *, word: str) -> str: ...

    @call(since="1.0", timeout=40)
    def slowly(self, context: Context, *, seconds: float) -> str: ...

    @cast(since="1.0")
    def tell(self, context: Context, *, word: str) -> None: ...


class Echo:
    """Answers, and remembers what it was told."""

    def __init__(self):
        self.heard = concurrency.Queue()

    def say(self, context: Context, *, word: str) -> str:
        if word == "nothing":
            raise NotFound("There is nothing to say.")
        return word

    def slowly(self, context: Context, *, seconds: float) -> str:
        concurrency.sleep(seconds)
        return "done"

    def tell(self, context: Context, *, word: str) -> None:
        self.heard.put(word)


class Door:
    """A port in front of the broker."""

    def __init__(self, host, port):
        self.behind = (host, port)
        self.socket = None
        self.pairs = []
        self.port = 0

    def open(self):
        self.socket = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.socket,), daemon=True).start()

    def shut(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for one in self.pairs:
            for end in one:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self.pairs.clear()

    def _accept(self, listening):
        while True:
            try:
                near, _ = listening.accept()
                far = socket.create_connection(self.behind)
            except OSError:
                return
            self.pairs.append((near, far))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=pair, daemon=True).start()

    @staticmethod
    def _carry(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def within(low, high, work):
    began = time.monotonic()
    try:
        return work()
    finally:
        took = time.monotonic() - began
        assert low <= took <= high, f"{work} took {took:.1f} s, not {low} to {high}"


def refused(work):
    with pytest.raises(Unavailable):
        work()


def queues_of(url):
    """The names of this test's queues that exist, of those that it may have made."""
    with kombu.Connection(url.replace("rabbit:", "amqp:")) as connection:
        found = []
        for name in (TOPIC, f"{TOPIC}.h1", f"reply_{CONF.host}:{TOPIC}:0", f"{TOPIC}_fanout_{CONF.host}:{TOPIC}:0"):
            channel = connection.channel()
            try:
                kombu.Queue(name, channel=channel).queue_declare(passive=True)
            except connection.channel_errors:
                continue
            found.append(name)
            channel.close()
        return found


def clean(url):
    with kombu.Connection(url.replace("rabbit:", "amqp:")) as connection:
        for name in (TOPIC, f"{TOPIC}.h1", f"reply_{CONF.host}:{TOPIC}:0"):
            kombu.Queue(name, channel=connection.channel()).delete()


def main(url):
    broker = urlsplit(url)
    door = Door(broker.hostname, broker.port)
    door.open()
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write("[DEFAULT]\ntransport_url = " + url.replace(f":{broker.port}", f":{door.port}"))
        file.flush()
        load([], files=[file.name])
    transport, service = open_transport(CONF, program=TOPIC), Echo()
    server = transport.server(EchoRpc, service, host="h1")
    server.start()
    anyone, h1, nowhere = (transport.client(EchoRpc, host) for host in (None, "h1", "nowhere"))

    assert anyone.say(CONTEXT, word="a" * 100000) == "a" * 100000
    assert h1.say(CONTEXT, word="b") == "b"
    h1.tell(CONTEXT, word="c")
    assert service.heard.get(timeout=10) == "c"
    with pytest.raises(NotFound, match="nothing to say"):
        anyone.say(CONTEXT, word="nothing")

    # names that the next process of the kind will have again, and no queue that nobody reads
    assert queues_of(url) == [TOPIC, f"{TOPIC}.h1", f"reply_{CONF.host}:{TOPIC}:0"], queues_of(url)

    # a host that does not listen is told at once
    within(0, 5, lambda: refused(lambda: nowhere.say(CONTEXT, word="d")))
    within(0, 5, lambda: refused(lambda: nowhere.tell(CONTEXT, word="d")))

    # the broker is away: casts give up soon, calls go on trying and are answered when it is back
    door.shut()
    within(0.5, 12, lambda: refused(lambda: h1.tell(CONTEXT, word="e")))
    answers = concurrency.Queue()
    concurrency.spawn(lambda: answers.put(anyone.say(CONTEXT, word="f")))
    concurrency.sleep(4)
    assert not len(answers)
    door.open()
    assert within(0, 8, lambda: answers.get(timeout=20)) == "f"
    assert within(0, 8, lambda: h1.say(CONTEXT, word="g")) == "g"

    # a server that stops answers what it took, and takes no long time when it has nothing
    concurrency.spawn(lambda: answers.put(anyone.slowly(CONTEXT, seconds=1.5)))
    concurrency.sleep(0.5)
    within(0.5, 10, server.stop)
    assert answers.get(timeout=10) == "done"
    transport.close()
    clean(url)
    sys.stdout.write("fine\n")


if __name__ == "__main__":
    main(sys.argv[2])
