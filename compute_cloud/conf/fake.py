"""[fake]: the driver that only pretends, for tests, benchmarks and a first look without a hypervisor."""

from oslo_config import cfg

GROUP = cfg.OptGroup("fake", title="The fake driver")
OPTIONS: list[cfg.Opt] = [
    cfg.ListOpt(
        "nodes",
        default=[],
        help="The names of the nodes of this compute service; none: one node with the name of the host.",
    ),
    cfg.IntOpt("vcpus", default=64, min=1, help="Processors of each node."),
    cfg.IntOpt("memory_mb", default=262144, min=1, help="MiB of memory of each node."),
    cfg.IntOpt("disk_gb", default=8192, min=0, help="GiB of disk of each node."),
    cfg.FloatOpt("spawn_delay_seconds", default=0.0, min=0.0, mutable=True, help="Seconds a guest takes to start."),
    cfg.FloatOpt("destroy_delay_seconds", default=0.0, min=0.0, mutable=True, help="Seconds a guest takes to stop."),
    cfg.StrOpt(
        "fail_spawn",
        default="host",
        choices=[
            ("host", "the host cannot, another one may"),
            ("invalid", "the order can be carried out nowhere"),
            ("broken", "an error that nobody foresaw"),
        ],
        mutable=True,
        help="How starts fail that fail_spawn_pattern or fail_spawn_ratio picks.",
    ),
    cfg.StrOpt(
        "fail_spawn_pattern",
        default="",
        mutable=True,
        help="A regular expression; servers whose name begins so fail to start. Empty: none.",
    ),
    cfg.FloatOpt(
        "fail_spawn_ratio",
        default=0.0,
        min=0.0,
        max=1.0,
        mutable=True,
        help="The part of all starts that fails. Server and node decide which, so a repeated try fails again.",
    ),
    cfg.BoolOpt(
        "persist",
        default=False,
        help="Whether guests are noted in state_path, so that they survive a restart of the service as real ones do.",
    ),
]
