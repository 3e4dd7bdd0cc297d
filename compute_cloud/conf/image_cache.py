"""[image_cache]: images kept on a compute host."""

from oslo_config import cfg

GROUP = cfg.OptGroup("image_cache", title="The image cache of a compute host")
OPTIONS: list[cfg.Opt] = [
    cfg.IntOpt(
        "manager_interval",
        default=2400,
        min=-1,
        deprecated_opts=[cfg.DeprecatedOpt("image_cache_manager_interval", group="DEFAULT")],
        help="Seconds between two looks for images that no guest needs; negative: never.",
    ),
    cfg.StrOpt(
        "subdirectory_name",
        default="_base",
        deprecated_opts=[cfg.DeprecatedOpt("image_cache_subdirectory_name", group="DEFAULT")],
        help="The directory of cached images within instances_path.",
    ),
    cfg.BoolOpt(
        "remove_unused_base_images",
        default=True,
        mutable=True,
        deprecated_opts=[cfg.DeprecatedOpt("remove_unused_base_images", group="DEFAULT")],
        help="Whether images that no guest needs are removed.",
    ),
    cfg.IntOpt(
        "remove_unused_original_minimum_age_seconds",
        default=86400,
        mutable=True,
        deprecated_opts=[cfg.DeprecatedOpt("remove_unused_original_minimum_age_seconds", group="DEFAULT")],
        help="Seconds for which an unused image is kept at least.",
    ),
    cfg.IntOpt(
        "precache_concurrency",
        default=1,
        min=1,
        help="How many hosts fetch an image at once when an operator asks for it to be cached.",
    ),
]
