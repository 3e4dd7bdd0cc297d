"""What a user writes about an image, checked and read: new images and changes to one that stands. Pure."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from compute_cloud.api.complaints import Validator, complain
from compute_cloud.api.faults import TooLarge
from compute_cloud.api.image.documents import IMAGE_PROPERTIES, NO_NUL, PROPERTY, READ_ONLY, WRITABLE, is_reserved
from compute_cloud.errors import Conflict, Forbidden, Invalid
from compute_cloud.objects.image import Image

PROPERTIES_MOST: Final = 128
PATCH_2_1: Final = "application/openstack-images-v2.1-json-patch"
PATCH_2_0: Final = "application/openstack-images-v2.0-json-patch"
_VALIDATOR: Final = Validator(
    {
        "type": "object",
        "properties": {key: form for key, form in IMAGE_PROPERTIES.items() if key in WRITABLE or key == "id"},
        "propertyNames": {"minLength": 1, "maxLength": 255, "pattern": NO_NUL},
        "additionalProperties": PROPERTY,
    }
)
_OPERATIONS: Final = ("add", "remove", "replace")
_FIXED_WITH_DATA: Final = ("disk_format", "container_format")


def read_new_image(body: object, *, owner: str | None) -> Image:
    """Return the image that a body asks for, queued. Raises Invalid, Forbidden for keys that are not the user's."""
    if not isinstance(body, dict):
        raise Invalid("The body of the request must be a JSON object.")
    for key in body:
        _refuse_foreign(key)
    check(body)
    own = {WRITABLE[key]: value for key, value in body.items() if key in WRITABLE}
    return _settled(
        Image(
            **{"owner": owner, **own},
            id=body.get("id", str(uuid.uuid4())).lower(),
            properties={key: value for key, value in body.items() if key not in WRITABLE and key != "id"},
        )
    )


def read_patch(body: object, content_type: str) -> list[tuple[str, str, Any]]:
    """Return (operation, key, value) of a JSON patch, in either of the two forms that Glance knows. Raises Invalid."""
    if not isinstance(body, list):
        raise Invalid("The body of the request must be a JSON array of operations.")
    return [_operation(entry, content_type) for entry in body]


def change(image: Image, operations: list[tuple[str, str, Any]]) -> Image:
    """Return the image with the operations applied, all or none.

    Raises Forbidden for keys that can't be changed (now), Conflict for a property that is not there, Invalid.
    """
    for operation, key, value in operations:
        image = _remove(image, key) if operation == "remove" else _put(image, operation, key, value)
    return _settled(image)


def check(body: Mapping[str, Any]) -> None:
    """Raise Invalid, with the key that is wrong, unless every value is of the form of its key."""
    problem = next(iter(_VALIDATOR.iter_errors(dict(body))), None)
    if problem is not None:
        raise complain(problem)


def _refuse_foreign(key: str) -> None:
    if key in READ_ONLY and key != "id":
        raise Forbidden(f"Attribute '{key}' is read-only.", field=key)
    if is_reserved(key):
        raise Forbidden(f"Attribute '{key}' is reserved.", field=key)


def _operation(entry: object, content_type: str) -> tuple[str, str, Any]:
    if not isinstance(entry, dict):
        raise Invalid("Operations must be JSON objects.")
    if content_type == PATCH_2_0:
        named = [name for name in _OPERATIONS if name in entry]
        operation, path = (named[0], entry[named[0]]) if len(named) == 1 else (None, None)
    else:
        operation, path = entry.get("op"), entry.get("path")
    if operation not in _OPERATIONS:
        raise Invalid(f"Operations must be one of {', '.join(_OPERATIONS)}.", field="op")
    if operation != "remove" and "value" not in entry:
        raise Invalid(f"Operation {operation!r} requires a member named 'value'.", field="value")
    return operation, _key(path), entry.get("value")


def _key(path: object) -> str:
    """Return the key that a JSON pointer leads to; images have one level."""
    if not isinstance(path, str) or not path.startswith("/") or len(path) < 2:
        raise Invalid("Pointer must start with '/' and name a key of the image.", field="path")
    key = path[1:]
    if "/" in key:
        raise Invalid(f"Pointer {path[:100]!r} leads deeper than an image has keys.", field="path")
    return key.replace("~1", "/").replace("~0", "~")


def _put(image: Image, operation: str, key: str, value: Any) -> Image:
    _refuse_foreign(key)
    if key == "id":
        raise Forbidden("Attribute 'id' is read-only.", field=key)
    check({key: value})
    if key in _FIXED_WITH_DATA and image.status != "queued":
        raise Forbidden(f"Attribute {key} can be only replaced for a queued image.", field=key)
    if key in WRITABLE:
        return replace(image, **{WRITABLE[key]: value})
    if operation == "replace" and key not in image.properties:
        raise Conflict(f"Property {key} does not exist.", field=key)
    return replace(image, properties={**image.properties, key: str(value)})


def _remove(image: Image, key: str) -> Image:
    _refuse_foreign(key)
    if key in WRITABLE or key == "id":
        raise Forbidden(f"Property {key} may not be removed.", field=key)
    if key not in image.properties:
        raise Conflict(f"Property {key} does not exist.", field=key)
    return replace(image, properties={name: value for name, value in image.properties.items() if name != key})


def _settled(image: Image) -> Image:
    """Return the image in the form in which it is kept. Raises TooLarge for too many properties."""
    if len(image.properties) > PROPERTIES_MOST:
        raise TooLarge(
            f"An image has at most {PROPERTIES_MOST} properties, this one would have {len(image.properties)}."
        )
    return replace(image, tags=tuple(sorted(set(image.tags))))
