"""[DEFAULT]: who and where a daemon is, how often it reports, and what the API daemon serves."""

import socket

from oslo_config import cfg
from oslo_config import types as kinds
from oslo_utils import netutils

GROUP = None
OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "my_ip",
        default=netutils.get_my_ipv4(),
        sample_default="<address of the interface with the default route>",
        help="The address by which other hosts reach this one.",
    ),
    cfg.HostDomainOpt(
        "host",
        default=socket.gethostname(),
        sample_default="<the machine's host name>",
        help="The name of this host: of its service record, its message queue and its guests' host. Keep it stable.",
    ),
    cfg.IntOpt(
        "report_interval",
        default=10,
        min=1,
        help="Seconds between two reports of a service that it is alive. Must be less than service_down_time.",
    ),
    cfg.IntOpt(
        "service_down_time",
        default=60,
        min=1,
        mutable=True,
        help="Seconds without a report after which a service counts as down.",
    ),
    cfg.StrOpt(
        "concurrency_backend",
        default="eventlet",
        choices=[
            ("eventlet", "green threads on one event loop (the default)"),
            ("threading", "native threads"),
        ],
        help="What daemons run their concurrent work on. The environment variable COMPUTE_CLOUD_CONCURRENCY_BACKEND "
        "goes before this option.",
    ),
    cfg.ListOpt(
        "enabled_apis",
        item_type=kinds.String(choices=["osapi_compute", "image", "metadata"]),
        default=["osapi_compute"],
        help="The APIs that the api daemon serves: osapi_compute (servers and all about them), image (the embedded "
        "image service, for clouds without Glance). Nova's default also names metadata; the word is accepted, and "
        "nothing is served for it.",
    ),
    cfg.ListOpt("enabled_ssl_apis", default=[], help="Those of enabled_apis that are served over TLS ([wsgi] ssl_*)."),
    cfg.StrOpt("osapi_compute_listen", default="0.0.0.0", help="The address the compute API listens on."),
    cfg.PortOpt("osapi_compute_listen_port", default=8774, help="The port the compute API listens on."),
    cfg.IntOpt(
        "osapi_compute_workers",
        min=1,
        sample_default="<number of processors>",
        help="Processes of the api daemon. Each serves every API that is enabled.",
    ),
    cfg.StrOpt("image_listen", default="0.0.0.0", help="The address the embedded image service listens on."),
    cfg.PortOpt("image_listen_port", default=9292, help="The port the embedded image service listens on."),
    cfg.IntOpt(
        "graceful_shutdown_timeout",
        default=60,
        min=0,
        mutable=True,
        help="Seconds that a daemon that is told to stop has to finish what it is doing; 0: as long as it takes.",
    ),
]
