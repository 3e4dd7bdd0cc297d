"""A conductor in memory, as far as images go."""

from dataclasses import dataclass, field, replace
from typing import Any

from compute_cloud.context import Context
from compute_cloud.errors import Conflict, Forbidden, Invalid, NotFound
from compute_cloud.objects.image import Image, ImageQuery


@dataclass
class ImageRecords:
    rows: dict[str, Image] = field(default_factory=dict)
    fail_updates_to: str = ""

    def create_image(self, context: Context, *, image: Image) -> Image:
        if image.id in self.rows:
            raise Conflict(f"Image ID {image.id} already exists!")
        self.rows[image.id] = image
        return image

    def list_images(self, context: Context, *, query: ImageQuery) -> tuple[Image, ...]:
        found = [image for image in self.rows.values() if self._listed(image, query)]
        for key, way in reversed(list(zip((*query.sort_keys, "id"), (*query.sort_dirs, "desc"), strict=True))):
            found.sort(key=lambda image: str(getattr(image, key)), reverse=way == "desc")
        if query.marker is not None:
            places = [place for place, image in enumerate(found) if image.id == query.marker]
            if not places:
                raise Invalid(f"marker [{query.marker}] not found")
            found = found[places[0] + 1 :]
        return tuple(found[: query.limit])

    def show_image(self, context: Context, *, image_id: str, scope: str | None) -> Image:
        image = self.rows.get(image_id)
        if image is None or not self._visible(image, scope):
            raise NotFound(f"Image {image_id} could not be found.")
        return image

    def update_image(self, context: Context, *, image: Image, expected_status: str) -> Image:
        stands = self.rows.get(image.id)
        if stands is None:
            raise NotFound(f"Image {image.id} could not be found.")
        if stands.status != expected_status or image.status == self.fail_updates_to:
            raise Conflict(f"Image {image.id} is {stands.status} by now, not {expected_status}.")
        self.rows[image.id] = replace(image)
        return image

    def delete_image(self, context: Context, *, image_id: str) -> None:
        if self.rows[image_id].protected:
            raise Forbidden("protected")
        del self.rows[image_id]

    def _visible(self, image: Image, scope: str | None) -> bool:
        return scope is None or image.owner == scope or image.visibility in {"public", "community"}

    def _listed(self, image: Image, query: ImageQuery) -> bool:
        if not self._visible(image, query.project_id):
            return False
        if image.visibility == "community" and query.visibility != "community" and image.owner != query.project_id:
            return False
        asked: list[tuple[Any, Any]] = [
            (query.ids, image.id),
            (query.names, image.name),
            (query.statuses, image.status),
        ]
        if any(wanted and actual not in wanted for wanted, actual in asked):
            return False
        for key, value in query.filters.items():
            if str(getattr(image, key, image.properties.get(key))).lower() != value.lower():
                return False
        return (
            image.hidden == query.hidden
            and query.visibility in {None, "all", image.visibility}
            and query.owner in {None, image.owner}
            and set(query.tags) <= set(image.tags)
        )
