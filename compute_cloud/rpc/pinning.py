"""What may be said to daemons that are not upgraded yet: ``[upgrade_levels]``."""

import logging
import re

from oslo_config import cfg

from compute_cloud.errors import Unavailable
from compute_cloud.rpc.contract import Method

LOG = logging.getLogger(__name__)
_VERSION = re.compile(r"(\d+)\.(\d+)")
Version = tuple[int, int]


def parse(version: str) -> Version:
    """Return ``major.minor`` as numbers. Raises ValueError."""
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ValueError(f"{version!r} is not a version of the form major.minor")
    return int(found[1]), int(found[2])


def pin(conf: cfg.ConfigOpts, topic: str) -> Version | None:
    """Return the newest version that may be spoken to ``topic``; None: whatever is known."""
    if topic not in conf.upgrade_levels or conf.upgrade_levels[topic] is None:
        return None
    level: str = conf.upgrade_levels[topic]
    try:
        return parse(level)
    except ValueError:
        if level != "auto":
            LOG.warning("[upgrade_levels] %s = %s is not a version of a contract and is ignored", topic, level)
        return None


def check(method: Method, topic: str, level: Version | None) -> None:
    """Raise Unavailable for a method that is newer than what may be spoken."""
    if level is not None and parse(method.since) > level:
        pinned = ".".join(map(str, level))
        raise Unavailable(f"The {topic} service is being upgraded and does not know {method.name} yet (at {pinned}).")
