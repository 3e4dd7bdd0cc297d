"""Extensions, of which there are none: everything is part of the API. Old clients ask."""

from typing import Any

from compute_cloud.api.operation import operation
from compute_cloud.api.request import ApiRequest
from compute_cloud.errors import NotFound

RULE = "os_compute_api:extensions"


@operation(rule=RULE)
def index(_: ApiRequest) -> Any:
    """List none."""
    return {"extensions": []}


@operation(rule=RULE)
def show(_: ApiRequest, alias: str) -> Any:
    """Show none."""
    raise NotFound(f"Extension {alias[:60]} could not be found.")
