"""The records of the embedded image service; the files are the API daemon's."""

from compute_cloud.conductor.office import Office
from compute_cloud.db.stores import images
from compute_cloud.objects.image import Image, ImageQuery


def create_image(office: Office, image: Image) -> Image:
    """Write a new image record."""
    with office.database.write() as tx:
        images.insert(tx, image)
        return images.show(tx, image.id, None)


def list_images(office: Office, query: ImageQuery) -> tuple[Image, ...]:
    """Return a page of image records."""
    with office.database.read() as tx:
        return images.list_whole(tx, query)


def show_image(office: Office, image_id: str, scope: str | None) -> Image:
    """Return one image record that the scope may see."""
    with office.database.read() as tx:
        return images.show(tx, image_id, scope)


def update_image(office: Office, image: Image, expected_status: str) -> Image:
    """Rewrite an image record that is still in the expected status."""
    with office.database.write() as tx:
        images.update(tx, image, expected_status)
        return images.show(tx, image.id, None)


def delete_image(office: Office, image_id: str) -> None:
    """Take an image record away."""
    with office.database.write() as tx:
        images.delete(tx, image_id)
