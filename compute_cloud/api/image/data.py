"""The data of images: in and out, piece by piece, never whole in memory."""

import errno
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO, Final

from compute_cloud.api.faults import TooLarge, WrongMedia
from compute_cloud.api.image.content import Inspection, insist
from compute_cloud.api.image.desk import Answer, Ask
from compute_cloud.api.image.store import HASH_ALGORITHM, Incoming
from compute_cloud.api.image.streams import Body, FilePart
from compute_cloud.errors import Conflict, Forbidden, Invalid, NotFound, Problem, Unavailable
from compute_cloud.objects.image import Image

LOG = logging.getLogger(__name__)
_RANGE: Final = re.compile(r"bytes=(\d{1,18})-(\d{0,18})\Z", re.ASCII)


def upload(ask: Ask, image_id: str) -> Answer:
    """Take in the data of an image that waits for it; whatever goes wrong, it waits again afterwards.

    An image that is left ``saving`` by a process that died is taken over: nobody holds the lock of its file.
    """
    body = Body(ask.http.environ)
    try:
        image = ask.image(image_id, "upload_image")
        _check_declared(ask, image)
        if image.status not in {"queued", "saving"}:
            raise Conflict(f"Image status transition from {image.status} to saving is not allowed.")
        with _storage_faults(), ask.desk.store.incoming(image.id) as incoming:
            saving = _move(ask, replace(image, status="saving"), image.status)
            try:
                _save(ask, saving, body, incoming)
            except BaseException:
                _give_back(ask, saving)
                raise
    except Problem:
        body.drain()
        raise
    return Answer(status=204)


def download(ask: Ask, image_id: str) -> Answer:
    """Give out the data of an image, from the byte that a Range header names where there is one."""
    image = ask.image(image_id, "download_image")
    if image.status == "deactivated" and not ask.context.is_admin:
        raise Forbidden("The requested image has been deactivated. Image data download is forbidden.")
    if image.status not in {"active", "deactivated"}:
        return Answer(status=204)
    size = image.size_bytes or 0
    headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}
    wanted = _RANGE.match(ask.http.headers.get("Range", ""))
    if wanted is None:
        if image.checksum:
            headers["Content-MD5"] = image.checksum
        return _pieces(ask.desk.store.open(image.id), 0, size, 200, headers)
    first, last = int(wanted[1]), min(int(wanted[2] or size - 1), size - 1)
    if first > last:
        return Answer(status=416, body=None, headers={"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return _pieces(ask.desk.store.open(image.id), first, last - first + 1, 206, headers)


@contextmanager
def _storage_faults() -> Iterator[None]:
    """Turn what the file system refuses into problems; what the client does wrong is one already."""
    try:
        yield
    except OSError as problem:
        if problem.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise TooLarge("There is not enough disk space on the image storage media.") from problem
        raise Unavailable("The image storage can't be written to.", detail=str(problem)) from problem


def _check_declared(ask: Ask, image: Image) -> None:
    """Refuse what can be refused before any data is read."""
    if ask.http.content_type != "application/octet-stream":
        raise WrongMedia("The data of an image is sent as application/octet-stream.", field="Content-Type")
    if not image.disk_format or not image.container_format:
        raise Invalid("Properties disk_format, container_format must be set prior to saving data.", field="disk_format")
    for said in (ask.http.headers.get("Content-Length"), ask.http.headers.get("X-OpenStack-Image-Size")):
        if said is not None and not said.isdecimal():
            raise Invalid("The size of an image is a number of bytes.", field="X-OpenStack-Image-Size")
        if said is not None and int(said) > _size_most(ask):
            raise _too_large(ask)


def _save(ask: Ask, image: Image, body: Body, incoming: Incoming) -> None:
    inspection = Inspection(_limited(ask, body))
    stored = incoming.write(inspection)
    promised = ask.http.headers.get("X-OpenStack-Image-Size")
    if promised is not None and int(promised) != stored.size_bytes:
        raise Invalid(f"X-OpenStack-Image-Size says {promised} bytes, {stored.size_bytes} came.")
    verdict = inspection.verdict(image.disk_format or "raw", stored.size_bytes)
    if ask.desk.conf.image.require_image_format_match:
        insist(verdict)
    elif verdict.complaint:
        LOG.warning("image %s is taken in all the same: %s", image.id, verdict.complaint)
    incoming.keep()
    active = replace(
        image,
        status="active",
        size_bytes=stored.size_bytes,
        virtual_size_bytes=verdict.virtual_size_bytes,
        checksum=stored.checksum,
        hash_algo=HASH_ALGORITHM,
        hash_value=stored.hash_value,
    )
    try:
        _move(ask, active, "saving")
    except Problem:
        ask.desk.store.remove(image.id)
        raise


def _move(ask: Ask, image: Image, expected_status: str) -> Image:
    """Write the image if it is still as we know it. Raises NotFound when it was deleted meanwhile, Conflict."""
    return ask.desk.conductor.update_image(ask.context, image=image, expected_status=expected_status)


def _give_back(ask: Ask, saving: Image) -> None:
    """Let the image wait for its data again; one that was deleted meanwhile is left alone."""
    try:
        _move(ask, replace(saving, status="queued"), "saving")
    except (NotFound, Conflict):
        pass
    except Problem as problem:
        LOG.warning("image %s stays in saving until the next upload: %s", saving.id, problem)


def _limited(ask: Ask, body: Body) -> Iterator[bytes]:
    """Yield the body. Raises TooLarge past the limit, Invalid when it ends before its length."""
    came, most = 0, _size_most(ask)
    for piece in body:
        came += len(piece)
        if came > most:
            raise _too_large(ask)
        yield piece
    said = ask.http.content_length
    if said is not None and came < said:
        raise Invalid(f"The upload broke off: {came} of {said} bytes came.")


def _pieces(file: BinaryIO, first: int, length: int, status: int, headers: dict[str, str]) -> Answer:
    file.seek(first)
    return Answer(status=status, pieces=FilePart(file, length), headers={**headers, "Content-Length": str(length)})


def _size_most(ask: Ask) -> int:
    return int(ask.desk.conf.image.image_size_cap)


def _too_large(ask: Ask) -> TooLarge:
    return TooLarge(f"Denying attempt to upload image larger than {_size_most(ask)} bytes.")
