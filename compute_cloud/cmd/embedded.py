"""The directory of a cloud in one process: made at the first start, read at later ones. Standard library only."""

import configparser
import fcntl
import os
import secrets
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

USERS = ("admin", "demo", "compute-cloud")
ROLES = {"admin": "admin", "demo": "member", "compute-cloud": "admin"}
Options = dict[str, dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where things lie in the directory of one cloud."""

    directory: Path

    @property
    def configuration(self) -> Path:
        """The options of all daemons."""
        return self.directory / "compute-cloud.conf"

    @property
    def database(self) -> str:
        """The address of the database."""
        return f"sqlite:///{self.directory / 'compute-cloud.db'}"

    @property
    def clouds(self) -> Path:
        """What the clients of the world read."""
        return self.directory / "clouds.yaml"

    def welcome(self) -> str:
        """Return what a user needs to know to begin."""
        clouds = self.clouds
        return (
            f"\ncompute-cloud is ready; its state lies in {self.directory}\n\n"
            f"  export OS_CLIENT_CONFIG_FILE={clouds} OS_CLOUD=admin   # or OS_CLOUD=demo\n"
            "  compute-cloud service-list\n"
            "  compute-cloud flavor-create m1.tiny auto 512 1 1\n"
            "  openstack image create cirros --file cirros.img --disk-format qcow2 --public\n"
            "  compute-cloud boot first-server --flavor m1.tiny --image cirros --poll\n\n"
        )


def hold(directory: Path) -> int:
    """Keep other processes out of a directory while this one lives: return the descriptor that does so.

    Raises OSError when another is there already.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = os.open(directory / "in-use", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise OSError(f"another process is at work in {directory}") from None
    return held


def prepare(
    directory: Path, *, driver: str | None, listen: str | None, port: int | None, image_port: int | None
) -> Place:
    """Make what is missing in the directory; what is given here and differs is written over. Raises OSError."""
    place = Place(directory=directory)
    for path in (directory, directory / "instances", directory / "images"):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    parser = configparser.RawConfigParser(strict=False, default_section="")
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(place.configuration)
    before = _text(parser)
    passwords = _passwords(directory)
    for group, options in _options(place, passwords["compute-cloud"]).items():
        for name, value in options.items():
            if not parser.has_option(group, name):
                _set(parser, group, name, value)
    given = {
        "compute_driver": driver,
        "osapi_compute_listen": listen,
        "image_listen": listen,
        "osapi_compute_listen_port": port,
        "image_listen_port": image_port,
    }
    for name, chosen in given.items():
        if chosen is not None:
            _set(parser, "DEFAULT", name, str(chosen))
    image_url = f"http://{_reachable(parser, 'image_listen')}:{parser.get('DEFAULT', 'image_listen_port')}"
    compute_url = (
        f"http://{_reachable(parser, 'osapi_compute_listen')}:{parser.get('DEFAULT', 'osapi_compute_listen_port')}/v2.1"
    )
    _set(parser, "glance", "endpoint_override", image_url)
    _set(parser, "service_user", "endpoint", image_url)
    if _text(parser) != before:  # else it stays as its owner wrote it, comments and all
        _write_private(place.configuration, _text(parser))
    _write_private(place.clouds, _clouds(passwords, compute_url, image_url))
    return place


def _set(parser: configparser.RawConfigParser, group: str, name: str, value: str) -> None:
    if not parser.has_section(group):
        parser.add_section(group)
    parser.set(group, name, value)


def _reachable(parser: configparser.RawConfigParser, name: str) -> str:
    address = parser.get("DEFAULT", name)
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(address, f"[{address}]" if ":" in address else address)


def _options(place: Place, password: str) -> Options:
    state = str(place.directory)
    return {
        "DEFAULT": {
            "my_ip": "127.0.0.1",
            "state_path": state,
            "transport_url": "fake://",
            "compute_driver": "fake",
            "enabled_apis": "osapi_compute,image",
            "osapi_compute_listen": "127.0.0.1",
            "osapi_compute_listen_port": "8774",
            "image_listen": "127.0.0.1",
            "image_listen_port": "9292",
            "use_stderr": "false",
            "log_file": f"{state}/compute-cloud.log",
        },
        "api": {
            "auth_strategy": "http_basic",
            "http_basic_auth_user_file": f"{state}/htpasswd",
            "basic_auth_mapping_file": f"{state}/users.yaml",
        },
        "database": {"connection": place.database},
        "fake": {"persist": "true"},
        "libvirt": {"connection_uri": "qemu:///session"} if os.geteuid() else {},
        "image": {"filesystem_store_datadir": f"{state}/images"},
        "oslo_concurrency": {"lock_path": f"{state}/locks"},
        "service_user": {"auth_type": "http_basic", "username": "compute-cloud", "password": password},
    }


def _passwords(directory: Path) -> dict[str, str]:
    """Return user -> password, made with their files at the first start."""
    import bcrypt

    kept = directory / "passwords"
    if kept.exists():
        return dict(line.split(":", 1) for line in kept.read_text().splitlines() if line)
    passwords = {user: secrets.token_urlsafe(18) for user in USERS}
    hashes = {user: bcrypt.hashpw(word.encode(), bcrypt.gensalt(10)).decode() for user, word in passwords.items()}
    projects = {user: uuid.uuid4().hex for user in USERS}
    mapping = "".join(
        f"{user}:\n  user_id: {uuid.uuid4().hex}\n  project_id: {projects[user]}\n  roles: [{ROLES[user]}]\n"
        for user in USERS
    )
    _write_private(directory / "htpasswd", "".join(f"{user}:{hashed}\n" for user, hashed in hashes.items()))
    _write_private(directory / "users.yaml", mapping)
    _write_private(kept, "".join(f"{user}:{word}\n" for user, word in passwords.items()))
    return passwords


def _clouds(passwords: dict[str, str], compute_url: str, image_url: str) -> str:
    entries = [
        f"  {user}:\n"
        "    auth_type: http_basic\n"
        "    auth:\n"
        f"      endpoint: {compute_url}\n"
        f"      username: {user}\n"
        f"      password: {passwords[user]}\n"
        f"    compute_endpoint_override: {compute_url}\n"
        f"    image_endpoint_override: {image_url}\n"
        # openstackclient lists servers only where it finds an identity service of version 3, without asking it anything
        "    identity_api_version: 3\n"
        f"    identity_endpoint_override: {compute_url}\n"
        for user in ("admin", "demo")
    ]
    return "clouds:\n" + "".join(entries)


def _text(parser: configparser.RawConfigParser) -> str:
    groups = (
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in parser.items(group))
        for group in parser.sections()
        if parser.items(group)
    )
    return "\n".join(groups)


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all; leave it alone when it says that already."""
    if path.exists() and path.read_text() == text:
        return
    beside = path.with_name(f".{path.name}.new")
    beside.touch(mode=0o600)
    beside.write_text(text)
    shutil.move(beside, path)
