"""A whole cloud as one process, and users who ask it over HTTP."""

import base64
import os
import re
import secrets
import signal
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bcrypt
import requests

from tests.fixtures.ports import free_port
from tests.fixtures.process import Process
from tests.fixtures.waiting import wait_for

BACKENDS = ("eventlet", "threading")
BIN = Path(sys.executable).parent
VERSION = "2.100"
TIMEOUT_SECONDS = 60
Options = Mapping[str, Mapping[str, object]]


def environment(backend: str | None = None, **more: str) -> dict[str, str]:
    """Return the variables for a program of ours: nothing of this shell's own cloud, and one concurrency backend."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "COMPUTE_CLOUD_"))}
    return clean | ({"COMPUTE_CLOUD_CONCURRENCY_BACKEND": backend} if backend else {}) | more


@dataclass
class User:
    """Somebody who asks; what must stay secret of it is noted."""

    name: str
    password: str
    compute: str
    image: str
    secrets: set[str]
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.auth = (self.name.encode(), self.password.encode())
        token = base64.b64encode(f"{self.name}:{self.password}".encode()).decode()
        self.secrets |= {self.password, token}

    def ask(
        self, method: str, path: str, body: object = None, version: str = VERSION, **more: Any
    ) -> requests.Response:
        """Ask the compute API; ``path`` begins behind ``/v2.1``."""
        headers = {"OpenStack-API-Version": f"compute {version}", **more.pop("headers", {})}
        url = f"{self.compute}/v2.1{path}"
        if body is not None:
            more["json"] = body
        return self.session.request(method, url, headers=headers, timeout=TIMEOUT_SECONDS, **more)

    def get(self, path: str, version: str = VERSION) -> Any:
        """Return the JSON of what there must be."""
        response = self.ask("GET", path, version=version)
        assert response.status_code == 200, response.text
        return response.json()

    def ask_images(self, method: str, path: str, **more: Any) -> requests.Response:
        """Ask the image API."""
        return self.session.request(method, f"{self.image}{path}", timeout=TIMEOUT_SECONDS, **more)

    def upload(self, name: str, data: bytes, **said: object) -> str:
        """Make an image with its data and return its id."""
        body = {"name": name, "disk_format": "raw", "container_format": "bare", **said}
        made = self.ask_images("POST", "/v2/images", json=body)
        assert made.status_code == 201, made.text
        octets = {"Content-Type": "application/octet-stream"}
        sent = self.ask_images("PUT", f"/v2/images/{made.json()['id']}/file", data=data, headers=octets)
        assert sent.status_code == 204, sent.text
        return str(made.json()["id"])

    def flavor(self, name: str, *, vcpus: int = 1, memory_mb: int = 64, root_gb: int = 1, **said: object) -> str:
        """Make a flavor and return its id."""
        flavor = {"name": name, "vcpus": vcpus, "ram": memory_mb, "disk": root_gb, **said}
        made = self.ask("POST", "/flavors", {"flavor": flavor})
        assert made.status_code == 200, made.text
        return str(made.json()["flavor"]["id"])

    def boot(self, image: str, flavor: str, version: str = VERSION, **said: object) -> requests.Response:
        """Ask for servers."""
        server = {"name": "web", "flavorRef": flavor, "imageRef": image, "networks": "auto", **said}
        response = self.ask("POST", "/servers", {"server": server}, version)
        if response.status_code == 202 and "server" in response.json():
            self.secrets.add(response.json()["server"]["adminPass"])
        return response

    def booted(self, image: str, flavor: str, **said: object) -> str:
        """Ask for a server and return its id."""
        response = self.boot(image, flavor, **said)
        assert response.status_code == 202, response.text
        return str(response.json()["server"]["id"])

    def settled(self, server_id: str) -> dict[str, Any]:
        """Return the server when it is no longer being built."""

        def look() -> dict[str, Any] | None:
            server: dict[str, Any] = self.get(f"/servers/{server_id}")["server"]
            return server if server["status"] != "BUILD" else None

        server = wait_for(look, f"server {server_id} is no longer being built", pause=0.05)
        assert server is not None
        return server

    def delete(self, *server_ids: str) -> None:
        """Delete servers and wait until they are gone."""
        for server_id in server_ids:
            answer = self.ask("DELETE", f"/servers/{server_id}")
            assert answer.status_code in {204, 404}, answer.text
        for server_id in server_ids:
            path = f"/servers/{server_id}"
            wait_for(lambda path=path: self.ask("GET", path).status_code == 404, f"{path} is gone", pause=0.05)


class WholeCloud:
    """`compute-cloud-all-in-one` with its state in one directory; its users are admin, demo and eve."""

    def __init__(self, directory: Path, backend: str, options: Options | None = None) -> None:
        self.directory = directory
        self.backend = backend
        self.port, self.image_port = free_port(), free_port()
        self.secrets: set[str] = set()
        self._users: dict[str, User] = {}
        directory.mkdir(parents=True, exist_ok=True)
        said = {"DEFAULT": {"debug": "true", **(options or {}).get("DEFAULT", {})}}
        self.configure({**(options or {}), **said})
        self.output = directory / "output.log"
        self.log = directory / "compute-cloud.log"
        ports = (f"--port={self.port}", f"--image-port={self.image_port}")
        command = [str(BIN / "compute-cloud-all-in-one"), f"--state-dir={directory}", *ports]
        self._process = Process(f"all-in-one ({backend})", command, self.output, environment(backend))

    @property
    def configuration(self) -> Path:
        return self.directory / "compute-cloud.conf"

    def configure(self, options: Options) -> None:
        """Write the first configuration, which the daemon completes."""
        groups = (f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in said.items()) for group, said in options.items())
        self.configuration.write_text("\n".join(groups))

    # its life

    def start(self) -> None:
        """Start it; `ready` tells when it answers."""
        self._process.start()

    def ready(self) -> None:
        """Wait until it answers, knows all users and has a host that is up."""

        def hosts() -> bool:
            self._process.check()
            up = self.user("admin").get("/os-hypervisors")["hypervisors"]
            return [one["state"] for one in up] == ["up"]

        wait_for(lambda: self._process.check() and self._answers(), "the cloud answers")
        if not self._knows_eve():
            self._add_user("eve", roles="member")
        wait_for(hosts, "a host is up")

    def signal(self, number: signal.Signals) -> None:
        self._process.signal(number)

    def stop(self) -> float:
        """Ask it to end; return the seconds that took."""
        self._close()
        return self._process.stop()

    def kill(self) -> None:
        """End it at once."""
        self._close()
        self._process.kill()

    @property
    def exit_status(self) -> int | None:
        return self._process.exit_status

    # who asks it, and what it said

    def user(self, name: str) -> User:
        """Return a user who is logged in."""
        if name not in self._users:
            self._users[name] = self.someone(name, self.password(name))
        return self._users[name]

    def someone(self, name: str, password: str) -> User:
        """Return somebody with this password; to be closed by the caller."""
        return User(name, password, self.compute, self.image, self.secrets)

    @property
    def compute(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def image(self) -> str:
        return f"http://127.0.0.1:{self.image_port}"

    def password(self, name: str) -> str:
        kept = dict(line.split(":", 1) for line in (self.directory / "passwords").read_text().splitlines())
        self.secrets |= set(kept.values())
        return str(kept[name])

    def said(self) -> str:
        """Return all that it wrote to its log and its output."""
        files = [self.output, *self.directory.glob("*.log")]
        return "\n".join(file.read_text(errors="replace") for file in dict.fromkeys(files) if file.exists())

    def complaints(self) -> list[str]:
        """Return what its log must not have: tracebacks, errors, secrets."""
        said = self.said()
        found = [
            line
            for line in said.splitlines()
            if "Traceback (most recent" in line or re.search(r" (ERROR|CRITICAL) ", line)
        ]
        hidden = [secret for secret in sorted(self.secrets) if secret]
        return found + [f"the secret {secret!r} stands in the log" for secret in hidden if secret in said]

    def _answers(self) -> bool:
        try:
            return all(
                requests.get(url, timeout=TIMEOUT_SECONDS).ok for url in (f"{self.compute}/", f"{self.image}/versions")
            )
        except requests.ConnectionError:
            return False

    def _knows_eve(self) -> bool:
        return "\neve:" in (self.directory / "passwords").read_text()

    def _add_user(self, name: str, *, roles: str) -> None:
        """Add a user as an operator does: two lines in two files, while the daemon runs."""
        password = secrets.token_urlsafe(18)
        hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()
        for file, text in {
            "users.yaml": f"{name}:\n  user_id: {name}\n  project_id: {uuid.uuid4().hex}\n  roles: [{roles}]\n",
            "htpasswd": f"{name}:{hashed}\n",
            "passwords": f"{name}:{password}\n",
        }.items():
            with (self.directory / file).open("a") as kept:
                kept.write(text)
        wait_for(lambda: self.user(name).ask("GET", "/servers").ok, f"{name} may ask")

    def _close(self) -> None:
        for user in self._users.values():
            user.session.close()


@dataclass(frozen=True)
class Furnished:
    """A cloud with what a boot needs: an image for everybody, a flavor, and flavors too large for every host."""

    cloud: WholeCloud
    image: str
    tiny: str
    fat: str
    wide: str
