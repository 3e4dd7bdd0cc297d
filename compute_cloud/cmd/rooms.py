"""The daemons as the launcher runs them: each a room of the house, put together in the process that it works in."""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from oslo_config import cfg

from compute_cloud import concurrency
from compute_cloud.cmd import http
from compute_cloud.rpc.contract import Contract
from compute_cloud.rpc.transport import Server, Transport, open_transport


class Room(Protocol):
    """A service that does more than to answer: it has work of its own."""

    def start(self) -> None:
        """Begin its own work."""
        ...

    def stop(self) -> None:
        """Finish or hand over its own work."""
        ...

    def wait(self) -> None:
        """Return when all of it is at rest."""
        ...


@dataclass(frozen=True, kw_only=True)
class Answering:
    """What makes a daemon that answers a contract."""

    program: str
    contract: type[Contract]
    room: Callable[[cfg.ConfigOpts, Transport], Room]
    pool_size: int | None = None


class RpcDaemon:
    """A room with the server of its contract."""

    def __init__(self, conf: cfg.ConfigOpts, plan: Answering, transport: Transport | None = None) -> None:
        self._conf = conf
        self._plan = plan
        self._transport = transport
        self._own = transport is None
        self._room: Room | None = None
        self._server: Server | None = None

    def start(self) -> None:
        """Begin the room's own work and listen; waits for the broker while that does not answer."""
        plan = self._plan
        if self._transport is None:
            self._transport = open_transport(self._conf, program=plan.program)
        room = self._room = plan.room(self._conf, self._transport)
        server = self._server = self._transport.server(
            plan.contract, room, host=self._conf.host, pool_size=plan.pool_size
        )
        room.start()
        server.start()

    def stop(self) -> None:
        """Answer what was asked, then let the room finish or hand over."""
        if self._server is not None:
            self._server.stop()
        if self._room is not None:
            self._room.stop()
            self._room.wait()
        if self._transport is not None and self._own:
            self._transport.close()

    def reload(self) -> None:
        """Let the room take mutable options, where it has anything to do for that."""
        getattr(self._room, "reload", lambda: None)()


@dataclass(frozen=True, kw_only=True)
class Api:
    """An API that can be enabled: its name, where it listens, and what makes its application."""

    name: str
    address: str
    port: int
    build: Callable[[cfg.ConfigOpts, Transport], http.Wsgi]


class HttpDaemon:
    """The APIs that are enabled, each on its socket."""

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        program: str,
        listening: list[tuple[Api, socket.socket]],
        transport: Transport | None = None,
    ) -> None:
        self._conf = conf
        self._program = program
        self._listening = listening
        self._transport = transport
        self._own = transport is None
        self._servers: list[http.HttpServer] = []

    def start(self) -> None:
        """Build the applications and serve them."""
        if self._transport is None:
            self._transport = open_transport(self._conf, program=self._program)
        for api, listening in self._listening:
            app = api.build(self._conf, self._transport)
            tls = api.name in self._conf.enabled_ssl_apis
            self._servers.append(http.serve(self._conf, listening, app, tls=tls))
        for server in self._servers:
            server.start()

    def stop(self) -> None:
        """Finish the requests that are under way."""
        for stopping in [concurrency.spawn(server.stop) for server in self._servers]:
            stopping.wait()
        if self._transport is not None and self._own:
            self._transport.close()

    def reload(self) -> None:
        """Do nothing: applications read mutable options as they go."""


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def preload() -> None:
    """Import what every worker needs of the broker before there are workers, so that they share it in memory."""
    import compute_cloud.rpc.broker  # noqa: F401
