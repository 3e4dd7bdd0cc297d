"""Logging of the daemons: oslo.log with levels that keep libraries quiet."""

import logging

from oslo_config import cfg
from oslo_log import log

LEVELS = [
    "amqp=WARNING",
    "kombu=WARNING",
    "oslo_messaging=INFO",
    "oslo_service=WARNING",
    "oslo_policy=WARNING",
    "oslo_middleware=WARNING",  # would write what strangers send as their name, line breaks and all
    "oslo_concurrency=WARNING",
    "oslo_db=WARNING",
    "sqlalchemy=WARNING",
    "alembic=WARNING",
    "eventlet.wsgi=WARNING",
    "cheroot=WARNING",
    "keystoneauth=WARNING",
    "keystonemiddleware=WARNING",
    "openstack=WARNING",
    "urllib3=WARNING",
    "requests=WARNING",
    "stevedore=WARNING",
    "futurist=WARNING",
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register the options of logging; to be done before the command line is read."""
    log.register_options(conf)
    set_defaults()


def set_defaults() -> None:
    """Keep libraries quiet by default."""
    log.set_defaults(default_log_levels=LEVELS)


def set_up(conf: cfg.ConfigOpts, program: str, *, quiet: bool = False) -> None:
    """Begin to log as configured; ``quiet`` leaves out what is less than a warning."""
    log.setup(conf, program)
    if quiet:
        logging.getLogger().setLevel(logging.WARNING)
    logging.captureWarnings(True)
    logging.getLogger("oslo_messaging._drivers.amqpdriver").addFilter(_no_leak)


def _no_leak(record: logging.LogRecord) -> bool:
    """Drop what oslo.messaging takes for a leak: more than ten calls that wait at once."""
    return not (isinstance(record.msg, str) and record.msg.startswith("Number of call queues"))
