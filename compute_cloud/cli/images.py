"""Commands on images."""

import argparse
from typing import Any

from compute_cloud.cli.asking import AskingList, columns
from compute_cloud.cli.rest import pages

COLUMNS = {
    "ID": "id",
    "Name": "name",
    "Status": "status",
    "Disk Format": "disk_format",
    "Size": "size",
    "Visibility": "visibility",
}


class ImageList(AskingList):
    """List the images that servers can be booted from."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("--name", metavar="<name>", help="only images with this name")
        parser.add_argument("--status", metavar="<status>", help="only images in this status")
        parser.add_argument("--limit", type=int, metavar="<n>", help="at most so many")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        query = {"name": parsed_args.name, "status": parsed_args.status}
        return columns(COLUMNS, list(pages(self.cloud.image, "/images", "images", query, limit=parsed_args.limit)))
