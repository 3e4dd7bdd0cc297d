"""Which version a request asks for, and what it is told."""

import pytest
from api_cloud import Client

from compute_cloud.api import microversions
from compute_cloud.errors import Invalid


def test_the_list_has_no_gap() -> None:
    assert [version for version, _ in microversions.HISTORY] == [f"2.{n}" for n in range(1, 105)]


@pytest.mark.parametrize(
    ("headers", "version"),
    [
        ({}, 1),
        ({"OpenStack-API-Version": "compute 2.1"}, 1),
        ({"OpenStack-API-Version": "compute 2.104"}, 104),
        ({"OpenStack-API-Version": "compute latest"}, 104),
        ({"OpenStack-API-Version": "identity 3.4, compute 2.53"}, 53),
        ({"OpenStack-API-Version": "Compute 2.53"}, 53),
        ({"OpenStack-API-Version": "placement 1.36"}, 1),
        ({"X-OpenStack-Nova-API-Version": "2.10"}, 10),
        ({"X-OpenStack-Nova-API-Version": "latest"}, 104),
        ({"X-OpenStack-Nova-API-Version": "2.10", "OpenStack-API-Version": "compute 2.60"}, 60),
    ],
)
def test_both_headers(headers: dict[str, str], version: int) -> None:
    assert microversions.asked_for(headers) == version


@pytest.mark.parametrize(
    "text", ["2", "2.", "2.01", "two", "2.1.1", "", "2.1x", "-2.1", "2.999999999999", "\u0662.\u0661"]
)
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(Invalid, match=r"MajorNum\.MinorNum"):
        microversions.asked_for({"OpenStack-API-Version": f"compute {text}"})


@pytest.mark.parametrize("text", ["2.0", "2.105", "1.1", "3.1", "2.99999"])
def test_outside_the_range(ask: Client, text: str) -> None:
    answer = ask.get("/v2.1/servers", text)
    assert answer.status == 406
    assert answer.json["computeFault"]["code"] == 406
    assert "Minimum is 2.1 and maximum is 2.104" in answer.json["computeFault"]["message"]
    assert "OpenStack-API-Version" in answer.headers["Vary"]


def test_answers_say_their_version(ask: Client) -> None:
    for answer in (ask.get("/v2.1/servers", "2.60"), ask.get("/v2.1/servers/none", "2.60")):
        assert answer.headers["OpenStack-API-Version"] == "compute 2.60"
        assert answer.headers["X-OpenStack-Nova-API-Version"] == "2.60"
        assert "X-OpenStack-Nova-API-Version" in answer.headers["Vary"]


def test_a_malformed_version_is_a_bad_request(ask: Client) -> None:
    answer = ask.get("/v2.1/servers", "banana")
    assert answer.status == 400
    assert "banana" in answer.json["badRequest"]["message"]


def test_an_operation_outside_its_versions_is_not_found(ask: Client) -> None:
    assert ask.get("/v2.1/images", "2.35").status == 200
    answer = ask.get("/v2.1/images", "2.36")
    assert answer.status == 404
    assert "2.36" in answer.json["itemNotFound"]["message"]


@pytest.mark.parametrize("version", ["2.1", "2.50", "2.104"])
def test_what_was_removed_is_gone_in_every_version(admin: Client, version: str) -> None:
    assert admin.get("/v2.1/os-cells", version).status == 410
    action = admin("POST", "/v2.1/servers/x/action", {"resetNetwork": None}, version=version)
    assert action.status == 410


def test_the_legacy_version_is_relaxed_and_has_no_microversions(ask: Client) -> None:
    answer = ask.get("/v2/servers?unheard=of", "2.104")
    assert answer.status == 200
    assert "OpenStack-API-Version" not in answer.headers
    shown = ask.get("/v2/servers/detail", "2.104").json["servers"][0]
    assert "tags" not in shown
    assert shown["links"][0]["href"].startswith("http://localhost:80/v2/servers/")


def test_discovery_needs_no_token(app: object) -> None:
    nobody = Client(app, "")
    for path in ("", "/"):
        versions = nobody.get(path).json["versions"]
        assert [(v["id"], v["status"]) for v in versions] == [("v2.0", "SUPPORTED"), ("v2.1", "CURRENT")]
    for path in ("/v2.1", "/v2.1/"):
        version = nobody.get(path).json["version"]
        assert (version["min_version"], version["version"]) == ("2.1", "2.104")
        assert version["links"][0] == {"rel": "self", "href": "http://localhost:80/v2.1/"}
    assert nobody.get("/v2/").json["version"]["version"] == ""


def test_without_keystone_clients_find_which_identity_they_would_speak_to(app: object) -> None:
    version = Client(app, "").get("/identity/v3").json["version"]
    assert (version["id"], version["links"][0]["href"]) == ("v3.14", "http://localhost:80/identity/v3/")
    assert Client(app, "").get("/identity/v3/users").status == 404
