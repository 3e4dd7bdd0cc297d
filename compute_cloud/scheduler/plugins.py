"""Finds filters, weighers and drivers by entry point, under Nova's option values as operators have them."""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from oslo_config import cfg
from oslo_log import log
from stevedore import ExtensionManager

from compute_cloud.errors import Invalid
from compute_cloud.scheduler.plugin import Filter, Weigher
from compute_cloud.scheduler.settings import Settings

LOG = log.getLogger(__name__)
FILTERS = "compute_cloud.scheduler.filters"
WEIGHERS = "compute_cloud.scheduler.weighers"
DRIVERS = "compute_cloud.scheduler.drivers"
_CAPACITY = ("CoreFilter", "RamFilter", "DiskFilter", "ResourcesFilter")
LEADING = ("RetryFilter", "ComputeFilter", "AvailabilityZoneFilter", *_CAPACITY)
"""Filters that are asked first, in this order; all but ComputeFilter whether they are enabled or not."""
FORCED = ("RetryFilter", *_CAPACITY)
"""Filters that are asked even when an administrator forced the host: the claim would refuse it too."""
_WITHOUT_EFFECT = frozenset({"ServerGroupAffinityFilter", "ServerGroupAntiAffinityFilter"})
"""Nova's defaults about things that cannot be asked for yet, so that they have nothing to refuse."""
_MULTIPLIERS = ("ram", "cpu", "disk", "io_ops", "num_instances", "hypervisor_version", "build_failure")


def read_settings(conf: cfg.ConfigOpts) -> Settings:
    """Return what filters and weighers need of the configuration."""
    group = conf.filter_scheduler
    return Settings(
        service_down_seconds=float(conf.service_down_time),
        default_zone=conf.default_availability_zone,
        default_architecture=group.image_properties_default_architecture,
        max_io_ops_per_host=group.max_io_ops_per_host,
        max_servers_per_host=group.max_instances_per_host,
        subset_size=group.host_subset_size,
        shuffle=group.shuffle_best_same_weighed_hosts,
        multipliers={name: group[f"{name}_weight_multiplier"] for name in _MULTIPLIERS},
    )


def load_filters(conf: cfg.ConfigOpts, settings: Settings) -> tuple[Filter, ...]:
    """Return the filters to ask, in order. Raises Invalid for a name that is not available."""
    available = _available(FILTERS, conf.filter_scheduler.available_filters, "all_filters")
    enabled = [name.rsplit(".", 1)[-1] for name in conf.filter_scheduler.enabled_filters]
    leading = [name for name in LEADING if name in enabled or name != "ComputeFilter"]
    names = dict.fromkeys([*leading, *(name for name in enabled if name not in _WITHOUT_EFFECT)])
    return tuple(_make(available, name, settings, "enabled_filters") for name in names)


def load_weighers(conf: cfg.ConfigOpts, settings: Settings) -> tuple[Weigher, ...]:
    """Return the weighers to ask. Raises Invalid for a class that does not exist."""
    available = _available(WEIGHERS, conf.filter_scheduler.weight_classes, "all_weighers")
    return tuple(_make(available, name, settings, "weight_classes") for name in sorted(available))


def load_driver(conf: cfg.ConfigOpts) -> Any:
    """Return the class of the driver that ``[scheduler] driver`` names. Raises Invalid."""
    asked = conf.scheduler.driver.rsplit(".", 1)[-1]
    known = _entry_points(DRIVERS)
    for name, driver in known.items():
        if asked in (name, driver.__name__):
            return driver
    raise Invalid(f"[scheduler] driver is {asked}; there are {', '.join(known)}.", field="driver")


def _available(namespace: str, paths: Sequence[str], everything: str) -> Mapping[str, Any]:
    known = _entry_points(namespace)
    found: dict[str, Any] = {}
    for path in paths:
        last = path.rsplit(".", 1)[-1]
        if last == everything:
            found |= known
        elif last in known:
            found[last] = known[last]
        elif path.startswith("nova.") and namespace == WEIGHERS:
            LOG.warning("[filter_scheduler] names weigher %s, which does not exist here; the others decide", path)
        else:
            found[last] = _import(path)
    if namespace == FILTERS:
        found |= {name: known[name] for name in LEADING}
    return found


def _entry_points(namespace: str) -> dict[str, Any]:
    manager: Any = ExtensionManager(namespace, on_load_failure_callback=_load_failed)
    return {extension.name: extension.plugin for extension in manager}


def _load_failed(_manager: object, entry_point: object, error: BaseException) -> None:
    LOG.error("plug-in %s cannot be loaded: %s", entry_point, error)


def _import(path: str) -> Any:
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise Invalid(f"[filter_scheduler] names {path}, which cannot be loaded.", detail=str(error)) from error


def _make(available: Mapping[str, Any], name: str, settings: Settings, option: str) -> Any:
    if name not in available:
        raise Invalid(
            f"[filter_scheduler] {option} names {name}; available are {', '.join(sorted(available))}.", field=option
        )
    return available[name](settings)
