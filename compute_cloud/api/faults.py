"""Problems as users see them: an HTTP status and Nova's JSON form. The last step out of the house."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

import msgspec
import webob.exc

from compute_cloud.api.microversions import NotAcceptable
from compute_cloud.errors import Problem

LOG = logging.getLogger(__name__)

StartResponse: TypeAlias = Callable[..., Any]
Wsgi: TypeAlias = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class WrongMethod(Problem):
    """The path stands, but not for this method."""

    kind = "wrong_method"


class Gone(Problem):
    """What was asked for has been taken out of the API."""

    kind = "gone"


class TooLarge(Problem):
    """The body is larger than any that makes sense."""

    kind = "too_large"


class WrongMedia(Problem):
    """The body is in a form that the API does not read."""

    kind = "wrong_media"


STATUSES: Final[Mapping[str, int]] = {
    "invalid": 400,
    "forbidden": 403,
    "over_quota": 403,
    "not_found": 404,
    WrongMethod.kind: 405,
    NotAcceptable.kind: 406,
    "conflict": 409,
    Gone.kind: 410,
    TooLarge.kind: 413,
    WrongMedia.kind: 415,
    "broken": 500,
    "unavailable": 503,
}
NAMES: Final[Mapping[int, str]] = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    413: "overLimit",
    415: "badMediaType",
    429: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}
REASONS: Final[Mapping[int, str]] = {
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 207: "Multi-Status", 300: "Multiple Choices",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    406: "Not Acceptable", 409: "Conflict", 410: "Gone", 413: "Request Entity Too Large",
    415: "Unsupported Media Type", 416: "Requested Range Not Satisfiable", 429: "Too Many Requests",
    500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable",
}  # fmt: skip


def status_line(code: int) -> str:
    """Return a status as WSGI wants it."""
    return f"{code} {REASONS.get(code, 'Unknown')}"


def fault(code: int, message: str, **more: object) -> bytes:
    """Return Nova's JSON form of what went wrong."""
    if code == 401:
        error = {"code": 401, "title": "Unauthorized", "message": message}
        return msgspec.json.encode({"error": error})
    return msgspec.json.encode({NAMES.get(code, "computeFault"): {"code": code, "message": message, **more}})


def explain(error: Exception, request_id: str) -> tuple[int, bytes]:
    """Return status and body for an exception. What nobody foresaw is logged; users see its request id only."""
    if isinstance(error, Problem) and error.kind != "broken":
        if error.detail:
            LOG.info("request %s refused: %s (%s)", request_id, error.message, error.detail)
        code = STATUSES.get(error.kind, 500)
        return code, fault(code, error.message)
    if isinstance(error, webob.exc.HTTPException):
        code = int(error.status_int)
        return code, fault(code, str(error.explanation or error.title))
    LOG.error("request %s failed", request_id, exc_info=error)
    return 500, fault(
        500, f"The request could not be served because of a fault of the service. Request id: {request_id}"
    )


class JsonFaults:
    """The outermost guard: whatever a filter answers as an error, users get JSON, and never a traceback."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        began: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
            if status[0] in "45" and not _is_json(headers):
                began.append((status, headers))
                return lambda _: None
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        try:
            answer = self._app(environ, start)
        except Exception as error:  # noqa: BLE001 - the last line before the server's own error page
            code, body = explain(error, str(environ.get("openstack.request_id", "-")))
            return _send(start_response, code, body, [])
        if not began:
            return answer
        text = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        status, headers = began[0]
        code = int(status[:3])
        LOG.debug("an answer of %s was no JSON: %r", status, text[:200])
        kept = [(k, v) for k, v in headers if k.lower() not in {"content-type", "content-length"}]
        return _send(start_response, code, fault(code, _plain(code)), kept)


def _is_json(headers: list[tuple[str, str]]) -> bool:
    return any(k.lower() == "content-type" and "json" in v for k, v in headers)


def _plain(code: int) -> str:
    if code == 401:
        return "The request you have made requires authentication."
    return REASONS.get(code, "The request could not be served") + "."


def _send(start_response: StartResponse, code: int, body: bytes, headers: list[tuple[str, str]]) -> list[bytes]:
    headers = [*headers, ("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response(status_line(code), headers)
    return [body]
