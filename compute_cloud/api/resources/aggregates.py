"""Host aggregates. None can be made yet, so there are none; clients ask before they show a hypervisor."""

from typing import Any

from compute_cloud.api.operation import operation
from compute_cloud.api.request import ApiRequest


@operation(rule="os_compute_api:os-aggregates:index")
def index(_: ApiRequest) -> Any:
    """List none."""
    return {"aggregates": []}
