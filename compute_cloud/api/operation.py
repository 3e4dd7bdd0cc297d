"""What can be asked, one declaration each: the handler, what comes in, who may, since when, and how it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from compute_cloud.api.body import Body, NoQuery, Query
from compute_cloud.api.faults import WrongMedia
from compute_cloud.api.incoming import json_of
from compute_cloud.api.microversions import NEWEST, minor, written
from compute_cloud.api.request import ApiRequest
from compute_cloud.errors import Invalid, NotFound

Handler: TypeAlias = Callable[..., Any]
Success: TypeAlias = tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One thing that can be asked. ``rule`` is checked against the asker's own project before anything is read.

    ``success`` are (since, status), the oldest first. The versions run from ``since`` to ``until``, both included.
    """

    handler: Handler
    rule: str
    body: type[Body] | None
    query: type[Query]
    success: Success
    since: int
    until: int

    def stands_in(self, version: int) -> bool:
        """Tell whether the operation can be asked for in a version."""
        return self.since <= version <= self.until

    def status(self, version: int) -> int:
        """Return the status of a success in a version."""
        return next(status for since, status in reversed(self.success) if since <= version)


@dataclass(frozen=True)
class Removed:
    """An operation that was taken out of the API in all versions; answers 410."""


@dataclass(frozen=True)
class Actions:
    """The operations of an ``action`` URL, by the one key of the body."""

    table: Mapping[str, Operation | Removed]


Entry: TypeAlias = Operation | tuple[Operation, ...] | Removed | Actions


def operation(
    *,
    rule: str,
    body: type[Body] | None = None,
    query: type[Query] = NoQuery,
    success: int | Mapping[str, int] = 200,
    since: str = "2.1",
    until: str | None = None,
) -> Callable[[Handler], Operation]:
    """Declare the decorated handler, which takes an `ApiRequest` and the parts of the path, as an operation.

    It returns what is to be encoded (or an `Answer`). ``success`` may say since which version another status holds.
    """
    statuses = {"2.0": success} if isinstance(success, int) else success

    def declare(handler: Handler) -> Operation:
        return Operation(
            handler=handler,
            rule=rule,
            body=body,
            query=query,
            success=tuple(sorted((minor(since), status) for since, status in statuses.items())),
            since=minor(since),
            until=NEWEST if until is None else minor(until),
        )

    return declare


def standing(entry: Operation | tuple[Operation, ...], version: int) -> Operation:
    """Return the operation that stands in a version. Raises NotFound when none does."""
    for one in entry if isinstance(entry, tuple) else (entry,):
        if one.stands_in(version):
            return one
    raise NotFound(f"API version '{written(version)}' is not supported on this method.")


def document_of(content_type: str | None, read: Callable[[], bytes]) -> Any:
    """Return the JSON document of a request body. Raises WrongMedia, Invalid."""
    raw = read()
    if not raw:
        raise Invalid("Malformed request body: it is empty.")
    media = (content_type or "").partition(";")[0].strip().lower()
    if media not in {"application/json", "application/vnd.openstack.compute+json"}:
        raise WrongMedia(f"Unsupported Content-Type {media[:60] or '(none)'}; the API reads application/json.")
    document = json_of(raw)
    if not isinstance(document, dict):
        raise Invalid("Malformed request body: it must be a JSON object.")
    return document


def chosen(actions: Actions, document: dict[str, Any]) -> Operation | Removed:
    """Return the operation that an action's body asks for. Raises Invalid."""
    if len(document) != 1:
        raise Invalid("Malformed request body: it must have one key, the action.")
    name = next(iter(document))
    found = actions.table.get(name)
    if found is None:
        raise Invalid(f"There is no such action: {name[:60]}.")
    return found


def take(request: ApiRequest, entry: Operation, document: Any, *, relaxed: bool) -> None:
    """Check and read query and body for an operation into the request. Raises Invalid."""
    request.query = entry.query.parse(request.version, request.query_text, relaxed=relaxed)
    if entry.body is not None:
        request.body = entry.body.read(request.version, document, relaxed=relaxed)
