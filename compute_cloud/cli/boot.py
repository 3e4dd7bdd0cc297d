"""The command that boots servers."""

import argparse
from typing import Any

from compute_cloud.cli.asking import AskingOne, key_values
from compute_cloud.cli.failure import CommandError, request_id_of
from compute_cloud.cli.progress import screen_for
from compute_cloud.cli.rest import find_flavor, find_image, pages
from compute_cloud.cli.servers import fields
from compute_cloud.cli.waiting import Awaited, wait_for

SETTLED = {"ACTIVE", "ERROR", "DELETED"}


class Boot(AskingOne):
    """Boot a server, or several at once."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("name", help="name of the new server; of several it gets a number each")
        parser.add_argument("--flavor", required=True, metavar="<flavor>", help="name or id of the flavor")
        parser.add_argument("--image", required=True, metavar="<image>", help="name or id of the image")
        parser.add_argument("--min-count", type=int, metavar="<n>", help="boot at least so many")
        parser.add_argument("--max-count", type=int, metavar="<n>", help="boot at most so many")
        parser.add_argument("--availability-zone", metavar="<zone[:host[:node]]>", help="where to boot")
        parser.add_argument("--host", metavar="<host>", help="the host to boot on (administrators)")
        parser.add_argument(
            "--hypervisor-hostname", metavar="<node>", help="the hypervisor to boot on (administrators)"
        )
        parser.add_argument("--meta", action="append", metavar="<key=value>", help="metadata; can be repeated")
        parser.add_argument("--hint", action="append", metavar="<key=value>", help="scheduler hint; can be repeated")
        parser.add_argument("--nic", choices=("auto", "none"), default="auto", help="networks of the server")
        parser.add_argument("--description", metavar="<text>", help="what it is for")
        parser.add_argument("--poll", action="store_true", help="wait until it is ACTIVE, showing each step")
        parser.add_argument("--timeout", type=float, default=1800, metavar="<seconds>", help="patience of --poll")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        response = self.cloud.compute.post("/servers", json=self._body(parsed_args))
        request_id = request_id_of(response)
        servers = self._made(response.json())
        if parsed_args.poll:
            awaited = [Awaited(id=server["id"], name=server["name"], request_id=request_id) for server in servers]
            settled = wait_for(
                self.cloud,
                awaited,
                arrived=lambda server: server is None or server["status"] in SETTLED,
                screen=screen_for(self.app.stderr, terminal=self.app.stdout.isatty() and self.app.stderr.isatty()),
                patience_seconds=parsed_args.timeout,
            )
            _insist(awaited, settled, request_id)
            servers = [server for server in settled if server is not None]
        if len(servers) == 1:
            return self.dict2columns(fields(servers[0]))
        told = [{key: server[key] for key in ("id", "name", "status")} for server in servers]
        return self.dict2columns({"servers": told, "request_id": request_id})

    def _body(self, parsed_args: argparse.Namespace) -> dict[str, Any]:
        server: dict[str, Any] = {
            "name": parsed_args.name,
            "flavorRef": find_flavor(self.cloud, parsed_args.flavor)["id"],
            "imageRef": find_image(self.cloud, parsed_args.image)["id"],
            "networks": parsed_args.nic,
        }
        optional = {
            "min_count": parsed_args.min_count,
            "max_count": parsed_args.max_count,
            "availability_zone": parsed_args.availability_zone,
            "host": parsed_args.host,
            "hypervisor_hostname": parsed_args.hypervisor_hostname,
            "metadata": key_values(parsed_args.meta) or None,
            "description": parsed_args.description,
            "return_reservation_id": True if max(parsed_args.min_count or 1, parsed_args.max_count or 1) > 1 else None,
        }
        server |= {key: value for key, value in optional.items() if value is not None}
        body: dict[str, Any] = {"server": server}
        if parsed_args.hint:
            body["os:scheduler_hints"] = key_values(parsed_args.hint)
        return body

    def _made(self, answer: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the servers of the answer, as the API shows them now."""
        compute = self.cloud.compute
        if "reservation_id" in answer:
            found = pages(compute, "/servers/detail", "servers", {"reservation_id": answer["reservation_id"]})
            return sorted(found, key=lambda server: (len(server["name"]), server["name"]))
        return [compute.get(f"/servers/{answer['server']['id']}").json()["server"]]


def _insist(awaited: list[Awaited], settled: list[dict[str, Any] | None], request_id: str | None) -> None:
    """Raise `CommandError` with the reasons when not every server is ACTIVE."""
    failed = [
        f"{wanted.name} ({wanted.id}): {_reason(server)}"
        for wanted, server in zip(awaited, settled, strict=True)
        if server is None or server["status"] != "ACTIVE"
    ]
    if failed:
        raise CommandError(f"{'; '.join(failed)} (request {request_id})")


def _reason(server: dict[str, Any] | None) -> str:
    if server is None:
        return "deleted before it was ACTIVE"
    return str(server.get("fault", {}).get("message") or f"status {server['status']}")
