"""Discovery: which versions the API speaks. Needs no token."""

from typing import Any, Final

from compute_cloud.api.microversions import NEWEST, OLDEST, written

_VERSIONS: Final[dict[str, dict[str, str]]] = {
    "/v2": {
        "id": "v2.0",
        "status": "SUPPORTED",
        "version": "",
        "min_version": "",
        "updated": "2011-01-21T11:33:21Z",
    },
    "/v2.1": {
        "id": "v2.1",
        "status": "CURRENT",
        "version": written(NEWEST),
        "min_version": written(OLDEST),
        "updated": "2013-07-23T11:33:21Z",
    },
}
_MEDIA: Final = {"/v2": "2", "/v2.1": "2.1"}


def document(path: str, prefix: str) -> dict[str, Any] | None:
    """Return the document at a path (without its last slash), None where there is none."""
    if not path:
        return {"versions": [{**version, "links": [_self(p, prefix)]} for p, version in _VERSIONS.items()]}
    version = _VERSIONS.get(path)
    if version is None:
        return None
    described = {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/api-ref/compute/"}
    media = f"application/vnd.openstack.compute+json;version={_MEDIA[path]}"
    return {
        "version": {
            **version,
            "links": [_self(path, prefix), described],
            "media-types": [{"base": "application/json", "type": media}],
        }
    }


def identity(path: str, prefix: str) -> dict[str, Any] | None:
    """Return the version document of an identity service that there is not, None elsewhere.

    Where users are in a file there is no Keystone. openstackclient looks for one before some commands, and is content
    with being told which version it would speak.
    """
    if path != "/identity/v3":
        return None
    media = {"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}
    version = {"id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z", "media-types": [media]}
    return {"version": {**version, "links": [_self(path, prefix)]}}


def _self(path: str, prefix: str) -> dict[str, str]:
    return {"rel": "self", "href": f"{prefix}{path}/"}
