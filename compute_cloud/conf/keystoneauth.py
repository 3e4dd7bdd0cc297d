"""Options that keystoneauth reads from a group, declared here so that reading them imports none of it."""

from oslo_config import cfg
from oslo_config import types as kinds


def session_options() -> list[cfg.Opt]:
    """Return what ``keystoneauth1.loading.load_session_from_conf_options`` reads."""
    return [
        cfg.StrOpt("cafile", help="Authorities by which the server's TLS certificate is checked (PEM)."),
        cfg.StrOpt("certfile", help="Certificate of the client (PEM)."),
        cfg.StrOpt("keyfile", help="Its private key (PEM)."),
        cfg.BoolOpt("insecure", default=False, help="Whether TLS certificates go unchecked."),
        cfg.IntOpt("timeout", help="Seconds a request may take."),
        cfg.BoolOpt("collect_timing", default=False, help="Whether the time of each request is kept."),
        cfg.BoolOpt("split_loggers", default=False, help="Whether requests are logged to several loggers."),
    ]


def adapter_options(service_type: str) -> list[cfg.Opt]:
    """Return what ``keystoneauth1.loading.load_adapter_from_conf_options`` reads."""
    return [
        cfg.StrOpt("service_type", default=service_type, help="The service's type in the catalogue."),
        cfg.StrOpt("service_name", help="The service's name in the catalogue."),
        cfg.ListOpt("valid_interfaces", default=["internal", "public"], help="Interfaces to take, the best first."),
        cfg.StrOpt("region_name", help="The region to take from the catalogue."),
        cfg.StrOpt("endpoint_override", help="The service's address, whatever a catalogue says."),
        cfg.StrOpt("version", help="The version of the API to ask."),
        cfg.StrOpt("min_version", help="The lowest version of the API to ask."),
        cfg.StrOpt("max_version", help="The highest version of the API to ask."),
        cfg.IntOpt("connect_retries", help="How often a connection that fails is tried again."),
        cfg.FloatOpt("connect_retry_delay", help="Seconds between two such tries; unset: ever longer."),
        cfg.IntOpt("status_code_retries", help="How often an answer of retriable_status_codes is tried again."),
        cfg.FloatOpt("status_code_retry_delay", help="Seconds between two such tries; unset: ever longer."),
        cfg.ListOpt("retriable_status_codes", item_type=kinds.Integer(), help="Statuses to try again; unset: 503."),
    ]
