"""[glance]: where the image service answers."""

from oslo_config import cfg

from compute_cloud.conf.keystoneauth import adapter_options, session_options

GROUP = cfg.OptGroup("glance", title="The image service")
OPTIONS: list[cfg.Opt] = [
    cfg.ListOpt(
        "api_servers",
        help="Addresses of the image service (Nova's older form); endpoint_override goes before it.",
    ),
    cfg.IntOpt(
        "num_retries",
        default=3,
        min=0,
        mutable=True,
        deprecated_opts=[cfg.DeprecatedOpt("glance_num_retries", group="DEFAULT")],
        help="How often a request or a download that fails is tried again.",
    ),
    *adapter_options("image"),
    *session_options(),
]
