"""Find the driver that the configuration names."""

from typing import Any

from oslo_config import cfg
from stevedore import driver as plugins
from stevedore.exception import NoMatches

from compute_cloud.errors import Broken
from compute_cloud.virt.driver import Driver

NAMESPACE = "compute_cloud.virt"


def load_driver(conf: cfg.ConfigOpts) -> Driver:
    """Return the driver named by ``compute_driver``, not started. Raises Broken when there is none of that name.

    Nova's spellings (``libvirt.LibvirtDriver``) name the same drivers.
    """
    name = str(conf.compute_driver).partition(".")[0]
    try:
        plugin: Any = plugins.DriverManager(NAMESPACE, name, invoke_on_load=True, invoke_args=(conf,))
    except NoMatches as error:
        raise Broken(f"compute_driver names {conf.compute_driver}, and no such driver is installed.") from error
    driver: Driver = plugin.driver
    return driver
