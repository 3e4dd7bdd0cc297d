"""A contract that was released may grow by a new version; nothing of it may change."""

import copy

import pytest

from compute_cloud.rpc.pinning import parse
from compute_cloud.rpc.released import breaks, describe, documents, living

LIVING = living()
ADVICE = "a contract changes only by a higher version: raise it and run python -m compute_cloud.rpc.released"


@pytest.mark.parametrize("daemon", LIVING)
def test_the_living_contract_is_the_document_of_its_version(daemon):
    contract = LIVING[daemon]
    written = {document["version"]: document for document in documents(daemon)}
    assert contract.version in written, f"{daemon} {contract.version} has no document: {ADVICE}"
    assert describe(contract) == written[contract.version], f"{daemon}: {ADVICE}"


@pytest.mark.parametrize("daemon", LIVING)
def test_whoever_speaks_an_older_version_is_understood(daemon):
    now = describe(LIVING[daemon])
    for document in documents(daemon):
        assert not list(breaks(document, now)), f"{daemon} {document['version']} would not be understood"


@pytest.mark.parametrize("daemon", LIVING)
def test_no_method_is_newer_than_its_contract(daemon):
    document = describe(LIVING[daemon])
    assert all(parse(m["since"]) <= parse(document["version"]) for m in document["methods"].values())


@pytest.fixture
def document():
    return describe(LIVING["compute"])


def changed(document, change):
    new = copy.deepcopy(document)
    change(new)
    return list(breaks(document, new))


def drop(where, name):
    return lambda d: where(d).pop(name)


CHANGES = {
    "a method is gone": (lambda d: d["methods"].pop("spawn_guest"), "spawn_guest is gone"),
    "a call becomes a cast": (lambda d: d["methods"]["console_output"].update(kind="cast"), "kind"),
    "an answer changes": (lambda d: d["methods"]["console_output"].update(answer="bytes"), "answer"),
    "an argument is gone": (lambda d: d["methods"]["spawn_guest"]["arguments"].pop("node"), "node is gone"),
    "a new argument must be given": (
        lambda d: d["methods"]["spawn_guest"]["arguments"].update(x={"type": "str", "required": True}),
        "no default",
    ),
    "a field changes its type": (
        lambda d: d["types"]["Flavor"]["fields"]["vcpus"].update(type="str"),
        "Flavor.vcpus was int and is str",
    ),
    "a field loses its default": (
        lambda d: d["types"]["Flavor"]["fields"]["swap_mb"].update(required=True),
        "lost its default",
    ),
    "a type is gone": (lambda d: d["types"].pop("Image"), "Image is gone"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_breaks_is_named(document, change):
    edit, said = CHANGES[change]
    assert any(said in line for line in changed(document, edit))


def test_what_is_added_with_a_default_breaks_nothing(document):
    def add(new):
        new["types"]["Flavor"]["fields"]["colour"] = {"type": "str", "required": False}
        new["methods"]["paint"] = {"kind": "cast", "since": "1.1", "arguments": {}, "answer": "None"}

    assert not changed(document, add)


def test_a_new_major_version_is_a_new_contract(document):
    assert not changed(document, lambda d: d.update(version="2.0", methods={}, types={}))
