"""Make the flavors and public images of a development cloud through its API.

Asks first and makes only what is missing; each thing made is one line on standard output.
"""

import argparse
import hashlib
from pathlib import Path

import openstack
from openstack.connection import Connection

FLAVORS = (
    {"flavorid": "42", "name": "m1.nano", "vcpus": 1, "ram": 128, "disk": 1},
    {"flavorid": "1", "name": "m1.tiny", "vcpus": 1, "ram": 512, "disk": 1},
    {"flavorid": "2", "name": "m1.small", "vcpus": 1, "ram": 2048, "disk": 20},
)


def ensure_flavors(cloud: Connection) -> None:
    """Make the flavors that have no namesake yet."""
    there = {flavor.name for flavor in cloud.compute.flavors(get_extra_specs=False)}
    for flavor in FLAVORS:
        if flavor["name"] not in there:
            cloud.compute.create_flavor(**flavor)
            print(f"flavor {flavor['name']}", flush=True)


def ensure_image(cloud: Connection, name: str, path: Path) -> None:
    """Make a public image of a qcow2 file; one of the same name with another content is replaced."""
    for image in cloud.image.images(name=name):
        if image.status == "active" and image.hash_value == digest(path, image.hash_algo or "sha512"):
            return
        cloud.image.delete_image(image)
    cloud.create_image(
        name, filename=str(path), disk_format="qcow2", container_format="bare", visibility="public", wait=True
    )
    print(f"image {name}", flush=True)


def digest(path: Path, algorithm: str) -> str:
    """Return a file's digest in hexadecimal."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, algorithm).hexdigest()


def main() -> None:
    """Read the command line and make what is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--image", action="append", default=[], metavar="NAME=QCOW2")
    options = parser.parse_args()
    cloud = openstack.connect()
    ensure_flavors(cloud)
    for image in options.image:
        name, path = image.split("=", 1)
        ensure_image(cloud, name, Path(path))


if __name__ == "__main__":
    main()
