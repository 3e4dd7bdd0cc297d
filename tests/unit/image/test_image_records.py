import pytest
from image_asks import Ask
from image_records import ImageRecords

from compute_cloud.context import Context

ADMIN = Context(user_id="a", project_id="admin", roles=("admin", "member", "reader"), is_admin=True)
READER = Context(user_id="r", project_id="p", roles=("reader",))
STRANGER = Context(user_id="s", project_id="q", roles=("member", "reader"))
NEW = {"name": "tiny", "disk_format": "raw", "container_format": "bare"}
PATCH = "application/openstack-images-v2.1-json-patch"


def make(ask: Ask, by: Context | None = None, **more: object) -> str:
    made = ask("POST", "/v2/images", NEW | more, **({"by": by} if by else {}))
    assert made.status == 201, made.content
    return str(made.json["id"])


def patch(ask: Ask, image_id: str, *operations: dict[str, object], by: Context | None = None) -> tuple[int, object]:
    answer = ask("PATCH", f"/v2/images/{image_id}", list(operations), content_type=PATCH, **({"by": by} if by else {}))
    return answer.status, answer.json


def test_discovery_needs_nobody(ask: Ask) -> None:
    root = ask("GET", "/", by=None)
    assert root.status == 300
    newest = root.json["versions"][0]
    assert (newest["id"], newest["status"]) == ("v2.9", "CURRENT")
    assert newest["links"] == [{"rel": "self", "href": "http://images.test/v2/"}]
    assert ask("GET", "/versions", by=None).status == 200


def test_everything_else_needs_somebody(ask: Ask) -> None:
    assert ask("GET", "/v2/images", by=None).status == 401


def test_a_new_image(ask: Ask) -> None:
    made = ask("POST", "/v2/images", NEW | {"hw_disk_bus": "virtio", "tags": ["b", "a", "b"], "min_disk": 1})
    assert made.status == 201
    assert made.headers["Location"] == f"http://images.test/v2/images/{made.json['id']}"
    expected = {
        "name": "tiny",
        "status": "queued",
        "visibility": "shared",
        "owner": "p",
        "hw_disk_bus": "virtio",
        "tags": ["a", "b"],
        "min_disk": 1,
        "min_ram": 0,
        "size": None,
        "protected": False,
        "os_hidden": False,
        "file": f"/v2/images/{made.json['id']}/file",
        "schema": "/v2/schemas/image",
    }
    assert expected.items() <= made.json.items()
    assert ask("GET", f"/v2/images/{made.json['id']}").json == made.json


def test_an_id_can_be_chosen_once(ask: Ask) -> None:
    chosen = "0b0e0e0e-1111-4222-8333-444444444444"
    assert make(ask, id=chosen) == chosen
    assert ask("POST", "/v2/images", NEW | {"id": chosen}).status == 409


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ([], 400, "object"),
        ({"name": 5}, 400, "name"),
        ({"name": "x" * 256}, 400, "name"),
        ({"disk_format": "floppy"}, 400, "disk_format"),
        ({"visibility": "secret"}, 400, "visibility"),
        ({"min_disk": -1}, 400, "min_disk"),
        ({"min_ram": "much"}, 400, "min_ram"),
        ({"tags": ["x" * 256]}, 400, "tags"),
        ({"id": "../../etc/passwd"}, 400, "id"),
        ({"hw_disk_bus": 5}, 400, "hw_disk_bus"),
        ({"x" * 256: "y"}, 400, "long"),
        ({"size": 5}, 403, "size"),
        ({"status": "active"}, 403, "status"),
        ({"locations": []}, 403, "locations"),
        ({"os_glance_import_task": "x"}, 403, "os_glance"),
        ({"visibility": "public"}, 403, "publicize_image"),
        ({"owner": "q"}, 403, "add_image"),
        ({f"p{n}": "x" for n in range(129)}, 413, "properties"),
    ],
)
def test_what_a_new_image_may_not_be(ask: Ask, records: ImageRecords, body: object, status: int, word: str) -> None:
    answer = ask("POST", "/v2/images", body)
    assert answer.status == status, answer.content
    assert word in answer.json["message"]
    assert answer.json["code"].startswith(str(status))
    assert records.rows == {}


def test_no_json(ask: Ask) -> None:
    assert ask("POST", "/v2/images", data=b"{").status == 400
    assert ask("POST", "/v2/images", data=b"[" * 100_000).status == 400
    assert ask("POST", "/v2/images", data=b" " * (2 << 20)).status == 413


def test_who_sees_what(ask: Ask) -> None:
    private, public = make(ask, visibility="private"), make(ask, ADMIN, visibility="public")
    shared, community = make(ask), make(ask, visibility="community")
    seen = {image["id"] for image in ask("GET", "/v2/images", by=STRANGER).json["images"]}
    assert seen == {public}
    assert {ask("GET", f"/v2/images/{i}", by=STRANGER).status for i in (private, shared)} == {404}
    assert ask("GET", f"/v2/images/{community}", by=STRANGER).status == 200
    listed = ask("GET", "/v2/images?visibility=community", by=STRANGER).json["images"]
    assert [image["id"] for image in listed] == [community]
    assert len(ask("GET", "/v2/images", by=ADMIN).json["images"]) == 3


def test_strangers_change_nothing(ask: Ask, records: ImageRecords) -> None:
    hidden, seen = make(ask), make(ask, visibility="community")
    for image_id, status in ((hidden, 404), (seen, 403)):
        assert ask("DELETE", f"/v2/images/{image_id}", by=STRANGER).status == status
        assert patch(ask, image_id, {"op": "replace", "path": "/name", "value": "x"}, by=STRANGER)[0] == status
        assert ask("PUT", f"/v2/images/{image_id}/file", data=b"x", by=STRANGER).status == status
        assert ask("PUT", f"/v2/images/{image_id}/tags/x", by=STRANGER).status == status
    assert {image.name for image in records.rows.values()} == {"tiny"}


def test_a_reader_changes_nothing(ask: Ask) -> None:
    image_id = make(ask)
    assert ask("GET", f"/v2/images/{image_id}", by=READER).status == 200
    assert ask("DELETE", f"/v2/images/{image_id}", by=READER).status == 403
    assert ask("POST", "/v2/images", NEW, by=READER).status == 403


def test_one_without_a_project_sees_nothing(ask: Ask) -> None:
    make(ask)
    nobody = Context(user_id="n", roles=("reader",))
    assert ask("GET", "/v2/images", by=nobody).status == 403


def test_a_patch_changes_all_or_nothing(ask: Ask) -> None:
    image_id = make(ask, hw_disk_bus="ide")
    status, image = patch(
        ask,
        image_id,
        {"op": "replace", "path": "/name", "value": "new"},
        {"op": "add", "path": "/os~1distro~0x", "value": "debian"},
        {"op": "replace", "path": "/tags", "value": ["t"]},
        {"op": "remove", "path": "/hw_disk_bus"},
        {"op": "replace", "path": "/min_disk", "value": 3},
    )
    assert status == 200
    assert isinstance(image, dict)
    assert {"name": "new", "os/distro~x": "debian", "tags": ["t"], "min_disk": 3}.items() <= image.items()
    assert "hw_disk_bus" not in image
    failing = ({"op": "replace", "path": "/name", "value": "newer"}, {"op": "remove", "path": "/nothing"})
    assert patch(ask, image_id, *failing)[0] == 409
    assert ask("GET", f"/v2/images/{image_id}").json["name"] == "new"


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"op": "replace", "path": "/status", "value": "active"}, 403),
        ({"op": "replace", "path": "/id", "value": "x"}, 403),
        ({"op": "remove", "path": "/name"}, 403),
        ({"op": "replace", "path": "/visibility", "value": "public"}, 403),
        ({"op": "replace", "path": "/owner", "value": "q"}, 403),
        ({"op": "replace", "path": "/nothing", "value": "x"}, 409),
        ({"op": "move", "path": "/name", "from": "/x"}, 400),
        ({"op": "replace", "path": "/name"}, 400),
        ({"op": "replace", "path": "name", "value": "x"}, 400),
        ({"op": "replace", "path": "/tags/0", "value": "x"}, 400),
        ({"op": "replace", "path": "/protected", "value": "perhaps"}, 400),
        ("replace", 400),
    ],
)
def test_what_a_patch_may_not_do(ask: Ask, operation: dict[str, object], status: int) -> None:
    assert patch(ask, make(ask), operation)[0] == status


def test_patches_have_a_type(ask: Ask) -> None:
    image_id = make(ask)
    assert ask("PATCH", f"/v2/images/{image_id}", [], content_type="application/json").status == 415
    older = "application/openstack-images-v2.0-json-patch"
    answer = ask("PATCH", f"/v2/images/{image_id}", [{"replace": "/name", "value": "x"}], content_type=older)
    assert answer.json["name"] == "x"


def test_a_protected_image_stays(ask: Ask) -> None:
    image_id = make(ask, protected=True)
    assert ask("DELETE", f"/v2/images/{image_id}").status == 403
    patch(ask, image_id, {"op": "replace", "path": "/protected", "value": False})
    assert ask("DELETE", f"/v2/images/{image_id}").status == 204
    assert ask("GET", f"/v2/images/{image_id}").status == 404


def test_tags(ask: Ask) -> None:
    image_id = make(ask)
    assert ask("PUT", f"/v2/images/{image_id}/tags/blue").status == 204
    assert ask("GET", f"/v2/images/{image_id}").json["tags"] == ["blue"]
    assert ask("DELETE", f"/v2/images/{image_id}/tags/blue").status == 204
    assert ask("DELETE", f"/v2/images/{image_id}/tags/blue").status == 404


def test_lists_are_filtered_sorted_and_paged(ask: Ask) -> None:
    ids = {name: make(ask, name=name, tags=[name[0]], os_distro=name) for name in ("b1", "a1", "a2", "c,1")}

    def names(query: str) -> list[str]:
        return [image["name"] for image in ask("GET", f"/v2/images?{query}").json["images"]]

    assert names("sort=name:asc") == ["a1", "a2", "b1", "c,1"]
    assert names("sort_key=name&sort_dir=desc&limit=2") == ["c,1", "b1"]
    assert names("name=a1") == ["a1"]
    assert names('name=in:a1,"c,1"&sort_key=name&sort_dir=asc') == ["a1", "c,1"]
    assert names(f"id=in:{ids['a2']},{ids['b1']}&sort_key=name&sort_dir=asc") == ["a2", "b1"]
    assert names("tag=a&sort_key=name&sort_dir=asc") == ["a1", "a2"]
    assert names("os_distro=b1&disk_format=raw") == ["b1"]
    assert names("status=active") == []
    assert names("os_hidden=true") == []
    first = ask("GET", "/v2/images?limit=3&sort=name:asc").json
    assert first["first"] == "/v2/images?limit=3&sort=name%3Aasc"
    second = ask("GET", first["next"]).json
    assert [image["name"] for image in second["images"]] == ["c,1"]
    assert "next" not in second


@pytest.mark.parametrize(
    "query",
    [
        "limit=-1",
        "limit=x",
        "sort_key=shoe",
        "sort_dir=up",
        "sort=name&sort_key=name",
        "visibility=x",
        'name=in:"a',
        "os_hidden=perhaps",
        "size_min=x",
        "marker=nothing",
        "created_at=gt:2020",
    ],
)
def test_what_lists_do_not_understand(ask: Ask, query: str) -> None:
    assert ask("GET", f"/v2/images?{query}").status == 400


def test_what_clients_look_around_for(ask: Ask) -> None:
    image_id = make(ask)
    assert ask("GET", "/v2/schemas/image").json["name"] == "image"
    assert ask("GET", "/v2/schemas/images").status == 200
    assert ask("GET", "/v2/schemas/shoe").status == 404
    assert ask("GET", f"/v2/images/{image_id}/members").json["members"] == []
    assert ask("POST", f"/v2/images/{image_id}/members", {"member": "q"}).status == 403
    assert ask("GET", "/v2/info/import").json["import-methods"]["value"] == []
    assert ask("GET", "/v2/info/stores").status == 404
    assert ask("PUT", "/v2/images").status == 405
    assert ask("GET", "/v2/images/not-an-id").status == 404
