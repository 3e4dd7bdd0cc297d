"""compute-cloud-all-in-one: every daemon in one process, for a laptop without root.

State lies in one directory: an SQLite database, images, guests, the users' passwords
and the configuration, which is written at the first start and may be edited after.
"""

import argparse
import configparser
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from compute_cloud.cmd.begin import begin
from compute_cloud.cmd.embedded import Place, hold, prepare

if TYPE_CHECKING:
    from oslo_config import cfg

    from compute_cloud.cmd.launcher import Daemon

PROGRAM = "compute-cloud-all-in-one"
STATE = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "compute-cloud"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a whole cloud in this process."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description="A whole cloud in one process, for one user.")
    parser.add_argument("--state-dir", type=Path, default=STATE, help="where everything lies (%(default)s)")
    parser.add_argument("--driver", choices=["fake", "libvirt"], help="the hypervisor (fake at the first start)")
    parser.add_argument("--listen", help="the address to listen on (127.0.0.1 at the first start)")
    parser.add_argument("--port", type=int, help="the port of the compute API (8774 at the first start)")
    parser.add_argument("--image-port", type=int, help="the port of the image API (9292 at the first start)")
    given, rest = parser.parse_known_args(arguments)
    directory = given.state_dir.expanduser().absolute()
    try:
        hold(directory)
        place = prepare(
            directory,
            driver=given.driver,
            listen=given.listen,
            port=given.port,
            image_port=given.image_port,
        )
    except (OSError, ValueError, configparser.Error) as error:
        sys.exit(f"{PROGRAM}: {' '.join(str(error).split())}")
    conf = begin(PROGRAM, ["--config-file", str(place.configuration), *rest])
    from compute_cloud.cmd import launcher

    try:
        daemon = build(conf, place)
    except (OSError, ValueError) as error:
        sys.exit(f"{PROGRAM}: {error}")
    launcher.leave(launcher.launch(conf, PROGRAM, lambda: daemon, workers=1))


def build(conf: "cfg.ConfigOpts", place: Place) -> "Daemon":
    """Return all daemons as one. Raises OSError for ports that are taken."""
    from compute_cloud.cmd import api, compute, conductor, http, scheduler
    from compute_cloud.cmd.rooms import HttpDaemon, RpcDaemon
    from compute_cloud.db import schema
    from compute_cloud.rpc.local import LocalTransport

    listening = [(one, http.listen(one.address, one.port)) for one in api.apis(conf)]
    schema.migrate(conf.database.connection if "database" in conf else place.database)
    transport = LocalTransport()
    daemons: list[Daemon] = [
        RpcDaemon(conf, module.plan(conf), transport) for module in (conductor, scheduler, compute)
    ]
    daemons.append(HttpDaemon(conf, PROGRAM, listening, transport))
    return House(daemons, place)


class House:
    """Several daemons that start and stop together."""

    def __init__(self, daemons: "list[Daemon]", place: Place) -> None:
        self._daemons = daemons
        self._place = place

    def start(self) -> None:
        """Start each, those that others ask first."""
        for daemon in self._daemons:
            daemon.start()
        sys.stdout.write(self._place.welcome())
        sys.stdout.flush()

    def stop(self) -> None:
        """Stop each, those that ask others first."""
        for daemon in reversed(self._daemons):
            daemon.stop()

    def reload(self) -> None:
        """Let each take mutable options."""
        for daemon in self._daemons:
            daemon.reload()
