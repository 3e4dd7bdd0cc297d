"""The command that deletes servers."""

import argparse
from typing import Any

from compute_cloud.cli.asking import Asking
from compute_cloud.cli.failure import CommandError, explain, request_id_of
from compute_cloud.cli.progress import screen_for
from compute_cloud.cli.rest import find_server
from compute_cloud.cli.waiting import Awaited, wait_for


class Delete(Asking):
    """Delete servers."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("server", nargs="+", help="name or id of a server")
        parser.add_argument(
            "--all-tenants", action="store_true", help="look for names in every project (administrators)"
        )
        parser.add_argument("--wait", action="store_true", help="wait until they are gone, showing each step")
        parser.add_argument("--timeout", type=float, default=1800, metavar="<seconds>", help="patience of --wait")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        going, refused = [], []
        for name in parsed_args.server:
            try:
                going.append(self._delete(name, all_tenants=parsed_args.all_tenants))
            except CommandError as problem:
                refused.append(f"{name}: {problem}")
        if parsed_args.wait and going:
            left = wait_for(
                self.cloud,
                going,
                arrived=_is_over,
                screen=screen_for(self.app.stderr, terminal=self.app.stdout.isatty() and self.app.stderr.isatty()),
                patience_seconds=parsed_args.timeout,
            )
            refused += [
                f"{server['name']}: {_reason(server)}" for server in left if server and server["status"] == "ERROR"
            ]
        if refused:
            raise CommandError("; ".join(refused))

    def _delete(self, name: str, *, all_tenants: bool) -> Awaited:
        from keystoneauth1 import exceptions  # noqa: PLC0415 - slow to import

        server = find_server(self.cloud, name, all_tenants=all_tenants)
        try:
            response = self.cloud.compute.delete(f"/servers/{server['id']}")
        except exceptions.HttpError as problem:
            raise CommandError(explain(problem)) from problem
        return Awaited(id=server["id"], name=server["name"], request_id=request_id_of(response))


def _is_over(server: dict[str, Any] | None) -> bool:
    """Whether a delete has ended: gone, or failed. A server in ERROR that is still being deleted has a task state."""
    if server is None or server["status"] in {"DELETED", "SOFT_DELETED"}:
        return True
    return server["status"] == "ERROR" and server.get("OS-EXT-STS:task_state") is None


def _reason(server: dict[str, Any]) -> str:
    return str(server.get("fault", {}).get("message") or "could not be deleted")
