"""Every option the product reads, one group a file, under Nova's names wherever Nova has the option.

``CONF`` is oslo.config's global object: oslo.messaging registers its tracing
options on that one only, so a private object would fail on the first message.
"""

import re
from collections.abc import Sequence
from types import ModuleType

from oslo_config import cfg

from compute_cloud.conf import (
    api,
    compute,
    conductor,
    fake,
    filter_scheduler,
    glance,
    image,
    image_cache,
    libvirt,
    paths,
    quota,
    rpc,
    scheduler,
    service,
    service_user,
    upgrade_levels,
    vnc,
    wsgi,
)

PROJECT = "compute-cloud"
GROUPS: tuple[ModuleType, ...] = (
    service,
    paths,
    rpc,
    compute,
    api,
    wsgi,
    conductor,
    scheduler,
    filter_scheduler,
    libvirt,
    fake,
    vnc,
    glance,
    image,
    image_cache,
    quota,
    service_user,
    upgrade_levels,
)
CONF = cfg.CONF


def register(conf: cfg.ConfigOpts) -> None:
    """Register every option of the product on ``conf``."""
    for module in GROUPS:
        if module.GROUP is None:
            conf.register_opts(module.OPTIONS)
        else:
            conf.register_group(module.GROUP)
            conf.register_opts(module.OPTIONS, group=module.GROUP)


def load(arguments: Sequence[str], *, program: str | None = None, files: Sequence[str] | None = None) -> cfg.ConfigOpts:
    """Read the command line and the configuration files into ``CONF`` and return it.

    ``files`` are read when ``arguments`` hold no ``--config-file``; ``None`` looks in
    the usual places (``~/.compute-cloud``, ``/etc/compute-cloud``).
    """
    CONF(
        list(arguments),
        project=PROJECT,
        prog=program,
        default_config_files=None if files is None else list(files),
        default_config_dirs=None if files is None else [],
    )
    return CONF


def check(conf: cfg.ConfigOpts) -> None:
    """Read every option once, so that a wrong value is found at start. Raises what oslo.config raises."""
    for module in GROUPS:
        group = conf if module.GROUP is None else conf[module.GROUP.name]
        for option in module.OPTIONS:
            group[option.dest]


def said_plainly(error: Exception) -> str:
    """Return what oslo.config says is wrong, on one line, with the file rather than what stands for it."""
    line = " ".join(str(error).split())
    return re.sub(r"LocationInfo\(location=<[^>]*>, detail='([^']*)'\)", r"\1", line)


def list_opts() -> list[tuple[str | cfg.OptGroup, list[cfg.Opt]]]:
    """Return every option by group, for oslo-config-generator."""
    return [("DEFAULT" if module.GROUP is None else module.GROUP, module.OPTIONS) for module in GROUPS]


register(CONF)
