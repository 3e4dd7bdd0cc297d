"""Servers: create, list, show, update, delete."""

from typing import Any, Final

from compute_cloud.api.body import Body, field
from compute_cloud.api.operation import operation
from compute_cloud.api.paging import next_link
from compute_cloud.api.request import Answer, ApiRequest
from compute_cloud.api.resources.server_boot import NewServers, new_password, orders_of
from compute_cloud.api.resources.server_query import ServerList, read_query
from compute_cloud.api.resources.server_view import ShortServer, view_of
from compute_cloud.api.schemas import FQDN, HOSTNAME, IPV4, IPV6, NAME, TEXT, Kind, one_of
from compute_cloud.objects.server import ServerChanges

_API: Final = "os_compute_api:servers:"


def _or_nothing(kind: Kind) -> Kind:
    """Return the kind that may be taken away, by null or an empty string."""
    schema = {"anyOf": [kind.schema, {"type": "null"}, {"type": "string", "maxLength": 0}]}
    return Kind(schema, lambda value: value or None)


class ChangedFields(Body):
    """What of a server may be changed."""

    name: str = field(NAME)
    access_ip_v4: str | None = field(_or_nothing(IPV4), name="accessIPv4")
    access_ip_v6: str | None = field(_or_nothing(IPV6), name="accessIPv6")
    disk_config: str = field(one_of("AUTO", "MANUAL"), name="OS-DCF:diskConfig")
    description: str | None = field(TEXT.or_null(), since="2.19")
    hostname_label: str = field(HOSTNAME, name="hostname", since="2.90", until="2.93")
    hostname: str = field(FQDN, since="2.94")


class ChangedServer(Body):
    """The body of a change."""

    server: ChangedFields = field(ChangedFields, required=True)


@operation(rule=_API + "index", query=ServerList)
def index(request: ApiRequest) -> Any:
    """List servers, short."""
    query = read_query(request, _API + "index:get_all_tenants")
    found = request.conductor.list_server_names(request.context, query=query) if query else ()
    view = ShortServer.view(request.version)
    return _page(request, "servers", [view(server, request) for server in found])


@operation(rule=_API + "detail", query=ServerList)
def detail(request: ApiRequest) -> Any:
    """List servers."""
    query = read_query(request, _API + "detail:get_all_tenants")
    found = request.conductor.list_servers(request.context, query=query) if query else ()
    view = view_of(request)
    return _page(request, "servers/detail", [view(server, request) for server in found])


@operation(rule=_API + "show")
def show(request: ApiRequest, server_id: str) -> Any:
    """Show a server."""
    server = request.server(server_id, _API + "show")
    return {"server": view_of(request, one=True)(server, request)}


@operation(rule=_API + "create", body=NewServers, success=202)
def create(request: ApiRequest) -> Any:
    """Begin to boot servers."""
    given = request.body.server
    orders, least = orders_of(request)
    taken = request.conductor.accept_boots(request.context, orders=orders, min_count=least)
    if given.return_reservation_id:
        return {"reservation_id": orders[0].reservation_id}
    first = next(order for order in orders if order.server_id == taken[0])
    links = request.links("servers", first.server_id)
    server: dict[str, Any] = {
        "id": first.server_id,
        "links": links,
        "OS-DCF:diskConfig": first.disk_config,
        "security_groups": [{"name": "default"}],
    }
    if request.tools.conf.api.enable_instance_password:
        server["adminPass"] = given.password or new_password()
    return Answer(body={"server": server}, headers=[("Location", links[0]["href"])])


@operation(rule=_API + "update", body=ChangedServer)
def update(request: ApiRequest, server_id: str) -> Any:
    """Change what an owner may change."""
    server = request.server(server_id, _API + "update")
    given = request.body.server
    values = {name: getattr(given, name) for name in given.given}
    if "hostname_label" in values:
        values["hostname"] = values.pop("hostname_label")
    if values:
        changes = ServerChanges(given=tuple(sorted(values)), **values)
        server = request.conductor.update_server(
            request.context, server_id=server.id, scope=request.scope, changes=changes
        )
    return {"server": view_of(request, one=True, updated=True)(server, request)}


@operation(rule=_API + "delete", success=204)
def delete(request: ApiRequest, server_id: str) -> Any:
    """Begin to delete a server."""
    known = request.guard(server_id, _API + "delete")
    request.conductor.accept_delete(request.context, server_id=known, scope=request.scope)


def _page(request: ApiRequest, path: str, shown: list[dict[str, Any]]) -> dict[str, Any]:
    links = next_link(request, path, shown, lambda server: str(server["id"]))
    return {"servers": shown} | ({"servers_links": links} if links else {})
