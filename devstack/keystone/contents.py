"""Make the projects, users, roles and catalogue of a development cloud in Keystone.

Asks first and makes only what is missing; each thing made is one line on standard output. The bootstrapped
administrator's password is ADMIN_PASSWORD in the environment, the other users' are DEMO_PASSWORD and
SERVICE_PASSWORD.
"""

import argparse
import os
from collections.abc import Iterable
from typing import Any

from keystoneauth1 import adapter, session
from keystoneauth1.identity import v3

Thing = dict[str, Any]
INTERFACES = ("public", "internal", "admin")
SERVICE_NAMES = {"compute": "compute-cloud", "image": "compute-cloud-image"}


class Keystone:
    """The identity API, asked by its administrator."""

    def __init__(self, auth_url: str, password: str) -> None:
        domain = {"user_domain_id": "default", "project_domain_id": "default"}
        auth = v3.Password(auth_url=auth_url, username="admin", password=password, project_name="admin", **domain)
        self._api = adapter.Adapter(session.Session(auth=auth), endpoint_override=auth_url)

    def find(self, kind: str, **filters: str) -> Thing | None:
        """Return the one ``kind`` with these properties, or None."""
        found: list[Thing] = self._api.get(f"/{kind}s", params=filters).json()[f"{kind}s"]
        return found[0] if found else None

    def ensure(self, kind: str, body: Thing, *, called: str = "", **filters: str) -> Thing:
        """Return the one ``kind`` with these properties, made from ``filters`` and ``body`` when there is none.

        ``called`` is how to name it to the reader when it has no name.
        """
        found = self.find(kind, **filters)
        if found is None:
            found = self._api.post(f"/{kind}s", json={kind: {**filters, **body}}).json()[kind]
            print(f"{kind} {called or filters['name']}", flush=True)
        return found

    def grant(self, user: Thing, project: Thing, roles: Iterable[str]) -> None:
        """Give a user roles on a project."""
        for name in roles:
            role = self.ensure("role", {}, name=name)
            path = f"/projects/{project['id']}/users/{user['id']}/roles/{role['id']}"
            if self._api.head(path, raise_exc=False).status_code == 404:
                self._api.put(path)
                print(f"role {name} of {user['name']}", flush=True)

    def password_holds(self, user: Thing, password: str) -> bool:
        """Whether a user gets in with this password."""
        identity = {"methods": ["password"], "password": {"user": {"id": user["id"], "password": password}}}
        question = {"auth": {"identity": identity}}
        answer = self._api.post("/auth/tokens", json=question, authenticated=False, raise_exc=False)
        return answer.status_code == 201

    def set_password(self, user: Thing, password: str) -> None:
        """Set a user's password anew."""
        self._api.patch(f"/users/{user['id']}", json={"user": {"password": password}})
        print(f"password of {user['name']}", flush=True)


def make_user(keystone: Keystone, name: str, password: str, project: Thing, roles: Iterable[str]) -> None:
    """Make a user with this password and these roles on a project."""
    made = keystone.find("user", name=name, domain_id="default") is None
    body = {"password": password, "default_project_id": project["id"]}
    user = keystone.ensure("user", body, name=name, domain_id="default")
    if not made and not keystone.password_holds(user, password):
        keystone.set_password(user, password)
    keystone.grant(user, project, roles)


def make_endpoints(keystone: Keystone, region: str, service_type: str, url: str) -> None:
    """Enter a service into the catalogue at one address for all interfaces."""
    name = SERVICE_NAMES[service_type]
    service = keystone.ensure("service", {"name": name}, called=service_type, type=service_type)
    for interface in INTERFACES:
        filters = {"service_id": service["id"], "interface": interface}
        keystone.ensure("endpoint", {"url": url, "region_id": region}, called=f"{service_type} {interface}", **filters)


def main() -> None:
    """Read the command line and make what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--auth-url", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--endpoint", action="append", default=[], metavar="TYPE=URL")
    options = parser.parse_args()
    keystone = Keystone(options.auth_url, os.environ["ADMIN_PASSWORD"])
    demo = keystone.ensure("project", {}, name="demo", domain_id="default")
    service = keystone.ensure("project", {}, name="service", domain_id="default")
    make_user(keystone, "demo", os.environ["DEMO_PASSWORD"], demo, ("member", "reader"))
    make_user(keystone, "compute-cloud", os.environ["SERVICE_PASSWORD"], service, ("service", "admin"))
    for endpoint in options.endpoint:
        make_endpoints(keystone, options.region, *endpoint.split("=", 1))


if __name__ == "__main__":
    main()
