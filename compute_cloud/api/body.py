"""Bodies and query strings that know since which microversion each field stands.

A `Body` class declares fields once; its schema, its reader and its view for a version come from them. All are made
once for each stretch of versions in which the class keeps its shape.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar, Final, Self, TypeAlias
from urllib.parse import parse_qsl

import jsonschema

from compute_cloud.api.complaints import Validator, complain
from compute_cloud.api.microversions import NEWEST, minor
from compute_cloud.api.schemas import Kind
from compute_cloud.errors import Invalid

Getter: TypeAlias = Callable[[Any], Any]
View: TypeAlias = Callable[[Any, Any], dict[str, Any]]
Groups: TypeAlias = frozenset[str]

NO_GROUPS: Final[Groups] = frozenset()
# What a function of a field gives when the field is not to be shown this time.
OMITTED: Final = object()


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a body: how it comes in (``kind``) and how it goes out (``of``); it may do one of both only.

    ``kind`` is a value's kind, a nested `Body`, or ``Each(Body)`` for a list of them. ``of`` is the name of an
    attribute of what is shown, or a function of it and of the request. ``group`` names who is shown the field:
    a view shows it only when asked for the group.
    """

    kind: "Kind | type[Body] | Each | None"
    name: str
    since: int
    until: int
    required_since: int | None
    default: Any
    of: str | Callable[[Any, Any], Any] | None
    group: str | None
    many: bool

    def stands_in(self, version: int) -> bool:
        """Tell whether the field is part of its body in a version."""
        return self.since <= version <= self.until


@dataclass(frozen=True, kw_only=True)
class Each:
    """A list of nested bodies."""

    body: "type[Body]"
    most: int


@dataclass(frozen=True, kw_only=True)
class _Declared:
    """A field before its class gave it a name."""

    kind: "Kind | type[Body] | Each | None"
    options: Mapping[str, Any]


def field(
    kind: "Kind | type[Body] | Each | None" = None,
    *,
    name: str | None = None,
    since: str = "2.1",
    until: str | None = None,
    required: bool | str = False,
    default: Any = None,
    of: str | Callable[[Any, Any], Any] | None = None,
    group: str | None = None,
    many: bool = False,
) -> Any:
    """Declare a field of a `Body`. ``until`` is the last version that has it; ``required`` may be a version.

    ``name`` is what users call it, where that is no Python name. ``many`` (in a `Query`) takes all of a repeated
    parameter's values, as a tuple.
    """
    return _Declared(
        kind=kind,
        options={
            "name": name,
            "since": minor(since),
            "until": NEWEST if until is None else minor(until),
            "required_since": minor(required) if isinstance(required, str) else (0 if required else None),
            "default": default,
            "of": of,
            "group": group,
            "many": many,
        },
    )


class Body:
    """What comes in or goes out as one JSON object. An instance has the read values, by the fields' Python names."""

    fields: ClassVar[tuple[tuple[str, Field], ...]] = ()
    edges: ClassVar[tuple[int, ...]] = ()
    open_until: ClassVar[int] = 0  # the last version that ignores keys it does not know
    given: frozenset[str] = frozenset()

    def __init_subclass__(cls, *, open_until: str | None = None) -> None:
        if open_until is not None:
            cls.open_until = minor(open_until)
        found = list(cls.fields)
        for attribute, declared in list(vars(cls).items()):
            if isinstance(declared, _Declared):
                options = {**declared.options, "name": declared.options["name"] or attribute}
                found.append((attribute, Field(kind=declared.kind, **options)))
                delattr(cls, attribute)
        cls.fields = tuple(found)
        cls.edges = tuple(sorted(cls._edges()))

    @classmethod
    def _edges(cls) -> set[int]:
        """Return the versions at which the shape changes, those of nested bodies among them."""
        edges = {cls.open_until + 1}
        for _, each in cls.fields:
            edges |= {each.since, each.until + 1, each.required_since or 0}
            nested = _nested(each.kind)
            edges |= set(nested.edges) if nested else set()
        return edges

    @classmethod
    def schema(cls, version: int, *, relaxed: bool = False) -> dict[str, Any]:
        """Return the JSON schema of the body in a version. Relaxed ones ignore unknown keys."""
        fields = [each for _, each in cls.fields if each.kind is not None and each.stands_in(version)]
        return {
            "type": "object",
            "properties": {each.name: cls._schema_of(each, version, relaxed=relaxed) for each in fields},
            "required": [f.name for f in fields if f.required_since is not None and f.required_since <= version],
            "additionalProperties": relaxed or version <= cls.open_until,
        }

    @classmethod
    def _schema_of(cls, each: Field, version: int, *, relaxed: bool) -> Mapping[str, Any]:
        if isinstance(each.kind, Each):
            items = each.kind.body.schema(version, relaxed=relaxed)
            return {"type": "array", "items": items, "maxItems": each.kind.most}
        nested = _nested(each.kind)
        if nested:
            return nested.schema(version, relaxed=relaxed)
        assert isinstance(each.kind, Kind)  # noqa: S101 - what else a field may be was answered above
        return each.kind.schema

    @classmethod
    def read(cls, version: int, document: object, *, relaxed: bool = False) -> Self:
        """Check a document and return its values. Raises Invalid, which names the field and the rule it breaks."""
        stretch = cls._stretch(version)
        validator = _once(("schema", cls, stretch, relaxed), lambda: Validator(cls.schema(stretch, relaxed=relaxed)))
        error = jsonschema.exceptions.best_match(validator.iter_errors(document))
        if error is not None:
            raise complain(error)
        return cls._take(version, document)

    @classmethod
    def _take(cls, version: int, document: Any) -> Self:
        """Return the values of a document that fits."""
        body = cls.__new__(cls)
        values = vars(body)
        given = set()
        stretch = cls._stretch(version)
        for taker in _once(("takers", cls, stretch), lambda: _takers(cls, stretch)):
            if taker.name in document:
                given.add(taker.attribute)
                value = document[taker.name]
                values[taker.attribute] = value if taker.reader is None else taker.reader(value)
            else:
                values[taker.attribute] = taker.default
        values["given"] = frozenset(given)
        return body

    @classmethod
    def view(cls, version: int, groups: Groups = NO_GROUPS) -> View:
        """Return the function that shows a thing, given it and the request, as the body in a version."""
        stretch = cls._stretch(version)
        view: View = _once(("view", cls, stretch, groups), lambda: _view(cls, stretch, groups))
        return view

    @classmethod
    def _stretch(cls, version: int) -> int:
        """Return the first version of the stretch without a change that the version lies in."""
        place = bisect_right(cls.edges, version)
        return cls.edges[place - 1] if place else 0


class Query(Body):
    """The parameters of a URL. Unknown ones are ignored until ``open_until``, which is 2.101 unless a class says."""

    open_until = 101

    @classmethod
    def parse(cls, version: int, text: str, *, relaxed: bool = False) -> Self:
        """Check and read a query string. Of a parameter given twice the last counts, but for those that are many."""
        if not text:
            stretch = cls._stretch(version)
            empty: Self = _once(("empty", cls, stretch), lambda: cls.read(stretch, {}))
            return empty
        try:
            pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=500)
        except ValueError as error:
            raise Invalid("The query string is malformed.") from error
        many = {each.name for _, each in cls.fields if each.many and each.stands_in(version)}
        document: dict[str, Any] = {}
        for key, value in pairs:
            if key in many:
                document.setdefault(key, []).append(value)
            else:
                document[key] = value
        return cls.read(version, document, relaxed=relaxed)

    @classmethod
    def _schema_of(cls, each: Field, version: int, *, relaxed: bool) -> Mapping[str, Any]:
        schema = super()._schema_of(each, version, relaxed=relaxed)
        return {"type": "array", "items": schema, "maxItems": 100} if each.many else schema


class NoQuery(Query):
    """The query of operations that take no parameters."""


def _nested(kind: object) -> type[Body] | None:
    if isinstance(kind, Each):
        return kind.body
    return kind if isinstance(kind, type) and issubclass(kind, Body) else None


@dataclass(frozen=True, slots=True)
class _Taker:
    """How one field is taken from a document. ``name`` None: it does not stand, and has its default."""

    attribute: str
    name: str | None
    reader: Getter | None
    default: Any


def _takers(body: type[Body], version: int) -> tuple[_Taker, ...]:
    return tuple(
        _Taker(attribute, f.name, _reader(f, version), f.default)
        if f.stands_in(version)
        else _Taker(attribute, None, None, f.default)
        for attribute, f in body.fields
        if f.kind is not None
    )


def _reader(each: Field, version: int) -> Getter | None:
    if isinstance(each.kind, Each):
        body = each.kind.body
        return lambda values: tuple(body._take(version, v) for v in values)  # noqa: SLF001 - one mechanism, two classes
    nested = _nested(each.kind)
    if nested:
        return lambda value: nested._take(version, value)  # noqa: SLF001
    read = each.kind.read if isinstance(each.kind, Kind) else None
    if not each.many:
        return read
    return tuple if read is None else (lambda values: tuple(read(v) for v in values))


def _view(body: type[Body], version: int, groups: Groups) -> View:
    """Return the function that shows a thing. Plain attributes are fetched by C code, the others by functions."""
    shown = [f for _, f in body.fields if f.of and f.stands_in(version) and (f.group is None or f.group in groups)]
    plain = tuple((f.name, attrgetter(f.of)) for f in shown if isinstance(f.of, str))
    made = tuple((f.name, f.of) for f in shown if not isinstance(f.of, str) and f.of is not None)

    def view(thing: Any, request: Any) -> dict[str, Any]:
        shown = {name: get(thing) for name, get in plain}
        for name, make in made:
            value = make(thing, request)
            if value is not OMITTED:
                shown[name] = value
        return shown

    return view


_made: dict[tuple[object, ...], Any] = {}


def _once(key: tuple[object, ...], make: Callable[[], Any]) -> Any:
    """Return what was made for a key, made now the first time. Keys are as many as classes have stretches."""
    made = _made.get(key)
    if made is None:
        made = _made[key] = make()
    return made
