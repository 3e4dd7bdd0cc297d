"""What a handler gets: who asks, for what, in which version, and the doors it may knock at."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from compute_cloud.api.policy import Policy
from compute_cloud.clients.image import ImageService
from compute_cloud.context import Context
from compute_cloud.errors import NotFound
from compute_cloud.objects.server import Server
from compute_cloud.rpc.contracts.compute import ComputeRpc
from compute_cloud.rpc.contracts.conductor import ConductorRpc


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What the API works with. ``compute`` gives the client of a host by its name."""

    conf: Any
    conductor: ConductorRpc
    images: ImageService
    compute: Callable[[str], ComputeRpc]
    policy: Policy


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer that is more than a body with the operation's own status."""

    body: Any = None
    status: int | None = None
    headers: Sequence[tuple[str, str]] = ()


def known_form(server_id: str) -> str:
    """Return a server's id as it is kept. Raises NotFound for what can be none: no need to ask the conductor."""
    try:
        return str(uuid.UUID(server_id))
    except ValueError:
        raise NotFound(f"Instance {server_id[:60]} could not be found.") from None


class ApiRequest:
    """One request, past all general checks. ``query`` and ``body`` are instances of what the operation declares.

    ``root`` is where links begin: the address of the API with the version and, when the URL had it, the project.
    ``bookmark`` is the same without the version.
    """

    __slots__ = ("body", "bookmark", "context", "path", "query", "query_text", "root", "tools", "version")

    def __init__(
        self, *, context: Context, version: int, tools: Tools, root: str, bookmark: str, path: str, query_text: str
    ) -> None:
        self.context = context
        self.version = version
        self.tools = tools
        self.root = root
        self.bookmark = bookmark
        self.path = path
        self.query_text = query_text
        self.query: Any = None
        self.body: Any = None

    @property
    def conductor(self) -> ConductorRpc:
        return self.tools.conductor

    @property
    def scope(self) -> str | None:
        """Return the project whose things the asker may touch; None for administrators, who may touch any."""
        return None if self.context.is_admin else (self.context.project_id or "")

    def may(self, rule: str) -> bool:
        """Tell whether the asker may do what the rule guards within the own project."""
        context = self.context
        return self.tools.policy.allows(rule, context, context.project_id, context.user_id)

    def may_to(self, rule: str, server: Server) -> bool:
        """Tell whether the asker may do what the rule guards to a server."""
        return self.tools.policy.allows(rule, self.context, server.project_id, server.user_id)

    def require(self, rule: str) -> None:
        """Raise Forbidden unless `may`."""
        context = self.context
        self.tools.policy.require(rule, context, context.project_id, context.user_id)

    def server(self, server_id: str, rule: str) -> Server:
        """Return a server to which the asker may do what the rule guards.

        Raises NotFound for one that the asker may not know of, Forbidden for one that may only be seen.
        """
        server = self.tools.conductor.show_server(self.context, server_id=known_form(server_id), scope=self.scope)
        self.tools.policy.require(rule, self.context, server.project_id, server.user_id)
        return server

    def guard(self, server_id: str, rule: str) -> str:
        """Return the id of a server to which the asker may do what the rule guards, if it stands within the scope.

        Fetches the server only when the rule wants to know whose it is. Raises NotFound, Forbidden.
        """
        if self.tools.policy.allows(rule, self.context, self.scope, None):
            return known_form(server_id)
        return self.server(server_id, rule).id

    def links(self, noun: str, name: str) -> list[dict[str, str]]:
        """Return the two links of a thing."""
        return [
            {"rel": "self", "href": f"{self.root}/{noun}/{name}"},
            {"rel": "bookmark", "href": f"{self.bookmark}/{noun}/{name}"},
        ]
