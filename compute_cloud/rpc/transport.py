"""The way to the other daemons, and from them: over a message broker, or within one process."""

from typing import Protocol, TypeVar

from oslo_config import cfg

from compute_cloud.concurrency import backend, start_backend
from compute_cloud.rpc.contract import Contract

C = TypeVar("C", bound=Contract)


class Server(Protocol):
    """What listens for the questions of one contract."""

    def start(self) -> None:
        """Begin to take questions. Waits for the broker while that does not answer."""
        ...

    def stop(self) -> None:
        """Take no more questions, and return when those that were taken are answered."""
        ...


class Transport(Protocol):
    """Opens clients and servers of contracts. Nothing is connected before the first of them is used."""

    def client(self, contract: type[C], host: str | None = None) -> C:
        """Return what asks any server of the contract, or the one of ``host``."""
        ...

    def server(self, contract: type[Contract], service: object, *, host: str, pool_size: int | None = None) -> Server:
        """Return what answers the contract with ``service``, up to ``pool_size`` questions at once.

        Raises TypeError when the service's methods are not those of the contract.
        """
        ...

    def close(self) -> None:
        """Leave the broker."""
        ...


def open_transport(conf: cfg.ConfigOpts, *, program: str) -> Transport:
    """Return the transport that ``transport_url`` names; ``fake://`` stays within the process.

    ``program`` names the process to the broker. To be called after a fork, not before.
    """
    start_backend(backend())  # oslo.messaging takes eventlet for granted where nothing was chosen
    import oslo_messaging  # noqa: PLC0415 - slow to import, and who stays within the process needs none of it

    if oslo_messaging.TransportURL.parse(conf).transport == "fake":
        from compute_cloud.rpc.local import LocalTransport  # noqa: PLC0415

        return LocalTransport()
    from compute_cloud.rpc.broker import BrokerTransport  # noqa: PLC0415

    return BrokerTransport(conf, program=program)
