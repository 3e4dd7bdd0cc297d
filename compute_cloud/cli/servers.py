"""Commands that read servers."""

import argparse
from collections.abc import Mapping
from typing import Any

from compute_cloud.cli.asking import Asking, AskingList, AskingOne, columns
from compute_cloud.cli.rest import find_flavor, find_image, find_server, pages

POWER_STATES = {0: "NOSTATE", 1: "Running", 3: "Paused", 4: "Shutdown", 6: "Crashed", 7: "Suspended"}
COLUMNS = {
    "ID": "id",
    "Name": "name",
    "Tenant ID": "tenant_id",
    "Status": "status",
    "Task State": "OS-EXT-STS:task_state",
    "Power State": "power_state",
    "Networks": "networks",
}


class ServerList(AskingList):
    """List servers."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("--all-tenants", action="store_true", help="of every project (administrators)")
        parser.add_argument(
            "--tenant", metavar="<project id>", help="of one project (administrators, with --all-tenants)"
        )
        parser.add_argument("--host", metavar="<host>", help="only those on this host (administrators)")
        parser.add_argument("--name", metavar="<pattern>", help="only those whose name matches this regular expression")
        parser.add_argument("--status", metavar="<status>", help="only those in this status")
        parser.add_argument("--flavor", metavar="<flavor>", help="only those of this flavor (name or id)")
        parser.add_argument("--image", metavar="<image>", help="only those made from this image (name or id)")
        parser.add_argument("--deleted", action="store_true", help="deleted ones (administrators)")
        parser.add_argument("--minimal", action="store_true", help="only ids and names")
        parser.add_argument("--limit", type=int, metavar="<n>", help="at most so many; all when not given")
        parser.add_argument("--marker", metavar="<id>", help="the last server of the page before")
        parser.add_argument("--sort", metavar="<key[:asc|desc],...>", default="", help="sort by these fields")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        sorts = [part.partition(":") for part in parsed_args.sort.split(",") if part]
        query = {
            "all_tenants": 1 if parsed_args.all_tenants or parsed_args.tenant else None,
            "project_id": parsed_args.tenant,
            "host": parsed_args.host,
            "name": parsed_args.name,
            "status": parsed_args.status,
            "flavor": find_flavor(self.cloud, parsed_args.flavor)["id"] if parsed_args.flavor else None,
            "image": find_image(self.cloud, parsed_args.image)["id"] if parsed_args.image else None,
            "deleted": True if parsed_args.deleted else None,
            "marker": parsed_args.marker,
            "sort_key": [key for key, _, _ in sorts] or None,
            "sort_dir": [direction or "desc" for _, _, direction in sorts] or None,
        }
        path = "/servers" if parsed_args.minimal else "/servers/detail"
        found = list(pages(self.cloud.compute, path, "servers", query, limit=parsed_args.limit))
        if parsed_args.minimal:
            return columns({"ID": "id", "Name": "name"}, found)
        shown = {title: key for title, key in COLUMNS.items() if parsed_args.all_tenants or title != "Tenant ID"}
        return columns(shown, [_row(server) for server in found])


class ServerShow(AskingOne):
    """Show a server in full."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("server", help="name or id of the server")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        return self.dict2columns(fields(find_server(self.cloud, parsed_args.server)))


class ConsoleLog(Asking):
    """Print what a server wrote on its serial console."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("server", help="name or id of the server")
        parser.add_argument("--length", type=int, metavar="<lines>", help="only the last lines; all when not given")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        server = find_server(self.cloud, parsed_args.server)
        asked = {} if parsed_args.length is None else {"length": parsed_args.length}
        answer = self.cloud.compute.post(f"/servers/{server['id']}/action", json={"os-getConsoleOutput": asked})
        text: str = answer.json()["output"]
        self.app.stdout.write(text if text.endswith("\n") or not text else f"{text}\n")


def fields(server: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is shown of one server: the API's fields by name, without links, the nested ones in short."""
    shown = {
        key: value for key, value in sorted(server.items()) if key not in {"links", "addresses", "flavor", "image"}
    }
    flavor = server.get("flavor") or {}
    image = server.get("image") or {}
    if flavor:
        shown["flavor"] = flavor.get("original_name") or flavor.get("id")
    if "image" in server:
        shown["image"] = image.get("id") or "(booted from a volume)"
    shown["networks"] = _networks(server)
    return dict(sorted(shown.items()))


def _row(server: Mapping[str, Any]) -> dict[str, Any]:
    power = POWER_STATES.get(server.get("OS-EXT-STS:power_state", 0), "")
    task = server.get("OS-EXT-STS:task_state") or "-"
    return {**server, "power_state": power, "OS-EXT-STS:task_state": task, "networks": _networks(server)}


def _networks(server: Mapping[str, Any]) -> str:
    addresses = server.get("addresses") or {}
    return "; ".join(f"{name}={', '.join(a['addr'] for a in found)}" for name, found in sorted(addresses.items()))
