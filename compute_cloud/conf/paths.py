"""[DEFAULT]: where state lies."""

from oslo_config import cfg

GROUP = None
OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "state_path",
        default="/var/lib/compute-cloud",
        help="The directory under which all state of the product lies.",
    ),
    cfg.StrOpt(
        "instances_path",
        default="$state_path/instances",
        help="The directory of the guests' disks, one directory a server, on each compute host.",
    ),
    cfg.StrOpt(
        "instance_name_template",
        default="instance-%08x",
        help="How a guest is named at the hypervisor, from the number of its server (as Nova does), or %(uuid)s.",
    ),
]
