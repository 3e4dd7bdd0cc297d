"""The image service, asked through the Images v2 API: Glance's, or the embedded one's."""

import hashlib
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from oslo_config import cfg

from compute_cloud.clients.asking import Asker, refuse
from compute_cloud.clients.image_document import read_image, write_query
from compute_cloud.context import Context
from compute_cloud.errors import Conflict, NotFound, Unavailable
from compute_cloud.objects.image import Image, ImageQuery

T = TypeVar("T")
CHUNK_BYTES: Final = 1 << 20
PAGE_MAX: Final = 1000
REMEMBERED_SECONDS: Final = 5.0
REMEMBERED_MOST: Final = 1000


class ImageService(Protocol):
    """What the product asks of images: as the context's user, or as its own when the context bears no credentials.

    Every method raises NotFound, Forbidden, or Unavailable when the service does not answer well.
    """

    def show(self, context: Context, image_id: str) -> Image:
        """Return one image."""
        ...

    def list(self, context: Context, query: ImageQuery) -> tuple[Image, ...]:
        """Return the images, at most ``query.limit``. Raises Invalid for what the service cannot look for."""
        ...

    def download(self, context: Context, image_id: str, write: Callable[[bytes], object]) -> Image:
        """Give the image's data to ``write`` piece by piece, and return the image as it was then.

        Raises Conflict when there is no data, Unavailable when what came is not what the image's digest says:
        then what was written is of no use.
        """
        ...

    def delete(self, context: Context, image_id: str) -> None:
        """Take the image away. Raises Forbidden when it is protected, Conflict when it is in use."""
        ...


class ImagesV2:
    """`ImageService` over HTTP. Active images are remembered for a few seconds, since a boot asks more than once."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self._asker = Asker(conf, "glance", version="/v2", more=lambda: conf.glance.api_servers or ())
        self._remembered: dict[tuple[bool, str | None, str], tuple[float, Image]] = {}

    def show(self, context: Context, image_id: str) -> Image:
        key = (bool(context.credentials), context.project_id, image_id)
        known = self._remembered.get(key)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        image = self._show(context, image_id)
        if image.status == "active":
            if len(self._remembered) >= REMEMBERED_MOST:
                self._remembered = {}
            self._remembered[key] = (time.monotonic() + REMEMBERED_SECONDS, image)
        return image

    def _show(self, context: Context, image_id: str) -> Image:
        path = _path(image_id)
        response = self._asker.ask(context, "GET", path, retries=self._retries)
        if response.status_code != 200:
            raise refuse(response, f"Image {image_id}")
        return _read(lambda: read_image(response.json()))

    def list(self, context: Context, query: ImageQuery) -> tuple[Image, ...]:
        asked: Any = write_query(query, page=min(query.limit, PAGE_MAX))
        found: list[Image] = []
        while len(found) < query.limit:
            path = f"/v2/images?{urlencode(asked, doseq=True)}"
            response = self._asker.ask(context, "GET", path, retries=self._retries)
            if response.status_code != 200:
                raise refuse(response, f"Image {query.marker}")
            page, following = _read(partial(_page, response))
            found += page
            if following is None or not page:
                break
            asked = parse_qsl(urlsplit(following).query)
        return tuple(found[: query.limit])

    def download(self, context: Context, image_id: str, write: Callable[[bytes], object]) -> Image:
        image = self._show(context, image_id)
        algorithm, expected = _digest_of(image)
        digest = hashlib.new(algorithm, usedforsecurity=False)
        size = 0
        for piece in self._pieces(context, image):
            digest.update(piece)
            size += len(piece)
            write(piece)
        if image.size_bytes is not None and size != image.size_bytes:
            raise Unavailable(f"Image {image.id} arrived with {size} of {image.size_bytes} bytes.")
        if expected is not None and digest.hexdigest() != expected:
            raise Unavailable(
                f"Image {image.id} arrived damaged.",
                detail=f"{algorithm} is {digest.hexdigest()}, the image service says {expected}",
            )
        return image

    def _pieces(self, context: Context, image: Image) -> Iterator[bytes]:
        """Yield the data; a connection that breaks is taken up again behind what came already."""
        given = 0
        for attempt in range(self._retries + 1):
            headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={given}-"} if given else {})
            response = self._asker.ask(
                context, "GET", f"{_path(image.id)}/file", retries=self._retries, stream=True, headers=headers
            )
            try:
                if response.status_code == 204:
                    raise Conflict(f"Image {image.id} has no data.")
                if response.status_code not in {200, 206}:
                    raise refuse(response, f"Image {image.id}")
                skip = given if response.status_code == 200 else 0
                for piece in response.iter_content(CHUNK_BYTES):
                    fresh = piece[skip:]
                    skip = max(0, skip - len(piece))
                    given += len(fresh)
                    if fresh:
                        yield fresh
            except OSError as problem:  # what requests raises while it reads is one
                if attempt == self._retries:
                    raise Unavailable(
                        f"Image {image.id} could not be read to its end.", detail=str(problem)
                    ) from problem
            else:
                return
            finally:
                response.close()

    def delete(self, context: Context, image_id: str) -> None:
        response = self._asker.ask(context, "DELETE", _path(image_id), retries=0)
        self._remembered = {}
        if response.status_code not in {200, 202, 204}:
            raise refuse(response, f"Image {image_id}")

    @property
    def _retries(self) -> int:
        return int(self._conf.glance.num_retries)


def build_image_service(conf: cfg.ConfigOpts) -> ImageService:
    """Return the image service that ``[glance]`` leads to; asks nobody anything yet."""
    return ImagesV2(conf)


def _path(image_id: str) -> str:
    if not image_id or image_id in {".", ".."} or len(image_id) > 255:
        raise NotFound(f"Image {image_id[:255]} could not be found.")
    return f"/v2/images/{quote(image_id, safe='')}"


def _page(response: Any) -> tuple[list[Image], str | None]:
    document = response.json()
    return [read_image(entry) for entry in document["images"]], document.get("next")


def _read(reader: Callable[[], T]) -> T:
    """Return what the reader makes of an answer. Raises Unavailable when the answer is not of the API's form."""
    try:
        return reader()
    except (ValueError, KeyError, TypeError) as problem:
        raise Unavailable("The image service gave an answer that is not understood.", detail=repr(problem)) from problem


def _digest_of(image: Image) -> tuple[str, str | None]:
    """Return the algorithm and the digest that the data must have; None when the service names none that we know."""
    if image.hash_value and image.hash_algo and image.hash_algo in hashlib.algorithms_available:
        return image.hash_algo, image.hash_value
    return "md5", image.checksum
