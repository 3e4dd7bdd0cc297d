"""What oslo.messaging's RabbitMQ driver does otherwise than this product wants, and has no option for.

- Reply queues get stable names, so that a restart leaves none behind. (Its own queue manager counts in a file by
  process group; two daemons of one kind on one machine would then take each other's replies.)
- No queue for messages to all servers of a topic is declared: nothing here sends such messages.
- A thread that waits for messages looks up once a second, not every five: so long does it take to stop.
"""

import logging
from typing import Any

from oslo_config import cfg
from oslo_messaging._drivers import impl_rabbit

from compute_cloud.rpc import names

LOG = logging.getLogger(__name__)
LONGEST_WAIT_SECONDS = 1.0
DEFAULTS: dict[str, Any] = {
    # tries to reach the broker again are at most about 3.5 s apart
    "rabbit_retry_interval": 1,
    "rabbit_retry_backoff": 1,
    "rabbit_interval_max": 3,
    "kombu_reconnect_delay": 0.2,
    "kombu_reconnect_splay": 0.2,
    # a reply whose asker is gone holds a worker no longer than this
    "kombu_missing_consumer_retry_timeout": 20,
}


def set_defaults() -> None:
    """Give the driver's options other defaults, before it registers them."""
    cfg.set_defaults(impl_rabbit.rabbit_opts, **DEFAULTS)


class _Connection(impl_rabbit.Connection):  # type: ignore[misc]
    def declare_fanout_consumer(self, topic: str, callback: Any) -> None:
        """Declare nothing."""

    def consume(self, timeout: float | None = None) -> None:
        super().consume(timeout=min(timeout or LONGEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS))


class _Names:
    """Stands where the driver has its queue manager."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def get(self) -> str:
        return names.claim(self._prefix)


def adapt(transport: Any, program: str) -> None:
    """Teach a transport of oslo.messaging the above, where it is one of RabbitMQ."""
    driver = getattr(transport, "_driver", None)
    if not isinstance(driver, impl_rabbit.RabbitDriver):
        return
    pool: Any = getattr(driver, "_connection_pool", None)
    if getattr(driver, "_q_manager", "none") is not None or not hasattr(pool, "connection_cls"):
        LOG.debug("the RabbitMQ driver is left as it is")
        return
    driver._q_manager = _Names(program)  # noqa: SLF001 - see above
    pool.connection_cls = _Connection
