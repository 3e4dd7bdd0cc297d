"""[scheduler]: the daemon that ranks hosts."""

from oslo_config import cfg

GROUP = cfg.OptGroup("scheduler", title="The scheduler")
OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "driver",
        default="filter_scheduler",
        deprecated_opts=[cfg.DeprecatedOpt("scheduler_driver", group="DEFAULT")],
        help="What ranks the hosts; Nova's old class paths of the filter scheduler are understood.",
    ),
    cfg.IntOpt(
        "max_attempts",
        default=3,
        min=1,
        mutable=True,
        deprecated_opts=[cfg.DeprecatedOpt("scheduler_max_attempts", group="DEFAULT")],
        help="How many hosts a boot tries before it fails.",
    ),
    cfg.IntOpt(
        "workers",
        min=0,
        sample_default="<number of processors, at most 2>",
        help="Processes of the scheduler daemon. Each keeps the state of all hosts in memory; 0 is the default.",
    ),
    cfg.IntOpt(
        "refresh_interval_ms",
        default=500,
        min=10,
        mutable=True,
        help="Milliseconds for which the state of the hosts in memory is taken as it is before changes are asked for.",
    ),
    cfg.IntOpt(
        "periodic_task_interval",
        default=60,
        mutable=True,
        deprecated_opts=[cfg.DeprecatedOpt("scheduler_driver_task_period", group="DEFAULT")],
        help="Seconds between two complete refreshes of the hosts' states, which mend whatever deltas have missed.",
    ),
]
