"""Carries questions over a message broker by oslo.messaging. Whatever goes wrong there is Unavailable here."""

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

import oslo_messaging
from oslo_config import cfg
from oslo_messaging import exceptions

from compute_cloud.concurrency import Lock, sleep
from compute_cloud.errors import Problem, Unavailable
from compute_cloud.rpc import pinning, rabbit
from compute_cloud.rpc.contract import Contract, Endpoint, Method, client

C = TypeVar("C", bound=Contract)
LOG = logging.getLogger(__name__)
EXCHANGE = "compute-cloud"
# How long a call goes on trying to be sent while the broker is away; a cast gives up sooner, as flows send it again.
CALL_SENDING_SECONDS = 15.0
CAST_SENDING_SECONDS = 4.0
# How long a message waits for the queue of its topic, which a restarted broker lacks until a server is back.
QUEUE_WAIT_SECONDS = 15.0
QUEUE_PAUSE_SECONDS = 0.25
# A server that works on a long call says so twice in this time; silence means that it died with the call.
SILENCE_SECONDS = 15


class BrokerTransport:
    """A transport of oslo.messaging with clients and servers of contracts."""

    def __init__(self, conf: cfg.ConfigOpts, *, program: str) -> None:
        self._conf = conf
        set_defaults()
        self._transport = oslo_messaging.get_rpc_transport(conf)
        rabbit.adapt(self._transport, f"{conf.host}:{program}")
        self._clients: dict[tuple[type, str | None], Any] = {}
        self._lock = Lock()
        conf.register_mutate_hook(lambda *_: self._clients.clear())

    def client(self, contract: type[C], host: str | None = None) -> C:
        """Return what asks any server of the contract, or the one of ``host``."""
        found: C | None = self._clients.get((contract, host))
        if found is None:
            found = self._clients[contract, host] = client(
                contract, _BrokerLine(self._conf, self._transport, contract, host)
            )
        return found

    def server(
        self, contract: type[Contract], service: object, *, host: str, pool_size: int | None = None
    ) -> "BrokerServer":
        """Return what answers the contract with ``service``."""
        return BrokerServer(self._transport, contract, Endpoint(contract, service), host, pool_size)

    def close(self) -> None:
        """Leave the broker."""
        self._transport.cleanup()


def set_defaults() -> None:
    """Give oslo.messaging's options the defaults that this product wants."""
    oslo_messaging.set_transport_defaults(control_exchange=EXCHANGE)
    rabbit.set_defaults()


class BrokerServer:
    """Answers what comes for its topic, and for its topic on its host."""

    def __init__(
        self, transport: Any, contract: type[Contract], endpoint: Endpoint, host: str, pool_size: int | None
    ) -> None:
        self._pool_size = pool_size
        version = contract.version
        body: dict[str, Any] = {name: _receiver(endpoint, name) for name in endpoint.methods}
        body["target"] = oslo_messaging.Target(version=version)
        receiver = type(f"{contract.__name__}Receiver", (), body)()
        target = oslo_messaging.Target(topic=endpoint.topic, server=host)
        self._server = oslo_messaging.get_rpc_server(transport, target, [receiver])

    def start(self) -> None:
        """Begin to take questions. Waits for the broker while that does not answer."""
        self._server.start(override_pool_size=self._pool_size)

    def stop(self) -> None:
        """Take no more questions, and return when those that were taken are answered."""
        self._server.stop()
        self._server.wait()


def _receiver(endpoint: Endpoint, name: str) -> Callable[..., str | None]:
    def receive(_: object, __: object, *, text: str) -> str | None:
        return endpoint.answer(name, text)

    return receive


class _BrokerLine:
    def __init__(self, conf: cfg.ConfigOpts, transport: Any, contract: type[Contract], host: str | None) -> None:
        self._topic: str = contract.topic
        self._name = f"{self._topic} service" + (f" on {host}" if host else "")
        self._host = host
        self._level = pinning.pin(conf, self._topic)
        target = oslo_messaging.Target(topic=self._topic, server=host)
        # the broker hands back what no queue takes, instead of dropping it without a word
        certain = oslo_messaging.TransportOptions(at_least_once=True)
        self._client = oslo_messaging.get_rpc_client(transport, target, transport_options=certain)
        group = conf.oslo_messaging_rabbit if "oslo_messaging_rabbit" in conf else None
        self._pauses = _pauses(group) if group is not None else [0.0]

    def call(self, method: Method, text: str, seconds: float) -> str:
        retry = self._tries(min(seconds, CALL_SENDING_SECONDS))
        monitor = SILENCE_SECONDS if seconds > SILENCE_SECONDS else None
        prepared = self._client.prepare(
            version=method.since, timeout=seconds, retry=retry, call_monitor_timeout=monitor
        )
        answer: str = self._send(prepared.call, method, text, seconds)
        return answer

    def cast(self, method: Method, text: str) -> None:
        prepared = self._client.prepare(version=method.since, retry=self._tries(CAST_SENDING_SECONDS))
        self._send(prepared.cast, method, text, CAST_SENDING_SECONDS)

    def _send(self, send: Callable[..., Any], method: Method, text: str, seconds: float) -> Any:
        pinning.check(method, self._topic, self._level)
        give_up = time.monotonic() + min(seconds, QUEUE_WAIT_SECONDS)
        while True:
            try:
                return send({}, method.name, text=text)
            except exceptions.MessageUndeliverable as error:
                # a host that does not listen is told at once; a topic without any server is coming back
                if self._host is not None or time.monotonic() > give_up:
                    raise Unavailable(f"The {self._name} is not there ({method.name}).", detail=str(error)) from error
            except Exception as error:
                raise self._problem(error, method, seconds) from error
            sleep(QUEUE_PAUSE_SECONDS)

    def _problem(self, error: Exception, method: Method, seconds: float) -> Problem:
        asked = method.name
        if isinstance(error, Problem):
            return error
        if isinstance(error, exceptions.MessagingTimeout):
            waited = min(seconds, SILENCE_SECONDS)
            return Unavailable(f"The {self._name} did not answer {asked} within {waited:.0f} s.")
        if isinstance(error, oslo_messaging.RemoteError):
            return Unavailable(f"The {self._name} does not know {asked} yet.", detail=str(error.value))
        return Unavailable(f"The message broker did not take {asked} for the {self._name}.", detail=repr(error))

    def _tries(self, seconds: float) -> int:
        """Return how many tries to reach the broker fit in."""
        spent, tries = 0.0, 0
        while spent < seconds and tries < 100:
            spent += self._pauses[min(tries, len(self._pauses) - 1)] or seconds
            tries += 1
        return tries


def _pauses(options: Any) -> list[float]:
    """Return how long the driver waits before its first, second … try to reach the broker again."""
    first, step, longest = options.rabbit_retry_interval, options.rabbit_retry_backoff, options.rabbit_interval_max
    if step <= 0:
        return [float(first)]
    return [float(min(pause, longest)) for pause in range(first, longest + step, step)]
