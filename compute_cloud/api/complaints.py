"""What a schema finds wrong, said in one line that names the field and the rule."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import jsonschema
from jsonschema import Draft202012Validator, validators

from compute_cloud.api.schemas import FORMATS
from compute_cloud.errors import Invalid

_SHOWN_CHARACTERS: Final = 60
_SECRETS: Final = ("adminpass", "password", "user_data", "personality")


def _number(value: object) -> int | float | None:
    """Return a number, or one written in digits, or None for what is neither."""
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            return None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _at_least(_: object, limit: float, value: object, __: object) -> Iterator[jsonschema.ValidationError]:
    number = _number(value)
    if number is not None and number < limit:
        yield jsonschema.ValidationError(f"{shorten(value)} is less than the minimum of {limit}")


def _at_most(_: object, limit: float, value: object, __: object) -> Iterator[jsonschema.ValidationError]:
    number = _number(value)
    if number is not None and number > limit:
        yield jsonschema.ValidationError(f"{shorten(value)} is greater than the maximum of {limit}")


_Strict: Final[Any] = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"minimum": _at_least, "maximum": _at_most}
)


def Validator(schema: Mapping[str, Any]) -> Any:  # noqa: N802 - stands for the class it makes one of
    """Return a validator in which digits count as numbers, with our formats."""
    _Strict.check_schema(schema)
    return _Strict(schema, format_checker=FORMATS)


def shorten(value: object) -> str:
    """Return a value as it may be shown: on one line, of bounded length, and only that it is one if it is composed."""
    if isinstance(value, Mapping):
        return "{…}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[… {len(value)} items]" if value else "[]"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**20:
        return "a number of more than 20 digits"
    text = repr(value[: _SHOWN_CHARACTERS + 1]) if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS + 2 else text[:_SHOWN_CHARACTERS] + "…'"


def complain(error: jsonschema.ValidationError) -> Invalid:
    """Return the problem that says what is wrong with which field."""
    path = ".".join(str(step) for step in error.absolute_path)
    if _is_secret(path):
        return Invalid(f"Invalid input for field/attribute {path}. {_rule(error, '(not shown)')}", field=path)
    value = shorten(error.instance)
    rule = _rule(error, value)
    if not path:
        return Invalid(f"Invalid input: {rule}")
    return Invalid(f"Invalid input for field/attribute {path[:120]}. Value: {value}. {rule}", field=path)


def _is_secret(path: str) -> bool:
    return any(word in path.lower() for word in _SECRETS)


def _rule(error: jsonschema.ValidationError, value: str) -> str:
    """Say which rule is broken. Each sentence is bounded, whatever was sent."""
    say = _SENTENCES.get(str(error.validator), _not_valid)
    return say(error, value, error.validator_value)


def _not_valid(error: jsonschema.ValidationError, value: str, _: Any) -> str:
    return f"{value} is not valid here ({error.validator})"


def _missing(error: jsonschema.ValidationError, _: str, wanted: Any) -> str:
    given: Any = error.instance
    return f"{next((name for name in wanted if name not in given), '?')!r} is a required property"


def _unknown(error: jsonschema.ValidationError, value: str, wanted: Any) -> str:
    if wanted is not False:
        return _not_valid(error, value, wanted)
    given: Any = error.instance
    schema: Any = error.schema
    unknown = sorted(set(given) - set(schema.get("properties", ())))
    names = ", ".join(shorten(name) for name in unknown[:5])
    more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
    were = "was" if len(unknown) == 1 else "were"
    return f"Additional properties are not allowed ({names}{more} {were} unexpected)"


def _wrong_type(_: jsonschema.ValidationError, value: str, wanted: Any) -> str:
    kinds = wanted if isinstance(wanted, list) else [wanted]
    return f"{value} is not of type {', '.join(repr(kind) for kind in kinds)}"


_SENTENCES: Final[Mapping[str, Callable[[jsonschema.ValidationError, str, Any], str]]] = {
    "type": _wrong_type,
    "required": _missing,
    "additionalProperties": _unknown,
    "maxLength": lambda _, value, wanted: f"{value} is too long, more than {wanted} characters",
    "maxItems": lambda _, value, wanted: f"{value} is too long, more than {wanted} items",
    "minLength": lambda _, value, __: f"{value} is too short",
    "minItems": lambda _, value, __: f"{value} is too short",
    "pattern": lambda _, value, wanted: f"{value} does not match {wanted!r}",
    "format": lambda _, value, wanted: f"{value} is not a {wanted!r}",
    "enum": lambda _, value, wanted: f"{value} is not one of {wanted!r}",
    "uniqueItems": lambda _, value, __: f"{value} has non-unique elements",
    "minimum": lambda error, _, __: error.message,
    "maximum": lambda error, _, __: error.message,
}
