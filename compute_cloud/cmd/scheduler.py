"""compute-cloud-scheduler."""

from typing import TYPE_CHECKING

from compute_cloud.cmd.begin import begin

if TYPE_CHECKING:
    from oslo_config import cfg

    from compute_cloud.cmd.rooms import Answering

PROGRAM = "compute-cloud-scheduler"


def plan(_: "cfg.ConfigOpts") -> "Answering":
    """Return what makes the scheduler daemon."""
    from compute_cloud.cmd.rooms import Answering
    from compute_cloud.rpc.contracts.scheduler import SchedulerRpc
    from compute_cloud.scheduler.service import SchedulerService

    return Answering(
        program=PROGRAM,
        contract=SchedulerRpc,
        room=SchedulerService,
    )


def main() -> None:
    """Run the scheduler daemon."""
    conf = begin(PROGRAM)
    from compute_cloud.cmd import launcher, rooms

    answering = plan(conf)
    rooms.preload()
    workers = conf.scheduler.workers or min(rooms.processors(), 2)
    launcher.leave(launcher.launch(conf, PROGRAM, lambda: rooms.RpcDaemon(conf, answering), workers=workers))
