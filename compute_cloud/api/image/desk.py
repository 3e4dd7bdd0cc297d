"""What the handlers of images work with, and what they answer with."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from oslo_config import cfg
from webob import Request

from compute_cloud.api.image.policy import ImagePolicy, scope_of
from compute_cloud.api.image.store import Store
from compute_cloud.api.incoming import body_of, json_of
from compute_cloud.context import Context
from compute_cloud.errors import Invalid, NotFound
from compute_cloud.objects.image import Image
from compute_cloud.rpc.contracts.conductor import ConductorRpc

BODY_MOST_BYTES: Final = 1 << 20
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer: ``body`` is written as JSON, ``pieces`` (any iterable of bytes) go out as they are."""

    status: int = 200
    body: Any = None
    pieces: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The doors that handlers knock at."""

    conf: cfg.ConfigOpts
    conductor: ConductorRpc
    policy: ImagePolicy
    store: Store


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request for images, with who asks."""

    desk: Desk
    context: Context
    http: Request

    @property
    def pairs(self) -> Sequence[tuple[str, str]]:
        """The query string, in order. Raises Invalid."""
        try:
            return parse_qsl(self.http.query_string, keep_blank_values=True, errors="strict", max_num_fields=500)
        except ValueError as problem:
            raise Invalid("The query string is malformed.") from problem

    def body(self) -> object:
        """Return the JSON of the body. Raises Invalid, TooLarge."""
        return json_of(body_of(self.http.environ, most_bytes=BODY_MOST_BYTES))

    def image(self, image_id: str, rule: str) -> Image:
        """Return an image that the asker sees and may do this with. Raises NotFound, Forbidden."""
        if not _UUID.fullmatch(image_id):
            raise NotFound(f"Image {image_id[:100]} could not be found.")
        image = self.desk.conductor.show_image(self.context, image_id=image_id.lower(), scope=scope_of(self.context))
        self.desk.policy.require("get_image", self.context, image)
        if rule != "get_image":
            self.desk.policy.require(rule, self.context, image)
        return image
