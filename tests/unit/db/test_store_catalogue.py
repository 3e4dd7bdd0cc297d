"""Flavors and image records."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from compute_cloud.db.stores import flavors, images
from compute_cloud.errors import Conflict, Forbidden, Invalid, NotFound
from compute_cloud.objects.flavor import FlavorQuery
from compute_cloud.objects.image import Image, ImageQuery
from tests.factories.servers import START, flavor


def put_flavors(database, *some):
    with database.write() as tx:
        for one in some:
            flavors.insert(tx, one)


def ids(database, **query):
    with database.read() as tx:
        return [one.id for one in flavors.list_whole(tx, FlavorQuery(**query))]


def test_a_flavor_comes_back_as_it_was_written(database):
    made = flavor(extra_specs={"a:b": "é"}, description="d", rxtx_factor=0.5, is_public=False, swap_mb=3)
    put_flavors(database, made)
    with database.read() as tx:
        assert flavors.show(tx, "1", None) == made


def test_ids_and_names_are_taken_once(database):
    put_flavors(database, flavor())
    for other, field in ((flavor(name="x"), "flavor.id"), (flavor(id="2"), "flavor.name")):
        with pytest.raises(Conflict) as taken:
            put_flavors(database, other)
        assert taken.value.field == field
    put_flavors(database, flavor(id="2", name="M1.Small"))


def test_private_flavors_are_for_those_who_have_access(database):
    put_flavors(database, flavor(), flavor(id="2", name="private", is_public=False))
    with database.write() as tx:
        flavors.grant(tx, "2", "p1")
        with pytest.raises(Conflict):
            flavors.grant(tx, "2", "p1")
    assert ids(database) == ["1"]
    assert ids(database, project_id="p1") == ["1", "2"]
    assert ids(database, project_id="p2") == ["1"]
    assert ids(database, is_public=None) == ["1", "2"]
    assert ids(database, is_public=False) == ["2"]
    with database.write() as tx:
        assert flavors.show(tx, "2", "p1").name == "private"
        with pytest.raises(NotFound):
            flavors.show(tx, "2", "p2")
        flavors.delete(tx, "2")
        with pytest.raises(NotFound):
            flavors.delete(tx, "2")


def test_flavors_are_filtered_sorted_and_paged(database):
    put_flavors(database, *(flavor(id=str(at), name=f"n{at}", memory_mb=512 * (5 - at), root_gb=at) for at in range(4)))
    assert ids(database, min_memory_mb=1536, min_root_gb=1) == ["1", "2"]
    assert ids(database, sort_keys=("memory_mb",)) == ["3", "2", "1", "0"]
    assert ids(database, limit=2, marker="1") == ["2", "3"]
    assert ids(database, name="n3") == ["3"]
    with pytest.raises(Invalid):
        ids(database, marker="9")


def image(at=0, **given):
    made = START + timedelta(seconds=at)
    return Image(**{"id": str(uuid.uuid4()), "name": f"i{at}", "owner": "p1", "created_at": made, **given})


def put_images(database, *some):
    with database.write() as tx:
        for one in some:
            images.insert(tx, one)


def names(database, **query):
    with database.read() as tx:
        return [one.name for one in images.list_whole(tx, ImageQuery(**query))]


def test_an_image_comes_back_as_it_was_written(database):
    made = image(properties={"hw_x": 'a"é'}, tags=("t",), size_bytes=2**40, protected=True, checksum="c" * 32)
    put_images(database, made)
    with database.read() as tx:
        found = images.show(tx, made.id, "p1")
    assert replace(found, updated_at=None) == made
    with pytest.raises(Conflict):
        put_images(database, made)


def test_who_sees_which_image(database):
    put_images(
        database,
        mine := image(1, visibility="private"),
        image(2, visibility="public", owner="p2"),
        image(3, visibility="private", owner="p2"),
        community := image(4, visibility="community", owner="p2"),
    )
    assert names(database, project_id="p1") == ["i2", "i1"]
    assert names(database, project_id="p1", visibility="community") == ["i4"]
    assert names(database) == ["i4", "i3", "i2", "i1"]
    with database.read() as tx:
        assert images.show(tx, community.id, "p1").name == "i4"
        with pytest.raises(NotFound):
            images.show(tx, mine.id, "p3")


def test_images_are_filtered_sorted_and_paged(database):
    put_images(
        database,
        image(1, properties={"os": "debian"}, tags=("a", "b"), size_bytes=5, status="active"),
        image(2, properties={"os": "x"}, min_ram_mb=64),
        hidden := image(3, hidden=True),
    )
    assert names(database, filters={"os": "debian"}) == ["i1"]
    assert names(database, filters={'o"s': "debian"}) == []
    assert names(database, filters={"min_ram_mb": "64"}) == ["i2"]
    assert names(database, filters={"protected": "false"}) == ["i2", "i1"]
    assert names(database, tags=("b",)) == ["i1"]
    assert names(database, statuses=("active", "queued"), sort_keys=("name",), sort_dirs=("asc",)) == ["i1", "i2"]
    assert names(database, size_min_bytes=1, size_max_bytes=5) == ["i1"]
    assert names(database, hidden=True, ids=(hidden.id,)) == ["i3"]
    assert names(database, names=("i2",), owner="p1") == ["i2"]
    with pytest.raises(Invalid):
        names(database, filters={"min_ram_mb": "many"})


def test_an_update_expects_a_status(database):
    put_images(database, made := image())
    with database.write() as tx:
        images.update(tx, replace(made, status="saving"), "queued")
        with pytest.raises(Conflict):
            images.update(tx, replace(made, status="saving"), "queued")
        with pytest.raises(NotFound):
            images.update(tx, image(), "queued")
        assert images.show(tx, made.id, None).status == "saving"


def test_a_protected_image_stays(database):
    put_images(database, kept := image(protected=True), gone := image())
    with database.write() as tx:
        images.delete(tx, gone.id)
        with pytest.raises(NotFound):
            images.delete(tx, gone.id)
        with pytest.raises(Forbidden):
            images.delete(tx, kept.id)
