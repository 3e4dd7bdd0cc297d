"""[api]: who may ask, and how answers look."""

from oslo_config import cfg

GROUP = cfg.OptGroup("api", title="The compute API")
OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "auth_strategy",
        default="keystone",
        choices=[
            ("keystone", "tokens, validated at Keystone by keystonemiddleware ([keystone_authtoken])"),
            ("http_basic", "HTTP basic authentication against http_basic_auth_user_file"),
            ("noauth2", "no proof at all (X-Auth-Token: user:project); tests only, needs allow_noauth2"),
        ],
        deprecated_group="DEFAULT",
        help="How users prove who they are; picks the pipeline of api_paste_config.",
    ),
    cfg.BoolOpt(
        "allow_noauth2",
        default=False,
        help="Says that everybody who reaches the port may do everything. auth_strategy = noauth2 is refused without.",
    ),
    cfg.StrOpt(
        "http_basic_auth_user_file",
        default="/etc/compute-cloud/htpasswd",
        help="Users and their bcrypt hashes, for auth_strategy = http_basic.",
    ),
    cfg.StrOpt(
        "basic_auth_mapping_file",
        default="/etc/compute-cloud/basic-auth.yaml",
        help="Project and roles of each user of http_basic_auth_user_file.",
    ),
    cfg.IntOpt(
        "max_limit",
        default=1000,
        min=0,
        mutable=True,
        deprecated_opts=[cfg.DeprecatedOpt("osapi_max_limit", group="DEFAULT")],
        help="How many items a list answers at most.",
    ),
    cfg.StrOpt(
        "compute_link_prefix",
        deprecated_opts=[cfg.DeprecatedOpt("osapi_compute_link_prefix", group="DEFAULT")],
        help="What links in answers begin with, instead of the address that was asked.",
    ),
    cfg.StrOpt(
        "glance_link_prefix",
        deprecated_opts=[cfg.DeprecatedOpt("osapi_glance_link_prefix", group="DEFAULT")],
        help="What links to images begin with.",
    ),
    cfg.BoolOpt(
        "enable_instance_password",
        default=True,
        mutable=True,
        deprecated_opts=[cfg.DeprecatedOpt("enable_instance_password", group="DEFAULT")],
        help="Whether adminPass is shown in the answers to create, rebuild, rescue and evacuate.",
    ),
]
