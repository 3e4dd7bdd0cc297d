"""What a guest wrote to its console."""

from typing import Any, Final

from compute_cloud.api.body import Body, field
from compute_cloud.api.operation import operation
from compute_cloud.api.request import ApiRequest
from compute_cloud.api.schemas import whole
from compute_cloud.errors import Conflict

MOST_CHARACTERS: Final = 100 * 1024


class Length(Body):
    """How many lines; -1 or none: all that is kept."""

    length: int | None = field(whole(-1).or_null())


class ConsoleOutput(Body):
    """The body of the action."""

    asked: Length = field(Length, name="os-getConsoleOutput", required=True)


@operation(rule="os_compute_api:os-console-output", body=ConsoleOutput)
def show(request: ApiRequest, server_id: str) -> Any:
    """Show the last lines of a server's console."""
    server = request.server(server_id, "os_compute_api:os-console-output")
    if server.host is None:
        raise Conflict(f"Instance {server_id} is not ready: it is on no host yet.")
    asked = request.body.asked.length
    lines = None if asked is None or asked < 0 else asked
    output = request.tools.compute(server.host).console_output(request.context, server_id=server.id, lines=lines)
    return {"output": output[-MOST_CHARACTERS:]}
