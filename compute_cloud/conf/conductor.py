"""[conductor]: how much work a conductor takes at once, and how flows are kept alive."""

from oslo_config import cfg

GROUP = cfg.OptGroup("conductor", title="The conductor")
OPTIONS: list[cfg.Opt] = [
    cfg.IntOpt(
        "workers",
        min=1,
        sample_default="<number of processors>",
        help="Processes of the conductor daemon.",
    ),
    cfg.IntOpt(
        "call_workers",
        default=32,
        min=1,
        help="How many calls of other daemons a process answers at once.",
    ),
    cfg.IntOpt(
        "flow_workers",
        default=32,
        min=1,
        help="How many flows a process works on at once, in a pool apart from the one that answers calls.",
    ),
    cfg.IntOpt(
        "flow_lease_seconds",
        default=30,
        min=3,
        mutable=True,
        help="Seconds after which another conductor takes over a flow whose owner has not renewed its lease.",
    ),
    cfg.IntOpt(
        "flow_resend_seconds",
        default=10,
        min=1,
        mutable=True,
        help="Seconds after which an order that a compute host has not answered is sent again.",
    ),
    cfg.IntOpt(
        "flow_poll_seconds",
        default=2,
        min=1,
        mutable=True,
        help="Seconds between two looks for flows to resend, to time out or to take over.",
    ),
    cfg.IntOpt(
        "flow_keep_days",
        default=7,
        min=0,
        mutable=True,
        help="Days for which the records of finished flows are kept.",
    ),
]
