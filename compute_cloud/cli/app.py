"""The `compute-cloud` command."""

import argparse
import logging
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from cliff.app import App
from cliff.commandmanager import CommandManager

from compute_cloud.cli.cloud import add_login_options

COMMANDS = {
    "availability-zone-list": "operations:AvailabilityZoneList",
    "boot": "boot:Boot",
    "console-log": "servers:ConsoleLog",
    "delete": "delete:Delete",
    "flavor-create": "flavors:FlavorCreate",
    "flavor-delete": "flavors:FlavorDelete",
    "flavor-list": "flavors:FlavorList",
    "hypervisor-list": "operations:HypervisorList",
    "image-list": "images:ImageList",
    "list": "servers:ServerList",
    "service-list": "operations:ServiceList",
    "show": "servers:ServerShow",
}


class Commands(CommandManager):
    """The table above; a command's module is imported when it is asked for."""

    def __init__(self) -> None:
        super().__init__(None, convert_underscores=False)
        for name, where in COMMANDS.items():
            self.commands[name] = metadata.EntryPoint(name, f"compute_cloud.cli.{where}", "compute_cloud.cli")


class ComputeCloud(App):
    """Options that hold for every command, and the cloud they lead to."""

    NAME = "compute-cloud"
    LOG = logging.getLogger(NAME)

    def __init__(self, **streams: Any) -> None:
        description = "Boot and run servers in a cloud, over its REST API."
        super().__init__(description, metadata.version("compute-cloud"), Commands(), **streams)

    def build_option_parser(
        self, description: str | None, version: str | None, argparse_kwargs: dict[str, Any] | None = None
    ) -> argparse.ArgumentParser:
        """Add the login's options to cliff's own."""
        parser: argparse.ArgumentParser = super().build_option_parser(description, version, argparse_kwargs)
        parser.prog = self.NAME
        add_login_options(parser)
        return parser

    def configure_logging(self) -> None:
        """Leave the libraries' chatter to -v and --debug."""
        super().configure_logging()
        if not self.options.debug and self.options.verbose_level < 2:
            for library in ("keystoneauth", "openstack", "urllib3", "stevedore"):
                logging.getLogger(library).setLevel(logging.ERROR)

    def interact(self) -> None:
        """Show the help: there is no shell of its own here."""
        self.parser.print_help(self.stdout)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 refused or failed, 2 misused."""
    return int(ComputeCloud().run(list(sys.argv[1:] if argv is None else argv)) or 0)


if __name__ == "__main__":
    sys.exit(main())
