"""How a daemon logs in to another service: by the options of a configuration group, read when first used."""

from collections.abc import Sequence
from typing import Any

from oslo_config import cfg

from compute_cloud.errors import Unavailable

PATIENCE_SECONDS = 60


def log_in(conf: cfg.ConfigOpts, *groups: str) -> Any | None:
    """Return a keystoneauth session by the first group that names an ``auth_type``; None when none does."""
    from keystoneauth1 import loading  # noqa: PLC0415 - takes long to import, and not every daemon needs it

    for group in groups:
        loading.register_auth_conf_options(conf, group)
        auth = loading.load_auth_from_conf_options(conf, group)
        if auth is not None:
            return session(conf, group, auth)
    return None


def session(conf: cfg.ConfigOpts, group: str, auth: Any) -> Any:
    """Return a session with the group's certificates and patience; ``auth`` None sends no proof of its own."""
    from keystoneauth1 import session as keystone  # noqa: PLC0415

    own = conf[group]
    verify: bool | str = False if own.insecure else own.cafile or True
    cert = (own.certfile, own.keyfile) if own.certfile and own.keyfile else own.certfile
    patience = own.timeout or PATIENCE_SECONDS
    return keystone.Session(auth=auth, verify=verify, cert=cert, timeout=patience, app_name="compute-cloud")


def find_endpoint(conf: cfg.ConfigOpts, group: str, logged_in: Any | None, *, more: Sequence[str] = ()) -> list[str]:
    """Return the addresses of a service, the best first: ``endpoint_override``, else ``more``, else the catalogue's.

    Raises Unavailable, with what an operator has to do in ``detail``.
    """
    own = conf[group]
    if own.endpoint_override:
        return [own.endpoint_override]
    if more:
        return list(more)
    found = None
    if logged_in is not None:
        found = logged_in.get_endpoint(
            service_type=own.service_type,
            service_name=own.service_name,
            interface=own.valid_interfaces,
            region_name=own.region_name,
        )
    if found is None:
        raise Unavailable(
            f"The {own.service_type} service is not known here.",
            detail=f"[{group}] needs endpoint_override, or an auth_type whose catalogue has {own.service_type!r}",
        )
    return [str(found)]
