"""What holds for every operation there is."""

import inspect
import tracemalloc
from collections.abc import Iterator

import pytest

from compute_cloud.api.operation import Actions, Operation, Removed
from compute_cloud.api.policy import list_rules
from compute_cloud.api.routes import ROUTES
from compute_cloud.api.routing import Router


def every_operation() -> Iterator[tuple[str, Operation]]:
    for path, methods in ROUTES.items():
        for method, entry in methods.items():
            found = entry.table.items() if isinstance(entry, Actions) else [("", entry)]
            for name, one in found:
                for operation in one if isinstance(one, tuple) else (one,):
                    if not isinstance(operation, Removed):
                        yield f"{method} {path} {name}".rstrip(), operation


ALL = dict(every_operation())


@pytest.mark.parametrize("name", ALL)
def test_every_operation_has_a_policy_rule(name: str) -> None:
    rules = {rule.name for rule in list_rules()}
    assert ALL[name].rule in rules


@pytest.mark.parametrize("name", ALL)
def test_every_handler_takes_the_parts_of_its_path(name: str) -> None:
    path = name.split()[1]
    parts = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    assert list(inspect.signature(ALL[name].handler).parameters)[1:] == parts


@pytest.mark.parametrize("name", ALL)
def test_every_body_and_query_has_a_schema_in_every_version(name: str) -> None:
    operation = ALL[name]
    for version in range(1, 105):
        assert operation.query.schema(version)["type"] == "object"
        assert operation.body is None or operation.body.schema(version)["type"] == "object"
        assert 200 <= operation.status(version) < 300


def test_every_rule_is_documented_and_for_projects() -> None:
    for rule in list_rules():
        assert rule.description
        if ":" in rule.name:
            assert rule.scope_types == ["project"]
            assert rule.operations


def test_every_path_leads_to_itself() -> None:
    router = Router(ROUTES)
    for path, methods in ROUTES.items():
        filled = "/".join("some-id" if part.startswith("{") else part for part in path.split("/"))
        for prefix, project in (("/v2.1", None), ("/v2.1/some-project", "some-project"), ("/v2", None)):
            place = router.find(prefix + filled)
            assert place is not None
            assert place.methods is methods
            assert place.project == project
            assert router.find(f"{prefix}{filled}/") == place


def test_unknown_paths_leave_nothing_behind() -> None:
    router = Router(ROUTES)
    router.find("/v2.1/nothing/here")
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(20_000):
        assert router.find(f"/v2.1/nothing-{number}/here") is None
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 20_000
    for path in ("", "/", "/v2.1", "/v3/servers", "/v2.1/" + "x/" * 600, "/v2.1//servers", "/v2.1/servers/a/b/c"):
        assert router.find(path) is None
