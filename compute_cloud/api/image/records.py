"""Images without their data: create, list, show, change, delete, tags, actions."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from compute_cloud.api.faults import WrongMedia
from compute_cloud.api.image.bodies import PATCH_2_0, PATCH_2_1, change, check, read_new_image, read_patch
from compute_cloud.api.image.desk import Answer, Ask
from compute_cloud.api.image.documents import write_image
from compute_cloud.api.image.policy import scope_of
from compute_cloud.api.image.queries import page_links, read_query
from compute_cloud.context import Context
from compute_cloud.errors import Conflict, Forbidden, NotFound
from compute_cloud.objects.image import Image

_GUARDED: Final = {"public": "publicize_image", "community": "communitize_image"}


def list_images(ask: Ask) -> Answer:
    """Return a page of the images that the asker sees."""
    ask.desk.policy.require("get_images", ask.context)
    query = read_query(ask.pairs, scope=scope_of(ask.context))
    images = ask.desk.conductor.list_images(ask.context, query=query) if query.limit else ()
    last_id = images[-1].id if images and len(images) == query.limit else None
    shown = [write_image(image) for image in images]
    return Answer(body={"images": shown, **page_links(ask.pairs, last_id=last_id), "schema": "/v2/schemas/images"})


def create(ask: Ask) -> Answer:
    """Make a record that waits for its data."""
    image = read_new_image(ask.body(), owner=ask.context.project_id)
    ask.desk.policy.require("add_image", ask.context, image)
    _guard_visibility(ask, image)
    now = _now()
    made = ask.desk.conductor.create_image(ask.context, image=replace(image, created_at=now, updated_at=now))
    return Answer(
        status=201, body=write_image(made), headers={"Location": f"{ask.http.application_url}/v2/images/{made.id}"}
    )


def show(ask: Ask, image_id: str) -> Answer:
    """Return one image."""
    return Answer(body=write_image(ask.image(image_id, "get_image")))


def update(ask: Ask, image_id: str) -> Answer:
    """Change an image by a JSON patch."""
    if ask.http.content_type not in {PATCH_2_0, PATCH_2_1}:
        raise WrongMedia(f"A change to an image is a patch of the type {PATCH_2_1}.", field="Content-Type")
    operations = read_patch(ask.body(), ask.http.content_type)
    image = ask.image(image_id, "modify_image")
    changed = change(image, operations)
    if changed.owner != image.owner and not _is_admin(ask.context):
        raise Forbidden("Owner can't be updated by non admin.", field="owner")
    if changed.visibility != image.visibility:
        _guard_visibility(ask, changed)
    return Answer(body=write_image(_write(ask, changed, image.status)))


def delete(ask: Ask, image_id: str) -> Answer:
    """Take an image and its data away; the record goes first, so that nobody finds one without data."""
    image = ask.image(image_id, "delete_image")
    if image.protected:
        raise Forbidden(f"Image {image.id} is protected and cannot be deleted.")
    ask.desk.conductor.delete_image(ask.context, image_id=image.id)
    ask.desk.store.remove(image.id)
    return Answer(status=204)


def add_tag(ask: Ask, image_id: str, tag: str) -> Answer:
    """Put a tag on an image; one that is there stays."""
    image = ask.image(image_id, "modify_image")
    tags = tuple(sorted({*image.tags, tag}))
    check({"tags": list(tags)})
    _write(ask, replace(image, tags=tags), image.status)
    return Answer(status=204)


def remove_tag(ask: Ask, image_id: str, tag: str) -> Answer:
    """Take a tag off an image."""
    image = ask.image(image_id, "modify_image")
    if tag not in image.tags:
        raise NotFound(f"Image {image.id} has no tag {tag[:255]!r}.")
    _write(ask, replace(image, tags=tuple(t for t in image.tags if t != tag)), image.status)
    return Answer(status=204)


def deactivate(ask: Ask, image_id: str) -> Answer:
    """Let nobody but administrators download the image."""
    return _move(ask, ask.image(image_id, "deactivate"), "active", "deactivated")


def reactivate(ask: Ask, image_id: str) -> Answer:
    """Let it be downloaded again."""
    return _move(ask, ask.image(image_id, "reactivate"), "deactivated", "active")


def members(ask: Ask, image_id: str) -> Answer:
    """Return the projects that an image is shared with: none, sharing is not offered here."""
    ask.image(image_id, "get_members")
    return Answer(body={"members": [], "schema": "/v2/schemas/members"})


def refuse_member(ask: Ask, image_id: str) -> Answer:
    """Say that images are not shared with single projects here."""
    ask.image(image_id, "get_members")
    raise Forbidden(
        "Images are not shared with single projects here; visibility 'community' or 'public' shows one to all."
    )


def _move(ask: Ask, image: Image, source: str, target: str) -> Answer:
    if image.status == target:
        return Answer(status=204)
    if image.status != source:
        raise Forbidden(f"An image that is {image.status} can't become {target}.")
    _write(ask, replace(image, status=target), source)
    return Answer(status=204)


def _write(ask: Ask, image: Image, expected_status: str) -> Image:
    changed = replace(image, updated_at=_now())
    try:
        return ask.desk.conductor.update_image(ask.context, image=changed, expected_status=expected_status)
    except Conflict as problem:
        raise Conflict(f"Image {image.id} changes its status just now; try again.") from problem


def _guard_visibility(ask: Ask, image: Image) -> None:
    rule = _GUARDED.get(image.visibility)
    if rule is not None:
        ask.desk.policy.require(rule, ask.context, image)


def _is_admin(context: Context) -> bool:
    return context.is_admin or "admin" in context.roles


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
