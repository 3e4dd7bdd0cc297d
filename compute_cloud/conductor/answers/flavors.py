"""Flavors: what sizes a server may have."""

from compute_cloud.conductor.office import Office
from compute_cloud.db.stores import flavors
from compute_cloud.objects.flavor import Flavor, FlavorQuery


def list_flavors(office: Office, query: FlavorQuery) -> tuple[Flavor, ...]:
    """Return a page of flavors."""
    with office.database.read() as tx:
        return flavors.list_whole(tx, query)


def show_flavor(office: Office, flavor_id: str, scope: str | None) -> Flavor:
    """Return one flavor that the scope may see."""
    with office.database.read() as tx:
        return flavors.show(tx, flavor_id, scope)


def create_flavor(office: Office, flavor: Flavor) -> Flavor:
    """Write a new flavor."""
    with office.database.write() as tx:
        flavors.insert(tx, flavor)
    return flavor


def delete_flavor(office: Office, flavor_id: str) -> None:
    """Take a flavor away; servers keep the copy that they have."""
    with office.database.write() as tx:
        flavors.delete(tx, flavor_id)
