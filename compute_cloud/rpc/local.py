"""Carries questions within one process, through the same texts as a broker would."""

import collections
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from compute_cloud.concurrency import Event, Flag, Lock, Pool
from compute_cloud.errors import Unavailable
from compute_cloud.rpc.contract import Contract, Endpoint, Method, client

C = TypeVar("C", bound=Contract)
POOL_SIZE = 64


@dataclass
class _Box:
    """Where the questions to one queue go: to its servers in turn, or on a pile while there is none."""

    servers: collections.deque["LocalServer"] = field(default_factory=collections.deque)
    pile: list[Callable[["LocalServer"], None]] = field(default_factory=list)


class LocalTransport:
    """A broker for the daemons of one process."""

    def __init__(self) -> None:
        self._boxes: dict[tuple[str, str | None], _Box] = {}
        self._lock = Lock()

    def client(self, contract: type[C], host: str | None = None) -> C:
        """Return what asks any server of the contract, or the one of ``host``."""
        return client(contract, _LocalLine(self, contract.topic, host))

    def server(
        self, contract: type[Contract], service: object, *, host: str, pool_size: int | None = None
    ) -> "LocalServer":
        """Return what answers the contract with ``service``."""
        return LocalServer(self, Endpoint(contract, service), host, pool_size or POOL_SIZE)

    def close(self) -> None:
        """Forget what nobody took."""
        with self._lock:
            self._boxes.clear()

    def enter(self, server: "LocalServer", keys: tuple[tuple[str, str | None], ...]) -> None:
        """Let a server take questions."""
        for key in keys:
            with self._lock:
                box = self._box(key)
                box.servers.append(server)
                pile, box.pile = box.pile, []
            for question in pile:
                question(server)

    def leave(self, server: "LocalServer", keys: tuple[tuple[str, str | None], ...]) -> None:
        """Let a server take no more questions."""
        with self._lock:
            for key in keys:
                if server in self._box(key).servers:
                    self._box(key).servers.remove(server)

    def deliver(self, key: tuple[str, str | None], question: Callable[["LocalServer"], None]) -> None:
        """Give a question to a server of the queue, or keep it until one comes."""
        with self._lock:
            box = self._box(key)
            if not box.servers:
                box.pile.append(question)
                return
            server = box.servers[0]
            box.servers.rotate(-1)
        question(server)

    def _box(self, key: tuple[str, str | None]) -> _Box:
        return self._boxes.setdefault(key, _Box())


class LocalServer:
    """Answers what comes for its topic, and for its topic on its host."""

    def __init__(self, transport: LocalTransport, endpoint: Endpoint, host: str, pool_size: int) -> None:
        self.endpoint = endpoint
        self._transport = transport
        self._keys = ((endpoint.topic, None), (endpoint.topic, host))
        self._pool_size = pool_size
        self.pool = Pool(pool_size)

    def start(self) -> None:
        """Begin to take questions."""
        self._transport.enter(self, self._keys)

    def stop(self) -> None:
        """Take no more questions, and return when those that were taken are answered."""
        self._transport.leave(self, self._keys)
        self.pool.stop()


@dataclass
class _Answer:
    came: Flag = field(default_factory=Event)
    text: str | None = None


class _LocalLine:
    def __init__(self, transport: LocalTransport, topic: str, host: str | None) -> None:
        self._transport = transport
        self._key = (topic, host)

    def call(self, method: Method, text: str, seconds: float) -> str:
        answer = _Answer()

        def work(endpoint: Endpoint) -> None:
            answer.text = endpoint.answer(method.name, text)
            answer.came.set()

        self._transport.deliver(self._key, lambda server: server.pool.submit(work, server.endpoint))
        if not answer.came.wait(seconds) or answer.text is None:
            raise Unavailable(f"The {self._key[0]} service did not answer {method.name} within {seconds:.0f} s.")
        return answer.text

    def cast(self, method: Method, text: str) -> None:
        self._transport.deliver(self._key, lambda server: server.pool.submit(server.endpoint.answer, method.name, text))
