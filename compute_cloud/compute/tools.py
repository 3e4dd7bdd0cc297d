"""What the work of a compute host is done with."""

from dataclasses import dataclass
from pathlib import Path

from oslo_config import cfg

from compute_cloud.clients.image import ImageService, build_image_service
from compute_cloud.compute.images import ImageCache
from compute_cloud.rpc.contracts.conductor import ConductorRpc
from compute_cloud.rpc.transport import Transport
from compute_cloud.virt.driver import Driver
from compute_cloud.virt.loader import load_driver


@dataclass(frozen=True, kw_only=True)
class Tools:
    """``host`` is the name of this compute service."""

    host: str
    conductor: ConductorRpc
    driver: Driver
    images: ImageCache


def open_tools(
    conf: cfg.ConfigOpts, transport: Transport, *, driver: Driver | None = None, images: ImageService | None = None
) -> Tools:
    """Return the tools that the configuration names, or with those given in their place; asks nobody anything yet."""
    directory = Path(conf.instances_path) / conf.image_cache.subdirectory_name
    service = images

    def image_service() -> ImageService:
        nonlocal service
        if service is None:
            service = build_image_service(conf)
        return service

    return Tools(
        host=conf.host,
        conductor=transport.client(ConductorRpc),
        driver=driver or load_driver(conf),
        images=ImageCache(directory, image_service, as_raw=conf.force_raw_images),
    )
