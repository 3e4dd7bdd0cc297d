"""A small cloud on 127.0.0.1 that answers as Nova, Glance and Keystone do, for the command to talk to."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

FLAVOR = {"id": "1", "name": "m1.tiny", "ram": 512, "disk": 1, "vcpus": 1, "swap": 0, "description": None}
IMAGE = {
    "id": "11111111-1111-4111-8111-111111111111",
    "name": "tiny",
    "status": "active",
    "disk_format": "qcow2",
    "size": 9,
}
SERVER_ID = "22222222-2222-4222-8222-{:012d}"


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


Run = Callable[..., Answer]


@dataclass
class CannedCloud:
    """What stands in the cloud, and what it was asked. ``rounds`` is how many looks a boot or delete takes."""

    url: str = ""
    newest: str = "2.100"
    rounds: int = 2
    fate: str = "ACTIVE"
    admin: bool = True
    gateway_faults: int = 0
    servers: dict[str, dict[str, Any]] = field(default_factory=dict)
    flavors: list[dict[str, Any]] = field(default_factory=lambda: [dict(FLAVOR)])
    images: list[dict[str, Any]] = field(default_factory=lambda: [dict(IMAGE)])
    asked: list[tuple[str, str, dict[str, list[str]], Any, dict[str, str]]] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        size = int(environ.get("CONTENT_LENGTH") or 0)
        body = json.loads(environ["wsgi.input"].read(size)) if size else None
        headers = {
            key[5:].lower().replace("_", "-"): value for key, value in environ.items() if key.startswith("HTTP_")
        }
        query = parse_qs(environ.get("QUERY_STRING", ""))
        self.asked.append((method, path, query, body, headers))
        status, answer = self.answer(method, path, query, body, headers)
        text = b"" if answer is None else json.dumps(answer).encode()
        ours = [("Content-Type", "application/json"), ("X-Openstack-Request-Id", f"req-{len(self.asked)}")]
        ours += [("X-Subject-Token", "a-token")] if path == "/v3/auth/tokens" else []
        start_response(f"{status} X", [*ours, ("Content-Length", str(len(text)))])
        return iter([text])

    def answer(
        self, method: str, path: str, query: dict[str, list[str]], body: Any, headers: dict[str, str]
    ) -> tuple[int, Any]:
        if path.startswith("/v3"):
            return self.identity(method, path, body)
        if path.startswith("/image"):
            return self.image(path.removeprefix("/image"), query)
        if not (
            headers.get("x-auth-token") in {"a-token", "notused"} or headers.get("authorization") == basic("demo", "pw")
        ):
            return 401, {"error": {"code": 401, "message": "The request you have made requires authentication."}}
        if self.gateway_faults and "os-instance-actions" in path:
            self.gateway_faults -= 1
            return 503, None
        for verb, pattern, handler in ROUTES:
            matched = re.fullmatch(pattern, path)
            if verb == method and matched:
                return handler(self, query, body, *matched.groups())
        return 404, {"itemNotFound": {"code": 404, "message": "The resource could not be found."}}

    def identity(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if method == "GET":
            return 200, {
                "version": {"id": "v3.14", "status": "stable", "links": [{"rel": "self", "href": f"{self.url}/v3"}]}
            }
        user = body["auth"]["identity"]["password"]["user"]
        if user["password"] != "pw":
            return 401, {"error": {"code": 401, "message": "Wrong user or password."}}
        catalog = [
            {
                "type": name,
                "name": name,
                "id": name,
                "endpoints": [{"interface": "public", "region": "One", "region_id": "One", "url": url}],
            }
            for name, url in (("compute", f"{self.url}/v2.1"), ("image", f"{self.url}/image"))
        ]
        times = {"issued_at": "2026-01-01T00:00:00.000000Z", "expires_at": "2099-01-01T00:00:00.000000Z"}
        return 201, {
            "token": {"methods": ["password"], "user": {"id": "u", "name": user["name"]}, "catalog": catalog, **times}
        }

    def image(self, path: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        if path in {"", "/"}:
            links = [{"rel": "self", "href": f"{self.url}/image/v2/"}]
            return 300, {"versions": [{"id": "v2.9", "status": "CURRENT", "links": links}]}
        if path == "/v2/images":
            return 200, {"images": [i for i in self.images if i["name"] in query.get("name", [i["name"]])]}
        found = [i for i in self.images if path == f"/v2/images/{i['id']}"]
        return (
            (200, found[0])
            if found
            else (404, {"message": "No image found", "code": "404 Not Found", "title": "Not Found"})
        )

    def root(self, query: Any, body: Any) -> tuple[int, Any]:
        links = [{"rel": "self", "href": f"{self.url}/v2.1/"}]
        return 200, {
            "version": {"id": "v2.1", "status": "CURRENT", "version": self.newest, "min_version": "2.1", "links": links}
        }

    def list_flavors(self, query: Any, body: Any) -> tuple[int, Any]:
        return 200, {"flavors": self.flavors}

    def create_flavor(self, query: Any, body: Any) -> tuple[int, Any]:
        if any(flavor["name"] == body["flavor"]["name"] for flavor in self.flavors):
            return 409, {"conflictingRequest": {"code": 409, "message": "Flavor with name m1.tiny already exists."}}
        self.flavors.append(body["flavor"] | {"id": body["flavor"]["id"] or "made-up"})
        return 200, {"flavor": self.flavors[-1]}

    def delete_flavor(self, query: Any, body: Any, flavor_id: str) -> tuple[int, Any]:
        self.flavors = [flavor for flavor in self.flavors if flavor["id"] != flavor_id]
        return 202, None

    def add_server(self, name: str, **more: Any) -> dict[str, Any]:
        server = {"id": SERVER_ID.format(len(self.servers) + 1), "name": name, "status": "ACTIVE", "looks": 0, **more}
        server |= {
            "flavor": {"original_name": "m1.tiny"},
            "image": {"id": IMAGE["id"]},
            "addresses": {},
            "tenant_id": "p",
        }
        self.servers[server["id"]] = server
        return server

    def boot(self, query: Any, body: Any) -> tuple[int, Any]:
        asked = body["server"]
        count = max(asked.get("max_count", 1), asked.get("min_count", 1))
        names = [asked["name"]] if count == 1 else [f"{asked['name']}-{n}" for n in range(1, count + 1)]
        made = [self.add_server(name, status="BUILD", reservation_id="r-1") for name in names]
        return 202, {"reservation_id": "r-1"} if asked.get("return_reservation_id") else {
            "server": {"id": made[0]["id"]}
        }

    def list_servers(self, query: Any, body: Any) -> tuple[int, Any]:
        found = list(self.servers.values())
        if "name" in query:
            found = [server for server in found if re.search(query["name"][0], server["name"])]
        if "marker" in query:
            found = [server for server in found if server["id"] > query["marker"][0]]
        page, rest = found[:2], found[2:]
        href = f"{self.url}/v2.1/servers/detail?marker={page[-1]['id']}" if rest else ""
        return 200, {"servers": page} | ({"servers_links": [{"rel": "next", "href": href}]} if rest else {})

    def show_server(self, query: Any, body: Any, server_id: str) -> tuple[int, Any]:
        server = self.servers.get(server_id)
        if server is None:
            return 404, {"itemNotFound": {"code": 404, "message": f"Instance {server_id} could not be found."}}
        server["looks"] += 1
        if server["looks"] > self.rounds and server.get("going"):
            del self.servers[server_id]
        if server["looks"] > self.rounds and server["status"] == "BUILD":
            server["status"] = self.fate
            if self.fate == "ERROR":
                server["fault"] = {"code": 500, "message": "No valid host was found. RamFilter refused 2 hosts."}
        return 200, {"server": server}

    def show_action(self, query: Any, body: Any, server_id: str, request_id: str) -> tuple[int, Any]:
        if server_id not in self.servers:
            return 404, {"itemNotFound": {"code": 404, "message": "gone"}}
        over = self.servers[server_id]["status"] != "BUILD"
        ended = {"finish_time": "2026-01-01T00:00:05.000000", "result": "Success" if self.fate == "ACTIVE" else "Error"}
        running = {"finish_time": None, "result": None}
        events = [
            {
                "event": "compute__spawn_guest",
                "start_time": "2026-01-01T00:00:02.000000",
                "details": None,
                **(ended if over else running),
            },
            {
                "event": "conductor_choose_host",
                "start_time": "2026-01-01T00:00:01.000000",
                "details": None,
                **ended,
                "result": "Success",
            },
        ]
        return 200, {"instanceAction": {"action": "create", "request_id": request_id, "events": events}}

    def delete_server(self, query: Any, body: Any, server_id: str) -> tuple[int, Any]:
        self.servers[server_id] |= {"going": True, "looks": 0}
        return 204, None

    def act(self, query: Any, body: Any, server_id: str) -> tuple[int, Any]:
        lines = ["one", "two", "three"][-int(body["os-getConsoleOutput"].get("length", 0)) :]
        return 200, {"output": "\n".join(lines)}

    def services(self, query: Any, body: Any) -> tuple[int, Any]:
        return 200, {
            "services": [
                {"id": "s", "binary": "nova-compute", "host": "h", "zone": "nova", "status": "enabled", "state": "up"}
            ]
        }

    def hypervisors(self, query: Any, body: Any) -> tuple[int, Any]:
        return 200, {"hypervisors": [{"id": "n", "hypervisor_hostname": "node", "state": "up", "status": "enabled"}]}

    def zones(self, query: Any, body: Any, detail: str) -> tuple[int, Any]:
        zone: dict[str, Any] = {"zoneName": "nova", "zoneState": {"available": True}, "hosts": None}
        if detail and not self.admin:
            return 403, {"forbidden": {"code": 403, "message": "Policy doesn't allow it."}}
        if detail:
            zone["hosts"] = {"h": {"nova-compute": {"available": False, "active": True, "updated_at": None}}}
        return 200, {"availabilityZoneInfo": [zone]}


ROUTES: list[tuple[str, str, Callable[..., tuple[int, Any]]]] = [
    ("GET", r"/v2\.1/?", CannedCloud.root),
    ("GET", r"/v2\.1/flavors/detail", CannedCloud.list_flavors),
    ("POST", r"/v2\.1/flavors", CannedCloud.create_flavor),
    ("DELETE", r"/v2\.1/flavors/([^/]+)", CannedCloud.delete_flavor),
    ("POST", r"/v2\.1/servers", CannedCloud.boot),
    ("GET", r"/v2\.1/servers(?:/detail)?", CannedCloud.list_servers),
    ("GET", r"/v2\.1/servers/([^/]+)", CannedCloud.show_server),
    ("GET", r"/v2\.1/servers/([^/]+)/os-instance-actions/([^/]+)", CannedCloud.show_action),
    ("DELETE", r"/v2\.1/servers/([^/]+)", CannedCloud.delete_server),
    ("POST", r"/v2\.1/servers/([^/]+)/action", CannedCloud.act),
    ("GET", r"/v2\.1/os-services", CannedCloud.services),
    ("GET", r"/v2\.1/os-hypervisors", CannedCloud.hypervisors),
    ("GET", r"/v2\.1/os-availability-zone(/detail)?", CannedCloud.zones),
]


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
