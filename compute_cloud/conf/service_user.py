"""[service_user]: the user as whom daemons speak to other services beside the user who asked.

``auth_type`` and what it needs are registered by keystoneauth where a client is made.
"""

from oslo_config import cfg

from compute_cloud.conf.keystoneauth import session_options

GROUP = cfg.OptGroup("service_user", title="The product's own user at other services")
OPTIONS: list[cfg.Opt] = [
    cfg.BoolOpt(
        "send_service_user_token",
        default=False,
        help="Whether this user's token goes with users' requests to other services, so that a token that expires "
        "during a long operation still counts.",
    ),
    *session_options(),
]
