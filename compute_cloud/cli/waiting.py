"""Waits for servers to become what was asked, asking the API now and then and showing each step."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from compute_cloud.cli.cloud import Cloud
from compute_cloud.cli.failure import CommandError
from compute_cloud.cli.progress import Line, Screen, steps_of

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Awaited:
    """A server and the request (its id) whose action leads to what is awaited."""

    id: str
    name: str
    request_id: str | None


def wait_for(
    cloud: Cloud,
    servers: Sequence[Awaited],
    *,
    arrived: Callable[[dict[str, Any] | None], bool],
    screen: Screen,
    patience_seconds: float,
) -> list[dict[str, Any] | None]:
    """Return each server as it was when ``arrived`` said yes (None: it is gone), in the order given.

    ``arrived`` gets the API's server, or None when there is none. Raises `CommandError` when patience ends first.
    """
    ends = time.monotonic() + patience_seconds
    pause = FIRST_PAUSE_SECONDS
    lines = [Line(name=server.name, status="") for server in servers]
    found: list[dict[str, Any] | None] = [None] * len(servers)
    while True:
        for place, server in enumerate(servers):
            if not lines[place].done:
                found[place], lines[place] = _look(cloud, server, arrived)
        screen.show(lines)
        if all(line.done for line in lines):
            return found
        if time.monotonic() + pause > ends:
            names = ", ".join(line.name for line in lines if not line.done)
            raise CommandError(
                f"Not done after {patience_seconds:.0f} s: {names}. The cloud goes on with it; look with 'show'."
            )
        time.sleep(pause)
        pause = min(pause * 1.3, LONGEST_PAUSE_SECONDS)


def _look(
    cloud: Cloud, awaited: Awaited, arrived: Callable[[dict[str, Any] | None], bool]
) -> tuple[dict[str, Any] | None, Line]:
    server = _ask(cloud, f"/servers/{awaited.id}", "server")
    path = f"/servers/{awaited.id}/os-instance-actions/{awaited.request_id}"
    action = _ask(cloud, path, "instanceAction") if awaited.request_id else None
    status = None if server is None else server["status"]
    return server, Line(name=awaited.name, status=status, steps=steps_of(action), done=arrived(server))


def _ask(cloud: Cloud, path: str, key: str) -> dict[str, Any] | None:
    """Return what stands there, or None when nothing does; a cloud that is away for a moment is asked again."""
    from keystoneauth1 import exceptions  # noqa: PLC0415 - slow to import

    try:
        answer: dict[str, Any] = cloud.compute.get(
            path, connect_retries=5, status_code_retries=5, retriable_status_codes=[502, 503]
        ).json()[key]
    except exceptions.NotFound:
        return None
    return answer
