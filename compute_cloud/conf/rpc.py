"""[DEFAULT]: how long a question to another daemon may take.

``transport_url``, ``rpc_response_timeout`` and ``executor_thread_pool_size`` are oslo.messaging's.
"""

from oslo_config import cfg

GROUP = None
OPTIONS: list[cfg.Opt] = [
    cfg.IntOpt(
        "long_rpc_timeout",
        default=1800,
        min=1,
        mutable=True,
        help="Seconds a call that moves much data may take at most.",
    ),
]
