"""Bodies that know since when each of their fields stands."""

from types import SimpleNamespace
from typing import Any

import pytest

from compute_cloud.api.body import OMITTED, Body, Each, Query, field
from compute_cloud.api.schemas import FLAG, METADATA, NAME, TAG, TIME, UUID, Kind, listing, whole
from compute_cloud.errors import Invalid


class Wheel(Body):
    size: int = field(whole(1, 40), required=True)
    brand: str | None = field(NAME, since="2.20")


class Car(Body):
    name: str = field(NAME, required=True, of="name")
    doors: int = field(whole(0, 5), name="car:doors", default=4, of="doors")
    owner: str | None = field(NAME, since="2.10", until="2.19", required="2.15", of=lambda car, _: car.owner)
    seats_text: str = field(Kind({"type": "string"}), name="seats", until="2.29")
    seats: int = field(whole(1), name="seats", since="2.30", default=1)
    wheels: tuple[Wheel, ...] = field(Each(body=Wheel, most=2), default=())
    tags: tuple[str, ...] = field(listing(TAG, most=2, unique=True), default=())
    metadata: dict[str, str] = field(METADATA, default={})
    secret: object = field(name="adminPass", group="few", of="secret")
    password: str | None = field(Kind({"type": "string", "maxLength": 3}), name="adminPass")
    mood: object = field(of=lambda car, request: request if car.doors else OMITTED)


class Garage(Body):
    car: Car = field(Car, required=True)


class Cars(Query, open_until="2.74"):
    limit: int | None = field(whole(0))
    names: tuple[str, ...] = field(NAME, name="name", many=True, default=())
    open: bool = field(FLAG, default=False)


def complaint(version: int, **car: Any) -> str:
    with pytest.raises(Invalid) as caught:
        Garage.read(version, {"car": {"name": "x", **car}})
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 400
    return caught.value.message


def test_values_are_read_by_their_python_names() -> None:
    car = Garage.read(1, {"car": {"name": "x", "car:doors": "3", "wheels": [{"size": "7"}], "tags": ["a"]}}).car
    assert (car.name, car.doors, car.owner, car.wheels[0].size, car.tags) == ("x", 3, None, 7, ("a",))
    assert car.given == {"name", "doors", "wheels", "tags"}


@pytest.mark.parametrize(("version", "known"), [(9, False), (10, True), (14, True), (20, False), (104, False)])
def test_a_field_stands_from_since_to_until(version: int, known: bool) -> None:
    if known:
        assert Garage.read(version, {"car": {"name": "x", "owner": "me"}}).car.owner == "me"
    else:
        assert "Additional properties are not allowed ('owner' was unexpected)" in complaint(version, owner="me")


def test_a_field_may_be_required_since_a_version() -> None:
    assert Garage.read(14, {"car": {"name": "x"}}).car.owner is None
    assert "'owner' is a required property" in complaint(15)


def test_a_nested_field_has_versions_of_its_own() -> None:
    assert "'brand' was unexpected" in complaint(19, owner="me", wheels=[{"size": 1, "brand": "b"}])
    wheels = [{"size": 1, "brand": "b"}]
    assert Garage.read(20, {"car": {"name": "x", "wheels": wheels}}).car.wheels[0].brand == "b"


def test_one_name_may_change_its_kind() -> None:
    assert Garage.read(29, {"car": {"name": "x", "seats": "two"}}).car.seats_text == "two"
    assert Garage.read(30, {"car": {"name": "x", "seats": "2"}}).car.seats == 2
    assert "car.seats" in complaint(30, seats="two")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": "n" * 300}, "is too long, more than 255 characters"),
        ({"name": ""}, "is too short"),
        ({"name": " x"}, "is not a 'name'"),
        ({"name": "a\nb"}, "is not a 'name'"),
        ({"name": 5}, "5 is not of type 'string'"),
        ({"name": None}, "None is not of type 'string'"),
        ({"car:doors": 6}, "6 is greater than the maximum of 5"),
        ({"car:doors": "-1"}, "'-1' is less than the minimum of 0"),
        ({"car:doors": True}, "True is not of type 'integer', 'string'"),
        ({"car:doors": "9" * 6000}, "car.car:doors"),
        ({"wheels": [{"size": 1}] * 3}, "is too long, more than 2 items"),
        ({"wheels": [{"size": 0}]}, "car.wheels.0.size"),
        ({"tags": ["a", "a"]}, "has non-unique elements"),
        ({"tags": ["a,b"]}, "car.tags.0"),
        ({"metadata": {"k": "v" * 300}}, "car.metadata.k"),
        ({f"key{n}": 1 for n in range(50)}, "and 45 more were unexpected"),
        ({"k" * 5000: 1}, "was unexpected"),
    ],
)
def test_complaints_name_the_field_and_the_rule_in_one_short_line(given: dict[str, Any], says: str) -> None:
    assert says in complaint(104, **given)


def test_complaints_do_not_show_secrets() -> None:
    assert "hunter2" not in complaint(1, adminPass="hunter2")


def test_a_view_has_the_fields_of_its_version_and_groups() -> None:
    car = SimpleNamespace(name="x", doors=2, owner="me", secret="s")
    assert Car.view(1)(car, "happy") == {"name": "x", "car:doors": 2, "mood": "happy"}
    assert Car.view(12)(car, "happy")["owner"] == "me"
    assert Car.view(12, frozenset({"few"}))(car, "happy")["adminPass"] == "s"
    assert "mood" not in Car.view(1)(SimpleNamespace(name="x", doors=0, owner="me"), "happy")


def test_views_and_schemas_are_made_once_for_a_stretch_of_versions() -> None:
    assert Car.view(31) is Car.view(104)
    assert Car.view(9) is not Car.view(10)


def test_relaxed_bodies_drop_what_they_do_not_know() -> None:
    assert Garage.read(1, {"car": {"name": "x", "y": 1}, "z": 2}, relaxed=True).car.name == "x"


def test_queries() -> None:
    query = Cars.parse(1, "limit=5&name=a&name=b&open=yes&unheard=of")
    assert (query.limit, query.names, query.open) == (5, ("a", "b"), True)
    assert Cars.parse(1, "limit=5&limit=6").limit == 6
    assert Cars.parse(1, "").limit is None
    with pytest.raises(Invalid, match="'unheard' was unexpected"):
        Cars.parse(75, "unheard=of")
    for text in ("limit=-1", "limit=x", "limit=%ff", "open=maybe", "&".join(["a=b"] * 501)):
        with pytest.raises(Invalid):
            Cars.parse(1, text)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            UUID,
            ["9168b536-cd40-4630-b43f-b259807c6e87", "9168B536CD404630B43FB259807C6E87"],
            ["x", "", "{9168b536cd404630b43fb259807c6e87}"],
        ),
        (TIME, ["2026-01-02T03:04:05Z", "2026-01-02", "2026-01-02T03:04:05.6+01:00"], ["yesterday", "", "2026-13-01"]),
        (FLAG, [True, False, "true", "0", "ON"], [1, 0, "maybe", None, ""]),
        (whole(1), [1, "1", 1.0], [0, "0", "", "1_0", " 1", "1\n", 1.5, None, False]),
    ],
)
def test_kinds(kind: Kind, good: list[Any], bad: list[Any]) -> None:
    class One(Body):
        value: Any = field(kind, required=True)

    for value in good:
        One.read(1, {"value": value})
    for value in bad:
        with pytest.raises(Invalid):
            One.read(1, {"value": value})
