"""Images of the embedded image service, handled in this process by the service's own application."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oslo_config import cfg
from webob import Request, Response

from compute_cloud.api.image.app import CONTEXT, build_image_app
from compute_cloud.context import Context
from compute_cloud.errors import Conflict
from compute_cloud.rpc.contracts.conductor import ConductorRpc


class ImageDesk:
    """Asks the image service as an administrator. Raises Conflict with what it refused."""

    def __init__(self, conf: cfg.ConfigOpts, conductor: ConductorRpc, *, project_id: str = "admin") -> None:
        self._app = build_image_app(conf, conductor)
        self._context = Context(
            user_id="admin", project_id=project_id, roles=("admin", "member", "reader"), is_admin=True
        )

    def create(self, body: Mapping[str, str], file: str) -> str:
        """Take in an image with its data; return its id. What went wrong leaves nothing behind."""
        path = Path(file)
        with path.open("rb") as data:
            made = self._ask("POST", "/v2/images", json.dumps(body).encode()).json
            try:
                self._ask("PUT", f"{made['file']}", data, size=path.stat().st_size)
            except Exception:
                self.delete(made["id"])
                raise
        return str(made["id"])

    def list(self) -> list[dict[str, Any]]:
        """Return all images, of all projects."""
        found: list[dict[str, Any]] = []
        place: str | None = "/v2/images?limit=1000&visibility=all"
        while place:
            page = self._ask("GET", place).json
            found += page["images"]
            place = page.get("next")
        return found

    def delete(self, image_id: str) -> None:
        """Take an image away."""
        self._ask("DELETE", f"/v2/images/{image_id}")

    def _ask(self, method: str, place: str, body: Any = b"", *, size: int | None = None) -> Response:
        request = Request.blank(place, method=method)
        request.environ[CONTEXT] = self._context
        if size is None:
            request.body = body
            request.content_type = "application/json"
        else:
            request.body_file = body
            request.content_length = size
            request.content_type = "application/octet-stream"
        response = request.get_response(self._app)
        if response.status_code >= 400:
            said = response.json.get("message") if response.content_type == "application/json" else response.status
            raise Conflict(f"The image service refused that: {said}")
        return response
