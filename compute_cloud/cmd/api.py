"""compute-cloud-api."""

import sys
from typing import TYPE_CHECKING, Any

from compute_cloud.cmd.begin import begin

if TYPE_CHECKING:
    from oslo_config import cfg

    from compute_cloud.cmd.rooms import Api
    from compute_cloud.rpc.transport import Transport

PROGRAM = "compute-cloud-api"


def apis(conf: "cfg.ConfigOpts") -> "list[Api]":
    """Return the APIs that are enabled. Raises ValueError when that is none."""
    from compute_cloud.cmd.rooms import Api

    known = {
        "osapi_compute": (conf.osapi_compute_listen, conf.osapi_compute_listen_port, build_compute),
        "image": (conf.image_listen, conf.image_listen_port, build_image),
    }
    enabled = [name for name in dict.fromkeys(conf.enabled_apis) if name in known]
    if not enabled:
        raise ValueError("[DEFAULT] enabled_apis names nothing that can be served: osapi_compute, image")
    return [
        Api(name=name, address=address, port=port, build=build)
        for name in enabled
        for address, port, build in [known[name]]
    ]


def build_compute(conf: "cfg.ConfigOpts", transport: "Transport") -> Any:
    """Return the compute API."""
    from compute_cloud.api.app import build_app
    from compute_cloud.clients.image import build_image_service
    from compute_cloud.rpc.contracts.compute import ComputeRpc
    from compute_cloud.rpc.contracts.conductor import ConductorRpc

    return build_app(
        conf,
        conductor=transport.client(ConductorRpc),
        images=build_image_service(conf),
        compute=lambda host: transport.client(ComputeRpc, host=host),
    )


def build_image(conf: "cfg.ConfigOpts", transport: "Transport") -> Any:
    """Return the embedded image service."""
    from compute_cloud.api.app import build_image_api
    from compute_cloud.rpc.contracts.conductor import ConductorRpc

    return build_image_api(conf, conductor=transport.client(ConductorRpc))


def main() -> None:
    """Run the api daemon."""
    conf = begin(PROGRAM)
    import compute_cloud.api.app  # noqa: F401 - before there are workers, so that they share it in memory
    from compute_cloud.cmd import http, launcher, rooms

    try:
        listening = [(api, http.listen(api.address, api.port)) for api in apis(conf)]
    except (OSError, ValueError) as error:
        sys.exit(f"{PROGRAM}: {error}")
    rooms.preload()
    workers = conf.osapi_compute_workers or rooms.processors()
    launcher.leave(launcher.launch(conf, PROGRAM, lambda: rooms.HttpDaemon(conf, PROGRAM, listening), workers=workers))
