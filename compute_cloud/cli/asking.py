"""What every command shares: a cloud to ask, and errors told in one line."""

import argparse
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from cliff.command import Command
from cliff.lister import Lister
from cliff.show import ShowOne

from compute_cloud.cli.cloud import Cloud
from compute_cloud.cli.failure import CommandError, explain


class Asking(Command):
    """A command that asks ``self.cloud``; what fails becomes one line, a traceback only with --debug."""

    @cached_property
    def cloud(self) -> Cloud:
        """The cloud that the login options name; logs in when the first question is asked."""
        return Cloud(self.app.options)

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command; raise `CommandError` for what a service, the network or the login refused."""
        try:
            return int(super().run(parsed_args) or 0)
        except CommandError:
            raise
        except Exception as problem:
            if not _is_of_login_or_http(problem):
                raise
            raise CommandError(explain(problem)) from problem


def _is_of_login_or_http(problem: Exception) -> bool:
    return type(problem).__module__.split(".")[0] in {"keystoneauth1", "requests", "openstack"}


class AskingList(Asking, Lister):
    """A command that answers with a table of many."""


class AskingOne(Asking, ShowOne):
    """A command that answers with one thing, a line a field."""


def key_values(pairs: list[str] | None) -> dict[str, str]:
    """Read ``KEY=VALUE`` arguments. Raises `CommandError` for one without ``=``."""
    found = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise CommandError(f"{pair!r} is not of the form KEY=VALUE")
        found[key] = value
    return found


def columns(table: Mapping[str, str], entries: list[dict[str, Any]]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return (titles, rows) for cliff from a table of title -> key; a missing key shows empty."""
    return tuple(table), [tuple(entry.get(key, "") for key in table.values()) for entry in entries]
