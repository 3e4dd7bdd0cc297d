"""Lists of servers: pages, orders and filters."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.functional.product.whole_cloud import Furnished, User


def ids(answer: dict[str, Any]) -> list[str]:
    return [server["id"] for server in answer["servers"]]


@pytest.fixture(scope="module")
def five(furnished: Furnished) -> Iterator[list[str]]:
    eve = furnished.cloud.user("eve")
    made = [
        eve.booted(furnished.image, furnished.tiny, name=f"list-{n}", tags=["even"] if n % 2 == 0 else ["odd"])
        for n in range(5)
    ]
    for server_id in made:
        eve.settled(server_id)
    yield made
    eve.delete(*made)


@pytest.fixture
def eve(furnished: Furnished, five: list[str]) -> User:
    del five
    return furnished.cloud.user("eve")


@pytest.mark.parametrize("listed", ["/servers", "/servers/detail"])
def test_pages(eve: User, five: list[str], listed: str) -> None:
    found: list[str] = []
    path = f"{listed}?limit=2&sort_key=display_name&sort_dir=asc"
    while path:
        page = eve.get(path)
        assert len(page["servers"]) <= 2
        found += ids(page)
        links = page.get("servers_links", [])
        path = links[0]["href"].partition("/v2.1")[2] if links else ""
    assert found == five


@pytest.mark.parametrize(
    ("query", "which"),
    [
        ("", [4, 3, 2, 1, 0]),  # the newest first
        ("sort_key=display_name&sort_dir=asc", [0, 1, 2, 3, 4]),
        ("sort_key=display_name&sort_dir=desc&limit=2", [4, 3]),
        ("name=list-3", [3]),
        ("name=LIST-[01]$", [1, 0]),
        ("name=nothing", []),
        ("status=ACTIVE", [4, 3, 2, 1, 0]),
        ("status=active&name=4", [4]),
        ("status=ERROR", []),
        ("tags=even", [4, 2, 0]),
        ("not-tags=even", [3, 1]),
        ("tags=even,odd", []),
        ("tags-any=even,odd&limit=1", [4]),
        ("changes-since=2020-01-01T00:00:00Z&limit=1", [4]),
        ("changes-since=2099-01-01T00:00:00Z", []),
        ("changes-before=2020-01-01T00:00:00Z", []),
        ("vm_state=active&limit=1", [4]),
        ("ip=10.", []),
    ],
)
def test_filters_and_orders(eve: User, five: list[str], query: str, which: list[int]) -> None:
    assert ids(eve.get(f"/servers/detail?{query}")) == [five[n] for n in which]


def test_filters_by_image_and_flavor(eve: User, furnished: Furnished) -> None:
    for query, count in (
        (f"image={furnished.image}&flavor={furnished.tiny}", 5),
        (f"flavor={furnished.fat}", 0),
    ):
        assert len(eve.get(f"/servers?{query}")["servers"]) == count


def test_of_all_projects(eve: User, five: list[str], furnished: Furnished) -> None:
    admin = furnished.cloud.user("admin")
    assert set(five) <= set(ids(admin.get("/servers/detail?all_tenants=1")))
    assert admin.get("/servers")["servers"] == []
    assert eve.ask("GET", "/servers?all_tenants=1").status_code == 403


def test_who_follows_changes_hears_of_deletions(eve: User, furnished: Furnished) -> None:
    gone = eve.booted(furnished.image, furnished.tiny, name="short-lived")
    created = eve.settled(gone)["created"]
    eve.delete(gone)
    [server] = eve.get(f"/servers/detail?changes-since={created}&name=short-lived")["servers"]
    assert (server["id"], server["status"]) == (gone, "DELETED")
