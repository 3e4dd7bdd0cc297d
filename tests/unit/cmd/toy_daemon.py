"""A daemon that does nothing but to say what happens to it. toy_daemon.py LOG WORKERS [--config-file FILE]."""

import os
import sys
from pathlib import Path

from compute_cloud.cmd.begin import begin

LOG = Path(sys.argv[1])


def note(text):
    with LOG.open("a") as file:
        file.write(f"{text} {os.getpid()}\n")


class Toy:
    def __init__(self, conf):
        self.conf = conf

    def start(self):
        if os.environ.get("TOY") == "broken":
            raise ValueError("there is no clay")
        note("start")

    def stop(self):
        from compute_cloud import concurrency

        if os.environ.get("TOY") == "slow":
            concurrency.sleep(600)
        concurrency.sleep(0.1)
        note("stop")

    def reload(self):
        note(f"reload:{self.conf.report_interval}:{self.conf.service_down_time}")


if __name__ == "__main__":
    conf = begin("toy", sys.argv[3:])
    from compute_cloud.cmd import launcher

    launcher.leave(launcher.launch(conf, "toy", lambda: Toy(conf), workers=int(sys.argv[2])))
