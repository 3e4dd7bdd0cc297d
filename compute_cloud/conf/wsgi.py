"""[wsgi]: how HTTP is served."""

from oslo_config import cfg

GROUP = cfg.OptGroup("wsgi", title="The HTTP server of the api daemon")
OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "api_paste_config",
        default="api-paste.ini",
        deprecated_group="DEFAULT",
        help="The pipelines of the API (PasteDeploy); looked for beside the configuration files when not absolute.",
    ),
    cfg.IntOpt(
        "default_pool_size",
        default=1000,
        min=1,
        deprecated_group="DEFAULT",
        deprecated_name="wsgi_default_pool_size",
        help="How many requests a process serves at once. Native threads are kept to 64 whatever stands here.",
    ),
    cfg.IntOpt(
        "max_header_line",
        default=16384,
        min=256,
        deprecated_group="DEFAULT",
        help="The longest header line in bytes; Keystone tokens with many roles may need more.",
    ),
    cfg.IntOpt(
        "max_request_body_size",
        default=114688,
        min=1,
        mutable=True,
        deprecated_opts=[
            cfg.DeprecatedOpt("osapi_max_request_body_size", group="DEFAULT"),
            cfg.DeprecatedOpt("max_request_body_size", group="oslo_middleware"),
        ],
        help="The largest body of a request in bytes, uploads of images apart.",
    ),
    cfg.BoolOpt(
        "keep_alive",
        default=True,
        deprecated_group="DEFAULT",
        deprecated_name="wsgi_keep_alive",
        help="Whether a connection stays open for further requests.",
    ),
    cfg.IntOpt(
        "client_socket_timeout",
        default=60,
        min=0,
        deprecated_group="DEFAULT",
        help="Seconds a client may be silent within a request, or between two on one connection; 0: for ever. "
        "Nova's default is 900.",
    ),
    cfg.IntOpt("tcp_keepidle", default=600, min=0, deprecated_group="DEFAULT", help="TCP_KEEPIDLE of connections."),
    cfg.StrOpt(
        "secure_proxy_ssl_header",
        deprecated_group="DEFAULT",
        help="The header by which a TLS proxy in front says the scheme that the client used, such as "
        "HTTP_X_FORWARDED_PROTO. Only where such a proxy always sets it.",
    ),
    cfg.StrOpt("ssl_cert_file", deprecated_group="DEFAULT", help="Certificate of the TLS server (PEM)."),
    cfg.StrOpt("ssl_key_file", deprecated_group="DEFAULT", help="Its private key (PEM)."),
    cfg.StrOpt("ssl_ca_file", deprecated_group="DEFAULT", help="Authorities whose client certificates are required."),
]
