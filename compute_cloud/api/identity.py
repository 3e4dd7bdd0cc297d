"""Who asks: filters that prove it, and the context made of what they found."""

import hashlib
import hmac
import logging
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml
from oslo_middleware import basic_auth
from webob.exc import HTTPException

from compute_cloud.api.faults import StartResponse, Wsgi, fault, status_line
from compute_cloud.api.policy import Policy
from compute_cloud.concurrency import in_native_thread
from compute_cloud.context import Context, new_request_id

LOG = logging.getLogger(__name__)
Environ: TypeAlias = dict[str, Any]

CREDENTIALS: Final = "compute_cloud.credentials"
# What auth_token sets, and what nobody but an auth filter may set.
_IDENTITY: Final = re.compile(
    r"HTTP_(X_(SERVICE_)?(IDENTITY_STATUS|USER|USER_ID|USER_NAME|USER_DOMAIN_ID|USER_DOMAIN_NAME|TENANT|TENANT_ID"
    r"|TENANT_NAME|PROJECT|PROJECT_ID|PROJECT_NAME|PROJECT_DOMAIN_ID|PROJECT_DOMAIN_NAME|DOMAIN_ID|DOMAIN_NAME"
    r"|ROLE|ROLES|CATALOG|TRUST_ID|IS_ADMIN_PROJECT)|X_SERVICE_CATALOG|X_IS_ADMIN_PROJECT|OPENSTACK_SYSTEM_SCOPE)\Z"
)
_IMPLIED: Final[Mapping[str, tuple[str, ...]]] = {
    "admin": ("manager", "member", "reader"),
    "manager": ("member", "reader"),
    "member": ("reader",),
}


class StripIdentity:
    """Takes away what clients say about who they are; only the auth filter behind may say that."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        for key in [key for key in environ if key.startswith(("HTTP_X_", "HTTP_OPENSTACK_S")) and _IDENTITY.match(key)]:
            del environ[key]
        return self._app(environ, start_response)


class NoAuth:
    """Believes everybody: ``X-Auth-Token: user:project[:role,role]``; ``admin`` is one. For tests and benchmarks."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        user, _, rest = environ.get("HTTP_X_AUTH_TOKEN", "").partition(":")
        project, _, roles = rest.partition(":")
        if not user:
            return unauthorized(start_response)
        named = tuple(r for r in roles.split(",") if r) or (("admin",) if user == "admin" else ("member",))
        identify(environ, user_id=user, project_id=project or user, roles=named)
        return self._app(environ, start_response)


class BasicAuth:
    """HTTP basic authentication against an htpasswd file (bcrypt), with project and roles from a mapping file.

    A password that was right is remembered for some minutes as a keyed digest, since bcrypt takes a tenth of a second
    on purpose; a change to either file makes it forget all. bcrypt runs off the event loop.
    """

    _REMEMBERED_SECONDS: Final = 300.0
    _REMEMBERED_MOST: Final = 10_000

    def __init__(self, app: Wsgi, *, users: str, mapping: str) -> None:
        _check_users(users)
        self._app = app
        self._users = users
        self._mapping_path = Path(mapping)
        self._key = secrets.token_bytes(32)
        self._right: dict[bytes, tuple[float, str]] = {}
        self._stamp = self._stamps()
        self._mapping = self._load()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        header = environ.get("HTTP_AUTHORIZATION", "")
        user = self._user(header)
        mapped = self._mapping.get(user) if user else None
        if user is None or mapped is None:
            return unauthorized(start_response, 'Basic realm="compute"')
        identify(
            environ,
            user_id=str(mapped.get("user_id", user)),
            project_id=str(mapped["project_id"]),
            roles=tuple(str(r) for r in mapped.get("roles", ("member",))),
        )
        environ[CREDENTIALS] = (("Authorization", header),)
        return self._app(environ, start_response)

    def _user(self, header: str) -> str | None:
        """Return the user whose name and password the header has, None when it proves nobody."""
        self._reload()
        digest = hmac.digest(self._key, header.encode("latin-1", "replace"), hashlib.sha256)
        known = self._right.get(digest)
        if known and known[0] > time.monotonic():
            return known[1]
        try:
            user, password = basic_auth.parse_token(basic_auth.parse_header({"HTTP_AUTHORIZATION": header}))
            in_native_thread(basic_auth.authenticate, self._users, user, password)
        except (HTTPException, ValueError):  # bcrypt refuses passwords that it would cut with a ValueError
            return None
        if len(self._right) >= self._REMEMBERED_MOST:
            self._right.clear()
        self._right[digest] = (time.monotonic() + self._REMEMBERED_SECONDS, user)
        return user

    def _stamps(self) -> tuple[int, int]:
        return Path(self._users).stat().st_mtime_ns, self._mapping_path.stat().st_mtime_ns

    def _reload(self) -> None:
        """Take changed files; files that can't be read leave what they said before in force."""
        try:
            stamp = self._stamps()
            if stamp == self._stamp:
                return
            self._stamp = stamp
            self._right.clear()
            self._mapping = self._load()
        except (OSError, ValueError) as error:
            LOG.warning("who may ask stays as it was: %s", error)

    def _load(self) -> dict[str, dict[str, Any]]:
        """Return user -> what the mapping says of it; whoever has no project in it is nobody. Raises ValueError."""
        try:
            loaded = yaml.safe_load(self._mapping_path.read_text(encoding="utf-8")) or {}
        except yaml.YAMLError as error:
            raise ValueError(f"{self._mapping_path} is no YAML: {error}") from error
        if not isinstance(loaded, dict):
            raise ValueError(f"{self._mapping_path} does not map users to what they are")  # noqa: TRY004 - of a file
        return {str(user): said for user, said in loaded.items() if isinstance(said, dict) and said.get("project_id")}


def _check_users(path: str) -> None:
    """Raise ValueError unless the file is there and every user in it has a bcrypt hash; OSError where it is not."""
    with Path(path).open(encoding="utf-8"):
        pass
    try:
        basic_auth.validate_auth_file(path)
    except HTTPException as error:
        raise ValueError(f"{path}: {error.detail}") from error


def identify(environ: Environ, *, user_id: str, project_id: str, roles: tuple[str, ...]) -> None:
    """Say who asks, in the form of keystonemiddleware; roles with all that they imply."""
    every = dict.fromkeys(r for role in roles for r in (role, *_IMPLIED.get(role, ())))
    environ["HTTP_X_IDENTITY_STATUS"] = "Confirmed"
    environ["HTTP_X_USER_ID"] = user_id
    environ["HTTP_X_PROJECT_ID"] = project_id
    environ["HTTP_X_USER_DOMAIN_ID"] = environ["HTTP_X_PROJECT_DOMAIN_ID"] = "default"
    environ["HTTP_X_ROLES"] = ",".join(every)


def context_of(environ: Mapping[str, Any], policy: Policy) -> Context | None:
    """Return who asks, None when no auth filter said so."""
    user_id = environ.get("HTTP_X_USER_ID")
    if not user_id or environ.get("HTTP_X_IDENTITY_STATUS") != "Confirmed":
        return None
    token = environ.get("HTTP_X_AUTH_TOKEN")
    roles = tuple(sorted({r.strip() for r in environ.get("HTTP_X_ROLES", "").split(",") if r.strip()}))
    said = {
        "request_id": environ.get("openstack.request_id") or new_request_id(),
        "global_request_id": environ.get("openstack.global_request_id"),
        "user_id": user_id,
        "project_id": environ.get("HTTP_X_PROJECT_ID") or None,
        "user_domain_id": environ.get("HTTP_X_USER_DOMAIN_ID"),
        "project_domain_id": environ.get("HTTP_X_PROJECT_DOMAIN_ID"),
        "system_scope": environ.get("HTTP_OPENSTACK_SYSTEM_SCOPE"),
        "roles": roles,
        "credentials": environ.get(CREDENTIALS) or ((("X-Auth-Token", token),) if token else ()),
    }
    return Context(**said, is_admin=policy.is_admin(Context(**said)))


def unauthorized(start_response: StartResponse, challenge: str | None = None) -> list[bytes]:
    """Answer 401 in Keystone's form."""
    body = fault(401, "The request you have made requires authentication.")
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    if challenge:
        headers.append(("WWW-Authenticate", challenge))
    start_response(status_line(401), headers)
    return [body]
