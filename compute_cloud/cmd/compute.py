"""compute-cloud-compute."""

from typing import TYPE_CHECKING

from compute_cloud.cmd.begin import begin

if TYPE_CHECKING:
    from oslo_config import cfg

    from compute_cloud.cmd.rooms import Answering

PROGRAM = "compute-cloud-compute"


def plan(_: "cfg.ConfigOpts") -> "Answering":
    """Return what makes the compute daemon."""
    from compute_cloud.cmd.rooms import Answering
    from compute_cloud.compute.service import ComputeService
    from compute_cloud.rpc.contracts.compute import ComputeRpc

    return Answering(
        program=PROGRAM,
        contract=ComputeRpc,
        room=ComputeService,
    )


def main() -> None:
    """Run the compute daemon."""
    conf = begin(PROGRAM)
    from compute_cloud.cmd import launcher, rooms

    answering = plan(conf)
    rooms.preload()
    workers = 1
    launcher.leave(launcher.launch(conf, PROGRAM, lambda: rooms.RpcDaemon(conf, answering), workers=workers))
