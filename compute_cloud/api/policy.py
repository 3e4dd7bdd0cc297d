"""Who may do what: oslo.policy under Nova's rule names and defaults, which operators override in policy.yaml."""

import time
from collections.abc import Mapping
from typing import Any, Final

from oslo_config import cfg
from oslo_policy import policy as oslo

from compute_cloud.context import Context
from compute_cloud.errors import Forbidden

ADMIN: Final = "rule:context_is_admin"
READER: Final = "rule:project_reader_or_admin"
MEMBER: Final = "rule:project_member_or_admin"
SERVICE: Final = "rule:service_api"
ANY: Final = "@"

_MEANINGS: Final = (
    ("context_is_admin", "role:admin", "What makes an administrator."),
    ("admin_api", "is_admin:True", "Administrators, as `context_is_admin` says."),
    ("service_api", "role:service", "Other services of the cloud."),
    ("project_manager_api", "role:manager and project_id:%(project_id)s", "Managers of the project."),
    ("project_member_api", "role:member and project_id:%(project_id)s", "Members of the project."),
    ("project_reader_api", "role:reader and project_id:%(project_id)s", "Readers of the project."),
    ("project_manager_or_admin", f"rule:project_manager_api or {ADMIN}", "Managers of the project, administrators."),
    ("project_member_or_admin", f"rule:project_member_api or {ADMIN}", "Members of the project, administrators."),
    ("project_reader_or_admin", f"rule:project_reader_api or {ADMIN}", "Readers of the project, administrators."),
)

_API: Final = "os_compute_api:"
_SHOWN_IN: Final = "GET /servers/{server_id}, GET /servers/detail, PUT /servers/{server_id}"

# rule: (default, what it lets, operations)
_RULES: Final[Mapping[str, tuple[str, str, str]]] = {
    "servers:index": (READER, "List servers", "GET /servers"),
    "servers:detail": (READER, "List servers with details", "GET /servers/detail"),
    "servers:index:get_all_tenants": (ADMIN, "List servers of all projects", "GET /servers"),
    "servers:detail:get_all_tenants": (ADMIN, "List servers of all projects with details", "GET /servers/detail"),
    "servers:allow_all_filters": (ADMIN, "Use every filter of lists of servers", "GET /servers, GET /servers/detail"),
    "servers:show": (READER, "Show a server", "GET /servers/{server_id}"),
    "servers:show:flavor-extra-specs": (READER, "See the extra specs of a server's flavor", _SHOWN_IN),
    "servers:show:host_status": (ADMIN, "See the status of a server's host", _SHOWN_IN),
    "servers:show:host_status:unknown-only": (ADMIN, "See that the status of a host is UNKNOWN, only", _SHOWN_IN),
    "servers:create": (MEMBER, "Create a server", "POST /servers"),
    "servers:create:forced_host": (ADMIN, "Create a server on a host, past the filters", "POST /servers"),
    "servers:create:attach_volume": (MEMBER, "Create a server with volumes", "POST /servers"),
    "servers:create:attach_network": (MEMBER, "Create a server with chosen networks", "POST /servers"),
    "servers:create:trusted_certs": (MEMBER, "Create a server with trusted certificates", "POST /servers"),
    "servers:create:zero_disk_flavor": (ADMIN, "Boot an image of any size with a flavor without disk", "POST /servers"),
    "servers:update": (MEMBER, "Update a server", "PUT /servers/{server_id}"),
    "servers:delete": (MEMBER, "Delete a server", "DELETE /servers/{server_id}"),
    "os-extended-server-attributes": (ADMIN, "See on which host a server is, and more", _SHOWN_IN),
    "os-console-output": (MEMBER, "Read the console of a server", "POST /servers/{server_id}/action"),
    "os-instance-actions:list": (
        READER, "List what was done to a server",
        "GET /servers/{server_id}/os-instance-actions",
    ),
    "os-instance-actions:show": (
        READER, "Show what was done to a server",
        "GET /servers/{server_id}/os-instance-actions/{request_id}",
    ),
    "os-instance-actions:events": (
        ADMIN, "See hosts and tracebacks of events",
        "GET /servers/{server_id}/os-instance-actions/{request_id}",
    ),
    "os-instance-actions:events:details": (
        ADMIN, "See details of events",
        "GET /servers/{server_id}/os-instance-actions/{request_id}",
    ),
    "os-flavor-access": (
        ADMIN, "See which projects have access to a flavor",
        "GET /flavors/{flavor_id}/os-flavor-access",
    ),
    "os-flavor-extra-specs:index": (
        READER, "See the extra specs of flavors",
        "GET /flavors/{flavor_id}/os-extra_specs, GET /flavors/detail",
    ),
    "os-flavor-manage:create": (ADMIN, "Create a flavor", "POST /flavors"),
    "os-flavor-manage:delete": (ADMIN, "Delete a flavor", "DELETE /flavors/{flavor_id}"),
    "flavors": (ANY, "List and show flavors", "GET /flavors, GET /flavors/detail, GET /flavors/{flavor_id}"),
    "images": (ANY, "List and show images", "GET /images, GET /images/detail, GET /images/{image_id}"),
    "os-aggregates:index": (ADMIN, "List aggregates", "GET /os-aggregates"),
    "os-services:list": (ADMIN, "List services", "GET /os-services"),
    "os-hypervisors:list": (ADMIN, "List hypervisors", "GET /os-hypervisors"),
    "os-hypervisors:list-detail": (ADMIN, "List hypervisors with details", "GET /os-hypervisors/detail"),
    "os-hypervisors:show": (ADMIN, "Show a hypervisor", "GET /os-hypervisors/{hypervisor_id}"),
    "os-availability-zone:list": (ANY, "List availability zones", "GET /os-availability-zone"),
    "os-availability-zone:detail": (ADMIN, "List availability zones with hosts", "GET /os-availability-zone/detail"),
    "extensions": (ANY, "List extensions", "GET /extensions, GET /extensions/{alias}"),
}  # fmt: skip
# Nova has this one outside of its prefix.
_DESTINATION: Final = "compute:servers:create:requested_destination"


def list_rules() -> list[oslo.RuleDefault]:
    """Return every rule with its default, for oslo.policy and its generators."""
    meanings = [oslo.RuleDefault(name, check, description=text) for name, check, text in _MEANINGS]
    rules = [_documented(_API + name, *rest) for name, rest in _RULES.items()]
    destination = _documented(_DESTINATION, ADMIN, "Create a server on a host, through the filters", "POST /servers")
    return [*meanings, *rules, destination]


def _documented(name: str, check: str, text: str, operations: str) -> oslo.DocumentedRuleDefault:
    paths: list[Any] = [{"method": o.partition(" ")[0], "path": o.partition(" ")[2]} for o in operations.split(", ")]
    return oslo.DocumentedRuleDefault(name, check, f"{text}.", paths, scope_types=["project"])


class Policy:
    """The rules in force. Decisions are remembered for a few seconds, since one request asks for several."""

    _REMEMBERED_SECONDS: Final = 5.0
    _REMEMBERED_MOST: Final = 20_000

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._enforcer = oslo.Enforcer(conf)
        self._enforcer.register_defaults(list_rules())
        self._decided: dict[object, bool] = {}
        self._forget_at = 0.0
        self._remembers = False

    def allows(self, rule: str, context: Context, project_id: str | None, user_id: str | None) -> bool:
        """Tell whether the asker may do what the rule guards to something of this project and user."""
        key = (
            rule, project_id, user_id, context.project_id, context.user_id, context.roles, context.system_scope,
            context.is_admin, context.user_domain_id, context.project_domain_id,
        )  # fmt: skip
        now = time.monotonic()
        if now > self._forget_at or len(self._decided) > self._REMEMBERED_MOST:
            self._forget(now)
        decided = self._decided.get(key)
        if decided is None:
            target = {"project_id": project_id, "user_id": user_id}
            decided = bool(self._enforcer.authorize(rule, target, _credentials(context)))
            if self._remembers:
                self._decided[key] = decided
        return decided

    def require(self, rule: str, context: Context, project_id: str | None, user_id: str | None) -> None:
        """Raise Forbidden unless `allows`."""
        if not self.allows(rule, context, project_id, user_id):
            raise Forbidden(f"Policy doesn't allow {rule} to be performed.")

    def is_admin(self, context: Context) -> bool:
        """Tell whether the asker is an administrator."""
        return self.allows("context_is_admin", context, context.project_id, context.user_id)

    def _forget(self, now: float) -> None:
        self._decided = {}
        self._forget_at = now + self._REMEMBERED_SECONDS
        self._enforcer.load_rules()
        # A rule that asks another service may answer differently each time.
        self._remembers = not any(
            "http:" in str(check) or "https:" in str(check) for check in self._enforcer.rules.values()
        )


def _credentials(context: Context) -> dict[str, object]:
    return {
        "user_id": context.user_id,
        "project_id": context.project_id,
        "roles": list(context.roles),
        "is_admin": context.is_admin,
        "system_scope": context.system_scope,
        "user_domain_id": context.user_domain_id,
        "project_domain_id": context.project_domain_id,
    }
