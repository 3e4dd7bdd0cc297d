"""What of the configuration shapes guests under libvirt."""

from oslo_config import cfg

from compute_cloud.virt.libvirt.plan import Settings


def read_settings(conf: cfg.ConfigOpts, product_version: str) -> Settings:
    """Return the operator's settings for plans."""
    libvirt = conf.libvirt
    caches = _pairs(libvirt.disk_cachemodes)
    return Settings(
        product_version=product_version,
        instances_path=conf.instances_path,
        name_template=conf.instance_name_template,
        disk_format=disk_format(conf),
        disk_prefix=libvirt.disk_prefix or None,
        cache_mode=caches.get("file"),
        discard=libvirt.hw_disk_discard,
        cpu_mode=libvirt.cpu_mode,
        cpu_models=tuple(libvirt.cpu_models),
        cpu_features=tuple(libvirt.cpu_model_extra_flags),
        machine_types=_pairs(libvirt.hw_machine_type or ()),
        vnc_listen=conf.vnc.server_listen if conf.vnc.enabled else None,
        rng_path=libvirt.rng_dev_path or None,
        balloon_period_seconds=libvirt.mem_stats_period_seconds,
        show_serial=libvirt.sysinfo_serial == "unique",
        tb_cache_mb=libvirt.tb_cache_size,
    )


def disk_format(conf: cfg.ConfigOpts) -> str:
    """Return the format of guests' own disks; ``flat`` is the older word for raw."""
    kind = conf.libvirt.images_type
    if kind == "default":
        return "qcow2" if conf.use_cow_images else "raw"
    return "qcow2" if kind == "qcow2" else "raw"


def _pairs(entries: list[str] | tuple[str, ...]) -> dict[str, str]:
    return {key.strip(): value.strip() for key, _, value in (entry.partition("=") for entry in entries) if value}
