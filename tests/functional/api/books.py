"""What stands around the API on the books: an image service, a scheduler, and someone who asks."""

from typing import Any

import msgspec
from webob import Request

from compute_cloud.context import Context
from compute_cloud.objects.image import Image, ImageQuery
from compute_cloud.objects.scheduling import HostRequest, Selection

IMAGE_ID = "70a599e0-31e7-49b7-b260-868f441e862b"


class OneImage:
    """An image service that has one image under every id."""

    def show(self, context: Context, image_id: str) -> Image:
        return Image(id=image_id, name="small", status="active", size_bytes=1 << 20)

    def list(self, context: Context, query: ImageQuery) -> tuple[Image, ...]:
        return (self.show(context, IMAGE_ID),)


class NoHosts:
    """A scheduler without hosts."""

    def select_hosts(self, context: Context, *, request: HostRequest) -> Selection:
        return Selection(considered=0)


class Cloud:
    """Asks the API as a user of a project (``user:project``, `admin` being one)."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def __call__(self, token: str, method: str, path: str, body: Any = None, version: str = "2.100") -> tuple[int, Any]:
        request = Request.blank(f"/v2.1{path}", method=method)
        request.headers.update({"X-Auth-Token": token, "OpenStack-API-Version": f"compute {version}"})
        if body is not None:
            request.content_type = "application/json"
            request.body = msgspec.json.encode(body)
        response = request.get_response(self._app)
        return response.status_int, msgspec.json.decode(response.body) if response.body else None
