"""What a value of a body or query must look like: named kinds of values, and how each is read once it is checked."""

import base64
import binascii
import ipaddress
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from jsonschema import FormatChecker

Schema: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """A JSON schema, and the function that turns a value which fits it into what handlers use."""

    schema: Schema
    read: Callable[[Any], Any] | None = None

    def or_null(self) -> "Kind":
        """Return the kind that takes null as well, and reads it as None."""
        read = self.read
        inner = None if read is None else (lambda value: None if value is None else read(value))
        if isinstance(self.schema.get("type"), str):
            return Kind({**self.schema, "type": [self.schema["type"], "null"]}, inner)
        return Kind({"anyOf": [self.schema, {"type": "null"}]}, inner)


FORMATS: Final = FormatChecker(formats=())
_TRUE: Final = ("True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes")
_FALSE: Final = ("False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no")
_HOSTNAME: Final = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\Z")


@FORMATS.checks("name")
def _is_name(value: object) -> bool:
    return not isinstance(value, str) or (value.isprintable() and value == value.strip())


@FORMATS.checks("text")
def _is_text(value: object) -> bool:
    return not isinstance(value, str) or all(c.isprintable() or c in "\t\r\n" for c in value)


@FORMATS.checks("uuid")
def _is_uuid(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return str(uuid.UUID(value)).replace("-", "") == value.lower().replace("-", "")
    except ValueError:
        return False


@FORMATS.checks("ipv4")
def _is_ipv4(value: object) -> bool:
    return not isinstance(value, str) or _is_address(ipaddress.IPv4Address, value)


@FORMATS.checks("ipv6")
def _is_ipv6(value: object) -> bool:
    return not isinstance(value, str) or _is_address(ipaddress.IPv6Address, value)


def _is_address(kind: Callable[[str], object], value: str) -> bool:
    try:
        kind(value)
    except ValueError:
        return False
    return "%" not in value


@FORMATS.checks("base64")
def _is_base64(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (ValueError, binascii.Error):
        return False
    return True


@FORMATS.checks("date-time")
def _is_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        read_time(value)
    except (ValueError, OverflowError):
        return False
    return True


@FORMATS.checks("fqdn")
def _is_fqdn(value: object) -> bool:
    return not isinstance(value, str) or all(_HOSTNAME.match(label) for label in value.split("."))


@FORMATS.checks("hostname")
def _is_hostname(value: object) -> bool:
    return not isinstance(value, str) or bool(_HOSTNAME.match(value))


@FORMATS.checks("regex")
def _is_regex(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def read_time(value: str) -> datetime:
    """Return a time in UTC from its ISO 8601 form; one without a zone is taken as UTC. Raises ValueError."""
    time = datetime.fromisoformat(value)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def read_flag(value: object) -> bool:
    """Return the truth of any of the forms that `FLAG` takes."""
    return value is True or value in _TRUE


def whole(minimum: int = 0, maximum: int = 0x7FFFFFFF) -> Kind:
    """Return the kind of whole numbers in a range, written as a number or in digits."""
    return Kind(
        {"type": ["integer", "string"], "pattern": r"^-?[0-9]{1,20}\Z", "minimum": minimum, "maximum": maximum}, int
    )


def listing(item: Kind, *, most: int, least: int = 0, unique: bool = False) -> Kind:
    """Return the kind of lists of at most that many items of one kind, read as a tuple."""
    schema = {"type": "array", "items": item.schema, "minItems": least, "maxItems": most, "uniqueItems": unique}
    read = item.read
    return Kind(schema, tuple if read is None else (lambda values: tuple(read(v) for v in values)))


def one_of(*values: object) -> Kind:
    """Return the kind of a closed set of values."""
    return Kind({"enum": list(values)})


ANYTHING: Final = Kind({})
# What no hypervisor, shell or file can hold.
NO_NUL: Final = r"^[^\x00]*\Z"
NAME: Final = Kind({"type": "string", "minLength": 1, "maxLength": 255, "format": "name"})
TEXT: Final = Kind({"type": "string", "maxLength": 255, "format": "text"})
FLAG: Final = Kind({"enum": [True, *_TRUE, False, *_FALSE]}, read_flag)
UUID: Final = Kind({"type": "string", "format": "uuid"})
IPV4: Final = Kind({"type": "string", "format": "ipv4"})
IPV6: Final = Kind({"type": "string", "format": "ipv6"})
TIME: Final = Kind({"type": "string", "format": "date-time", "maxLength": 64}, read_time)
HOSTNAME: Final = Kind({"type": "string", "minLength": 1, "maxLength": 63, "format": "hostname"})
FQDN: Final = Kind({"type": "string", "minLength": 2, "maxLength": 255, "format": "fqdn"})
HOST: Final = Kind({"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[a-zA-Z0-9-._:]*\Z"})
METADATA: Final = Kind(
    {
        "type": "object",
        "propertyNames": {"minLength": 1, "maxLength": 255, "pattern": r"^[a-zA-Z0-9-_:. ]{1,255}\Z"},
        "additionalProperties": {"type": "string", "maxLength": 255, "pattern": NO_NUL},
    }
)
TAG: Final = Kind({"type": "string", "minLength": 1, "maxLength": 60, "pattern": r"^[^,/\x00]*\Z"})
