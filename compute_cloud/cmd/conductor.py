"""compute-cloud-conductor."""

from typing import TYPE_CHECKING

from compute_cloud.cmd.begin import begin

if TYPE_CHECKING:
    from oslo_config import cfg

    from compute_cloud.cmd.rooms import Answering

PROGRAM = "compute-cloud-conductor"


def plan(conf: "cfg.ConfigOpts") -> "Answering":
    """Return what makes the conductor daemon."""
    from compute_cloud.cmd.rooms import Answering
    from compute_cloud.conductor.service import ConductorService
    from compute_cloud.rpc.contracts.conductor import ConductorRpc

    return Answering(
        program=PROGRAM,
        contract=ConductorRpc,
        room=ConductorService,
        pool_size=conf.conductor.call_workers,
    )


def main() -> None:
    """Run the conductor daemon."""
    conf = begin(PROGRAM)
    from compute_cloud.cmd import launcher, rooms

    answering = plan(conf)
    rooms.preload()
    workers = conf.conductor.workers or rooms.processors()
    launcher.leave(launcher.launch(conf, PROGRAM, lambda: rooms.RpcDaemon(conf, answering), workers=workers))
