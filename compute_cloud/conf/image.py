"""[image]: the embedded image service, for clouds without Glance."""

from oslo_config import cfg

GROUP = cfg.OptGroup("image", title="The embedded image service")
OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "filesystem_store_datadir",
        default="$state_path/images",
        help="The directory of the images' files.",
    ),
    cfg.IntOpt(
        "image_size_cap",
        default=1099511627776,
        min=1,
        mutable=True,
        help="The largest image in bytes.",
    ),
    cfg.BoolOpt(
        "require_image_format_match",
        default=True,
        mutable=True,
        help="Whether an upload is refused whose data is not of the image's disk_format, or names other files "
        "(backing file, data file, extents). False: the log says so, and the image is taken in.",
    ),
]
