"""An image service on 127.0.0.1 that fails as it is told to."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

IMAGE_ID = "11111111-1111-4111-8111-111111111111"
DATA = bytes(range(256)) * 20_000


@dataclass
class CannedImages:
    """``statuses`` are answered first, one a request; ``cut_at`` ends downloads early, so many times."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    cuts: int = 0
    ranges: bool = True
    document: dict[str, Any] = field(
        default_factory=lambda: {
            "id": IMAGE_ID,
            "name": "tiny",
            "status": "active",
            "visibility": "public",
            "owner": "p",
            "disk_format": "qcow2",
            "container_format": "bare",
            "size": len(DATA),
            "virtual_size": 1 << 30,
            "checksum": hashlib.md5(DATA).hexdigest(),
            "os_hash_algo": "sha512",
            "os_hash_value": hashlib.sha512(DATA).hexdigest(),
            "min_disk": 1,
            "min_ram": 64,
            "protected": True,
            "os_hidden": False,
            "tags": ["t"],
            "created_at": "2026-01-02T03:04:05Z",
            "updated_at": "2026-01-02T03:04:05Z",
            "hw_disk_bus": "virtio",
            "hw_rng": None,
            "os_glance_stage": "x",
            "locations": [],
            "stores": "here",
            "self": "/v2/images/x",
            "file": "/v2/images/x/file",
            "schema": "/v2/schemas/image",
        }
    )
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        headers = {key[5:].lower().replace("_", "-"): value for key, value in environ.items() if key[:5] == "HTTP_"}
        path = environ["PATH_INFO"] + (f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else "")
        self.asked.append((environ["REQUEST_METHOD"], path, headers))
        status = self.statuses.pop(0) if self.statuses else 200
        if status != 200:
            return self.answer(start_response, status, json.dumps({"message": f"told to say {status}"}).encode())
        if environ["PATH_INFO"].endswith("/file"):
            return self.data(start_response, headers.get("range"))
        if environ["REQUEST_METHOD"] == "DELETE":
            return self.answer(start_response, 204, b"")
        if environ["PATH_INFO"] == "/v2/images":
            return self.answer(start_response, 200, json.dumps(self.page(environ.get("QUERY_STRING", ""))).encode())
        return self.answer(start_response, 200, json.dumps(self.document).encode())

    def page(self, query: str) -> dict[str, Any]:
        if "marker" in query:
            return {"images": [self.document | {"id": "c"}]}
        images = [self.document | {"id": name} for name in ("a", "b")]
        return {"images": images, "next": "/v2/images?marker=b&limit=2"}

    def data(self, start_response: Callable[..., Any], wanted: str | None) -> Iterator[bytes]:
        first = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        body = DATA[first:]
        start_response(f"{206 if first else 200} X", [("Content-Length", str(len(body)))])
        if self.cuts:
            self.cuts -= 1
            return iter([body[: len(body) // 2]])
        return iter([body])

    def answer(self, start_response: Callable[..., Any], status: int, body: bytes) -> Iterator[bytes]:
        start_response(f"{status} X", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return iter([body])
