"""The Images v2 API: every URL on one page, and the way from a request to its answer."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from oslo_config import cfg
from webob import Request

from compute_cloud.api import faults
from compute_cloud.api.faults import StartResponse, WrongMethod, Wsgi, status_line
from compute_cloud.api.identity import context_of, unauthorized
from compute_cloud.api.image import data, records
from compute_cloud.api.image.desk import Answer, Ask, Desk
from compute_cloud.api.image.documents import SCHEMAS
from compute_cloud.api.image.policy import ImagePolicy
from compute_cloud.api.image.store import Store
from compute_cloud.api.policy import Policy
from compute_cloud.context import Context
from compute_cloud.errors import NotFound, Problem
from compute_cloud.rpc.contracts.conductor import ConductorRpc

CONTEXT: Final = "compute_cloud.context"
"""Key of the WSGI environment under which a filter may leave the `Context`, instead of auth_token's headers."""

Handler = Callable[..., Answer]
VERSIONS: Final = ("v2.9", "v2.7", "v2.6", "v2.5", "v2.4", "v2.3", "v2.2", "v2.1", "v2.0")


def schema(_: Ask, noun: str) -> Answer:
    """Return the schema of a noun."""
    if noun not in SCHEMAS:
        raise NotFound(f"There is no schema of {noun[:60]!r}.")
    return Answer(body=SCHEMAS[noun])


def import_methods(_: Ask) -> Answer:
    """Say that data comes in by upload only."""
    methods = {"description": "Import methods available.", "type": "array", "value": []}
    return Answer(body={"import-methods": methods})


# path: {method: handler}; names in braces are handed to the handler.
ROUTES: Final[Mapping[str, Mapping[str, Handler]]] = {
    "/v2/images": {"GET": records.list_images, "POST": records.create},
    "/v2/images/{image_id}": {"GET": records.show, "PATCH": records.update, "DELETE": records.delete},
    "/v2/images/{image_id}/file": {"GET": data.download, "PUT": data.upload},
    "/v2/images/{image_id}/tags/{tag}": {"PUT": records.add_tag, "DELETE": records.remove_tag},
    "/v2/images/{image_id}/actions/deactivate": {"POST": records.deactivate},
    "/v2/images/{image_id}/actions/reactivate": {"POST": records.reactivate},
    "/v2/images/{image_id}/members": {"GET": records.members, "POST": records.refuse_member},
    "/v2/schemas/{noun}": {"GET": schema},
    "/v2/info/import": {"GET": import_methods},
}
_COMPILED: Final = [
    (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), methods) for path, methods in ROUTES.items()
]


class ImageFront:
    """Stands before the auth filter: answers discovery, and turns away paths and methods that do not exist."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        path = environ.get("PATH_INFO", "")
        if environ["REQUEST_METHOD"] == "GET" and path in {"", "/", "/v2", "/v2/", "/versions", "/versions/"}:
            status = 200 if path.startswith("/versions") else 300
            return _send(start_response, Answer(status=status, body=_versions(Request(environ))))
        try:
            find(environ)
        except Problem as problem:
            return _send(start_response, refuse(problem, str(environ.get("openstack.request_id", "-"))))
        return self._app(environ, start_response)


class ImageApi:
    """The application behind the filters."""

    def __init__(self, desk: Desk, policy: Policy) -> None:
        self._desk = desk
        self._policy = policy

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        context: Context | None = environ.get(CONTEXT) or context_of(environ, self._policy)
        if context is None:
            return unauthorized(start_response)
        try:
            handler, names = find(environ)
            answer = handler(Ask(desk=self._desk, context=context, http=Request(environ)), **names)
        except Exception as error:  # noqa: BLE001 - whatever it is, users get the API's form of it
            answer = refuse(error, context.request_id)
        return _send(start_response, answer)


def build_image_app(conf: cfg.ConfigOpts, conductor: ConductorRpc, policy: Policy | None = None) -> Wsgi:
    """Return the image API behind its auth filters: `ImageFront` belongs before them."""
    store = Store(Path(conf.image.filesystem_store_datadir))
    desk = Desk(conf=conf, conductor=conductor, policy=ImagePolicy(conf), store=store)
    return ImageApi(desk, policy or Policy(conf))


def find(environ: Mapping[str, Any]) -> tuple[Handler, dict[str, str]]:
    """Return who answers a request, and the names in its path. Raises NotFound, WrongMethod."""
    try:
        path = environ.get("PATH_INFO", "").encode("latin-1").decode()
    except ValueError:
        raise NotFound("The resource could not be found.") from None
    for pattern, methods in _COMPILED:
        found = pattern.fullmatch(path.rstrip("/"))
        if found:
            handler = methods.get(environ["REQUEST_METHOD"])
            if handler is None:
                raise WrongMethod(f"The method is not allowed for this resource, but {', '.join(methods)} would be.")
            return handler, found.groupdict()
    raise NotFound("The resource could not be found.")


def refuse(error: Exception, request_id: str) -> Answer:
    """Return an error in the form of Glance's clients: ``{"message", "code", "title"}``."""
    status, body = faults.explain(error, request_id)
    message = next(iter(msgspec.json.decode(body).values()))["message"]
    line = status_line(status)
    return Answer(status=status, body={"message": message, "code": line, "title": line.partition(" ")[2]})


def _versions(request: Request) -> dict[str, Any]:
    links = [{"rel": "self", "href": f"{request.application_url.rstrip('/')}/v2/"}]
    statuses = ["CURRENT"] + ["SUPPORTED"] * (len(VERSIONS) - 1)
    return {"versions": [{"id": v, "status": s, "links": links} for v, s in zip(VERSIONS, statuses, strict=True)]}


def _send(start_response: StartResponse, answer: Answer) -> Iterable[bytes]:
    headers = dict(answer.headers)
    if answer.pieces is not None:
        start_response(status_line(answer.status), list(headers.items()))
        pieces: Iterable[bytes] = answer.pieces
        return pieces
    body = b"" if answer.body is None else msgspec.json.encode(answer.body)
    if body:
        headers["Content-Type"] = "application/json"
    if answer.status != 204:
        headers["Content-Length"] = str(len(body))
    start_response(status_line(answer.status), list(headers.items()))
    return [body] if body else []
