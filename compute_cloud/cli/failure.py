"""What the user of the command is told when something fails: one line, with the server's words and the request id."""

import json
import re
from typing import Any


class CommandError(Exception):
    """The command cannot do what was asked; the text is the whole answer."""


def explain(problem: Exception) -> str:
    """Return one line for any error that a REST call or a login can raise."""
    status = getattr(problem, "http_status", None)
    if status is None:
        return " ".join(str(problem).split()) or type(problem).__name__
    response = getattr(problem, "response", None)
    text = (
        (_server_message(response) if response is not None else "")
        or str(getattr(problem, "message", ""))
        or "no reason"
    )
    request_id = request_id_of(response) or getattr(problem, "request_id", None)
    tail = f"HTTP {status}, request {request_id}" if request_id else f"HTTP {status}"
    return f"{' '.join(text.split())} ({tail})"


def request_id_of(response: Any) -> str | None:
    """Return the request id that a service put into its answer's headers."""
    if response is None:
        return None
    found = response.headers.get("x-openstack-request-id") or response.headers.get("x-compute-request-id")
    return None if found is None else str(found)


def _server_message(response: Any) -> str:
    """Return the message in a body of Nova's, Keystone's, Placement's or WebOb's form, or of plain HTML."""
    try:
        body = json.loads(response.text)
    except ValueError:
        return _plain(response.text)
    if not isinstance(body, dict):
        return ""
    for value in (body, *body.values()):
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = value[0]  # noqa: PLW2901
        if isinstance(value, dict):
            message = value.get("message") or value.get("detail")
            if isinstance(message, str):
                return message
    return ""


def _plain(html: str) -> str:
    body = re.sub(r"(?is)<(head|style|script)\b.*?</\1>", " ", html)
    return re.sub(r"<[^>]+>", " ", body)[:500].strip()
