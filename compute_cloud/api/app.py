"""The API as api-paste.ini puts it together: the factories it names, and the two doors that start it."""

from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from oslo_config import cfg
from oslo_middleware import cors, request_id, sizelimit
from oslo_middleware.http_proxy_to_wsgi import HTTPProxyToWSGI
from paste.deploy import loadapp

from compute_cloud.api.faults import JsonFaults, StartResponse, Wsgi
from compute_cloud.api.handler import ComputeApi, Front
from compute_cloud.api.identity import BasicAuth, Environ, NoAuth, StripIdentity
from compute_cloud.api.image.app import ImageFront, build_image_app
from compute_cloud.api.policy import Policy
from compute_cloud.api.request import Tools
from compute_cloud.clients.image import ImageService
from compute_cloud.rpc.contracts.compute import ComputeRpc
from compute_cloud.rpc.contracts.conductor import ConductorRpc

Filter: TypeAlias = Callable[[Wsgi], Wsgi]

_PACKAGED_PASTE: Final = Path(__file__).with_name("api-paste.ini")


@dataclass(frozen=True, kw_only=True)
class _Building:
    """What a pipeline is put together around."""

    conf: cfg.ConfigOpts
    app: Wsgi
    front: Filter


# PasteDeploy hands strings only to factories; what is alive reaches them here, while a pipeline is put together.
_building: ContextVar[_Building] = ContextVar("_building")


def build_app(
    conf: cfg.ConfigOpts,
    *,
    conductor: ConductorRpc,
    images: ImageService,
    compute: Callable[[str], ComputeRpc],
    policy: Policy | None = None,
) -> Wsgi:
    """Return the compute API. ``compute`` gives the client of a compute host by its name.

    Raises ValueError for a configuration that must not be served, OSError for files that are missing.
    """
    tools = Tools(conf=conf, conductor=conductor, images=images, compute=compute, policy=policy or Policy(conf))

    def front(app: Wsgi) -> Wsgi:
        without_keystone = conf.api.auth_strategy != "keystone"
        return Front(app, link_prefix=conf.api.compute_link_prefix, without_keystone=without_keystone)

    return _load("osapi_compute", _Building(conf=conf, app=ComputeApi(tools), front=front))


def build_image_api(conf: cfg.ConfigOpts, *, conductor: ConductorRpc, policy: Policy | None = None) -> Wsgi:
    """Return the embedded image service, behind the same ways to prove who asks. Raises like `build_app`."""
    app = build_image_app(conf, conductor, policy)
    return _load("image", _Building(conf=conf, app=app, front=ImageFront))


def _load(name: str, building: _Building) -> Wsgi:
    token = _building.set(building)
    try:
        return cast("Wsgi", loadapp(f"config:{paste_file(building.conf)}", name=name))
    finally:
        _building.reset(token)


def paste_file(conf: cfg.ConfigOpts) -> Path:
    """Return the file of the pipelines: as configured, beside the configuration, or the one of the package."""
    configured = Path(conf.wsgi.api_paste_config)
    if configured.is_absolute():
        return configured
    found = conf.find_file(str(configured))
    return Path(found).resolve() if found else _PACKAGED_PASTE


# composites


def by_strategy(loader: Any, _: Mapping[str, str], **pipelines: str) -> Wsgi:
    """Put together the pipeline (filters, then an app) that is named as ``[api] auth_strategy``."""
    conf = _building.get().conf
    strategy = conf.api.auth_strategy
    if strategy == "noauth2" and not conf.api.allow_noauth2:
        raise ValueError("[api] auth_strategy = noauth2 believes everybody; it needs [api] allow_noauth2 = true")
    *filters, app_name = pipelines[strategy].split()
    app: Wsgi = loader.get_app(app_name)
    for name in reversed(filters):
        app = loader.get_filter(name)(app)
    return app


def by_path(loader: Any, _: Mapping[str, str], **apps: str) -> Wsgi:
    """Give each path of the section to its app, and all others to that of ``/``."""
    loaded: dict[str, Wsgi] = {path: loader.get_app(name) for path, name in apps.items()}
    default = loaded.pop("/")

    def serve(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        return loaded.get(environ.get("PATH_INFO", ""), default)(environ, start_response)

    return serve


# applications


def compute_factory(_: Mapping[str, str], **__: str) -> Wsgi:
    """Return the compute API itself, without filters."""
    return _building.get().app


def image_factory(_: Mapping[str, str], **__: str) -> Wsgi:
    """Return the embedded image service itself, without filters."""
    return _building.get().app


# filters


class RequestIds(request_id.RequestId):
    """Request ids in the headers that each generation of clients looks for."""

    def __init__(self, application: Any, conf: Any = None) -> None:
        super().__init__(application, conf)
        self.compat_headers = ["x-compute-request-id"]


class BodyLimit(sizelimit.RequestBodySizeLimiter):
    """The limit of ``[wsgi] max_request_body_size``, which may change while the daemon runs."""

    def _conf_get(self, _: str, group: str = "wsgi") -> int:
        return int(self.oslo_conf[group].max_request_body_size)


def proxy_factory(global_conf: Mapping[str, str], **_: str) -> Filter:
    """Believe X-Forwarded-* of a proxy in front, where ``enable_proxy_headers_parsing`` says that there is one."""

    def wrap(app: Wsgi) -> Wsgi:
        filtered = HTTPProxyToWSGI(app, dict(global_conf))
        return filtered if filtered.oslo_conf.oslo_middleware.enable_proxy_headers_parsing else app

    return wrap


def cors_factory(global_conf: Mapping[str, str], **_: str) -> Filter:
    """Let browsers ask from the origins of ``[cors] allowed_origin``, when there are any."""

    def wrap(app: Wsgi) -> Wsgi:
        filtered = cors.CORS(app, dict(global_conf))
        return filtered if filtered.oslo_conf.cors.allowed_origin else app

    return wrap


def faults_factory(_: Mapping[str, str], **__: str) -> Filter:
    """Turn whatever error a filter answers into JSON."""
    return JsonFaults


def front_factory(_: Mapping[str, str], **__: str) -> Filter:
    """Answer discovery and turn unknown paths away before anyone is asked who they are."""
    return _building.get().front


def strip_factory(_: Mapping[str, str], **__: str) -> Filter:
    """Take away what clients say about who they are."""
    return StripIdentity


def basic_factory(_: Mapping[str, str], **__: str) -> Filter:
    """HTTP basic authentication against the files that ``[api]`` names."""
    api = _building.get().conf.api
    return lambda app: BasicAuth(app, users=api.http_basic_auth_user_file, mapping=api.basic_auth_mapping_file)


def noauth_factory(_: Mapping[str, str], **__: str) -> Filter:
    """Believe everybody."""
    return NoAuth
