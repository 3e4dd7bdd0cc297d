"""[filter_scheduler]: which hosts are refused, and which of the rest is best."""

from oslo_config import cfg

GROUP = cfg.OptGroup("filter_scheduler", title="Filters and weighers of the scheduler")


def _old(name: str) -> list[cfg.DeprecatedOpt]:
    return [cfg.DeprecatedOpt(name, group="DEFAULT")]


def _multiplier(name: str, default: float, says: str, *, old: bool = True) -> cfg.Opt:
    option = f"{name}_weight_multiplier"
    return cfg.FloatOpt(
        option,
        default=default,
        mutable=True,
        deprecated_opts=_old(option) if old else [],
        help=f"How much it counts that {says}. Negative turns the order round, 0 leaves it out.",
    )


OPTIONS: list[cfg.Opt] = [
    cfg.MultiStrOpt(
        "available_filters",
        default=["compute_cloud.scheduler.filters.all_filters"],
        deprecated_opts=_old("scheduler_available_filters"),
        help="Where filters are found: class paths, or all_filters for every one of the product and its plug-ins. "
        "nova.scheduler.filters.all_filters means the same.",
    ),
    cfg.ListOpt(
        "enabled_filters",
        default=[
            "ComputeFilter",
            "ComputeCapabilitiesFilter",
            "ImagePropertiesFilter",
            "ServerGroupAntiAffinityFilter",
            "ServerGroupAffinityFilter",
        ],
        deprecated_opts=_old("scheduler_default_filters"),
        help="The filters that are asked, in this order. Capacity and availability zone are always asked first.",
    ),
    cfg.ListOpt(
        "weight_classes",
        default=["compute_cloud.scheduler.weighers.all_weighers"],
        deprecated_opts=_old("scheduler_weight_classes"),
        help="The weighers that are asked: class paths, or all_weighers. nova.scheduler.weights.all_weighers means "
        "the same.",
    ),
    cfg.IntOpt(
        "host_subset_size",
        default=1,
        min=1,
        mutable=True,
        deprecated_opts=_old("scheduler_host_subset_size"),
        help="Among how many of the best hosts one is drawn by lot.",
    ),
    cfg.BoolOpt(
        "shuffle_best_same_weighed_hosts",
        default=False,
        mutable=True,
        help="Whether hosts that weigh the same as the best are put in random order.",
    ),
    cfg.IntOpt(
        "max_io_ops_per_host",
        default=8,
        min=0,
        mutable=True,
        deprecated_opts=_old("max_io_ops_per_host"),
        help="IoOpsFilter: how many guests of a host may be building, resizing, in snapshot or moving.",
    ),
    cfg.IntOpt(
        "max_instances_per_host",
        default=50,
        min=1,
        mutable=True,
        deprecated_opts=_old("max_instances_per_host"),
        help="NumInstancesFilter: how many guests a host may have.",
    ),
    cfg.ListOpt(
        "isolated_images",
        default=[],
        mutable=True,
        deprecated_opts=_old("isolated_images"),
        help="IsolatedHostsFilter: images that run on isolated_hosts only.",
    ),
    cfg.ListOpt(
        "isolated_hosts",
        default=[],
        mutable=True,
        deprecated_opts=_old("isolated_hosts"),
        help="IsolatedHostsFilter: hosts kept for isolated_images.",
    ),
    cfg.BoolOpt(
        "restrict_isolated_hosts_to_isolated_images",
        default=True,
        mutable=True,
        deprecated_opts=_old("restrict_isolated_hosts_to_isolated_images"),
        help="IsolatedHostsFilter: whether isolated hosts refuse other images.",
    ),
    cfg.StrOpt(
        "image_properties_default_architecture",
        mutable=True,
        help="ImagePropertiesFilter: the architecture of images that do not say theirs.",
    ),
    _multiplier("ram", 1.0, "a host has more free memory"),
    _multiplier("cpu", 1.0, "a host has more free processors", old=False),
    _multiplier("disk", 1.0, "a host has more free disk"),
    _multiplier("io_ops", -1.0, "a host has many guests in change"),
    _multiplier("num_instances", 0.0, "a host has many guests", old=False),
    _multiplier("hypervisor_version", 1.0, "a host's hypervisor is newer", old=False),
    _multiplier("soft_affinity", 1.0, "a host has more guests of the same soft-affinity group"),
    _multiplier("soft_anti_affinity", 1.0, "a host has fewer guests of the same soft-anti-affinity group"),
    _multiplier("build_failure", 1000000.0, "a host has failed fewer boots of late", old=False),
    _multiplier("image_props", 0.0, "a host runs guests of alike images", old=False),
    cfg.ListOpt(
        "image_props_weight_setting",
        default=[],
        mutable=True,
        help="Which image properties count for image_props_weight_multiplier, each as name=factor; empty: all.",
    ),
]
