"""What is sent is what arrives, for every type that a contract moves."""

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute_cloud.context import Context
from compute_cloud.objects.image import Image
from compute_cloud.rpc import codec
from compute_cloud.rpc.contract import methods
from compute_cloud.rpc.released import living


def moved():
    """Every type of an argument or an answer."""
    kinds = []
    for contract in living().values():
        for method in methods(contract).values():
            kinds += [kind for kind in method.hints.values() if kind not in (type(None), Context) and kind not in kinds]
    return kinds


PLAIN = {
    str: "ä\n\0",
    int: -7,
    float: 0.1,
    bool: True,
    datetime: datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
    type(None): None,
}


def full(kind):
    """A value of the type with nothing left out."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if origin in (typing.Union, types.UnionType):
        return full(parts[0])
    if origin is tuple:
        return (full(parts[0]),) * 2 if parts[-1] is ... else tuple(map(full, parts))
    if origin is Mapping:
        return {full(parts[0]): full(parts[1])}
    if issubclass(kind, enum.Enum):
        return list(kind)[-1]
    hints = typing.get_type_hints(kind)
    return kind(**{field.name: full(hints[field.name]) for field in dataclasses.fields(kind)})


@pytest.mark.parametrize("kind", moved(), ids=str)
def test_every_type_of_a_contract_travels(kind):
    value = full(kind)
    assert codec.load(codec.dump(value), kind) == value


@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_whatever_users_write_travels(name, properties):
    image = Image(id=name, properties=MappingProxyType(properties))
    assert codec.load(codec.dump(image), Image) == Image(id=name, properties=properties)


def test_what_is_no_data_does_not_travel():
    with pytest.raises(NotImplementedError):
        codec.dump(object())


@dataclasses.dataclass(frozen=True, kw_only=True)
class Old:
    name: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class New:
    name: str
    colour: str = "red"


def test_old_and_new_understand_each_other():
    assert codec.load(codec.dump(New(name="a", colour="blue")), Old) == Old(name="a")
    assert codec.load(codec.dump(Old(name="a")), New) == New(name="a")


@pytest.mark.parametrize("text", ["", "{", '{"name": 1}', "[]"])
def test_what_is_not_the_type_is_refused(text):
    with pytest.raises(codec.UnreadableError):
        codec.load(text, Old)


def test_containers_are_typed_too():
    assert codec.load(codec.dump({"a": (Old(name="b"),)}), typing.Mapping[str, tuple[Old, ...]]) == {
        "a": (Old(name="b"),)
    }
