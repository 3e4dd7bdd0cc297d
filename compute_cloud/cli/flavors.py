"""Commands on flavors."""

import argparse
from typing import Any

from compute_cloud.cli.asking import Asking, AskingList, columns
from compute_cloud.cli.rest import find_flavor, pages

COLUMNS = {
    "ID": "id",
    "Name": "name",
    "Memory MiB": "ram",
    "Disk": "disk",
    "Ephemeral": "OS-FLV-EXT-DATA:ephemeral",
    "Swap": "swap",
    "VCPUs": "vcpus",
    "RXTX Factor": "rxtx_factor",
    "Is Public": "os-flavor-access:is_public",
    "Description": "description",
}


class FlavorList(AskingList):
    """List the flavors."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("--extra-specs", action="store_true", help="show the extra specs")
        parser.add_argument("--all", action="store_true", help="private flavors too (administrators)")
        parser.add_argument("--marker", metavar="<id>", help="the last flavor of the page before")
        parser.add_argument("--limit", type=int, metavar="<n>", help="at most so many")
        parser.add_argument("--min-disk", type=int, metavar="<GiB>", help="only flavors with at least this root disk")
        parser.add_argument("--min-ram", type=int, metavar="<MiB>", help="only flavors with at least this memory")
        parser.add_argument("--sort-key", metavar="<field>", help="sort by this field")
        parser.add_argument("--sort-dir", choices=("asc", "desc"), help="direction of the sort")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        query = {
            "is_public": "None" if parsed_args.all else None,
            "marker": parsed_args.marker,
            "minDisk": parsed_args.min_disk,
            "minRam": parsed_args.min_ram,
            "sort_key": parsed_args.sort_key,
            "sort_dir": parsed_args.sort_dir,
        }
        flavors = list(pages(self.cloud.compute, "/flavors/detail", "flavors", query, limit=parsed_args.limit))
        shown = COLUMNS | ({"Extra Specs": "extra_specs"} if parsed_args.extra_specs else {})
        return columns(shown, flavors)


class FlavorCreate(AskingList):
    """Create a flavor."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("name", help="name of the new flavor")
        parser.add_argument("id", help="id of the new flavor; 'auto' makes a UUID")
        parser.add_argument("ram", type=int, help="memory in MiB")
        parser.add_argument("disk", type=int, help="root disk in GiB")
        parser.add_argument("vcpus", type=int, help="number of virtual CPUs")
        parser.add_argument("--ephemeral", type=int, default=0, metavar="<GiB>", help="ephemeral disk")
        parser.add_argument("--swap", type=int, default=0, metavar="<MiB>", help="swap disk")
        parser.add_argument("--rxtx-factor", type=float, metavar="<factor>", help="kept for old clouds")
        parser.add_argument(
            "--is-public", type=_truth, default=True, metavar="<true|false>", help="whether every project sees it"
        )
        parser.add_argument("--description", metavar="<text>", help="what it is for")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        flavor: dict[str, Any] = {
            "name": parsed_args.name,
            "id": None if parsed_args.id == "auto" else parsed_args.id,
            "ram": parsed_args.ram,
            "disk": parsed_args.disk,
            "vcpus": parsed_args.vcpus,
            "OS-FLV-EXT-DATA:ephemeral": parsed_args.ephemeral,
            "swap": parsed_args.swap,
            "os-flavor-access:is_public": parsed_args.is_public,
        }
        optional = {"description": parsed_args.description, "rxtx_factor": parsed_args.rxtx_factor}
        flavor |= {key: value for key, value in optional.items() if value is not None}
        created = self.cloud.compute.post("/flavors", json={"flavor": flavor}).json()["flavor"]
        return columns(COLUMNS, [created])


class FlavorDelete(Asking):
    """Delete a flavor."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("flavor", help="name or id of the flavor")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        flavor = find_flavor(self.cloud, parsed_args.flavor)
        self.cloud.compute.delete(f"/flavors/{flavor['id']}")


def _truth(text: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.lower() not in words:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return words[text.lower()]
