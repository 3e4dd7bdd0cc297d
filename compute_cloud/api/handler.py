"""From one HTTP request to one answer: everything between the auth filter and a resource's handler."""

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

import msgspec
from webob import Request

from compute_cloud.api import faults, microversions
from compute_cloud.api.faults import StartResponse, Wsgi
from compute_cloud.api.identity import Environ, context_of, unauthorized
from compute_cloud.api.incoming import body_of
from compute_cloud.api.operation import Actions, Entry, Operation, Removed, chosen, document_of, standing, take
from compute_cloud.api.request import Answer, ApiRequest, Tools
from compute_cloud.api.resources import versions
from compute_cloud.api.routes import ROUTES
from compute_cloud.api.routing import Place, Router
from compute_cloud.context import Context
from compute_cloud.errors import Invalid, NotFound

PLACE: Final = "compute_cloud.place"
Headers: TypeAlias = list[tuple[str, str]]


class Front:
    """Stands before the auth filter: answers discovery, and turns away paths and methods that do not exist.

    ``without_keystone``: clients that look for an identity service find the version document of one.
    """

    def __init__(self, app: Wsgi, *, link_prefix: str | None, without_keystone: bool = False) -> None:
        self._app = app
        self._without_keystone = without_keystone
        self._router = Router(ROUTES)
        self._link_prefix = link_prefix

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        path = _path(environ)
        method = environ["REQUEST_METHOD"]
        prefix = _prefix(environ, self._link_prefix)
        document = versions.document(path.rstrip("/"), prefix)
        if document is None and self._without_keystone:
            document = versions.identity(path.rstrip("/"), prefix)
        if document is not None and method == "GET":
            return _answer(start_response, 200, msgspec.json.encode(document), [microversions.VARY])
        place = self._router.find(path)
        if place is None:
            return _answer(start_response, 404, faults.fault(404, "The resource could not be found."), [])
        if method not in place.methods:
            allowed = ", ".join(place.methods)
            body = faults.fault(405, f"The method is not allowed for this resource, but {allowed} would be.")
            return _answer(start_response, 405, body, [("Allow", allowed)])
        environ[PLACE] = place
        return self._app(environ, start_response)


class ComputeApi:
    """The application behind the filters. It needs `Front` before it, which leaves the place in the environment."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._link_prefix = tools.conf.api.compute_link_prefix

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        context = context_of(environ, self._tools.policy)
        if context is None:
            return unauthorized(start_response)
        place: Place = environ[PLACE]
        speaks_versions = place.version == "v2.1"
        version = None
        try:
            request = Request(environ)
            version = microversions.asked_for(request.headers) if speaks_versions else microversions.OLDEST
            code, body, headers = self._serve(request, place, context, version)
        except Exception as error:  # noqa: BLE001 - whatever it is, users get Nova's form of it
            code, body = faults.explain(error, context.request_id)
            headers = []
        if speaks_versions:
            headers = [*headers, *microversions.answer_headers(version)]
        return _answer(start_response, code, body, headers)

    def _serve(self, http: Request, place: Place, context: Context, version: int) -> tuple[int, bytes, Headers]:
        """Check and answer a request; every check costs less than those after it."""
        if place.project is not None and place.project != context.project_id:
            raise Invalid(
                f"Malformed request URL: URL's project_id '{place.project[:64]}' doesn't match "
                f"Context's project_id '{context.project_id}'"
            )
        relaxed = place.version == "v2"
        operation, document = _operation(place.methods[http.method], http, version)
        prefix = _prefix(http.environ, self._link_prefix)
        project = f"/{place.project}" if place.project else ""
        request = ApiRequest(
            context=context,
            version=version,
            tools=self._tools,
            root=f"{prefix}/{place.version}{project}",
            bookmark=f"{prefix}{project}",
            path=_path(http.environ),
            query_text=http.environ.get("QUERY_STRING", ""),
        )
        request.require(operation.rule)
        if operation.body is not None and document is None:
            document = document_of(http.environ.get("CONTENT_TYPE"), lambda: body_of(http.environ))
        take(request, operation, document, relaxed=relaxed)
        return _encoded(operation.handler(request, **place.parts), operation.status(version))


def _operation(entry: Entry, http: Request, version: int) -> tuple[Operation, Any]:
    """Return the operation asked for, and the body when it had to be read to know."""
    document = None
    if isinstance(entry, Actions):
        document = document_of(http.environ.get("CONTENT_TYPE"), lambda: body_of(http.environ))
        entry = chosen(entry, document)
    if isinstance(entry, Removed):
        raise faults.Gone("This resource is no longer available. No forwarding address is given.")
    return standing(entry, version), document


def _encoded(result: Any, status: int) -> tuple[int, bytes, Headers]:
    if not isinstance(result, Answer):
        return status, b"" if result is None else msgspec.json.encode(result), []
    body = b"" if result.body is None else msgspec.json.encode(result.body)
    return result.status or status, body, list(result.headers)


def _answer(start_response: StartResponse, code: int, body: bytes, headers: Headers) -> list[bytes]:
    if body:
        headers = [("Content-Type", "application/json"), *headers]
    if code != 204:
        headers = [*headers, ("Content-Length", str(len(body)))]
    start_response(faults.status_line(code), headers)
    return [body]


def _path(environ: Environ) -> str:
    """Return the path as text; one that is no UTF-8 leads nowhere."""
    path: str = environ.get("PATH_INFO", "")
    if path.isascii():
        return path
    try:
        return path.encode("latin-1").decode()
    except ValueError:
        raise NotFound("The resource could not be found.") from None


def _prefix(environ: Environ, configured: str | None) -> str:
    """Return where links begin: what is configured, else the address that was asked."""
    if configured:
        return configured.rstrip("/")
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    return f"{environ['wsgi.url_scheme']}://{host}{environ.get('SCRIPT_NAME', '')}"
