"""Which cloud the command speaks to: login options, session, endpoints and the microversion both sides know."""

import argparse
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from compute_cloud.cli.failure import CommandError, explain

NEWEST = (2, 104)
"""The highest microversion that this command understands."""

LOGIN_OPTIONS: Mapping[str, str] = {
    "cloud": "name of a cloud in clouds.yaml",
    "auth-type": "keystoneauth plugin: password, token, http_basic, none, admin_token, v3applicationcredential ...",
    "auth-url": "URL of the identity service",
    "username": "user name",
    "user-id": "user id",
    "password": "password",
    "token": "token, for the auth types that take one",
    "endpoint": "URL of the compute API, for http_basic, none and admin_token",
    "project-name": "project name",
    "project-id": "project id",
    "domain-id": "domain to be scoped to, by id",
    "domain-name": "domain to be scoped to, by name",
    "user-domain-name": "domain of the user, by name",
    "user-domain-id": "domain of the user, by id",
    "project-domain-name": "domain of the project, by name",
    "project-domain-id": "domain of the project, by id",
    "default-domain": "domain of both user and project when neither is given",
    "application-credential-id": "application credential",
    "application-credential-name": "application credential, by name",
    "application-credential-secret": "secret of the application credential",
    "system-scope": "'all' for a token on the whole system",
    "region-name": "region of the catalogue",
    "interface": "endpoint interface: public, internal or admin",
    "cacert": "file of the certificate authority",
    "cert": "client certificate",
    "key": "key of the client certificate",
    "compute-api-version": "compute microversion instead of the highest both sides know",
    "compute-endpoint-override": "URL of the compute API instead of the catalogue's",
    "image-endpoint-override": "URL of the image API instead of the catalogue's",
}

WITHOUT_CATALOGUE = frozenset({"http_basic", "none", "admin_token"})
"""Auth types that know one endpoint instead of a catalogue."""


def add_login_options(parser: argparse.ArgumentParser) -> None:
    """Add --os-… for each login option; each can come from its OS_… variable."""
    group = parser.add_argument_group("cloud", "Each option can also come from its variable, as OS_AUTH_URL.")
    for name, meaning in LOGIN_OPTIONS.items():
        group.add_argument(f"--os-{name}", dest=f"os_{_key(name)}", metavar=f"<{name}>", help=meaning)
    group.add_argument("--insecure", action="store_true", help="do not verify the servers' certificates")
    group.add_argument("--http-timeout", type=float, default=60, metavar="<seconds>", help="patience with one request")


@dataclass(frozen=True, kw_only=True)
class Login:
    """Where the APIs are and who asks."""

    session: Any
    interface: str
    region_name: str | None
    overrides: Mapping[str, str | None]
    microversion: str | None


class Cloud:
    """The compute and image APIs of one cloud; logs in when first asked for something."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options

    @cached_property
    def _login(self) -> Login:
        given = _given(self._options)
        named = given.get("cloud") or not (given.get("auth_url") or given.get("auth_type") or given.get("endpoint"))
        return _login_by_file(self._options) if named else _login_by_variables(given, self._options)

    @cached_property
    def compute(self) -> Any:
        """The compute API, at the highest microversion that both sides know."""
        adapter, data = self._service("compute", "2.1", "2.latest")
        adapter.default_microversion = self._login.microversion or _common_microversion(data)
        return adapter

    @cached_property
    def image(self) -> Any:
        """The Images v2 API."""
        return self._service("image", "2", "2.latest")[0]

    def _service(self, service_type: str, oldest: str, newest: str) -> tuple[Any, Any]:
        from keystoneauth1 import adapter as ksa_adapter  # noqa: PLC0415 - slow to import, and --help needs none of it

        login = self._login
        adapter = ksa_adapter.Adapter(
            login.session,
            service_type=service_type,
            interface=login.interface,
            region_name=login.region_name,
            endpoint_override=login.overrides.get(service_type),
            min_version=oldest,
            max_version=newest,
            connect_retries=1,
        )
        data = adapter.get_endpoint_data()
        if data is None:
            raise CommandError(
                f"There is no endpoint of the {service_type} service: look at the catalogue or OS_* variables"
            )
        adapter.endpoint_override = data.url
        return adapter, data


def _common_microversion(data: Any) -> str | None:
    offered = data.max_microversion
    if offered is None:
        return None
    if data.min_microversion and tuple(data.min_microversion) > NEWEST:
        raise CommandError(f"The compute API needs a newer client than microversion {_dotted(NEWEST)}")
    return _dotted(min(tuple(offered), NEWEST))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


def _key(name: str) -> str:
    return name.replace("-", "_")


def _given(options: argparse.Namespace) -> dict[str, str]:
    """Return login options by name (``auth_url``), the command line before the variables."""
    found = {}
    for name in map(_key, LOGIN_OPTIONS):
        value = getattr(options, f"os_{name}", None) or os.environ.get(f"OS_{name.upper()}")
        if value:
            found[name] = value
    if "project_name" not in found and os.environ.get("OS_TENANT_NAME"):
        found["project_name"] = os.environ["OS_TENANT_NAME"]
    for whose in ("user", "project"):
        default = found.get("default_domain")
        if default and not {f"{whose}_domain_id", f"{whose}_domain_name"} & found.keys():
            found[f"{whose}_domain_id"] = default
    return found


def _login_by_variables(given: Mapping[str, str], options: argparse.Namespace) -> Login:
    from keystoneauth1 import exceptions, loading, session  # noqa: PLC0415 - slow to import

    auth_type = given.get("auth_type") or ("token" if "token" in given else "password")
    values = dict(given)
    values.setdefault("endpoint", given.get("compute_endpoint_override", ""))

    def value_of(option: Any) -> str | None:
        names = [option.dest, *(old.dest for old in option.deprecated)]
        return next((values[name] for name in names if values.get(name)), None)

    try:
        auth: Any = loading.get_plugin_loader(auth_type).load_from_options_getter(value_of)
    except exceptions.NoMatchingPlugin as problem:
        raise CommandError(f"There is no auth type {auth_type!r}") from problem
    except exceptions.MissingRequiredOptions as problem:
        raise CommandError(f"The login is not complete: {explain(problem)}") from problem
    cert: Any = (given["cert"], given["key"]) if {"cert", "key"} <= given.keys() else given.get("cert")
    verify: bool | str = False if options.insecure else given.get("cacert", True)
    fallback = given.get("endpoint") if auth_type in WITHOUT_CATALOGUE else None
    return Login(
        session=session.Session(
            auth=auth, verify=verify, cert=cert, timeout=options.http_timeout, app_name="compute-cloud"
        ),
        interface=given.get("interface", "public"),
        region_name=given.get("region_name"),
        overrides={
            "compute": given.get("compute_endpoint_override") or fallback,
            "image": given.get("image_endpoint_override"),
        },
        microversion=given.get("compute_api_version"),
    )


def _login_by_file(options: argparse.Namespace) -> Login:
    """Log in by clouds.yaml; openstack.config takes half a second to import, so only when it is needed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries to their developers, nothing a user could act on
        return _read_file(options)


def _read_file(options: argparse.Namespace) -> Login:
    import openstack.config  # noqa: PLC0415
    import openstack.exceptions  # noqa: PLC0415
    from keystoneauth1 import exceptions  # noqa: PLC0415

    asked = {key: value for key, value in vars(options).items() if key.startswith("os_") and value}
    if options.insecure:
        asked["insecure"] = True
    try:
        config = openstack.config.OpenStackConfig(app_name="compute-cloud")
        region = config.get_one(cloud=asked.get("os_cloud"), argparse=argparse.Namespace(**asked))
        session = region.get_session()
    except (openstack.exceptions.SDKException, exceptions.ClientException) as problem:
        raise CommandError(
            f"{explain(problem).rstrip('.')}. Name one of clouds.yaml by --os-cloud or OS_CLOUD, "
            "or give OS_AUTH_URL and the like."
        ) from problem
    session.timeout = options.http_timeout
    return Login(
        session=session,
        interface=str(asked.get("os_interface") or region.config.get("interface") or "public"),
        region_name=region.get_region_name("compute"),
        overrides={"compute": _file_endpoint(region, "compute"), "image": _file_endpoint(region, "image")},
        microversion=asked.get("os_compute_api_version") or region.get_default_microversion("compute"),
    )


def _file_endpoint(region: Any, service_type: str) -> str | None:
    """Return the endpoint that stands in clouds.yaml; without a catalogue the login's own is the compute API's."""
    found = region.get_endpoint(service_type)
    if found is None and service_type == "compute" and region.config.get("auth_type") in WITHOUT_CATALOGUE:
        found = region.config.get("auth", {}).get("endpoint")
    return None if found is None else str(found)
